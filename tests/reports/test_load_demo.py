"""The demo: what the contract promises of it, on a load that is made once for this module."""

import json
from datetime import date, datetime, time, timedelta
from io import StringIO

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import models, transaction
from django.db.models import Count
from django.test import Client
from django.utils import timezone

from agencies.models import Agency, Person, Succession
from cchc_portal.lib import periods
from dossiers import rules
from dossiers.choices import ReturnState
from dossiers.models import Line, Period, Return, StaleFigure, Summary
from dossiers.tally.checking import check_return
from inspections.models import Finding, Photo, Proposal, Recommendation, Visit
from procedures.models import AgencyProcedure, DocumentReview, Procedure, StatedLevelCount
from records.models import Document, Event, Source
from reports.demo import load as demo_load
from reports.demo.people import ACCOUNTS, PASSWORD
from reports.demo.returns import HISTORY
from reports.demo.volumes import Volumes
from reports.models import Claim, Target

TODAY = date(2026, 11, 22)
LOADED_AT = datetime.combine(TODAY, time(0, 5), tzinfo=periods.HANOI)
ELSEWHERE = json.loads((settings.BASE_DIR / "data" / "published_elsewhere.json").read_text(encoding="utf-8"))
CELLS = ("stated_received", "received_online", "stated_resolved", "stated_in_time")
PUBLISHED = json.loads((settings.BASE_DIR / "data" / "published_figures.json").read_text(encoding="utf-8"))
# The tables are made where some test says that it needs them, also when this file runs alone.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """The small demo, loaded once; the tests below only read it."""
    with django_db_blocker.unblock():
        said = []
        with time_machine.travel(LOADED_AT):
            assert demo_load.load(today=TODAY, say=said.append)
        yield said
        call_command("flush", interactive=False, verbosity=0)


def latest() -> Period:
    return Period.objects.get(label=periods.latest_ended(TODAY))


def test_twenty_agencies_have_four_closed_quarters_with_every_figure_known(demo):
    full = (
        Summary.objects.filter(tree=False, complete=True, returns=1, period__last_day__lt=latest().first_day)
        .values("agency")
        .annotate(quarters=Count("pk"))
        .filter(quarters__gte=4)
    )
    assert full.count() >= 20
    blank = Line.objects.filter(of__period__calendar="default", of__state=ReturnState.ACCEPTED)
    for name in rules.TYPED_NAMES:
        assert not blank.filter(**{f"{name}__isnull": True}).exists(), name


def test_loaded_right_after_midnight_it_tells_nothing_that_has_not_happened_yet(demo):
    """Only deadlines lie ahead: what is newest by its time is newest in truth."""
    ahead = set()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            later = {f"{field.name}__gt": LOADED_AT + timedelta(hours=1)}
            if isinstance(field, models.DateTimeField) and model._base_manager.filter(**later).exists():
                ahead.add(f"{model.__name__}.{field.name}")
    assert ahead == {"Period.due_at", "Period.locks_at"}


def test_no_identity_is_broken_anywhere_not_even_an_explainable_one(demo):
    sent = Return.objects.filter(period__calendar="default").exclude(agency__code="HN-KHCN", state=ReturnState.DRAFT)
    assert sent.count() > 200
    for item in sent.select_related("agency", "period"):
        for line in check_return(item):
            assert not line.blocking and not line.unexplained, (str(item), line)


def test_lan_has_a_draft_of_blank_cells_due_seven_days_after_the_load(demo):
    period = latest()
    assert timezone.localtime(period.due_at) == datetime(2026, 11, 29, 17, 0, tzinfo=periods.HANOI)
    assert period.locks_at == period.due_at + timedelta(days=30)
    draft = Return.objects.get(agency__code="HN-KHCN", period=period)
    assert (draft.state, draft.created_by.username, draft.history) == (ReturnState.DRAFT, "lan", False)
    lines = list(draft.lines.all())
    assert len(lines) >= 5
    assert all(line.procedure_id for line in lines)
    assert all(getattr(line, name) is None for line in lines for name in rules.CELL_NAMES)
    handled = Procedure.objects.handled_by(draft.agency, period.first_day, period.last_day)
    assert {line.procedure_id for line in lines} == set(handled.values_list("pk", flat=True))


def test_the_latest_quarter_has_life(demo):
    states = set(Return.objects.filter(period=latest()).values_list("state", flat=True))
    assert states == {ReturnState.DRAFT, ReturnState.SUBMITTED, ReturnState.APPROVED, ReturnState.ACCEPTED}
    returned = Return.objects.get(agency__code="HN-NGV", period=latest())
    assert returned.state == ReturnState.DRAFT
    assert returned.remarks.filter(open=True, line=None).count() == 1
    assert returned.remarks.filter(open=True, line__isnull=False).count() == 1
    assert latest().owing().count() > Return.objects.filter(period=latest()).count()


@pytest.mark.parametrize("entry", PUBLISHED["returns"], ids=lambda entry: f"{entry['agency']} {entry['period']}")
def test_published_returns_say_what_was_published_and_no_more(demo, entry):
    filed = Return.objects.get(agency__code=entry["agency"], period__label=entry["period"])
    assert (filed.state, filed.history, filed.published) == (ReturnState.ACCEPTED, True, True)
    assert filed.source.code == entry["source"]
    assert {filed.created_by, filed.submitted_by, filed.approved_by, filed.accepted_by} == {None}
    line = filed.lines.get()
    assert (line.procedure, line.field, line.not_applicable) == (None, None, 0)
    assert {name: getattr(line, name) for name in CELLS} == {name: entry[name] for name in CELLS}
    assert all(getattr(line, name) is None for name in rules.CELL_NAMES if name not in CELLS)


def test_published_rates_come_out_right(demo):
    summaries = {
        (row.agency.code, row.period.label): row
        for row in Summary.objects.filter(tree=False, period__calendar="published").select_related("agency", "period")
    }
    ngv, tttt = summaries["HN-NGV", "2016-pub"], summaries["HN-TTTT", "2016-pub"]
    assert (ngv.d1_numerator, ngv.d1_denominator) == (1215, 1242)
    assert (summaries["HN-NGV", "2017-Q1-pub"].d1_numerator, tttt.d2_used, tttt.d1_used) == (176, 0, 0)
    assert (tttt.online_share_numerator, tttt.online_share_denominator) == (4719, 5441)


def test_every_claim_index_result_target_level_and_review_is_there(demo):
    for entry in PUBLISHED["claims"] + ELSEWHERE["claims"]:
        claim = Claim.objects.get(agency__code=entry["agency"], text=entry["text"], measure=entry["measure"])
        assert (claim.period.label if claim.period else claim.period_text) == entry["period"]
        assert (claim.value, claim.unit, claim.source.code) == (entry["value"], entry["unit"], entry["source"])
        assert (claim.numerator, claim.denominator) == (entry.get("numerator"), entry.get("denominator"))
        assert claim.formula == entry.get("formula", "")
    ranks = Claim.objects.filter(measure="index_rank", agency__code="HP-TTTT").order_by("period_text")
    assert list(ranks.values_list("period_text", "value")) == [("2018", "4"), ("2019", "3")]
    quoted = PUBLISHED["claims"] + PUBLISHED["index_results"] + ELSEWHERE["claims"]
    assert Claim.objects.count() == len(quoted)
    targets = Target.objects.values_list("measure", "agency__code", "comparator", "value", "of", "unit")
    for entry in PUBLISHED["targets"]:
        wanted = (entry["measure"], entry["agency"], entry["comparator"], int(entry["value"]), entry.get("of"))
        assert (*wanted, entry["unit"]) in targets
    levels = StatedLevelCount.objects.values_list("value", "procedures", "of", "scale", "counting")
    assert sorted(levels) == [("2", 8, 37, "level_2011", "exclusive"), ("3", 29, 37, "level_2011", "exclusive")]
    review = DocumentReview.objects.get()
    assert (review.period_text, review.reviewed, review.proposed_amendment) == ("2016 and first quarter 2017", 20, 3)
    assert set(Source.objects.values_list("code", flat=True)) == set(PUBLISHED["sources"] | ELSEWHERE["sources"])


@pytest.mark.parametrize("entry", PUBLISHED["visits"], ids=lambda entry: entry["agency"])
def test_published_visits_are_there_in_full(demo, entry):
    visit = Visit.objects.get(agency__code=entry["agency"], history=True)
    assert (visit.kind, visit.date_precision, visit.source.code) == (
        entry["kind"],
        entry["date_precision"],
        entry["source"],
    )
    assert str(visit.date).startswith(entry["date"])
    assert visit.one_stop_desk_inspected == entry.get("one_stop_desk_inspected")
    assert (visit.team.name, visit.team.head_title) == (entry["team"], entry["head_title"] or "")
    assert [theme.text for theme in visit.themes.all()] == entry["themes"]
    assert [unit.name for unit in visit.units.all()] == entry.get("units_inspected", [])
    assert [row.text for row in visit.recommendations.all()] == entry["recommendations"]
    found = [(row.kind, row.area.code, row.text) for row in Finding.objects.filter(visit=visit)]
    assert found == [(row["kind"], row["area"], row["text"]) for row in entry.get("findings", [])]
    proposed = [
        (row.text, [to.name for to in row.addressees.all()], row.state) for row in Proposal.objects.filter(visit=visit)
    ]
    assert proposed == [
        (row["text"], row["addressees"], row["state"]) for row in entry.get("proposals_from_the_agency", [])
    ]


def test_history_has_no_person_behind_it(demo):
    imported = Event.objects.filter(action__startswith="import_", reason=HISTORY)
    assert imported.count() >= 4 + 5 + demo_load.SMALL_QUARTERS
    assert not imported.filter(actor__isnull=False).exists()
    assert not Return.objects.filter(history=True, created_by__isnull=False).exists()
    assert not Line.objects.filter(of__history=True, changed_by__isnull=False).exists()


def test_the_trail_is_long_whole_and_begins_with_the_mark(demo):
    assert Event.objects.count() >= 50
    assert Event.objects.get(number=1).action == demo_load.MARK
    call_command("verify_trail", stdout=StringIO())
    call_command("check_figures", stdout=StringIO())
    assert not StaleFigure.objects.exists()


def test_hoas_report_is_rendered_and_first_of_its_kind(demo):
    document = Document.objects.filter(kind="inspection_report").first()
    assert document.is_ready and document.file_hash and document.pages >= 1
    visit = Visit.objects.get(pk=document.subject_id)
    assert (visit.agency.code, visit.kind, visit.history) == ("HN-KHCN", "administrative_inspection", False)
    assert set(visit.findings.values_list("kind", flat=True)) == {"strength", "limitation", "violation"}
    assert Photo.objects.filter(finding__visit=visit).exists()
    roles = dict(visit.team.members.values_list("person__username", "role"))
    assert roles == {"hoa": "head", "khoa": "secretary"}
    overdue = Recommendation.objects.overdue(TODAY)
    assert overdue.filter(visit=visit).count() == 1
    last_years = overdue.exclude(visit=visit).order_by("due")
    assert [((TODAY - row.due).days, row.visit.team.name[-4:]) for row in last_years] == [(45, "2025"), (12, "2025")]


def test_the_accounts_are_those_of_the_contract(demo):
    signing_in = [person for person in Person.objects.all() if person.has_usable_password()]
    assert {person.username for person in signing_in} == {username for username, *_rest in ACCOUNTS}
    assert len({person.password for person in signing_in}) == 1
    assert all(person.check_password(PASSWORD) for person in signing_in[:1])
    held = {(role.person.username, role.code, role.agency.code) for person in signing_in for role in person.roles.all()}
    assert held == {(username, role, code) for username, _name, _title, role, code in ACCOUNTS}


def test_registers_hold_the_real_forest_and_no_official_code(demo):
    assert Agency.objects.filter(code__startswith="HN").count() == 705
    assert Succession.objects.count() == 830
    assert not Procedure.objects.exclude(code__startswith="0.").exists()
    assert not AgencyProcedure.objects.filter(agency__reporting=False).exists()
    assert Agency.objects.filter(code__in=["HP", "HP-TTTT", "SO-TTTT-X"], reporting=False).count() == 3


@pytest.mark.parametrize("username", [username for username, *_rest in ACCOUNTS])
def test_everyone_finds_a_first_page(demo, username):
    browser = Client()
    with transaction.atomic():
        browser.force_login(Person.objects.get(username=username))
        assert browser.get("/").status_code == 200
        transaction.set_rollback(True)


def test_a_second_load_changes_nothing_and_another_is_refused(demo):
    before = Event.objects.count()
    assert demo_load.load(today=TODAY, say=lambda text: None) is False
    with pytest.raises(CommandError, match="dữ liệu mẫu khác"):
        demo_load.load(today=TODAY, seed=1, say=lambda text: None)
    assert Event.objects.count() == before


def test_another_seed_gives_other_figures(demo):
    agencies = list(Agency.objects.filter(code__in=["HN-KHCN", "HN-NGV"]))
    one, same, other = (Volumes(agencies, seed).quarter(latest()) for seed in (1, 1, 2))
    assert one == same != other


def test_progress_is_told_in_vietnamese(demo):
    assert demo[0] == "Cơ quan và người dùng…"
    assert demo[-1] == "Đã nạp xong dữ liệu mẫu."
