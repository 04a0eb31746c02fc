"""Rank changes split into performance and restatement, against rankings made by hand from what was known on a day."""

import random
from datetime import date, datetime, timedelta

import pytest
import time_machine

from agencies.models import Agency, Role
from dossiers import rules, tally
from dossiers.models import Period, Return
from dossiers.workflow import ADJUSTMENTS, RETURNS, propose_adjustment
from reports.tally.changes import changes_for
from reports.tally.changes.looking import Looking
from reports.tally.changes.ranks import moves
from tests.builders import GOOD, make_return
from tests.cast import HANOI

START = datetime(2026, 7, 1, 9, tzinfo=HANOI)


def quarter(label: str, first: date, last: date, due: datetime) -> Period:
    days = {"kind": "quarter", "first_day": first, "last_day": last, "due_at": due}
    return Period.objects.create(label=label, locks_at=due + timedelta(days=300), **days)


@pytest.fixture
def quarters(db) -> list[Period]:
    return [
        quarter("2026-Q2", date(2026, 3, 15), date(2026, 6, 14), START - timedelta(days=1)),
        quarter("2026-Q3", date(2026, 6, 15), date(2026, 9, 14), datetime(2026, 9, 21, 17, tzinfo=HANOI)),
    ]


def figures(late: int, early: int = 500) -> dict:
    """A line on which every identity holds, with so many of early + late dossiers resolved overdue."""
    return GOOD | {
        "received_online": early + late + 10,
        "received_direct": 0,
        "carried_over": 0,
        "resolved_early": early,
        "resolved_on_time": 0,
        "resolved_overdue": late,
        "resolved_overdue_with_apology": 0,
        "pending_within": 10,
        "pending_overdue": 0,
    }


def departments(cast, number: int) -> list[Agency]:
    named = {"kind": "department", "parent": cast.hn}
    return [
        Agency.objects.create(code=f"HN-D{n}", name=f"Sở số {n}", short_name=f"Sở {n}", **named) for n in range(number)
    ]


def file(agency, period, late: int, at: datetime):
    with time_machine.travel(at, tick=False):
        return make_return(agency, period, [figures(late)])


def adjust(cast, item, late: int, at: datetime):
    """Other figures for the return, accepted at the instant."""
    with time_machine.travel(at, tick=False):
        line = item.lines.get()
        wanted = {"resolved_overdue": late, "received_online": 510 + late}
        adjustment = propose_adjustment(item, {line.pk: wanted}, reason="Đếm lại", by=cast.lan)
        ADJUSTMENTS.perform(adjustment, "sign", by=cast.minh)
        ADJUSTMENTS.perform(adjustment, "accept", by=cast.quan)


def looking(user, root, since, now):
    return Looking(user, root, since, now)


def at_day(number: int) -> datetime:
    return START + timedelta(days=number)


def by_hand(period: Period, day: date | None, formula: str = "D2") -> dict[str, int]:
    """Code → place among departments, from figures known on the day, or as they stand."""
    rows = tally.summary_rows(period) if day is None else tally.known_on(period, day)
    rated = [(row["agency__code"], tally.rate_of(row, formula)) for row in rows if row["agency__kind"] == "department"]
    return {ranked.key: ranked.place for ranked in rules.rank(rated).ranked}


def test_a_restated_return_moves_places_without_performance(cast, quarters):
    units = departments(cast, 3)
    items = [file(unit, quarters[0], late, at_day(0)) for unit, late in zip(units, (5, 10, 20), strict=True)]
    tally.recompute_all()
    adjust_as(cast, items[0], 60, at_day(5))
    told = {move.code: move for move in moves(looking(cast.lanhdao, cast.hn, at_day(3), at_day(6)))}
    assert [(one.then, one.now, one.restatement, one.performance) for one in told.values()] == [
        (1, 3, -2, 0),
        (2, 1, 1, 0),
        (3, 2, 1, 0),
    ]
    section = next(one for one in changes_of(cast.lanhdao, cast.hn, at_day(3), at_day(6)) if one.code == "ranks")
    assert section.total == 3
    assert section.lines[0].number == "1 → 3"
    assert "do điều chỉnh số liệu: xuống 2 bậc" in section.lines[0].basis
    assert "D2: 500/505 → 500/560" in section.lines[0].basis


def changes_of(user, root, since, now):
    return changes_for(user, root, since, now).sections


def adjust_as(cast, item, late, at):
    """Adjust it by persons who may, and bring the sums up to date."""
    for person, code in ((cast.lan, "reporter"), (cast.minh, "approver")):
        Role.objects.get_or_create(person=person, code=code, agency=item.agency, valid_from=date(2020, 1, 1))
        person.__dict__.pop("_roles_today", None)
    adjust(cast, item, late, at)
    tally.recompute_stale()


@pytest.mark.parametrize("seed", range(4))
def test_restatement_and_performance_are_the_whole_move_as_counted_by_hand(cast, quarters, seed):
    """Random figures, some restated between the looks, the next quarter filed: places known then, now, and between."""
    dice = random.Random(seed)
    units = departments(cast, 7)
    items = [file(unit, quarters[0], dice.randint(0, 12), at_day(0)) for unit in units]
    late = file(departments_named(cast, "HN-LATE"), quarters[0], 3, at_day(4))
    tally.recompute_all()
    for item in dice.sample(items, 3):
        adjust_as(cast, item, dice.randint(13, 25), at_day(4))
    for unit in [*units, late.agency]:
        file(unit, quarters[1], dice.randint(0, 12), datetime(2026, 9, 20, 9, tzinfo=HANOI))
    tally.recompute_all()
    since, now = datetime(2026, 7, 4, tzinfo=HANOI), datetime(2026, 9, 25, tzinfo=HANOI)
    before, after = by_hand(quarters[0], date(2026, 7, 3)), by_hand(quarters[1], None)
    known = {code: place for code, place in by_hand(quarters[0], None).items() if code in before}
    between = {code: sorted({known[other] for other in known}).index(place) + 1 for code, place in known.items()}
    told = moves(looking(cast.lanhdao, cast.hn, since, now))
    assert {move.code for move in told} == set(before)
    for move in told:
        assert (move.then, move.now) == (before[move.code], after[move.code])
        assert move.restatement == before[move.code] - between[move.code]
        assert move.performance == between[move.code] - after[move.code]


def test_places_are_those_of_the_formula(cast, quarters):
    """Under D4, what still lies within its limit counts: the order is another one than under D2."""
    units = departments(cast, 3)
    for period, lates in ((quarters[0], (5, 10, 20)), (quarters[1], (20, 10, 5))):
        for place, (unit, late) in enumerate(zip(units, lates, strict=True)):
            line = figures(late) | {"pending_within": 10 + 300 * (2 - place), "pending_overdue": 0}
            line["received_online"] = 500 + late + line["pending_within"]
            with time_machine.travel(period.due_at - timedelta(days=1), tick=False):
                make_return(unit, period, [line])
    tally.recompute_all()
    since, now = quarters[0].due_at + timedelta(days=1), quarters[1].due_at + timedelta(days=1)
    for formula in rules.COMPARED_FORMULAS:
        told = moves(Looking(cast.lanhdao, cast.hn, since, now, formula=formula))
        before, after = by_hand(quarters[0], None, formula), by_hand(quarters[1], None, formula)
        assert {move.code: (move.then, move.now) for move in told} == {
            code: (before[code], after[code]) for code in before if code in after
        }, formula
    assert by_hand(quarters[0], None, "D1") != by_hand(quarters[0], None, "D2")


def departments_named(cast, code: str) -> Agency:
    return Agency.objects.create(code=code, name=code, short_name=code, kind="department", parent=cast.hn)


def test_places_of_a_quarter_not_yet_due_are_not_told_before_all_are_there(cast, quarters):
    units = departments(cast, 3)
    for unit, late in zip(units, (5, 10, 20), strict=True):
        file(unit, quarters[0], late, at_day(0))
    file(units[2], quarters[1], 0, at_day(80))
    tally.recompute_all()
    early = looking(cast.lanhdao, cast.hn, at_day(3), at_day(81))
    assert [move.whole for move in moves(early)] == [0, 0, 0]
    due = looking(cast.lanhdao, cast.hn, at_day(3), at_day(90))
    assert [(move.code, move.then, move.now) for move in moves(due)] == [("HN-D2", 3, 1)]


def test_an_agency_is_told_its_own_place_and_nobody_elses(cast, quarters):
    file(cast.khcn, quarters[0], 5, at_day(0))
    item = file(cast.ngv, quarters[0], 20, at_day(0))
    tally.recompute_all()
    adjust_as(cast, item, 0, at_day(5))
    told = next(one for one in changes_of(cast.lan, cast.khcn, at_day(3), at_day(6)) if one.code == "ranks")
    assert told.total == 1
    assert "Sở KH&CN: hạng 2/2" in told.lines[0].text
    assert "Ngoại vụ" not in told.lines[0].text + told.lines[0].basis


def test_a_voided_return_is_told_and_leaves_the_ranking(cast, quarters):
    units = departments(cast, 3)
    items = [file(unit, quarters[0], late, at_day(0)) for unit, late in zip(units, (5, 10, 20), strict=True)]
    tally.recompute_all()
    Return.objects.update(approved_at=at_day(0))
    with time_machine.travel(at_day(5), tick=False):
        items[0].refresh_from_db()
        RETURNS.perform(items[0], "propose_void", by=cast.quan, reason="Nhầm kỳ")
        RETURNS.perform(items[0], "void", by=cast.mai, reason="Nhầm kỳ")
        tally.recompute_all()
    told = {move.code: move for move in moves(looking(cast.lanhdao, cast.hn, at_day(3), at_day(6)))}
    assert {code: (one.then, one.now, one.restatement) for code, one in told.items()} == {
        "HN-D1": (2, 1, 1),
        "HN-D2": (3, 2, 1),
    }
    restated = next(one for one in changes_of(cast.lanhdao, cast.hn, at_day(3), at_day(6)) if one.code == "restated")
    assert [line.number for line in restated.lines] == ["hủy"]
