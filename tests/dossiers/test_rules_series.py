"""Series across changes of structure: what may be put together, and that nothing is lost or counted twice."""

import csv
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dossiers.rules.series import (
    DISSOLVED,
    ENDED,
    LATER,
    MERGE,
    RENAME,
    SPLIT,
    STANDING,
    TRANSFER,
    Era,
    Genealogy,
    Life,
    Step,
)

DATA = Path(__file__).parents[2] / "data"
D2024, D2025, D2026 = date(2024, 6, 1), date(2025, 3, 1), date(2026, 6, 1)
BEGIN = date(2020, 1, 1)
CLOSED = Life(None, D2025 - timedelta(days=1))
NEW = Life(D2025, None)


def test_absorbed_whole_is_one_series_in_todays_structure():
    known = Genealogy([Step("TTTT", "KHCN", D2025, MERGE)], {"TTTT": CLOSED})
    for unit, day in (("TTTT", D2024), ("KHCN", D2024), ("KHCN", D2026)):
        assert known.place(known.era_of(unit, day), D2026) == (Era("KHCN", D2025), STANDING)


def test_structure_before_the_merger_keeps_both_and_shows_the_later_unit_apart():
    known = Genealogy([Step("TTTT", "KHCN", D2025, MERGE)], {"TTTT": CLOSED})
    assert known.place(known.era_of("TTTT", D2024), D2024) == (Era("TTTT"), STANDING)
    assert known.place(known.era_of("KHCN", D2024), D2024) == (Era("KHCN"), STANDING)
    assert known.place(known.era_of("KHCN", D2026), D2024) == (Era("KHCN", D2025), LATER)


def test_what_a_closed_unit_files_for_its_last_period_goes_with_it():
    known = Genealogy([Step("TTTT", "KHCN", D2025, MERGE)], {"TTTT": CLOSED})
    assert known.place(known.era_of("TTTT", date(2025, 3, 14)), D2026) == (Era("KHCN", D2025), STANDING)


def test_a_part_of_a_divided_unit_makes_the_successor_start_anew():
    steps = [Step("A", "X", D2025, MERGE), Step("B", "X", D2025, SPLIT), Step("B", "Y", D2025, SPLIT)]
    known = Genealogy(steps, {"A": CLOSED, "B": CLOSED, "X": NEW, "Y": NEW})
    assert known.place(Era("A"), D2026) == (Era("A"), ENDED)
    assert known.place(Era("B"), D2026) == (Era("B"), ENDED)
    assert known.place(Era("X", D2025), D2026) == (Era("X", D2025), STANDING)
    assert known.starts_anew(Era("X", D2025))


def test_a_unit_that_gives_a_part_away_and_goes_on_starts_anew():
    known = Genealogy([Step("A", "Y", D2025, SPLIT)], {"Y": NEW})
    assert known.place(known.era_of("A", D2024), D2026) == (Era("A"), ENDED)
    assert known.place(known.era_of("A", D2026), D2026) == (Era("A", D2025), STANDING)


def test_renaming_can_be_read_backwards_and_forwards():
    known = Genealogy([Step("old", "new", D2025, RENAME)], {"old": CLOSED, "new": NEW})
    assert known.place(known.era_of("new", D2026), D2024) == (Era("old"), STANDING)
    assert known.place(known.era_of("old", D2024), D2026) == (Era("new", D2025), STANDING)


def test_moving_under_another_agency_changes_no_series():
    known = Genealogy([Step("A", "parent", D2025, TRANSFER)])
    assert known.place(known.era_of("A", D2024), D2026) == (Era("A"), STANDING)
    assert known.era_of("parent", D2026) == Era("parent")


def test_dissolved_units_stand_apart():
    known = Genealogy([Step("A", None, D2025, DISSOLVED)], {"A": CLOSED})
    assert known.place(Era("A"), D2026) == (Era("A"), ENDED)


def test_chain_and_merger_of_one_day():
    steps = [Step("A", "B", D2025, MERGE), Step("B", "C", D2025, MERGE)]
    known = Genealogy(steps, {"A": CLOSED, "B": CLOSED})
    assert known.place(Era("A"), D2026).era == Era("C", D2025)
    assert known.sources(["C"]) == {"A", "B", "C"}


def test_rows_that_name_each_other_end():
    known = Genealogy([Step("A", "B", D2025, MERGE), Step("B", "A", D2025, MERGE)])
    assert {known.place(Era(unit), on).era.unit for unit in "AB" for on in (D2024, D2026)} <= {"A", "B"}


@st.composite
def histories(draw):
    """A forest that starts with a few units and lives through mergers, splits, renamings and moves, in order of time.

    Every event takes living units, so that rows make sense; the units it ends are closed the day before.
    """
    living = [f"u{n}" for n in range(draw(st.integers(2, 5)))]
    lives = {unit: Life() for unit in living}
    steps, day, made = [], BEGIN, 0
    for _turn in range(draw(st.integers(0, 8))):
        day += timedelta(days=draw(st.sampled_from([0, 30, 200])))
        kind = draw(st.sampled_from([MERGE, RENAME, SPLIT, TRANSFER, DISSOLVED, "part"]))
        unit = draw(st.sampled_from(living))
        others = [one for one in living if one != unit]
        if not others or lives[unit].first == day:
            continue
        target = draw(st.sampled_from(others))
        if kind == TRANSFER or kind == "part":
            steps.append(Step(unit, target, day, SPLIT if kind == "part" else kind))
            continue
        fresh = [f"n{made + n}" for n in range(2 if kind == SPLIT else 1)]
        made += 2
        if kind == MERGE:
            steps.append(Step(unit, target, day, MERGE))
        elif kind == DISSOLVED:
            steps.append(Step(unit, None, day, DISSOLVED))
        else:
            steps += [Step(unit, new, day, kind) for new in fresh]
            lives |= {new: Life(day, None) for new in fresh}
            living += fresh
        living.remove(unit)
        lives[unit] = Life(lives[unit].first, day - timedelta(days=1))
    return steps, lives


DAYS = st.dates(BEGIN - timedelta(days=40), BEGIN + timedelta(days=1800))
ROWS = st.lists(st.tuples(st.integers(0, 99), DAYS, st.integers(0, 1000)), max_size=25)


def rows_of(history, drawn):
    """Rows (unit, last day, count) on units of the history."""
    units = sorted(history[1])
    return [(units[number % len(units)], day, count) for number, day, count in drawn]


def sums(known, rows, on):
    found = Counter()
    for unit, day, count in rows:
        found[known.place(known.era_of(unit, day), on).era, day] += count
    return found


def by_day(sums_of):
    found = Counter()
    for (_era, day), count in sums_of.items():
        found[day] += count
    return found


@settings(max_examples=80, deadline=None)
@given(histories(), ROWS, DAYS)
def test_the_city_sums_to_the_same_in_whatever_structure(history, drawn, on):
    known, rows = Genealogy(*history), rows_of(history, drawn)
    reported = Counter()
    for _unit, day, count in rows:
        reported[day] += count
    assert +by_day(sums(known, rows, on)) == +reported


@settings(max_examples=80, deadline=None)
@given(histories(), ROWS, DAYS, DAYS)
def test_going_on_from_an_earlier_structure_gives_the_later_one(history, drawn, one, two):
    """Recomputed from the rows = carried on from the sums of an earlier structure."""
    known, rows = Genealogy(*history), rows_of(history, drawn)
    earlier, later = sorted((one, two))
    carried = Counter()
    for (era, day), count in sums(known, rows, earlier).items():
        carried[known.place(era, later).era, day] += count
    assert carried == sums(known, rows, later)


@settings(max_examples=80, deadline=None)
@given(histories(), ROWS, DAYS, DAYS)
def test_adding_rows_one_by_one_and_there_and_back_change_nothing(history, drawn, on, other):
    known, rows = Genealogy(*history), rows_of(history, drawn)
    whole = sums(known, rows, on)
    one_by_one = Counter()
    for row in rows:
        one_by_one.update(sums(known, [row], on))
    assert +one_by_one == +whole
    sums(known, rows, other)
    assert sums(known, rows, on) == whole
    assert sums(Genealogy(reversed(history[0]), history[1]), rows, on) == whole


@settings(max_examples=80, deadline=None)
@given(histories(), DAYS)
def test_nothing_of_a_divided_unit_goes_on_elsewhere(history, on):
    """The figures of a divided unit stay its own, and what got a part of it is joined by nothing from before."""
    known = Genealogy(*history)
    eras = [era for unit in history[1] for era in known.eras(unit)]
    for step in known.steps:
        if step.kind in (SPLIT, DISSOLVED) and step.day <= on:
            gone = known.life(step.predecessor).last is not None
            last = known.era_of(step.predecessor, step.day if gone else step.day - timedelta(days=1))
            if not gone or not known.starts_anew(last):
                assert known.place(last, on).era == last
            got = Era(step.successor, step.day)
            before = [era for era in eras if (era.start or date.min) < step.day]
            assert got not in [known.place(era, step.day).era for era in before]


@settings(max_examples=80, deadline=None)
@given(histories(), DAYS)
def test_units_of_the_day_stand_and_each_figure_of_the_day_is_theirs(history, on):
    """In the structure of its own day a figure stands with the very unit that reported it, if that unit lives."""
    known = Genealogy(*history)
    for unit, life in history[1].items():
        if life.covers(on):
            place = known.place(known.era_of(unit, on), on)
            assert place.standing == STANDING
            assert place.era == known.era_of(unit, on)


def real_history():
    """Hanoi's successions and the days of its units, as shipped."""
    rows = csv.DictReader((DATA / "agency_successions.csv").read_text(encoding="utf-8-sig").splitlines())
    steps = [
        Step(row["predecessor"], row["successor"] or None, date.fromisoformat(row["effective_date"]), row["kind"])
        for row in rows
    ]
    units = list(csv.DictReader((DATA / "agencies.csv").read_text(encoding="utf-8-sig").splitlines()))
    lives = {
        row["code"]: Life(
            *(date.fromisoformat(row[name]) if row[name] else None for name in ("valid_from", "valid_to"))
        )
        for row in units
    }
    return Genealogy(steps, lives), units


def test_hanois_departments_of_2024_go_on_in_those_of_2025_and_its_districts_stand_apart():
    known, units = real_history()
    placed = defaultdict(set)
    for row in units:
        if row["kind"] in ("department", "district") and known.life(row["code"]).covers(D2024):
            place = known.place(known.era_of(row["code"], D2024), D2026)
            placed[row["kind"], place.standing].add((row["code"], place.era.unit))
    moved = {two for two in placed["department", STANDING] if two[0] != two[1]}
    assert moved >= {("HN-TTTT", "HN-KHCN"), ("HN-KHDT", "HN-TC"), ("HN-TNMT", "HN-NNMT"), ("HN-NNPTNT", "HN-NNMT")}
    assert len(moved) == 6
    assert not placed["department", ENDED]
    assert not placed["district", STANDING]
    assert len(placed["district", ENDED]) == 30


def test_a_commune_of_today_goes_back_only_where_every_predecessor_was_absorbed_whole():
    known, units = real_history()
    into = defaultdict(set)
    for step in known.steps:
        into[step.successor].add(known.is_whole(step))
    for row in units:
        if row["kind"] == "commune" and row["valid_from"] == "2025-07-01":
            era = known.era_of(row["code"], D2026)
            assert known.starts_anew(era) == (False in into[row["code"]])
            assert len(known.sources([row["code"]])) >= 1
    standing = [row for row in units if known.life(row["code"]).covers(D2026) and row["kind"] == "commune"]
    assert len(standing) == 126
