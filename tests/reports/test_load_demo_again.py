"""Loading the demo anew: the same dice give the same figures, what is real is left alone, a city in small."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from agencies.models import Agency, Person
from dossiers.models import LateReason, Line, Period, Return, Summary
from dossiers.tally.checking import check_return
from records.models import Event
from reports.demo.load import CITY, load

TODAY = date(2026, 11, 22)
LOCAL_UNITS = 9


def silent(text: str) -> None:
    """Progress that nobody reads."""


def exported(labels: list[str]) -> str:
    out = StringIO()
    for label in labels:
        call_command("export_lines", period=label, stdout=out)
    return out.getvalue()


def loaded_and_taken_back(**options) -> str:
    """What two quarters hold after a load, which is then rolled back."""
    with transaction.atomic():
        load(say=silent, **options)
        text = exported(["2026-Q2", "2026-Q3", "2016-pub"])
        transaction.set_rollback(True)
    return text


@pytest.mark.slow
def test_the_same_seed_and_day_give_the_same_figures(db):
    assert loaded_and_taken_back(today=TODAY) == loaded_and_taken_back(today=TODAY)


@pytest.mark.parametrize("day", [date(2025, 4, 1), date(2025, 10, 1)])
def test_any_day_finds_twenty_agencies_with_four_closed_quarters(db, day):
    LateReason.objects.create(code="staff", name="Lý do đã có")
    load(today=day, say=silent)
    assert LateReason.objects.get(code="staff").name == "Lý do đã có"
    latest = Period.objects.filter(kind="quarter").ended(day).latest_first().first()
    quarters = {}
    for code in Summary.objects.filter(tree=False, complete=True, period__last_day__lt=latest.first_day).values_list(
        "agency__code", flat=True
    ):
        quarters[code] = quarters.get(code, 0) + 1
    assert sum(1 for count in quarters.values() if count >= 4) >= 20
    assert Return.objects.get(agency__code="HN-KHCN", period=latest).lines.count() >= 5
    call_command("check_figures", stdout=StringIO())


def real_person():
    Person.objects.create_user("that", "mot mat khau that dai", full_name="Người thật")


def real_agency():
    Agency.objects.create(code="X", name="Một cơ quan thật", short_name="X", kind="city")


@pytest.mark.parametrize("real", [real_person, real_agency])
def test_a_database_with_anything_real_is_refused_and_left_alone(db, real):
    real()
    with pytest.raises(CommandError, match="dữ liệu thật"):
        call_command("load_demo", today=str(TODAY))
    assert not Event.objects.exists()
    assert Agency.objects.count() + Person.objects.count() == 1


def test_a_day_that_is_none_is_refused(db):
    with pytest.raises(CommandError, match="2026-12-31"):
        call_command("load_demo", today="31/12/2026")


@pytest.mark.slow
def test_a_city_in_small_holds_every_identity_through_the_mergers(db):
    load(scale=CITY, today=TODAY, say=silent, limit=LOCAL_UNITS)
    departments, merged = 22, 16
    per_quarter = {
        label: Return.objects.filter(period__label=label).count() for label in ("2016-Q4", "2024-Q4", "2025-Q1")
    }
    assert per_quarter == {
        "2016-Q4": departments + LOCAL_UNITS,
        "2024-Q4": departments + LOCAL_UNITS,
        "2025-Q1": merged + 1 + LOCAL_UNITS,
    }
    assert Return.objects.filter(period__label="2026-Q3").count() == merged + 1
    merging = Return.objects.filter(period__label="2025-Q1").select_related("agency", "period")
    khcn = merging.get(agency__code="HN-KHCN")
    assert list(khcn.includes.values_list("code", flat=True)) == ["HN-TTTT"]
    for item in merging:
        for line in check_return(item):
            assert not line.breaches, (str(item), line)
    assert Line.objects.filter(of__history=True).count() > 15_000
    call_command("check_figures", stdout=StringIO())
    call_command("verify_trail", stdout=StringIO())
