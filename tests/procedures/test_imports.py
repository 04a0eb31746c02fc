"""The register of procedures from a file."""

import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from cchc_portal.lib.xlsx import read_rows
from procedures import imports
from procedures.models import Field, OnlineLevel, Procedure
from records.models import Event

pytestmark = pytest.mark.django_db

HEAD = ",".join(imports.COLUMNS) + "\n"
GOOD = (
    "0.000101,Cấp giấy phép,Khoa học và Công nghệ,province,10,1,3,partial,1,2020-01-01,\n"
    "2.000815.000.00.00.H55,Chứng thực bản sao,Chứng thực,Cấp xã,2,không,,Toàn trình,,01/02/2020,31/12/2030\n"
)


def plan(text, on=None):
    file = io.BytesIO((HEAD + text).encode())
    file.name = "p.csv"
    return imports.plan_import(read_rows(file, imports.COLUMNS, imports.REQUIRED), on)


def test_dry_run_then_write_then_again(tmp_path):
    (tmp_path / "p.csv").write_text(HEAD + GOOD.replace("Toàn trình", "full"), encoding="utf-8")
    call_command("import_procedures", tmp_path / "p.csv", stdout=io.StringIO())
    assert not Procedure.objects.exists()
    assert not Field.objects.exists()
    for _time in range(2):
        call_command("import_procedures", tmp_path / "p.csv", write=True, stdout=io.StringIO())
    assert list(
        Procedure.objects.order_by("code").values_list("code", "level", "statutory_days", "fee", "version")
    ) == [
        ("0.000101", "province", 10, True, 1),
        ("2.000815.000.00.00.H55", "commune", 2, False, 1),
    ]
    assert OnlineLevel.objects.count() == 4
    assert Event.objects.count() == 1


def test_three_scales_stay_apart():
    imports.apply(plan(GOOD.replace("Toàn trình", "full")), None)
    levels = OnlineLevel.objects.filter(procedure__code="0.000101").order_by("scale").values_list("scale", "value")
    assert list(levels) == [("level_2011", "3"), ("level_2022", "partial"), ("proactive_level", "1")]


def test_changed_level_closes_the_old_one_the_day_before():
    row = "0.000101,Cấp giấy phép,Lĩnh vực,province,10,1,{},,,,\n"
    imports.apply(plan(row.format(3)), None)
    day = date(2026, 5, 1)
    imports.apply(plan(row.format(4), day), None, day)
    assert list(OnlineLevel.objects.order_by("pk").values_list("value", "valid_from", "valid_to")) == [
        ("3", None, date(2026, 4, 30)),
        ("4", day, None),
    ]
    assert not plan(row.format(4), day).changes
    assert not plan(row.format(""), day).changes


def test_field_is_found_by_name_or_code_in_any_spelling():
    Field.objects.create(code="SHTT", name="Sở hữu trí tuệ")
    imports.apply(plan("0.000101,A,so huu tri tue,province,,,,,,,\n0.000102,B,shtt,province,,,,,,,\n"), None)
    assert Field.objects.count() == 1
    assert set(Procedure.objects.values_list("fee", "statutory_days")) == {(None, None)}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("1.00419,A,F,province,,,,,,,", "code"),
        ("1.004194.000.00.00.h55,A,F,province,,,,,,,", "code"),
        (",A,F,province,,,,,,,", "code"),
        ("0.000101,,F,province,,,,,,,", "name"),
        ("0.000101,A,,province,,,,,,,", "field"),
        ("0.000101,A,F,galaxy,,,,,,,", "level"),
        ("0.000101,A,F,province,-1,,,,,,", "statutory_days"),
        ("0.000101,A,F,province,1.5,,,,,,", "statutory_days"),
        ("0.000101,A,F,province,,maybe,,,,,", "fee"),
        ("0.000101,A,F,province,,,5,,,,", "level_2011"),
        ("0.000101,A,F,province,,,,3,,,", "level_2022"),
        ("0.000101,A,F,province,,,,,full,,", "proactive_level"),
        ("0.000101,A,F,province,,,,,,2025-01-02,2025-01-01", "valid_to"),
    ],
)
def test_errors_name_row_and_column(tmp_path, row, column):
    (tmp_path / "p.csv").write_text(f"{HEAD}0.000100,Đúng,F,province,,,,,,,\n{row}\n", encoding="utf-8")
    err = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_procedures", tmp_path / "p.csv", write=True, stderr=err, stdout=io.StringIO())
    assert f"Dòng 3, cột {column}," in err.getvalue()
    assert not Procedure.objects.exists()


def test_export_can_be_read_in_again(cast, client_of, procedures_khcn):
    for fmt in ("csv", "xlsx"):
        file = io.BytesIO(client_of(cast.quan).get("/procedures/", {"format": fmt}).getvalue())
        file.name = f"p.{fmt}"
        found = imports.plan_import(read_rows(file, imports.COLUMNS, imports.REQUIRED))
        assert (found.same, found.changes, found.errors) == (5, [], [])
