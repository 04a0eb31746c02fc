"""Rows of a worksheet as the XML of an .xlsx file, put into a workbook that XlsxWriter made.

XlsxWriter writes everything about a workbook but its rows: for tens of thousands of them one call for each cell is what
an export takes its time with. Here a row is one string.
"""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import BinaryIO

from django.utils import timezone
from xlsxwriter.utility import xl_col_to_name

from cchc_portal.lib.numbers import Rate

# Excel's own limits: characters of a cell, rows of a sheet.
LONGEST_CELL, MOST_ROWS = 32_767, 1_048_576
# What a fast computer packs in the time it takes to make the rows; the best packing takes three times as long.
PACKING = 2
ROWS_AT_ONCE = 500

# Day 0 of Excel's calendar, which knows a 29/02/1900: from the day after it the count is right.
_DAY_0, _FIRST_DAY = dt.date(1899, 12, 30), dt.date(1900, 3, 1)
_SECONDS_A_DAY = 86_400

_SHEET = "xl/worksheets/sheet1.xml"
_SAMPLE = re.compile(r'<row r="2"[^>]*>(.*?)</row>', re.DOTALL)
_SAMPLE_CELL = re.compile(r'<c r="[A-Z]+2" s="(\d+)"\s*/>')
_DIMENSION = re.compile(r"<dimension [^>]*/>")

# Marks of XML, characters it cannot hold, what Excel would read as one of those, white space at an end.
_NOT_PLAIN = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|\A\s|\s\Z")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f]")
_IMPOSSIBLE = re.compile(r"[\ud800-\udfff\ufffe\uffff]")
_LIKE_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def escaped(text: str) -> str:
    """`text` inside an element of a sheet: markup escaped, control characters the way Excel writes them."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _LIKE_ESCAPED.sub("_x005F_", _IMPOSSIBLE.sub("\ufffd", text))
    return _UNPRINTABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


class CellWriter:
    """Writes values as the rest of a cell's element, after its address: `' s="2"><v>5</v></c>'`.

    `styles`: the number of the style by kind of value, as `cell_formats` names them.
    """

    def __init__(self, styles: dict[str, int]):
        self.styles = {name: f' s="{number}"' for name, number in styles.items()}
        self.blank = f"{self.styles['text']}/>"
        self._string = f'{self.styles["text"]} t="inlineStr"><is><t>'
        self._spaced = f'{self.styles["text"]} t="inlineStr"><is><t xml:space="preserve">'
        number = self.styles["number"]
        self.by_type: dict[type, Callable[[object], str]] = {
            type(None): lambda value: self.blank,
            str: self.text,
            bool: lambda value: f"{number}><v>{int(value)}</v></c>",
            int: lambda value: f"{number}><v>{value}</v></c>",
            Rate: lambda value: self.other(value.fraction),
            Fraction: lambda value: f"{self.styles['rate']}><v>{round(float(value), 6)}</v></c>",
            float: self.decimal,
            Decimal: self.decimal,
            dt.datetime: self.instant,
            dt.date: self.day,
        }

    def text(self, value: str) -> str:
        """Always a string for the spreadsheet, whatever it begins with: it is never read as a formula."""
        value = value[:LONGEST_CELL]
        if _NOT_PLAIN.search(value):
            return f"{self._spaced}{escaped(value)}</t></is></c>"
        return f"{self._string}{value}</t></is></c>" if value else self.blank

    def decimal(self, value: float | Decimal) -> str:
        if value - value != 0:
            raise ValueError(f"{value} is no number that a sheet can hold")
        return f"{self.styles['decimal']}><v>{float(value):.16g}</v></c>"

    def day(self, value: dt.date) -> str:
        if value < _FIRST_DAY:
            return self.text(value.isoformat())
        return f"{self.styles['date']}><v>{(value - _DAY_0).days}</v></c>"

    def instant(self, value: dt.datetime) -> str:
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        if local.date() < _FIRST_DAY:
            return self.text(local.isoformat(" ", "seconds"))
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        days = (local.date() - _DAY_0).days + (local - midnight).total_seconds() / _SECONDS_A_DAY
        return f"{self.styles['datetime']}><v>{days:.10f}</v></c>"

    def other(self, value: object) -> str:
        """A value of a type met for the first time: the kind it derives from is remembered, anything else is text."""
        for kind in (bool, int, Rate, Fraction, float, Decimal, dt.datetime, dt.date):
            if isinstance(value, kind):
                self.by_type[type(value)] = self.by_type[kind]
                return self.by_type[kind](value)
        return self.text(str(value)) if value is not None else self.blank


def rows_xml(rows: Iterable[Iterable[object]], writer: CellWriter, width: int) -> Iterable[bytes]:
    """The XML of `rows`, from the second row of a sheet on, some hundred rows at a time.

    Raises ValueError where there are more than a sheet holds: a download must not lack rows without saying so.
    """
    addresses = [f'<c r="{xl_col_to_name(index)}' for index in range(width)]
    known, other, out = writer.by_type.get, writer.other, []
    for number, row in enumerate(rows, start=2):
        if number > MOST_ROWS:
            raise ValueError("more rows than a sheet holds")
        cells = [
            f'{address}{number}"{known(type(value), other)(value)}'
            for address, value in zip(addresses, row, strict=True)
        ]
        out.append(f'<row r="{number}">{"".join(cells)}</row>')
        if len(out) == ROWS_AT_ONCE:
            yield "".join(out).encode()
            out.clear()
    yield "".join(out).encode()


def fill(target, shell: BinaryIO | io.BytesIO, names: tuple[str, ...], rows: Iterable, width: int) -> None:
    """Writes to `target` (path or binary file) the workbook `shell` with `rows` in its one sheet.

    The second row of the shell's sheet holds one blank cell in each of the formats `names`; it goes.
    """
    with zipfile.ZipFile(shell) as made, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, True, PACKING) as out:
        for part in made.infolist():
            if part.filename != _SHEET:
                out.writestr(part, made.read(part))
                continue
            sheet = _DIMENSION.sub("", made.read(part).decode(), count=1)
            sample = _SAMPLE.search(sheet)
            styles = [int(number) for number in _SAMPLE_CELL.findall(sample[1])]
            writer = CellWriter(dict(zip(names, styles, strict=True)))
            with out.open(part.filename, "w", force_zip64=True) as stream:
                stream.write(sheet[: sample.start()].encode())
                for chunk in rows_xml(rows, writer, width):
                    stream.write(chunk)
                stream.write(sheet[sample.end() :].encode())
