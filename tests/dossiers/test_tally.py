"""The summary against plain loops over the lines, and what readers get from it."""

from datetime import date
from fractions import Fraction

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agencies.models import Agency, Succession
from dossiers import rules, tally
from dossiers.models import Line, Period, Return, StaleFigure, Summary
from dossiers.tally.statements import RATE_COLUMNS, VALUES
from procedures.models import Field

TYPED = rules.TYPED_NAMES
STATED = ("stated_received", "stated_in_time", "stated_resolved", "stated_pending")


class Undo(Exception):
    """Takes an example's rows back."""


def add_or_none(numbers):
    numbers = list(numbers)
    return None if None in numbers else sum(numbers)


def naive_figures(line, published):
    """All 15 figures of a line as the domain tells them, one by one."""
    figures = {name: line[name] for name in TYPED}
    parts = {
        "received": ["received_online", "received_direct", "carried_over"],
        "in_time": ["resolved_early", "resolved_on_time"],
        "resolved": ["resolved_early", "resolved_on_time", "resolved_overdue"],
        "pending": ["pending_within", "pending_overdue"],
    }
    for name, of in parts.items():
        computed, stated = add_or_none(line[part] for part in of), line[f"stated_{name}"]
        if published:
            figures[name] = computed if stated is None else stated
        else:
            figures[name] = stated if computed is None else computed
    return figures


def naive_terms(f, stated_received):
    """Numerator and denominator of every formula on one line."""
    online_of = add_or_none([f["received_online"], f["received_direct"]])
    return {
        "D1": (f["in_time"], f["received"]),
        "D2": (f["in_time"], f["resolved"]),
        "D3": (f["pending_within"], f["pending"]),
        "D4": (add_or_none([f["in_time"], f["pending_within"]]), f["received"]),
        "D5": (f["in_time"], add_or_none([f["resolved"], f["pending_overdue"]])),
        "D2c": (
            add_or_none([f["resolved_early"], f["resolved_on_time"]]),
            add_or_none([f["resolved_early"], f["resolved_on_time"], f["resolved_overdue"]]),
        ),
        "online_share": (f["received_online"], stated_received if online_of is None else online_of),
        "overdue_share": (f["resolved_overdue"], f["resolved"]),
        "apology_share": (
            add_or_none([f["resolved_overdue_with_apology"], f["pending_overdue_with_apology"]]),
            add_or_none([f["resolved_overdue"], f["pending_overdue"]]),
        ),
    }


def naive_row(lines):
    """What a summary row of these (line, published) should say."""
    figures = [naive_figures(line, published) for line, published in lines]
    row = {"lines": len(lines)}
    row["complete"] = all(f[n] is not None for f in figures for n in ("received", "in_time", "resolved", "pending"))
    for name in figures[0]:
        row[name] = add_or_none(f[name] for f in figures)
    terms = [naive_terms(f, line["stated_received"]) for f, (line, _) in zip(figures, lines, strict=True)]
    for code, columns in RATE_COLUMNS.items():
        both = [pair[code] for pair in terms if None not in pair[code]]
        row |= dict(zip(columns, (sum(n for n, _ in both), sum(d for _, d in both), len(both)), strict=True))
    return row


def naive_summary():
    """{(agency id, period id, tree): row} by loops over everything; without what passes between agencies."""
    parents = dict(Agency.objects.values_list("pk", "parent_id"))
    own = {}
    for one in Return.objects.filter(state="accepted"):
        lines = [(line, one.form_version == "published") for line in Line.objects.filter(of=one).values()]
        if lines:
            own[one.agency_id, one.period_id] = lines
    rows = {(a, p, False): naive_row(lines) | {"returns": 1} for (a, p), lines in own.items()}
    below = {}
    for (agency, period), lines in own.items():
        above = agency
        while above is not None:
            below.setdefault((above, period), []).append(lines)
            above = parents[above]
    for (agency, period), several in below.items():
        rows[agency, period, True] = naive_row([line for lines in several for line in lines]) | {
            "returns": len(several)
        }
    return rows


def stored():
    return {
        (row["agency_id"], row["period_id"], row["tree"]): {name: row[name] for name in VALUES}
        for row in Summary.objects.values()
    }


def periods_2025():
    days = [(date(2024, 12, 15), date(2025, 3, 14)), (date(2025, 3, 15), date(2025, 6, 14))]
    return [
        Period.objects.create(label=f"2025-Q{number}", kind="quarter", first_day=first, last_day=last)
        for number, (first, last) in enumerate(days, start=1)
    ]


def agency(code, parent=None, kind="department"):
    return Agency.objects.create(code=code, name=code, short_name=code, kind=kind, parent=parent)


def random_line(random, of, position):
    """A line with blanks, cells that do not apply and stated totals; often wholly known, as most are."""
    cells, mask = {}, 0
    blanks = random.choice((0, 0, 0.2, 0.8))
    for bit, name in enumerate(TYPED):
        cells[name] = None if random.random() < blanks else random.randrange(9)
        if random.random() < 0.1:
            cells[name], mask = 0, mask | 1 << bit
    for name in STATED:
        cells[name] = random.randrange(40) if random.random() < 0.3 else None
    return Line(of=of, position=position, level=str(position), not_applicable=mask, **cells)


def random_return(random, owner, period, field):
    state = random.choice(("accepted", "accepted", "accepted", "draft", "approved", "void"))
    form = random.choice(("II.06a", "II.06a", "published"))
    made = Return.objects.create(agency=owner, period=period, state=state, form_version=form, line_sort="field")
    lines = [random_line(random, made, position) for position in range(random.randrange(4))]
    for line in lines:
        line.field = field
    Line.objects.bulk_create(lines)
    return made


@pytest.fixture
def field(db):
    return Field.objects.create(code="F", name="F")


EXAMPLES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@EXAMPLES
@given(random=st.randoms(use_true_random=False))
def test_summary_says_what_plain_loops_over_the_lines_say(field, random):
    try:
        with transaction.atomic():
            forest = []
            for number in range(random.randrange(1, 7)):
                forest.append(agency(f"A{number}", random.choice([None, *forest])))
            periods = periods_2025()
            returns = [random_return(random, a, p, field) for a in forest for p in periods if random.random() < 0.8]
            tally.recompute_all()
            assert stored() == naive_summary()

            before = dict(Summary.objects.values_list("pk", "computed_at"))
            assert tally.recompute_all() == 0
            assert dict(Summary.objects.values_list("pk", "computed_at")) == before

            for changed in random.sample(returns, min(3, len(returns))):
                if random.random() < 0.5:
                    Return.objects.filter(pk=changed.pk).update(state=random.choice(("accepted", "void")))
                else:
                    Line.objects.filter(of=changed).update(resolved_early=random.choice((None, 0, 5)))
                tally.mark_stale(changed.agency_id, changed.period_id)
            tally.recompute_stale()
            assert not StaleFigure.objects.exists()
            incremental = stored()
            assert incremental == naive_summary()
            tally.recompute_all()
            assert stored() == incremental
            raise Undo
    except Undo:
        pass


def complete_line(of, **cells):
    return Line.objects.create(of=of, **dict.fromkeys(TYPED, 0) | cells)


def accepted(owner, period, **cells):
    made = Return.objects.create(agency=owner, period=period, state="accepted", line_sort="agency")
    complete_line(made, **cells)
    return made


def tree_row(owner, period):
    return Summary.objects.get(agency=owner, period=period, tree=True)


@pytest.fixture
def absorbed(db):
    """A city, an agency absorbed by another inside the quarter; both report, the second carries over the first's."""
    city = agency("CITY", kind="city")
    old, new = agency("OLD", city), agency("NEW", city)
    Succession.objects.create(predecessor=old, successor=new, effective_date=date(2025, 3, 1), kind="merge")
    quarter, following = periods_2025()
    accepted(old, quarter, received_online=10, resolved_on_time=4, pending_within=5, pending_overdue=1)
    accepted(new, quarter, carried_over=6, received_direct=20, resolved_on_time=24, pending_within=2)
    return city, old, new, quarter, following


def test_pending_of_an_agency_absorbed_inside_the_period_is_taken_once(absorbed):
    city, old, new, quarter, _following = absorbed
    tally.recompute_all()
    row = tree_row(city, quarter)
    assert (row.received, row.carried_over, row.pending, row.pending_within, row.resolved) == (30, 0, 2, 2, 28)
    assert tally.rate_of(row, "D1").fraction == Fraction(28, 30)
    assert (row.d3_numerator, row.d3_denominator) == (2, 2)
    assert (tree_row(old, quarter).pending, tree_row(new, quarter).received) == (6, 26)


def test_a_rate_that_no_stock_enters_keeps_the_lines_that_know_it(absorbed):
    city, old, _new, quarter, _following = absorbed
    field = Field.objects.create(code="F", name="F")
    complete_line(Return.objects.get(agency=old), field=field, resolved_on_time=None)
    tally.recompute_all()
    row = tree_row(city, quarter)
    assert (row.d2_numerator, row.d2_denominator, row.d2_used) == (28, 28, 2)  # 4 of OLD, 24 of NEW
    assert (row.d1_numerator, row.d1_used) == (24, 1)  # what OLD received is told less its pending: of the whole


def test_a_divided_predecessor_and_other_periods_are_summed_as_they_are(absorbed):
    city, old, new, quarter, following = absorbed
    accepted(old, following, pending_within=3)
    accepted(new, following, carried_over=3)
    Succession.objects.create(
        predecessor=old, successor=agency("THIRD", city), effective_date=date(2025, 3, 1), kind="split"
    )
    tally.recompute_all()
    assert tree_row(city, quarter).received == 36
    assert tree_row(city, following).carried_over == 3


def test_incremental_sums_take_what_passes_on_once_too(absorbed):
    city, old, new, quarter, _following = absorbed
    for order in ((old, new), (new, old)):
        Summary.objects.all().delete()
        for one in order:
            tally.recompute([(one.pk, quarter.pk)])
        assert tree_row(city, quarter).received == 30
        assert tally.recompute_all() == 0


def test_an_acceptance_during_a_run_stays_marked(absorbed):
    _city, old, new, quarter, _following = absorbed
    tally.mark_stale(old.pk, quarter.pk)

    def accepted_meanwhile(execute, sql, params, many, context):
        if "INSERT INTO dossiers_summary" in sql and not StaleFigure.objects.filter(agency=new).exists():
            tally.mark_stale(new.pk, quarter.pk)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(accepted_meanwhile):
        tally.recompute_stale()
    assert list(StaleFigure.objects.values_list("agency_id", flat=True)) == [new.pk]


def test_many_stale_pairs_are_summed_as_a_whole(absorbed, monkeypatch):
    city, old, _new, quarter, _following = absorbed
    monkeypatch.setattr(tally.refill, "MANY_PAIRS", 0)
    tally.mark_stale(old.pk, quarter.pk)
    tally.recompute_stale()
    assert tree_row(city, quarter).returns == 2
    assert not StaleFigure.objects.exists()


def test_differences_names_wrong_missing_and_groundless_rows_but_not_stale_ones(absorbed):
    _city, old, new, quarter, following = absorbed
    tally.recompute_all()
    assert tally.differences() == []
    Summary.objects.filter(agency=new, period=quarter, tree=False).update(resolved=1)
    Summary.objects.create(agency=old, period=following, tree=False, returns=1, lines=1, complete=False)
    Summary.objects.filter(agency=old, period=quarter, tree=True).delete()
    found = tally.differences()
    for expected in [("NEW", "2025-Q1", False), ("OLD", "2025-Q2", False), ("OLD", "2025-Q1", True)]:
        assert expected in found
    for owner in (old, new):
        for period in (quarter, following):
            tally.mark_stale(owner.pk, period.pk)
    assert tally.differences() == []


def test_rate_of_says_what_it_leaves_out(absorbed):
    _city, old, _new, quarter, _following = absorbed
    of = Return.objects.get(agency=old)
    Line.objects.filter(of=of).update(resolved_overdue=None)
    tally.recompute_all()
    row = Summary.objects.get(agency=old, period=quarter, tree=False)
    rate = tally.rate_of(row, "D2")
    assert (rate.numerator, rate.denominator, rate.left_out, rate.used) == (None, None, 1, 0)
    [as_dict] = [row for row in tally.summary_rows(quarter) if row["agency_id"] == old.pk]
    assert tally.rate_of(as_dict, "D2") == rate
    assert not as_dict["complete"]


@pytest.fixture
def ranked(db):
    """Departments with 9/10, 90/100, 1/2 and nothing resolved, a commune, and a quarter before."""
    before, quarter = periods_2025()
    shares = {"A": (9, 1), "B": (90, 10), "C": (1, 1), "D": (0, 0)}
    units = {code: agency(code) for code in shares} | {"W": agency("W", kind="commune")}
    for code, (on_time, overdue) in shares.items():
        accepted(units[code], quarter, resolved_on_time=on_time, resolved_overdue=overdue)
    accepted(units["W"], quarter, resolved_on_time=1)
    accepted(units["B"], before, resolved_on_time=10, resolved_overdue=90)
    tally.recompute_all()
    return units, before, quarter


def by_code(groups, kind="department"):
    group = next(group for group in groups if group.kind == kind)
    return {row.code: row for row in group.ranked}, [row.code for row in group.apart]


def test_ranking_is_dense_within_a_kind_with_undefined_rates_apart(ranked):
    _units, _before, quarter = ranked
    rows, apart = by_code(tally.ranking(quarter, "D2"))
    assert {code: row.place for code, row in rows.items()} == {"A": 1, "B": 1, "C": 2}
    assert {row.size for row in rows.values()} == {3}
    assert apart == ["D"]
    assert by_code(tally.ranking(quarter, "D2"), "commune")[0]["W"].place == 1


def test_ranking_tells_the_change_to_the_period_before(ranked):
    _units, _before, quarter = ranked
    rows, _apart = by_code(tally.ranking(quarter, "D2"))
    assert (rows["B"].before.numerator, rows["B"].before.denominator, rows["B"].change) == (10, 100, rules.RISE)
    assert (rows["A"].before, rows["A"].change) == (None, rules.UNDEFINED)
    assert (rows["A"].is_few, rows["B"].is_few) == (True, False)


def test_ranking_may_leave_few_dossiers_out_and_turns_where_less_is_better(ranked):
    units, _before, quarter = ranked
    rows, apart = by_code(tally.ranking(quarter, "D2", fewest=30))
    assert list(rows) == ["B"]
    assert apart == ["A", "C", "D"]
    rows, _apart = by_code(tally.ranking(quarter, "overdue_share", kinds=["department"]))
    assert (rows["A"].place, rows["C"].place) == (1, 2)
    only = Agency.objects.filter(pk__in=[units["C"].pk, units["D"].pk])
    rows, _apart = by_code(tally.ranking(quarter, "D2", agencies=only))
    assert (rows["C"].place, rows["C"].size) == (1, 1)
    assert tally.ranking(quarter, "D2", agencies=[]) == []


def test_rates_that_look_equal_as_floating_points_are_told_apart(ranked):
    units, _before, quarter = ranked
    counts = {"A": 10**17 - 3, "B": 10**17 - 2, "C": 10**17 - 1}
    assert len({numerator / 10**17 for numerator in counts.values()}) == 1
    for code, numerator in counts.items():
        Summary.objects.filter(agency=units[code], period=quarter).update(d2_numerator=numerator, d2_denominator=10**17)
    rows, _apart = by_code(tally.ranking(quarter, "D2"))
    assert [(code, row.place) for code, row in rows.items()] == [("C", 1), ("B", 2), ("A", 3)]


def test_rankings_agree_with_the_rule(ranked):
    _units, _before, quarter = ranked
    for code in rules.FORMULAS:
        rows = [row for row in tally.summary_rows(quarter, tree=True) if row["agency__kind"] == "department"]
        expected = rules.rank(
            ((row["agency__code"], tally.rate_of(row, code)) for row in rows),
            higher_is_better=rules.FORMULAS[code].higher_is_better,
        )
        found, apart = by_code(tally.ranking(quarter, code, tree=True))
        assert [(row.place, row.code) for row in found.values()] == [(place, key) for place, key, _ in expected.ranked]
        assert apart == [key for key, _ in expected.apart]


def test_trend_sums_counts_of_several_agencies(ranked):
    units, before, quarter = ranked
    one = tally.trend(units["B"], "D2", [before, quarter])
    assert [(rate.numerator, rate.denominator) for _, rate in one] == [(10, 100), (90, 100)]
    both = tally.trend([units["A"].pk, units["B"].pk], "D2", [before, quarter])
    assert [(rate.numerator, rate.denominator) for _, rate in both] == [(10, 100), (99, 110)]
    assert tally.trend(units["A"], "D2", [before]) == [(before, None)]


def test_series_of_different_calendars_are_refused(ranked):
    units, before, _quarter = ranked
    other = Period.objects.create(label="2025-Q1-cal", kind="quarter", calendar="calendar")
    with pytest.raises(ValueError, match="never put in one series"):
        tally.trend(units["A"], "D2", [before, other])


def test_sums_added_up_know_only_what_every_row_knows(ranked):
    _units, _before, quarter = ranked
    rows = tally.summary_rows(quarter)
    total = tally.added(rows)
    assert (total["resolved"], total["d2_denominator"], total["complete"]) == (113, 113, True)
    rows[0]["resolved"], rows[0]["complete"] = None, False
    assert (tally.added(rows)["resolved"], tally.added(rows)["complete"]) == (None, False)
