"""What an .xlsx holds before anything reads it: sizes counted while unpacking, every part scanned, nothing trusted.

Parts in the plain shape that every usual program writes are scanned by their text; anything else is parsed. Both see
cells far out (one cell in the last row and column would make a reader allocate the whole sheet), formulas, errors and
declared entities.
"""

import html
import io
import re
import zipfile
from dataclasses import dataclass, field
from functools import lru_cache
from xml.parsers import expat

from django.utils.translation import gettext as _

from cchc_portal.lib.numbers import format_count

MAX_PACKED = 10 * 1024 * 1024
MAX_UNPACKED = 100 * 1024 * 1024
MAX_RATIO = 200
# A small part may be repetitive without harm; the ratio counts from here on.
RATIO_FROM = 1024 * 1024
MAX_ENTRIES = 2_000
MAX_ROWS = 20_000
MAX_COLUMNS = 256
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 64 * 1024
_WHICH_SHEET = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class SheetError(ValueError):
    """The file cannot be read; the message says why and what to do, in the user's language."""


def column_letters(index):
    """Letters of a column counted from 0: 0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters):
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def refused_kind():
    return SheetError(
        _("Only .xlsx and .csv files are read. Open the file in your spreadsheet program and save it as .xlsx.")
    )


def damaged():
    return SheetError(_("The file is damaged or is no workbook. Save it again as .xlsx and retry."))


def check_extent(rows, columns):
    if rows > MAX_ROWS or columns > MAX_COLUMNS:
        raise SheetError(
            _("A sheet has more than %(rows)s rows or %(columns)s columns. Delete what is empty or split the file.")
            % {"rows": format_count(MAX_ROWS), "columns": MAX_COLUMNS}
        )


@dataclass
class SheetScan:
    """A part of the workbook: its outermost cell, and its formulas by row (from 1) and column (from 0).

    `errors` are the cells that hold an error such as #N/A, which calamine gives as empty.
    """

    rows: int = 0
    columns: int = 0
    formulas: dict = field(default_factory=dict)
    errors: set = field(default_factory=set)


class _Scanner:
    """Streams one XML part; stops at what no honest workbook of the portal's holds."""

    def __init__(self):
        self.scan = SheetScan()
        self.row = self.column = 0
        self.formula = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.doctype

    def doctype(self, *_args):
        raise damaged()

    def start(self, name, attributes):
        name = name.rpartition(" ")[2]
        if name == "row":
            number = attributes.get("r", "")
            self.row = int(number) if number.isdecimal() and len(number) < 9 else self.row + 1
            self.column = 0
            self.reach(self.row, 0)
        elif name == "c":
            found = _CELL.fullmatch(attributes.get("r", ""))
            row, index = (int(found[2]), column_index(found[1])) if found else (self.row, self.column)
            self.column = index + 1
            self.reach(row, index + 1)
            self.at = (row, index)
            if attributes.get("t") == "e":
                self.scan.errors.add(self.at)
        elif name == "f" and self.column:
            self.formula = []

    def reach(self, row, columns):
        check_extent(row, columns)
        self.scan.rows = max(self.scan.rows, row)
        self.scan.columns = max(self.scan.columns, columns)

    def text(self, text):
        if self.formula is not None:
            self.formula.append(text)

    def end(self, name):
        if name.rpartition(" ")[2] == "f" and self.formula is not None:
            self.scan.formulas[self.at] = "".join(self.formula)
            self.formula = None


_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_OTHER_TAG = re.compile(rb"<!|[<:](?:c|f|row)[\s/>]")
_PREFIXED = re.compile(rb":(?:c|f|row)[\s/>]")
# Every tag of a cell, a row or a formula: a cell with nothing but its address, style and a type that is no error, and
# its formula; a row with its number; or, with no group set, anything else. Nothing is tried twice, hence the "+".
_TAG = re.compile(
    rb"<(?:c r=\"([A-Z]{1,3}+)([0-9]{1,7}+)\"(?: s=\"[0-9]++\")?+(?: t=\"(?:s|n|str|b|inlineStr)\")?+/?+>"
    rb"(<f(?: [\w:]++=\"[^\"<>]*+\")*+/?+>[^<]*+)?+"
    rb"|row r=\"([0-9]{1,7}+)\"|!|(?:c|f|row)[\s/>])"
)
_NOT_UNDERSTOOD = (b"", b"", b"", b"")
# Parts up to this size that hold no cells are the same in workbook after workbook: themes, styles, relations.
_SMALL = 16 * 1024


@lru_cache(maxsize=4_096)
def _formula(element):
    """The text of a formula, given from its opening tag on."""
    return html.unescape(element.partition(b">")[2].decode("utf-8", "replace"))


def _holds_no_cells(data):
    """Whether a part that is no plain worksheet surely has neither cells nor declarations."""
    return _OTHER_TAG.search(data) is None


_small_holds_no_cells = lru_cache(maxsize=64)(_holds_no_cells)


def _scan_plainly(data):
    """The SheetScan of a part in plain UTF-8 that says where each cell is, as every usual program writes it.

    None for a part without cells; NotImplemented for anything unusual, which is then parsed: declarations, comments,
    another encoding, prefixed names, cells without an address or with other attributes, errors.
    """
    found = _ENCODING.match(data[:200].lstrip(b"\xef\xbb\xbf"))
    if b"\0" in data[:4] or data[:1] in (b"\xff", b"\xfe") or (found and found[1].lower() != b"utf-8"):
        return NotImplemented
    if b"<worksheet" not in data[:2000]:
        empty = _small_holds_no_cells(data) if len(data) <= _SMALL else _holds_no_cells(data)
        return None if empty else NotImplemented
    if _PREFIXED.search(data):
        return NotImplemented
    tags = _TAG.findall(data)
    if _NOT_UNDERSTOOD in tags:
        return NotImplemented
    columns = {letters: column_index(letters.decode()) for letters in {tag[0] for tag in tags} if letters}
    numbers = {number: int(number) for number in {tag[1] or tag[3] for tag in tags}}
    scan = SheetScan(
        rows=max(numbers.values(), default=0), columns=max((index + 1 for index in columns.values()), default=0)
    )
    check_extent(scan.rows, scan.columns)
    scan.formulas = {
        (numbers[number], columns[letters]): _formula(element) for letters, number, element, _row in tags if element
    }
    return scan


def _scan_part(archive, entry, left):
    """Unpacks one part, counting; returns its bytes and, where it is a worksheet, its SheetScan."""
    size, chunks = 0, []
    packed = max(entry.compress_size, 1)
    with archive.open(entry) as part:
        while chunk := part.read(_CHUNK):
            size += len(chunk)
            if size > left or (size > RATIO_FROM and size > packed * MAX_RATIO):
                raise SheetError(_("The file unpacks to far more than a workbook holds, so it was not opened."))
            chunks.append(chunk)
    data = b"".join(chunks)
    is_xml = data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"<", b"\xff", b"\xfe")
    if not is_xml or entry.filename.endswith((".vml", ".png", ".jpeg", ".jpg")):
        return data, None
    scan = _scan_plainly(data)
    if scan is NotImplemented:
        scanner = _Scanner()
        for start in range(0, len(data), _CHUNK):
            scanner.parser.Parse(data[start : start + _CHUNK], False)
        scanner.parser.Parse(b"", True)
        scan = scanner.scan
    return data, scan if scan and scan.rows else None


def _refuse_contents(names):
    """Refuses by content: other formats inside a zip, macros, links to other files, embedded objects."""
    lower = {name.lower() for name in names}
    if "xl/workbook.xml" not in lower:
        raise refused_kind()
    if any("vbaproject" in name or "macrosheets/" in name for name in lower):
        raise SheetError(_("The workbook holds macros. Save it as .xlsx without macros."))
    if any("externallinks/" in name or "embeddings/" in name or "activex/" in name for name in lower):
        raise SheetError(
            _("The workbook holds links to other files or embedded objects. Remove them and save it again.")
        )


def scan_workbook(data):
    """Checks the bytes of an .xlsx; raises SheetError for what must not be opened.

    Gives {part name: SheetScan}, and the two parts that tell which sheet is in which part: the workbook's own and its
    relations (b"" where it has none).
    """
    if data.startswith(OLE_MAGIC):
        raise SheetError(_("The file is an old .xls workbook or has a password. Save it as .xlsx without a password."))
    if not data.startswith(b"PK"):
        raise refused_kind()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES or len({entry.filename for entry in entries}) < len(entries):
                raise damaged()
            _refuse_contents(entry.filename for entry in entries)
            scans, left, told = {}, MAX_UNPACKED, dict.fromkeys(_WHICH_SHEET, b"")
            for entry in entries:
                unpacked, scan = _scan_part(archive, entry, left)
                left -= len(unpacked)
                if scan:
                    scans[entry.filename] = scan
                if entry.filename in told:
                    told[entry.filename] = unpacked
            return scans, *told.values()
    except SheetError:
        raise
    except Exception as error:
        # A damaged stream raises errors of zipfile, zlib, struct and expat that share no base class.
        raise damaged() from error
