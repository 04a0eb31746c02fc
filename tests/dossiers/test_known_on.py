"""As known on a day: what the summary was then, whatever was accepted, adjusted or voided later."""

import json
from contextlib import suppress
from datetime import date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agencies.models import Succession
from cchc_portal.lib.errors import Refused
from dossiers import rules, tally
from dossiers.models import Adjustment, Period, Return
from dossiers.tally.statements import VALUES
from dossiers.workflow import ADJUSTMENTS, RETURNS, propose_adjustment
from tests.builders import GOOD, make_return
from tests.cast import HANOI

START = datetime(2026, 10, 1, 23, 30, tzinfo=HANOI)


class Undo(Exception):
    """Takes an example's rows back."""


def stood(period, tree):
    """The summary as it is now, by agency."""
    tally.recompute_all()
    return {row["agency_id"]: [row[name] for name in VALUES] for row in tally.summary_rows(period, tree=tree)}


def known(period, day, tree):
    return {row["agency_id"]: [row[name] for name in VALUES] for row in tally.known_on(period, day, tree=tree)}


def adjust(cast, item, figure, value):
    """Another figure for the first line of a return, by the hands it takes."""
    line = item.lines.first()
    adjustment = propose_adjustment(item, {line.pk: {figure: value}}, reason="Nhập nhầm", by=cast.lan)
    ADJUSTMENTS.perform(adjustment, "sign", by=cast.minh)
    ADJUSTMENTS.perform(adjustment, "accept", by=cast.quan)
    return adjustment


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["accept", "adjust", "adjust", "adjust", "void", "wait"]),
        st.integers(0, 2),
        st.sampled_from(["received_online", "withdrawn", "carried_over"]),
        st.one_of(st.integers(60, 999), st.none(), st.just(rules.NA)),
        st.integers(0, 30),
    ),
    min_size=3,
    max_size=9,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_what_was_known_on_a_day_is_what_the_summary_was_that_day(cast, period_q, steps):
    """Any sequence of acceptances, adjustments and voids; the clock stands still at each step."""
    units = [cast.khcn, cast.ngv, cast.tttt]
    for unit in (cast.ngv, cast.tttt):
        for person, code in ((cast.lan, "reporter"), (cast.minh, "approver")):
            person.roles.get_or_create(code=code, agency=unit, valid_from="2020-01-01")
    lan, minh = (type(cast.lan).objects.get(pk=one.pk) for one in (cast.lan, cast.minh))
    cast.lan, cast.minh = lan, minh
    try:
        with transaction.atomic():
            # TTTT is absorbed inside the period, so trees take its pending once.
            Succession.objects.update(effective_date=date(2026, 8, 1))
            now, seen = START, {}
            for action, number, figure, value, hours in steps:
                now += timedelta(hours=hours, minutes=1)
                with time_machine.travel(now, tick=False):
                    unit = units[number]
                    item = Return.objects.current().filter(agency=unit, period=period_q).first()
                    if action == "accept" and item is None:
                        item = make_return(unit, period_q, state="approved")
                        RETURNS.perform(item, "accept", by=cast.quan)
                    elif action == "adjust" and item is not None:
                        with suppress(Refused):  # nothing differs, or the figures do not add up
                            adjust(cast, item, figure, value)
                    elif action == "void" and item is not None:
                        RETURNS.perform(item, "propose_void", by=cast.quan, reason="Nhầm kỳ")
                        RETURNS.perform(item, "void", by=cast.mai, reason="Nhầm kỳ")
                    seen[now.date()] = (stood(period_q, False), stood(period_q, True))
            for day, (own, tree) in seen.items():
                assert known(period_q, day, False) == own, day
                assert known(period_q, day, True) == tree, day
            assert known(period_q, START.date() - timedelta(days=1), False) == {}
            raise Undo
    except Undo:
        pass


@pytest.fixture
def restated(cast, period_q):
    """Accepted on 1 October, adjusted on 5 October: 60 online became 80."""
    with time_machine.travel(START, tick=False):
        item = make_return(cast.khcn, period_q, created_by=None)
    with time_machine.travel(START + timedelta(days=4), tick=False):
        adjust(cast, item, "received_online", 80)
    return item


def exported(*arguments):
    out = StringIO()
    call_command("export_rates", "--period", "2026-Q3", "--format", "json", *arguments, stdout=out)
    return [(row["agency"], row["received_online"]) for row in json.loads(out.getvalue())]


@pytest.mark.parametrize(
    ("day", "rows"),
    [
        ("2026-09-30", []),
        ("2026-10-01", [("HN-KHCN", 60)]),
        ("2026-10-04", [("HN-KHCN", 60)]),
        ("2026-10-05", [("HN-KHCN", 80)]),
        ("2030-01-01", [("HN-KHCN", 80)]),
    ],
)
def test_rates_are_exported_as_known_on_a_day(restated, day, rows):
    assert exported("--known-on", day) == rows
    assert exported("--known-on", day, "--tree") == [("HN", count) for _code, count in rows] + rows


def test_without_a_day_the_current_figures_are_exported(restated):
    assert exported() == [("HN-KHCN", 80)]


def test_a_day_that_is_none_is_refused(restated):
    with pytest.raises(CommandError):
        exported("--known-on", "05/10/2026")


def test_what_was_restated_since_an_instant_is_told(cast, restated, period_q):
    at = START + timedelta(days=4)
    assert tally.restated_since(cast.khcn.pk, [period_q], START + timedelta(days=1)) is not None
    assert tally.restated_since(cast.khcn.pk, [], START + timedelta(days=1)) is None
    assert tally.restated_since(cast.ngv.pk, [period_q], START + timedelta(days=1)) is None
    with time_machine.travel(at, tick=False):
        tally.recompute_stale()
    assert tally.restated_since(cast.khcn.pk, [period_q], at + timedelta(minutes=1)) is None


def test_good_is_sound_and_periods_do_not_mix(cast, restated):
    other = Period.objects.create(
        label="2026-Q2", kind="quarter", first_day=date(2026, 3, 15), last_day=date(2026, 6, 14)
    )
    assert known(other, date(2026, 12, 1), False) == {}
    assert GOOD["received_online"] == Adjustment.objects.get().cells.get().before
