"""Tables out: the rows of a page as CSV or XLSX, typed, and safe to open in a spreadsheet."""

import csv
import datetime as dt
import io
import re
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import xlsxwriter
from django.http import FileResponse, Http404, StreamingHttpResponse
from django.utils import timezone

from cchc_portal.lib import sheet_rows
from cchc_portal.lib.numbers import NOT_APPLICABLE, Rate, rate_decimal6
from cchc_portal.lib.text import ascii_slug

CSV, XLSX = "csv", "xlsx"
CONTENT_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Text stays text: XlsxWriter would otherwise turn "=…" into formulas and addresses into links.
SAFE_WORKBOOK = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
LONGEST_SHEET_NAME = 31  # Excel's own limit

_FORMULA_START = re.compile(r"\s*[=+\-@＝＋－＠\t\r\n]")
_NUMBER = re.compile(r"-[0-9]+(?:[.,][0-9]+)?")
# A spreadsheet that parts cells at ";" would see a formula begin here.
_FORMULA_INSIDE = re.compile(r"([;\t]\s*)(?=[=+@])")


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading and its width in characters."""

    label: str
    width: int = 14


def safe_text(text):
    """`text` for a CSV cell: what a spreadsheet would run as a formula gets an apostrophe before it."""
    text = _FORMULA_INSIDE.sub(r"\1'", text)
    if _FORMULA_START.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def csv_value(value):
    """A value as CSV text: blanks empty, dates as ISO, rates with six decimals, text safe from formulas."""
    if value is None:
        return ""
    if value is NOT_APPLICABLE:
        return str(value)
    if isinstance(value, Rate):
        return rate_decimal6(value.numerator, value.denominator)
    if isinstance(value, Fraction):
        return rate_decimal6(value.numerator, value.denominator)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, Decimal, float)):
        return str(value)
    if isinstance(value, dt.datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).isoformat(timespec="seconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    return safe_text(str(value))


class _Echo:
    def write(self, line):
        return line


def csv_lines(columns, rows, bom=True):
    """Lines of a CSV file, header first. `columns` are Columns or headings; `bom` lets Excel recognise UTF-8."""
    writer = csv.writer(_Echo(), lineterminator="\r\n" if bom else "\n")
    header = writer.writerow([safe_text(str(getattr(column, "label", column))) for column in columns])
    yield ("\ufeff" if bom else "") + header
    for row in rows:
        yield writer.writerow([csv_value(value) for value in row])


def write_cell(sheet, row, column, value, formats):
    """Writes a value into a worksheet with its type. `formats` as made by `cell_formats`."""
    if isinstance(value, Rate):
        value = value.fraction
    if value is None or value == "":
        sheet.write_blank(row, column, None, formats["text"])
    elif isinstance(value, bool):
        sheet.write_number(row, column, int(value), formats["number"])
    elif isinstance(value, int):
        sheet.write_number(row, column, value, formats["number"])
    elif isinstance(value, Fraction):
        sheet.write_number(row, column, round(float(value), 6), formats["rate"])
    elif isinstance(value, (Decimal, float)):
        sheet.write_number(row, column, value, formats["decimal"])
    elif isinstance(value, dt.datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        sheet.write_datetime(row, column, local.replace(tzinfo=None), formats["datetime"])
    elif isinstance(value, dt.date):
        sheet.write_datetime(row, column, dt.datetime.combine(value, dt.time()), formats["date"])
    else:
        sheet.write_string(row, column, str(value)[: sheet_rows.LONGEST_CELL], formats["text"])


def cell_formats(workbook):
    """The cell formats of the portal's workbooks, by name."""
    top = {"valign": "top"}
    return {
        "head": workbook.add_format({"bold": True, "text_wrap": True, "bottom": 1, "bg_color": "#E8EDF4", **top}),
        "text": workbook.add_format({"num_format": "@", **top}),
        "number": workbook.add_format({"num_format": "#,##0", **top}),
        "decimal": workbook.add_format({"num_format": "#,##0.##", **top}),
        "rate": workbook.add_format({"num_format": "0.0%", **top}),
        "date": workbook.add_format({"num_format": "dd/mm/yyyy", **top}),
        "datetime": workbook.add_format({"num_format": "dd/mm/yyyy hh:mm", **top}),
    }


def write_xlsx(target, columns, rows, sheet_name="Sheet1"):
    """Writes a workbook of one sheet with a frozen header to `target` (path or binary file), row by row.

    `rows` hold as many values as there are `columns`. The rows are written by `sheet_rows`, all else by XlsxWriter.
    """
    shell = io.BytesIO()
    with xlsxwriter.Workbook(shell, {**SAFE_WORKBOOK, "in_memory": True}) as workbook:
        name = re.sub(r"[\[\]:*?/\\']", " ", sheet_name).strip()[:LONGEST_SHEET_NAME] or "Sheet1"
        sheet = workbook.add_worksheet(name)
        formats = cell_formats(workbook)
        head = formats.pop("head")
        sheet.freeze_panes(1, 0)
        for index, column in enumerate(columns):
            sheet.set_column(index, index, getattr(column, "width", 14))
            sheet.write_string(0, index, str(getattr(column, "label", column)), head)
        for index, style in enumerate(formats.values()):
            sheet.write_blank(1, index, None, style)
    sheet_rows.fill(target, shell, tuple(formats), rows, len(columns))


def table_response(filename, columns, rows, fmt=CSV):
    """A download of `rows` (sequences in the order of `columns`) as CSV or XLSX.

    `filename` without extension; it is folded to ASCII. CSV is streamed, a workbook is built in a temporary file.
    Raises ValueError for another format.
    """
    name = f"{ascii_slug(filename)[:100]}.{fmt}"
    if fmt == CSV:
        return StreamingHttpResponse(
            csv_lines(columns, rows),
            content_type=CONTENT_TYPES[CSV],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    if fmt != XLSX:
        raise ValueError(f"no table format {fmt!r}")
    packed = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    write_xlsx(packed, columns, rows, sheet_name=filename)
    packed.seek(0)
    return FileResponse(packed, as_attachment=True, filename=name, content_type=CONTENT_TYPES[XLSX])


def wants_table(request):
    """Whether the page is asked for as a file: `?format=csv` or `xlsx`, and not by a form that is sent."""
    return request.method in ("GET", "HEAD") and request.GET.get("format") in CONTENT_TYPES


def hand_out_table(request, filename, made):
    """Of a page with several tables the one that `?rows=` names, as the file that `?format=` names.

    `made` has for each name a function that gives columns and rows. Raises Http404 for a name that it does not have.
    """
    build = made.get(request.GET.get("rows", ""))
    if build is None:
        raise Http404
    columns, rows = build()
    return table_response(filename, columns, rows, request.GET["format"])
