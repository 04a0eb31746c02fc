"""Spreadsheets in: rows as text or as values, formulas beside them. `xlsx_scan` checks a file before it is read."""

import csv
import datetime as dt
import io
import re

import python_calamine
from django.utils.translation import gettext as _

from cchc_portal.lib.text import clean_text, search_key
from cchc_portal.lib.xlsx_scan import (
    MAX_PACKED,
    MAX_ROWS,
    SheetError,
    SheetScan,
    check_extent,
    column_letters,
    damaged,
    refused_kind,
    scan_workbook,
)

__all__ = [
    "MAX_PACKED",
    "MAX_ROWS",
    "SheetError",
    "SheetScan",
    "column_letters",
    "open_scanned",
    "open_workbook",
    "read_rows",
    "rows_and_merges",
    "sheet_rows",
]

HEADER_WITHIN = 20
_REFUSED_NAMES = (".xlsm", ".xls", ".xlsb", ".ods", ".xltm", ".xlam")


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
        raise refused_kind()
    scans, book, relations = scan_workbook(data)
    workbook = _guarded(lambda: python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)))
    return workbook, _scans_by_sheet(scans, book, relations, workbook.sheet_names)


def _guarded(action):
    """Runs calamine; its errors and the panics of its Rust side become SheetError."""
    try:
        return action()
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise damaged() from error
        raise


_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE = re.compile(rb"(?:\w+:)?(\w+)\s*=\s*[\"']([^\"']*)[\"']")


def _attributes(tag):
    return {name.decode().lower(): value.decode("utf-8", "replace") for name, value in _ATTRIBUTE.findall(tag)}


def _scans_by_sheet(scans, book, relations, sheet_names):
    """Scans by sheet name; a workbook whose sheets with formulas cannot be told apart counts as damaged."""
    targets = {}
    for found in map(_attributes, _RELATIONSHIP.findall(relations)):
        target = found.get("target", "")
        targets[found.get("id")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    parts = [targets.get(_attributes(tag).get("id")) for tag in _SHEET.findall(book)]
    if any((scan.formulas or scan.errors) and part not in parts for part, scan in scans.items()):
        raise damaged()
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
            check_extent(len(rows), len(row))
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
