"""Reading spreadsheets: what is read, and what is never opened."""

import contextlib
import datetime as dt
import io
import unicodedata
import zipfile

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_portal.lib import xlsx_scan
from cchc_portal.lib.xlsx import SheetError, column_letters, open_workbook, read_rows

COLUMNS = {"code": ("Mã",), "name": ("Tên đơn vị",), "valid_from": ()}


def workbook(rows, formulas=()):
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed) as book:
        sheet = book.add_worksheet("Danh mục & mã")
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, dt.date):
                    sheet.write_datetime(
                        number,
                        column,
                        dt.datetime.combine(value, dt.time()),
                        book.add_format({"num_format": "dd/mm/yyyy"}),
                    )
                else:
                    sheet.write(number, column, value)
        for cell, formula in formulas:
            sheet.write_formula(cell, formula)
    return packed.getvalue()


def upload(data, name="a.xlsx"):
    return SimpleUploadedFile(name, data)


def repacked(data, **parts):
    """The workbook with parts added or replaced."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return packed.getvalue()


GOOD = workbook(
    [["DANH MỤC"], [], ["MÃ", "ten don vi", "valid_from"], ["HN", "Hà Nội", dt.date(2025, 3, 1)], [], [7, "x"]]
)


def test_workbook_rows():
    rows = read_rows(upload(GOOD), COLUMNS, required=("code", "name"))
    assert rows == [
        (4, {"code": "HN", "name": "Hà Nội", "valid_from": "2025-03-01"}),
        (6, {"code": "7", "name": "x", "valid_from": ""}),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_rows(encoding, delimiter):
    text = unicodedata.normalize("NFD", f'Mã{delimiter}TÊN ĐƠN VỊ\n\nHN{delimiter}"Hà {delimiter} Nội"\n')
    rows = read_rows(upload(text.encode(encoding), "A.CSV"), COLUMNS, required=("code",))
    assert rows == [
        (3, {"code": "HN", "name": f"Hà {delimiter} Nội" if delimiter != "\t" else "Hà \t Nội", "valid_from": ""})
    ]


def test_the_registers_in_the_repository_are_read():
    rows = read_rows("data/agencies.csv", ["code", "name", "kind"], required=("code", "name"))
    assert rows[0] == (2, {"code": "HN", "name": "Ủy ban nhân dân Thành phố Hà Nội", "kind": "city"})


FAR_OUT = (
    '<worksheet><sheetData><row r="1"><c r="A1"/></row>'
    '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (GOOD, "a.xlsm"),
        (GOOD, "a.ods"),
        (b"<html><table></table></html>", "a.xls"),
        (b"<html><table></table></html>", "a.xlsx"),
        (xlsx_scan.OLE_MAGIC + b"\x00" * 600, "a.xlsx"),
        (b"", "a.xlsx"),
        (GOOD[:-200], "a.xlsx"),
        (GOOD[:300] + b"\x00\xff" * 50 + GOOD[400:], "a.xlsx"),
        (repacked(GOOD, **{"xl/vbaProject.bin": b"x"}), "a.xlsx"),
        (repacked(GOOD, **{"xl/externalLinks/externalLink1.xml": "<a/>"}), "a.xlsx"),
        (repacked(GOOD, **{"xl/embeddings/oleObject1.bin": b"x"}), "a.xlsx"),
        (repacked(GOOD, **{"xl/media/big.bin": b"\x00" * 5_000_000}), "a.xlsx"),
        (repacked(GOOD, **{f"x{number}": b"" for number in range(2_001)}), "a.xlsx"),
        (repacked(GOOD, **{"xl/x.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), "a.xlsx"),
        (
            repacked(
                GOOD,
                **{"xl/worksheets/sheet1.xml": FAR_OUT},
            ),
            "a.xlsx",
        ),
        (
            repacked(
                GOOD,
                **{
                    "xl/worksheets/sheet1.xml": "<worksheet><sheetData>"
                    + "<row/>" * 20_001
                    + "</sheetData></worksheet>"
                },
            ),
            "a.xlsx",
        ),
        ("Mã,Tên\nHN,Hà Nội".encode("utf-16-le"), "a.csv"),
        ("Mã,Tên\nHN,Hà Nội".encode("cp1258", "replace"), "a.csv"),
        (b'code,name\nHN,"open\n', "a.csv"),
        (b"code,name\n" + b"x" * 200_000, "a.csv"),
        (b"code,name\n" + b"x,y\n" * 20_001, "a.csv"),
        (b"other,name\nx,y\n", "a.csv"),
        (b"x" * (xlsx_scan.MAX_PACKED + 1), "a.csv"),
    ],
)
def test_refused(data, name):
    with pytest.raises(SheetError):
        read_rows(upload(data, name), COLUMNS, required=("code",))


def test_an_unpacked_size_is_counted_not_believed():
    lying = bytearray(repacked(GOOD, **{"xl/media/big.bin": b"\x00" * 5_000_000}))
    place = lying.rfind(b"xl/media/big.bin") - 46
    lying[place + 24 : place + 28] = (100).to_bytes(4, "little")
    with pytest.raises(SheetError):
        read_rows(upload(bytes(lying)), COLUMNS)


def test_formulas_are_found_by_sheet_and_cell():
    data = workbook([["code", "name"], ["a", 1]], [("B2", "=1+1"), ("D9", "=A1")])
    book, formulas = open_workbook(upload(data))
    assert book.sheet_names == ["Danh mục & mã"]
    assert formulas == {"Danh mục & mã": {(2, 1): "1+1", (9, 3): "A1"}}
    with pytest.raises(SheetError, match="B2"):
        read_rows(upload(data), COLUMNS)


@given(st.binary(max_size=60), st.integers(0, len(GOOD) - 1))
@settings(max_examples=60, deadline=None)
def test_any_damage_is_read_or_refused(noise, at):
    with contextlib.suppress(SheetError):
        read_rows(upload(GOOD[:at] + noise + GOOD[at + len(noise) :]), COLUMNS)


def test_column_letters():
    assert [column_letters(index) for index in (0, 25, 26, 255)] == ["A", "Z", "AA", "IV"]


def test_the_quick_scan_sees_what_the_parser_sees():
    data = workbook(
        [["a", 1, 2.5], [], ["b & c", True]],
        formulas=[("D2", '=IF(A1>0,"x","y")'), ("B7", "=SUM(B1:B2)"), ("AA9", "=1")],
    )
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        part = archive.read("xl/worksheets/sheet1.xml")
    scanner = xlsx_scan._Scanner()
    scanner.parser.Parse(part, True)
    assert xlsx_scan._scan_plainly(part) == scanner.scan
    assert set(scanner.scan.formulas) == {(2, 3), (7, 1), (9, 26)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<sheetData>", b"<!-- x --><sheetData>"),
        (b'<c r="A1"', b"<c"),
        (b'<row r="1"', b"<row"),
        (b'<c r="A1"', b"<c r='A1'"),
        (b'encoding="UTF-8"', b'encoding="iso-8859-1"'),
        (b'<c r="A1"', b'<c t="e" r="A1"'),
        (b'<c r="A1"', b'<c r="A1" t = "e"'),
        (b'<c r="A1"', b'<x:c r="A1"'),
        (b"<sheetData>", b'<sheetData><x:row r="1048576"/>'),
        (b"<v>1</v>", b'<f x=">">1</f><v>1</v>'),
        (b"<v>1</v>", b"<v>1</v><f>1</f>"),
    ],
)
def test_anything_unusual_is_parsed(old, new):
    with zipfile.ZipFile(io.BytesIO(workbook([["a", 1]]))) as archive:
        part = archive.read("xl/worksheets/sheet1.xml")
    assert old in part
    assert xlsx_scan._scan_plainly(part.replace(old, new)) is NotImplemented
