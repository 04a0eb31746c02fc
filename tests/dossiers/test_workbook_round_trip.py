"""A return out as a workbook and in again: nothing changes; what the workbook looks like."""

import io

import openpyxl
import pytest

from dossiers import rules
from dossiers.models import Line
from dossiers.workbooks.export import form_of, write_form
from dossiers.workbooks.saving import apply_import, plan_import
from dossiers.workflow import open_return
from records.models import Event


@pytest.fixture
def draft(cast, period_q, procedures_khcn):
    item, _opened = open_return(cast.khcn, period_q, by=cast.lan)
    return item


def exported(item):
    packed = io.BytesIO()
    write_form(packed, form_of(item))
    return packed.getvalue()


def fill(item):
    """Every kind of cell: counts, zeros, blanks, not applicable, a stated total."""
    lines = list(item.lines.order_by("position"))
    full = dict(zip(rules.TYPED_NAMES, (60, 30, 10, 40, 30, 10, 12, 5, 3, 4, 1), strict=True))
    values = [
        full,
        dict.fromkeys(rules.TYPED_NAMES, 0),
        {},
        {**full, "carried_over": rules.NA, "withdrawn": None},
        {"stated_received": 1242, "stated_in_time": 1215, "stated_resolved": 1242},
    ]
    for line, cells in zip(lines, values, strict=True):
        Line.objects.filter(pk=line.pk).update(**rules.Figures(cells).to_stored())


def test_an_export_changes_nothing_when_it_comes_back(draft, cast):
    fill(draft)
    events = Event.objects.count()
    plan = plan_import(draft, io.BytesIO(exported(draft)))
    assert [str(problem) for problem in plan.problems] == []
    assert plan.changes == []
    assert plan.lines == 5
    assert apply_import(draft, plan, by=cast.lan) is False
    assert Event.objects.count() == events


def test_a_filled_template_is_taken_over_once(draft, cast):
    book = openpyxl.load_workbook(io.BytesIO(exported(draft)))
    sheet = book["II.06a"]
    rows = {sheet.cell(row, 17).value: row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 17).value}
    for column, value in zip("DEFHIJLM", (60, "1.030", 10, 40, 30, 10, 12, "KAD"), strict=True):
        sheet[f"{column}{rows['0.000003']}"] = value
    packed = io.BytesIO()
    book.save(packed)
    plan = plan_import(draft, packed)
    assert [str(problem) for problem in plan.problems] == []
    events = Event.objects.count()
    assert apply_import(draft, plan, by=cast.lan) is True
    line = draft.lines.get(procedure__code="0.000003")
    assert (line.received_online, line.received_direct, line.pending_overdue, line.not_applicable) == (60, 1030, 0, 128)
    assert line.withdrawn is None
    assert Event.objects.count() == events + 1
    again = plan_import(draft, packed)
    assert (again.problems, again.changes) == ([], [])
    assert apply_import(draft, again, by=cast.lan) is False
    assert Event.objects.count() == events + 1


def test_the_sheet_is_the_printed_form(draft):
    fill(draft)
    book = openpyxl.load_workbook(io.BytesIO(exported(draft)))
    sheet, meta = book["II.06a"], book["_meta"]
    assert meta.sheet_state == "hidden"
    assert {row[0].value: row[1].value for row in meta.iter_rows()} == {
        "form_version": "II.06a",
        "agency": "HN-KHCN",
        "period": "2026-Q3",
        "return_version": str(draft.version),
    }
    assert sheet["A1"].value == "Biểu số II.06a/VPCP/KSTT"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.freeze_panes == "C11"
    numbering = [sheet.cell(10, column).value for column in range(1, 14)]
    assert numbering == [f"({number})" for number in range(1, 14)]
    codes = [sheet.cell(row, 17).value for row in range(11, sheet.max_row + 1)]
    assert [code for code in codes if code] == [
        line.procedure.code for line in draft.lines.select_related("procedure").order_by("position")
    ]
    names = [sheet.cell(row, 2).value for row in range(11, sheet.max_row + 1)]
    assert "Sở hữu trí tuệ" in names and "Tổng cộng" in names
    formulas = [row[2].value for row in sheet.iter_rows(min_row=11) if row[16].value and row[2].data_type == "f"]
    assert len(formulas) == 4
    assert sheet.data_validations.dataValidation
