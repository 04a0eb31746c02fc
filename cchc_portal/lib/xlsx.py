"""Spreadsheets in: checks before anything is unpacked, then rows as text.

Nothing a file claims about itself is trusted: sizes are counted while unpacking, and every part is scanned for cells
far out (one cell in the last row and column would make a reader allocate the whole sheet), formulas and declared
entities.
"""

import csv
import datetime as dt
import io
import re
import zipfile
from dataclasses import dataclass, field
from xml.parsers import expat

import python_calamine
from django.utils.translation import gettext as _

from cchc_portal.lib.numbers import format_count
from cchc_portal.lib.text import clean_text, search_key

MAX_PACKED = 10 * 1024 * 1024
MAX_UNPACKED = 100 * 1024 * 1024
MAX_RATIO = 200
# A small part may be repetitive without harm; the ratio counts from here on.
RATIO_FROM = 1024 * 1024
MAX_ENTRIES = 2_000
MAX_ROWS = 20_000
MAX_COLUMNS = 256
HEADER_WITHIN = 20
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 64 * 1024
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_REFUSED_NAMES = (".xlsm", ".xls", ".xlsb", ".ods", ".xltm", ".xlam")


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


def _column_index(letters):
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def read_upload(file):
    """Name (lower case) and bytes of an upload, an open binary file or a path; its size is checked before reading."""
    if hasattr(file, "read"):
        size = getattr(file, "size", None)
        if size is None:
            size = file.seek(0, io.SEEK_END)
        _check_packed(size)
        file.seek(0)
        data = file.read(MAX_PACKED + 1)
        name = str(getattr(file, "name", ""))
    else:
        name = str(file)
        with open(file, "rb") as opened:
            data = opened.read(MAX_PACKED + 1)
    _check_packed(len(data))
    return name.lower(), data


def _check_packed(size):
    if size > MAX_PACKED:
        raise SheetError(_("The file is larger than 10 MB. Split it and send the parts one by one."))


def _refuse_kind():
    return SheetError(
        _("Only .xlsx and .csv files are read. Open the file in your spreadsheet program and save it as .xlsx.")
    )


def _damaged():
    return SheetError(_("The file is damaged or is no workbook. Save it again as .xlsx and retry."))


def _check_extent(rows, columns):
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
        raise _damaged()

    def start(self, name, attributes):
        name = name.rpartition(" ")[2]
        if name == "row":
            number = attributes.get("r", "")
            self.row = int(number) if number.isdecimal() and len(number) < 9 else self.row + 1
            self.column = 0
            self.reach(self.row, 0)
        elif name == "c":
            found = _CELL.fullmatch(attributes.get("r", ""))
            row, index = (int(found[2]), _column_index(found[1])) if found else (self.row, self.column)
            self.column = index + 1
            self.reach(row, index + 1)
            self.at = (row, index)
            if attributes.get("t") == "e":
                self.scan.errors.add(self.at)
        elif name == "f" and self.column:
            self.formula = []

    def reach(self, row, columns):
        _check_extent(row, columns)
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
_SHEET_TAG = re.compile(rb"<(?:[\w.-]+:)?(?:c|f|row)[\s/>]")
_CELL_TAG = re.compile(rb"<c[\s/>]")
_PLACED_CELL = re.compile(rb"<c r=\"([A-Z]{1,3})([0-9]{1,7})\"")
_ROW_TAG = re.compile(rb"<row[\s/>]")
_PLACED_ROW = re.compile(rb"<row r=\"([0-9]{1,7})\"")
_FORMULA_TAG = re.compile(rb"<f(?:\s[^>]*)?>")
_UNUSUAL = (b't="e"', b"t='e'")


def _scan_plainly(data):
    """The SheetScan of a part in plain UTF-8 that says where each cell is, as every usual program writes it.

    None for a part without cells; NotImplemented for anything unusual, which is then parsed: declarations, comments,
    another encoding, prefixed names, cells without an address, errors.
    """
    found = _ENCODING.match(data[:200].lstrip(b"\xef\xbb\xbf"))
    if b"<!" in data:
        return NotImplemented
    if b"\0" in data[:4] or data[:1] in (b"\xff", b"\xfe") or (found and found[1].lower() != b"utf-8"):
        return NotImplemented
    if b"<worksheet" not in data[:2000]:
        return NotImplemented if _SHEET_TAG.search(data) else None
    if any(mark in data for mark in _UNUSUAL):
        return NotImplemented
    cells, rows = _PLACED_CELL.findall(data), _PLACED_ROW.findall(data)
    if len(cells) != len(_CELL_TAG.findall(data)) or len(rows) != len(_ROW_TAG.findall(data)):
        return NotImplemented
    columns = {letters: _column_index(letters.decode()) for letters in {letters for letters, _number in cells}}
    scan = SheetScan(
        rows=max([0, *map(int, rows), *map(int, {number for _letters, number in cells})]),
        columns=max([0, *(index + 1 for index in columns.values())]),
    )
    _check_extent(scan.rows, scan.columns)
    for formula in _FORMULA_TAG.finditer(data):
        cell = _PLACED_CELL.match(data, data.rfind(b"<c ", 0, formula.start()))
        if cell is None:
            return NotImplemented
        end = formula.end() if formula[0].endswith(b"/>") else data.find(b"</f>", formula.end())
        text = data[formula.end() : end].decode("utf-8", "replace")
        scan.formulas[(int(cell[2]), columns[cell[1]])] = text
    return scan


def _scan_part(archive, entry, left):
    """Unpacks one part, counting; returns its size and, where it is a worksheet, its SheetScan."""
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
        return size, None
    scan = _scan_plainly(data)
    if scan is NotImplemented:
        scanner = _Scanner()
        for start in range(0, len(data), _CHUNK):
            scanner.parser.Parse(data[start : start + _CHUNK], False)
        scanner.parser.Parse(b"", True)
        scan = scanner.scan
    return size, scan if scan and scan.rows else None


def _refuse_contents(names):
    """Refuses by content: other formats inside a zip, macros, links to other files, embedded objects."""
    lower = {name.lower() for name in names}
    if "xl/workbook.xml" not in lower:
        raise _refuse_kind()
    if any("vbaproject" in name or "macrosheets/" in name for name in lower):
        raise SheetError(_("The workbook holds macros. Save it as .xlsx without macros."))
    if any("externallinks/" in name or "embeddings/" in name or "activex/" in name for name in lower):
        raise SheetError(
            _("The workbook holds links to other files or embedded objects. Remove them and save it again.")
        )


def scan_workbook(data):
    """Checks the bytes of an .xlsx, giving {part name: SheetScan}; raises SheetError for what must not be opened."""
    if data.startswith(OLE_MAGIC):
        raise SheetError(_("The file is an old .xls workbook or has a password. Save it as .xlsx without a password."))
    if not data.startswith(b"PK"):
        raise _refuse_kind()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES or len({entry.filename for entry in entries}) < len(entries):
                raise _damaged()
            _refuse_contents(entry.filename for entry in entries)
            scans, left = {}, MAX_UNPACKED
            for entry in entries:
                size, scan = _scan_part(archive, entry, left)
                left -= size
                if scan:
                    scans[entry.filename] = scan
            return scans
    except SheetError:
        raise
    except Exception as error:
        # A damaged stream raises errors of zipfile, zlib, struct and expat that share no base class.
        raise _damaged() from error


def open_workbook(file):
    """A checked calamine workbook and its formulas: (workbook, {sheet name: {(row, column): formula}}).

    Rows count from 1, columns from 0. Calamine gives a formula's stored value, or an empty cell where none is stored,
    so importers must look at the formulas too.
    """
    workbook, scans = open_scanned(file)
    return workbook, {sheet: scan.formulas for sheet, scan in scans.items()}


def open_scanned(file):
    """As `open_workbook`, with the whole SheetScan of each sheet, so that cells with errors are seen as well."""
    name, data = read_upload(file)
    if name.endswith(_REFUSED_NAMES):
        raise _refuse_kind()
    scans = scan_workbook(data)
    workbook = _guarded(lambda: python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)))
    return workbook, _scans_by_sheet(data, scans, workbook.sheet_names)


def _guarded(action):
    """Runs calamine; its errors and the panics of its Rust side become SheetError."""
    try:
        return action()
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise _damaged() from error
        raise


_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE = re.compile(rb"(?:\w+:)?(\w+)\s*=\s*[\"']([^\"']*)[\"']")


def _attributes(tag):
    return {name.decode().lower(): value.decode("utf-8", "replace") for name, value in _ATTRIBUTE.findall(tag)}


def _scans_by_sheet(data, scans, sheet_names):
    """Scans by sheet name; a workbook whose sheets with formulas cannot be told apart counts as damaged."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        known = set(archive.namelist())
        book, relations = (
            archive.read(name) if name in known else b"" for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
        )
    targets = {}
    for found in map(_attributes, _RELATIONSHIP.findall(relations)):
        target = found.get("target", "")
        targets[found.get("id")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    parts = [targets.get(_attributes(tag).get("id")) for tag in _SHEET.findall(book)]
    if any((scan.formulas or scan.errors) and part not in parts for part, scan in scans.items()):
        raise _damaged()
    sheets = zip(sheet_names, parts, strict=False)
    return {sheet: scans[part] if part in scans else SheetScan() for sheet, part in sheets}


def sheet_rows(workbook, sheet_name):
    """All rows of a sheet from row 1 on, as lists of Python values ("" for an empty cell)."""
    sheet = _guarded(lambda: workbook.get_sheet_by_name(sheet_name))
    return _guarded(lambda: sheet.to_python(skip_empty_area=False))


def rows_and_merges(workbook, sheet_name):
    """As `sheet_rows`, and the merged ranges of the sheet as ((top, left), (bottom, right)) counted from 0."""
    sheet = _guarded(lambda: workbook.get_sheet_by_name(sheet_name))
    rows = _guarded(lambda: sheet.to_python(skip_empty_area=False))
    return rows, _guarded(lambda: sheet.merged_cell_ranges) or []


def cell_text(value):
    """A spreadsheet value as stored text: whole numbers without decimals, dates as ISO, text in NFC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return (value.date() if value.time() == dt.time() else value).isoformat()
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return clean_text(str(value)).strip()


def _csv_rows(data):
    """Rows of a CSV file in UTF-8 or UTF-16 with a mark, parted by comma, semicolon or tab."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SheetError(_("The file is not in UTF-8. Save it as “CSV UTF-8” or as .xlsx.")) from error
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            rows.append(row)
            _check_extent(len(rows), len(row))
    except csv.Error as error:
        raise SheetError(
            _("The CSV file cannot be read near line %(line)s: a quotation mark may be missing.")
            % {"line": len(rows) + 1}
        ) from error
    return rows


def _header_key(text):
    return re.sub(r"[^a-z0-9]+", " ", search_key(cell_text(text))).strip()


def _find_header(rows, columns, required):
    """(index of the header row, {column index: key}); raises SheetError naming the missing columns."""
    wanted = {_header_key(label): key for key, labels in columns.items() for label in (key, *labels)}
    best = {}
    for index, row in enumerate(rows[:HEADER_WITHIN]):
        found = {}
        for position, label in enumerate(row):
            key = wanted.get(_header_key(label))
            if key and key not in found.values():
                found[position] = key
        if found and set(required) <= set(found.values()):
            return index, found
        best = max(best, found, key=len)
    missing = [key for key in required if key not in best.values()] or list(columns)
    raise SheetError(_("These columns are missing: %(columns)s.") % {"columns": ", ".join(missing)})


def read_rows(file, columns, required=()):
    """The rows of a CSV or XLSX file as [(row number in the file, {key: text})], blank rows left out.

    `columns` is a list of keys or {key: other headings}; headings match without regard to case, tone marks and
    punctuation; all of `required` must be there, a missing optional column reads as "". The first sheet is read. Raises
    SheetError for a file that cannot be read and for a formula among the data.
    """
    columns = columns if isinstance(columns, dict) else {key: () for key in columns}
    name, data = read_upload(file)
    formulas = {}
    if name.endswith(".csv"):
        rows = _csv_rows(data)
    else:
        workbook, by_sheet = open_workbook(_Named(data, name))
        rows = sheet_rows(workbook, workbook.sheet_names[0]) if workbook.sheet_names else []
        formulas = by_sheet.get(workbook.sheet_names[0], {}) if workbook.sheet_names else {}
    header, positions = _find_header(rows, columns, required)
    for row, column in sorted(formulas):
        if row > header + 1 and column in positions:
            raise SheetError(
                _("Cell %(cell)s holds a formula. Replace it by its value.")
                % {"cell": f"{column_letters(column)}{row}"}
            )
    read = []
    for number, row in enumerate(rows[header + 1 :], start=header + 2):
        values = dict.fromkeys(columns, "")
        for position, key in positions.items():
            values[key] = cell_text(row[position]) if position < len(row) else ""
        if any(values.values()):
            read.append((number, values))
    return read


class _Named(io.BytesIO):
    """Bytes with the name they came under."""

    def __init__(self, data, name):
        super().__init__(data)
        self.name = name
