"""Random steps of a small city: units move, merge, split; returns are accepted, adjusted, voided.

After the worker has done what was asked, the sums are what plain SQL over the lines says, a full recompute finds
nothing to mend, and the sums of the roots hold every dossier once.
"""

from datetime import date, datetime

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from agencies.models import Agency, Person, Role, Succession
from agencies.tally import forest_changed
from dossiers import tally
from dossiers.choices import ReturnState
from dossiers.models import Line, Period, RateRun, Return, StaleFigure, Summary
from dossiers.tasks import run_rates
from dossiers.workflow import ADJUSTMENTS, RETURNS, propose_adjustment
from proofs import recompute
from records.choices import JobState
from tests.builders import GOOD, make_return
from tests.cast import HANOI

UNITS, QUARTERS = 7, 2
LONG_AGO = date(2000, 1, 1)
small = st.integers(0, 9)


class City(RuleBasedStateMachine):
    """What happens to a city; every example is rolled back."""

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.units = []
        for number in range(UNITS):
            parent = self.units[(number - 1) // 2] if number else None
            kind = "department" if number else "city"
            self.units.append(
                Agency.objects.create(code=f"U{number}", name=f"U{number}", short_name="U", kind=kind, parent=parent)
            )
        self.quarters = [
            Period.objects.create(
                label=f"2025-Q{number}",
                kind="quarter",
                first_day=first,
                last_day=last,
                due_at=datetime(2099, 1, 1, tzinfo=HANOI),
                locks_at=datetime(2099, 2, 1, tzinfo=HANOI),
            )
            for number, first, last in (
                (1, date(2024, 12, 15), date(2025, 3, 14)),
                (2, date(2025, 3, 15), date(2025, 6, 14)),
            )
        ]
        self.quan, self.mai = (self.person(name, "programme_officer", 0) for name in ("quan", "mai"))
        self.clerks = [self.person(f"clerk{n}", "reporter", n) for n in range(UNITS)]
        self.signers = [self.person(f"signer{n}", "approver", n) for n in range(UNITS)]

    def person(self, name: str, code: str, unit: int) -> Person:
        person = Person.objects.create(username=name, full_name=name)
        Role.objects.create(person=person, code=code, agency=self.units[unit], valid_from=LONG_AGO)
        return person

    def teardown(self):
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @rule(
        unit=st.integers(0, UNITS - 1),
        quarter=st.integers(0, QUARTERS - 1),
        counts=st.lists(small, min_size=9, max_size=9),
    )
    def file(self, unit, quarter, counts):
        """A return is approved and accepted; where one stands already nothing happens."""
        agency, period = self.units[unit], self.quarters[quarter]
        if Return.objects.current().filter(agency=agency, period=period).exists():
            return
        item = Return.objects.create(agency=agency, period=period, state=ReturnState.APPROVED, line_sort="agency")
        early, on_time, late, within, overdue, withdrawn, online, apology, more = counts
        received = early + on_time + late + within + overdue + withdrawn
        Line.objects.create(
            of=item,
            received_online=min(online, received),
            received_direct=received - min(online, received),
            carried_over=0,
            resolved_early=early,
            resolved_on_time=on_time,
            resolved_overdue=late,
            pending_within=within,
            pending_overdue=overdue,
            withdrawn=withdrawn if more % 3 else None,
            resolved_overdue_with_apology=min(apology, late),
            pending_overdue_with_apology=min(apology, overdue),
        )
        RETURNS.perform(item, "accept", by=self.quan)

    def accepted(self) -> list[Return]:
        return list(Return.objects.accepted().order_by("pk"))

    @precondition(lambda self: self.accepted())
    @rule(which=st.integers(0, 99), more=small)
    def adjust(self, which, more):
        """More of one return were resolved on time than was told; where nothing differs it is not an adjustment."""
        item = self.accepted()[which % len(self.accepted())]
        line, unit = item.lines.get(), self.units.index(item.agency)
        cells = {
            "received_direct": line.received_direct + more + 1,
            "resolved_on_time": line.resolved_on_time + more + 1,
        }
        wish = propose_adjustment(item, {line.pk: cells}, reason="Nhập thiếu", by=self.clerks[unit])
        ADJUSTMENTS.perform(wish, "sign", by=self.signers[unit])
        ADJUSTMENTS.perform(wish, "accept", by=self.quan)

    @precondition(lambda self: self.accepted())
    @rule(which=st.integers(0, 99))
    def void(self, which):
        item = self.accepted()[which % len(self.accepted())]
        RETURNS.perform(item, "propose_void", by=self.quan, reason="Nhầm đơn vị")
        RETURNS.perform(item, "void", by=self.mai, reason="Nhầm đơn vị")

    @rule(unit=st.integers(1, UNITS - 1), under=st.integers(0, UNITS - 1))
    def move(self, unit, under):
        """A unit comes under another, never under itself."""
        moved, parent = Agency.objects.get(pk=self.units[unit].pk), Agency.objects.get(pk=self.units[under].pk)
        if parent.path.startswith(moved.path):
            return
        moved.parent = parent
        moved.save()
        forest_changed()

    @rule(one=st.integers(1, UNITS - 1), two=st.integers(1, UNITS - 1), kind=st.sampled_from(("merge", "split")))
    def follow(self, one, two, kind):
        """A unit is absorbed whole, or divided, in the middle of the first quarter."""
        if one == two or Succession.objects.filter(predecessor=self.units[one], successor=self.units[two]).exists():
            return
        Succession.objects.create(
            predecessor=self.units[one], successor=self.units[two], effective_date=date(2025, 2, 1), kind=kind
        )
        forest_changed()

    @rule()
    def work(self):
        """The worker does every run that was asked for."""
        for pk in list(RateRun.objects.filter(state=JobState.QUEUED).order_by("pk").values_list("pk", flat=True)):
            run_rates(pk)
        assert not RateRun.objects.exclude(state=JobState.READY).exists()

    @invariant()
    def sums_hold(self):
        """Where nothing waits to be summed, everything is right."""
        if RateRun.objects.filter(state=JobState.QUEUED).exists():
            return
        assert not StaleFigure.objects.exists()
        found, tried = recompute.Counter(), recompute.Counter()
        with recompute.recomputed():
            recompute.compare_sums(found, tried)
        assert found.total() == 0
        assert tally.recompute_all() == 0
        assert (tally.differences(), tally.procedure_differences()) == ([], [])
        own = Summary.objects.filter(tree=False).aggregate(found=Sum("resolved"))["found"]
        roots = Summary.objects.filter(tree=True, agency__parent=None).aggregate(found=Sum("resolved"))["found"]
        assert own == roots


@pytest.mark.django_db
def test_whatever_happens_the_sums_are_those_of_a_fresh_count():
    run_state_machine_as_test(
        City,
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )


def test_a_unit_that_moves_takes_its_figures_along(cast, client_of, period_q, django_capture_on_commit_callbacks):
    make_return(cast.khcn, period_q)
    make_return(cast.ngv, period_q)
    tally.recompute_all()
    typed = {
        "code": cast.ngv.code,
        "name": cast.ngv.name,
        "short_name": cast.ngv.short_name,
        "kind": "division",
        "parent": cast.khcn.pk,
        "reporting": "on",
        "version": client_of(cast.quan).get("/agencies/HN-NGV/edit/").context["form"]["version"].value(),
    }
    with django_capture_on_commit_callbacks(execute=True):
        assert client_of(cast.quan).post("/agencies/HN-NGV/edit/", typed).status_code == 302
    assert Summary.objects.get(agency=cast.khcn, tree=True).returns == 2
    assert tally.differences() == []


def test_a_recorded_merger_is_in_the_sums(cast, client_of, django_capture_on_commit_callbacks):
    quarter = Period.objects.create(
        label="2025-Q1", kind="quarter", first_day=date(2024, 12, 15), last_day=date(2025, 3, 14)
    )
    Succession.objects.all().delete()
    make_return(cast.tttt, quarter)
    make_return(cast.khcn, quarter, [GOOD | {"carried_over": 10}])
    tally.recompute_all()
    before = Summary.objects.get(agency=cast.hn, tree=True).received
    typed = {"predecessor": cast.tttt.pk, "successor": cast.khcn.pk, "effective_date": "2025-03-01", "kind": "merge"}
    with django_capture_on_commit_callbacks(execute=True):
        assert client_of(cast.quan).post("/admin/successions/new/", typed).status_code == 302
    pending = Summary.objects.get(agency=cast.tttt, tree=False).pending
    assert Summary.objects.get(agency=cast.hn, tree=True).received == before - pending
    assert tally.differences() == []


def test_without_sums_nothing_is_asked_for(cast):
    with transaction.atomic():
        forest_changed()
    assert not RateRun.objects.exists()
