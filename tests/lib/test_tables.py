"""Tables as CSV and XLSX: typed, and no text becomes a formula."""

import csv
import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pytest

from cchc_portal.lib.numbers import NOT_APPLICABLE, Rate
from cchc_portal.lib.tables import Column, csv_lines, safe_text, table_response

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


def test_other_formats_are_refused():
    with pytest.raises(ValueError):
        table_response("a", COLUMNS, [], "ods")
