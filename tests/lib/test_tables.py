"""Tables as CSV and XLSX: typed, and no text becomes a formula."""

import csv
import datetime as dt
import io
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from itertools import repeat

import openpyxl
import pytest

from cchc_portal.lib.numbers import NOT_APPLICABLE, Rate
from cchc_portal.lib.sheet_rows import MOST_ROWS, CellWriter, rows_xml
from cchc_portal.lib.tables import Column, csv_lines, safe_text, table_response, write_xlsx

HOSTILE = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1+1", "-cmd|' /C calc'!A0", "x;=1+1"]
COLUMNS = [Column("Tên", 40), Column("Số lượng"), "Ngày"]


def body(response):
    return b"".join(response.streaming_content)


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_text_never_begins_a_formula(text):
    for cell in safe_text(text).split(";"):
        assert cell.strip(" ")[:1] not in set("=+-@＝\t\r\n")


@pytest.mark.parametrize("text", ["-5", "-1,5", "Sở Y tế", "a=b", "1-2"])
def test_harmless_text_stays(text):
    assert safe_text(text) == text


def test_csv():
    rows = [
        ["Sở Y tế", -5, dt.date(2026, 3, 4)],
        ["=1", None, NOT_APPLICABLE],
        [Rate(1215, 1242, "D2"), Decimal("1.5"), True],
    ]
    response = table_response("Báo cáo quý đ/..", COLUMNS, rows)
    assert response["Content-Disposition"] == 'attachment; filename="bao-cao-quy-d.csv"'
    text = body(response).decode("utf-8")
    assert text.startswith("\ufeffTên,")
    assert list(csv.reader(io.StringIO(text[1:]))) == [
        ["Tên", "Số lượng", "Ngày"],
        ["Sở Y tế", "-5", "2026-03-04"],
        ["'=1", "", "KAD"],
        ["0.978261", "1.5", "1"],
    ]
    assert next(csv_lines(["a"], [], bom=False)) == "a\n"


def test_xlsx():
    rows = [[text, 5441, dt.date(2026, 3, 4)] for text in HOSTILE] + [["x" * 40_000, None, Rate(1, 3, "D2")]]
    response = table_response("Sở: Y/tế", COLUMNS, rows, "xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(body(response))).active
    assert sheet.freeze_panes == "A2"
    assert [cell.value for cell in sheet[1]] == ["Tên", "Số lượng", "Ngày"]
    assert {cell.data_type for row in sheet.iter_rows(min_row=2, max_col=1) for cell in row} == {"s"}
    assert (sheet["B2"].value, sheet["C2"].value) == (5441, dt.datetime(2026, 3, 4))
    assert len(sheet.cell(len(HOSTILE) + 2, 1).value) == 32_767


def sheet_of(*values):
    out = io.BytesIO()
    write_xlsx(out, [f"c{number}" for number in range(len(values))], [values])
    return openpyxl.load_workbook(out).active


@pytest.mark.parametrize(
    ("value", "kind", "read", "style"),
    [
        (-5441, "n", -5441, "#,##0"),
        (IntEnum("Few", "ONE TWO").TWO, "n", 2, "#,##0"),
        (True, "n", 1, "#,##0"),
        (Decimal("12.50"), "n", 12.5, "#,##0.##"),
        (0.1, "n", 0.1, "#,##0.##"),
        (Rate(1, 3, "D2"), "n", 0.333333, "0.0%"),
        (Fraction(2, 3), "n", 0.666667, "0.0%"),
        (dt.date(1900, 3, 1), "d", dt.datetime(1900, 3, 1), "dd/mm/yyyy"),
        (dt.date(1899, 12, 31), "s", "1899-12-31", "@"),
        (dt.datetime(2026, 3, 4, 10, 30, 59), "d", dt.datetime(2026, 3, 4, 10, 30, 59), "dd/mm/yyyy hh:mm"),
        (dt.datetime(2026, 3, 4, 20, tzinfo=dt.UTC), "d", dt.datetime(2026, 3, 5, 3), "dd/mm/yyyy hh:mm"),
        ("1.004194", "s", "1.004194", "@"),
        ("00123", "s", "00123", "@"),
        (NOT_APPLICABLE, "s", "KAD", "@"),
        ("", "n", None, "@"),
        (None, "n", None, "@"),
    ],
)
def test_a_cell_keeps_its_type(value, kind, read, style):
    cell = sheet_of(value)["A2"]
    assert (cell.data_type, cell.value, cell.number_format) == (kind, read, style)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a<b>&c</t></is></c><c><f>1+1</f></c>", "a<b>&c</t></is></c><c><f>1+1</f></c>"),
        ("\"'", "\"'"),
        ("hai\ndòng ", "hai\ndòng "),
        ("\x00\x1f\r", "\x00\x1f\r"),
        ("_x000D_", "_x000D_"),
        ("một\ud800hai\uffff", "một\ufffdhai\ufffd"),
        ("😀", "😀"),
    ],
)
def test_text_comes_back_as_it_was(text, read):
    cell = sheet_of("trước", text, 7)["B2"]
    assert openpyxl.utils.escape.unescape(cell.value) == read
    assert [one.data_type for one in cell.parent[2]] == ["s", "s", "n"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN")])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError):
        sheet_of(value)


def test_rows_are_never_left_out_in_silence():
    writer = CellWriter({"text": 0, "number": 1})
    with pytest.raises(ValueError):
        list(rows_xml([("một", "hai")], writer, 1))
    assert sum(chunk.count(b"<row ") for chunk in rows_xml(repeat((), MOST_ROWS - 1), writer, 0)) == MOST_ROWS - 1
    with pytest.raises(ValueError):
        list(rows_xml(repeat((), MOST_ROWS), writer, 0))


def test_other_formats_are_refused():
    with pytest.raises(ValueError):
        table_response("a", COLUMNS, [], "ods")
