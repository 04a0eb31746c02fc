"""Other people's workbooks: read as they are meant, or refused with sheet, row, column and reason; never misread."""

import io
import zipfile

import openpyxl
import pytest
import xlsxwriter

from dossiers import rules
from dossiers.models import Line
from dossiers.workbooks.saving import plan_import
from dossiers.workflow import open_return
from tests.dossiers.workbook_making import GOOD, HEAD, NUMBERING, line, packed, with_cell

EXPECTED = dict(zip(rules.TYPED_NAMES, (60, 30, 10, 40, 30, 10, 12, 5, 3, 4, 1), strict=True))
NAMES = [f"Thủ tục số {number}" for number in range(1, 6)]


@pytest.fixture
def draft(cast, period_q, procedures_khcn):
    item, _opened = open_return(cast.khcn, period_q, by=cast.lan)
    return item


def plan(draft, data):
    return plan_import(draft, io.BytesIO(data))


def read(draft, data):
    """What the workbook sets, by code; it must be free of errors."""
    found = plan(draft, data)
    assert [str(problem) for problem in found.problems] == []
    return {change.code: {cell.name: cell.new for cell in change.cells} for change in found.changes}


def refused(draft, data):
    """The places that are refused; every one must say why."""
    found = plan(draft, data)
    assert found.problems
    assert all(problem.reason for problem in found.problems)
    return [(problem.row, problem.column) for problem in found.problems]


def words_of(draft, data):
    return " ".join(str(problem) for problem in plan(draft, data).problems)


ROW = 5  # the first row of data below the head of three rows and the numbering


def test_the_plain_form(draft):
    assert read(draft, packed([line("1", "0.000001")])) == {"0.000001": EXPECTED}


def test_an_empty_first_column_moves_everything(draft):
    assert read(draft, packed([line("1", "0.000001")], shift=1, sheet="Sheet1")) == {"0.000001": EXPECTED}
    found = plan(draft, packed([with_cell("D", "1,5")], shift=1))
    assert [(one.row, one.column) for one in found.problems] == [(ROW, "E")]


def test_rows_above_the_head_and_hidden_rows_are_no_matter(draft):
    above = [
        ["UBND THÀNH PHỐ HÀ NỘI"],
        ["Tình hình tiếp nhận, đã giải quyết, đang giải quyết TTHC"],
        [],
        ["Kỳ báo cáo: Quý III"],
    ]
    data = packed([line("1", "0.000001")], above=above, hidden=[8])
    assert read(draft, data) == {"0.000001": EXPECTED}


def test_merged_heads_are_read_as_excel_draws_them(draft):
    merges = [
        (0, 0, 2, 0, "STT"),
        (0, 1, 2, 1, "Lĩnh vực, công việc giải quyết theo cấp"),
        (0, 2, 0, 5, "Tiếp nhận"),
        (0, 6, 0, 9, "Đã giải quyết"),
        (0, 10, 0, 12, "Đang xử lý"),
        (1, 2, 2, 2, "Tổng số"),
        (1, 3, 1, 4, "Trong kỳ"),
        (1, 5, 2, 5, "Kỳ trước"),
    ]
    assert read(draft, packed([line("1", "0.000001")], merges=merges)) == {"0.000001": EXPECTED}


@pytest.mark.parametrize("waiting", ["Trong hạn", "Đúng hạn", "Chưa đến hạn", "TRONG HẠN", "trong han"])
@pytest.mark.parametrize("received", ["Tiếp nhận", "Số hồ sơ nhận giải quyết", "Số hồ sơ tiếp nhận"])
def test_variants_of_labels(draft, waiting, received):
    head = [list(row) for row in HEAD]
    head[0][2], head[0][10], head[1][5], head[1][11] = received, "Hồ sơ đang xử lý", "Kỳ trước", waiting
    assert read(draft, packed([line("1", "0.000001")], head=head)) == {"0.000001": EXPECTED}


def test_a_head_of_one_row(draft):
    head = [["TT", "Tên thủ tục", "Mã TTHC", "Tiếp nhận trực tuyến", "Tiếp nhận trực tiếp",
             "Tiếp nhận kỳ trước chuyển sang", "Đã giải quyết trước hạn", "Đã giải quyết đúng hạn",
             "Đã giải quyết quá hạn", "Đang giải quyết trong hạn",
             "Đang giải quyết quá hạn"]]  # fmt: skip
    rows = [["1", "", "0.000001", 60, 30, 10, 40, 30, 10, 12, 5]]
    expected = {name: EXPECTED[name] for name in rules.TYPED_NAMES[:8]}
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        page = book.add_worksheet("Bảng")
        for number, values in enumerate([*head, *rows]):
            page.write_row(number, 0, values)
    assert read(draft, target.getvalue()) == {"0.000001": expected}


def test_merged_early_and_on_time_is_stated(draft):
    head = [list(row) for row in HEAD]
    head[1][7], head[1][8] = "Đúng và trước hạn", ""
    row = line("1", "0.000001")
    row[6], row[7], row[8] = 80, 70, ""
    del head[1][8], row[8]
    for part in (head[0],):
        del part[8]
    found = read(draft, packed([row], head=head))["0.000001"]
    assert (found["stated_in_time"], found["stated_resolved"], found["resolved_overdue"]) == (70, 80, 10)
    assert "resolved_early" not in found


def test_a_merged_cell_over_early_and_on_time_is_stated(draft):
    row = line("1", "0.000001")
    row[6], row[7], row[8] = 80, None, None
    data = packed([row], merges=[(ROW - 1, 7, ROW - 1, 8, 70)])
    found = read(draft, data)["0.000001"]
    assert (found["stated_in_time"], found["stated_resolved"], found["resolved_overdue"]) == (70, 80, 10)
    assert "resolved_early" not in found


@pytest.mark.parametrize("span", [(ROW - 1, 3, ROW - 1, 4), (ROW - 1, 3, ROW, 3)])
def test_other_merged_figures_are_refused(draft, span):
    rows = [with_cell("D", None), with_cell("D", None, "0.000002")]
    for row in rows:
        row[4] = None if span[3] == 4 else row[4]
    places = refused(draft, packed(rows, merges=[(*span, 90)]))
    assert (ROW, "D") in places


def test_numbering_total_and_among_which_rows_are_no_lines(draft):
    total = ["", "Tổng cộng", *[None if v is None else 2 * v for v in GOOD], ""]
    within = ["", "Trong đó: cấp tỉnh", *GOOD, ""]
    rows = [total, within, line("1", "0.000001"), NUMBERING, line("2", "0.000002")]
    assert read(draft, packed(rows)) == {"0.000001": EXPECTED, "0.000002": EXPECTED}
    rows[0] = ["Tổng cộng", "", *[7 if v is not None else None for v in GOOD], ""]
    notes = " ".join(plan(draft, packed(rows)).notes)
    assert "D5" in notes and "120" in notes


def test_fields_with_roman_numbers_and_hierarchical_ones(draft):
    field = ["I", "Sở hữu trí tuệ", *GOOD, ""]
    assert read(draft, packed([field, line("1.1", "0.000001")])) == {"0.000001": EXPECTED}
    parent = ["1", "Việc chung", *[None if v is None else 2 * v for v in GOOD], ""]
    rows = [parent, line("1.1", "0.000001"), line("1.2", "0.000002")]
    assert read(draft, packed(rows)) == {"0.000001": EXPECTED, "0.000002": EXPECTED}
    rows[0] = ["1", "Thủ tục gõ sai tên", *GOOD, ""]
    assert (ROW, "B") in refused(draft, packed(rows))


@pytest.mark.parametrize(
    "name", ["Thủ tục số 1", "THỦ TỤC SỐ 1", "Thu tuc so 1", "  Thủ  tục số 1. ", "0.000001 - Thủ tục số 1"]
)
def test_a_line_is_found_by_its_name(draft, name):
    row = line("1", "", name)
    assert read(draft, packed([row])) == {"0.000001": EXPECTED}


def test_names_that_fit_nothing_or_twice_are_refused(draft, procedures_khcn):
    assert refused(draft, packed([line("1", "", "Thủ tục số 9")])) == [(ROW, "B")]
    assert refused(draft, packed([line("1", "0.000009")])) == [(ROW, "Q")]
    procedures_khcn[1].name = "Thu tuc so 1"
    procedures_khcn[1].save()
    assert refused(draft, packed([line("1", "", "THỦ TỤC SO 1")])) == [(ROW, "B")]
    assert read(draft, packed([line("1", "", "Thủ tục số 1")])) == {"0.000001": EXPECTED}


def test_a_code_that_became_a_number_is_still_that_code(draft):
    row = line("1", 0.000002)
    assert read(draft, packed([row])) == {"0.000002": EXPECTED}


def test_the_same_line_twice_is_refused(draft):
    assert refused(draft, packed([line("1", "0.000001"), line("2", "0.000001")])) == [(ROW + 1, "Q")]


def test_figures_without_a_name_are_refused(draft):
    assert refused(draft, packed([line("1", "0.000001"), line("2", "")])) == [(ROW + 1, "D")]


def test_signatures_at_the_foot_are_no_line(draft):
    foot = [
        [],
        ["", "", "", "", "", "", "", "", "Hà Nội, ngày … tháng …"],
        ["", "Người lập biểu", "", "", "", "", "", "", "Giám đốc"],
    ]
    assert read(draft, packed([line("1", "0.000001")], below=foot)) == {"0.000001": EXPECTED}


# --- totals and formulas ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", ["C", "G", "K"])
def test_formulas_of_totals_are_ignored(draft, letter):
    assert read(draft, packed([with_cell(letter, "=1/0")])) == {"0.000001": EXPECTED}


@pytest.mark.parametrize("letter", list("DEFHIJLMNOPQ"))
def test_other_formulas_are_refused_by_cell(draft, letter):
    def without_value(page, row, column):
        page.write_formula(row, column, "=1+1", None, "")

    for value in ("=1+1", without_value):
        assert refused(draft, packed([with_cell(letter, value)])) == [(ROW, letter)]


@pytest.mark.parametrize(("letter", "total"), [("C", 100), ("G", 80), ("K", 17)])
def test_a_typed_total_is_compared_with_its_parts(draft, letter, total):
    assert read(draft, packed([with_cell(letter, total)])) == {"0.000001": EXPECTED}
    assert refused(draft, packed([with_cell(letter, total + 1)])) == [(ROW, letter)]


def test_a_typed_total_without_parts_is_stated(draft):
    figures = [1242, None, None, None, 1242, None, None, None, 0, None, None, None, None, None]
    found = read(draft, packed([line("1", "0.000001", "", figures)]))
    assert found == {"0.000001": {"stated_received": 1242, "stated_resolved": 1242, "stated_pending": 0}}
    figures[2] = 5
    assert refused(draft, packed([line("1", "0.000001", "", figures)])) == [(ROW, "C")]


def test_not_applicable_and_blank_and_zero_stay_apart(draft):
    row = with_cell("F", " kad ")
    row[3], row[4] = 0, None
    found = read(draft, packed([row]))["0.000001"]
    assert (found["received_online"], found["carried_over"]) == (0, rules.NA)
    assert "received_direct" not in found


def test_blanks_replace_what_stood_there(draft):
    first = draft.lines.order_by("position").first()
    Line.objects.filter(pk=first.pk).update(withdrawn=9)
    found = read(draft, packed([line("1", first.procedure.code, "", [None] * 14)]))
    assert found == {first.procedure.code: {"withdrawn": None}}


def test_an_error_pasted_as_a_value_is_not_blank(draft):
    """XlsxWriter writes no error constants, so the cell's type is changed in the file."""
    data = packed([with_cell("D", 987654)])
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b'<c r="D5"><v>987654</v>', b'<c r="D5" t="e"><v>#N/A</v>')
                assert b"#N/A" in content
            new.writestr(name, content)
    assert refused(draft, target.getvalue()) == [(ROW, "D")]


# --- sheets, origin, hostile files -----------------------------------------------------------------------------------


def test_two_sheets_that_fit_are_refused_unless_one_is_the_form(draft):
    rows = [line("1", "0.000001")]
    other = {"Bản sao": [*HEAD, NUMBERING, line("1", "0.000001", "", [None, *range(13)])]}
    assert "Quý 3" in words_of(draft, packed(rows, sheet="Quý 3", more=other))
    assert read(draft, packed(rows, more=other)) == {"0.000001": EXPECTED}
    assert read(draft, packed(rows, sheet="Quý 3", more={"Hướng dẫn": [["Nhập số"]]})) == {"0.000001": EXPECTED}
    assert read(draft, packed(rows, sheet="Quý 3", more={"Mẫu": HEAD})) == {"0.000001": EXPECTED}


@pytest.mark.parametrize(
    "meta",
    [
        {"form_version": "07a"},
        {"agency": "HN-NGV"},
        {"period": "2026-Q2"},
        {"return_version": "99"},
    ],
)
def test_a_workbook_of_something_else_is_refused(draft, meta):
    right = {"form_version": "II.06a", "agency": "HN-KHCN", "period": "2026-Q3", "return_version": str(draft.version)}
    assert read(draft, packed([line("1", "0.000001")], meta=right)) == {"0.000001": EXPECTED}
    said = words_of(draft, packed([line("1", "0.000001")], meta={**right, **meta}))
    assert next(iter(meta.values())) in said


def test_a_heading_that_names_another_agency_is_refused(draft):
    rows = [line("1", "0.000001")]
    assert "Sở Ngoại vụ" in words_of(draft, packed(rows, above=[["Đơn vị báo cáo: Sở Ngoại vụ"]]))
    named = "Đơn vị báo cáo: SỞ KHOA HỌC VÀ CÔNG NGHỆ"
    assert read(draft, packed(rows, above=[[named]])) == {"0.000001": EXPECTED}


def test_two_columns_for_one_figure_are_refused(draft):
    head = [list(row) for row in HEAD]
    head[1][8] = "Trước hạn"
    assert (ROW - 1, "I") in refused(draft, packed([line("1", "0.000001")], head=head))
    head[1][8] = "Nhanh"
    assert (ROW - 1, "I") in refused(draft, packed([line("1", "0.000001")], head=head))


@pytest.mark.parametrize("named", ["", "Cột khác"])
def test_numbers_under_a_broken_head_are_refused_with_their_column(draft, named):
    """The merged cells of a group came apart and its labels got lost: its counts must not be passed over."""
    for column in (9, 12, 13):
        head = [list(row) + [""] * (17 - len(row)) for row in HEAD]
        for row in head:
            row[column] = ""
        head[0][column] = named
        if column == 12:
            head[0][10:13] = ["", "", named]
            head[1][10:13] = ["", "", ""]
        found = plan(draft, packed([line("1", "0.000001")], head=head))
        letter = "ABCDEFGHIJKLMNOPQ"[column]
        assert letter in {problem.column for problem in found.problems}, (column, found.notes)


def test_a_share_between_the_figures_is_not_taken_for_one(draft):
    labels = (["Tỷ lệ %"], [""], [""])
    head = [[*row[:10], *label, *row[10:]] for row, label in zip(HEAD, labels, strict=True)]
    row = line("1", "0.000001")
    found = plan(draft, packed([[*row[:10], 97.5, *row[10:]]], head=head))
    assert "K" not in {problem.column for problem in found.problems}


def test_columns_the_form_does_not_have_are_told(draft):
    head = [list(row) for row in HEAD]
    head[0].append("Thanh toán trực tuyến")
    row = [*line("1", "0.000001"), 5]
    found = plan(draft, packed([row], head=head))
    assert not found.problems
    assert any("R" in note for note in found.notes)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 nothing",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old",
        b"a;b;c\n1;2;3\n",
        packed([], head=[["just", "some", "words"]]),
        packed([]),
    ],
)
def test_what_is_no_form_is_refused(draft, data):
    assert words_of(draft, data)


def test_macros_and_bombs_are_not_opened(draft):
    good = packed([line("1", "0.000001")])

    def with_part(name, content):
        target = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
            for part in old.namelist():
                new.writestr(part, old.read(part))
            new.writestr(name, content)
        return target.getvalue()

    assert words_of(draft, with_part("xl/vbaProject.bin", b"x"))
    assert words_of(draft, with_part("xl/media/a.bin", b"\0" * 30_000_000))


def test_a_cell_far_out_is_refused(draft):
    book = openpyxl.load_workbook(io.BytesIO(packed([line("1", "0.000001")])))
    book["II.06a"]["XFD1048576"] = 1
    target = io.BytesIO()
    book.save(target)
    assert words_of(draft, target.getvalue())


def test_figures_a_draft_may_hold_are_told(draft):
    found = plan(draft, packed([with_cell("O", 11)]))
    assert not found.problems
    assert any("R8" in note for note in found.notes)
