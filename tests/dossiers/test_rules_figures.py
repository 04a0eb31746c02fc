"""Cells, derived figures, sums over lines and over time."""

import pickle
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossiers import choices
from dossiers.rules import (
    CELL_NAMES,
    DERIVED,
    FIGURES,
    IDENTITIES,
    NA,
    TYPED_NAMES,
    Figures,
    check,
    fourth_quarter,
    repairs,
    sum_lines,
    sum_periods,
    unclassified,
)
from dossiers.rules.rates import FORMULAS

unhurried = settings(deadline=None, max_examples=60)
counts = st.integers(0, 30)
typed_cells = st.one_of(st.none(), st.just(NA), counts)
figures = st.builds(
    lambda typed, stated, published: Figures(typed | stated, published=published),
    st.fixed_dictionaries({}, optional=dict.fromkeys(TYPED_NAMES, typed_cells)),
    st.fixed_dictionaries({}, optional={one.stated: st.none() | counts for one in DERIVED}),
    st.booleans(),
)
known_figures = st.builds(Figures, st.fixed_dictionaries(dict.fromkeys(TYPED_NAMES, counts)))


def test_columns_are_those_of_the_printed_form():
    assert {one.name: one.column for one in (*FIGURES, *DERIVED)} == {
        "received": 3,
        "received_online": 4,
        "received_direct": 5,
        "carried_over": 6,
        "resolved": 7,
        "resolved_early": 8,
        "resolved_on_time": 9,
        "resolved_overdue": 10,
        "pending": 11,
        "pending_within": 12,
        "pending_overdue": 13,
        "in_time": None,
        "withdrawn": None,
        "resolved_overdue_with_apology": None,
        "pending_overdue_with_apology": None,
    }
    assert len(FIGURES) == 11


def test_every_figure_identity_and_formula_has_its_words():
    assert set(choices.FIGURE_LABELS) == {*CELL_NAMES, *(one.name for one in DERIVED)}
    assert set(choices.IDENTITY_MESSAGES) == {one.key for one in IDENTITIES} - {"R6"}
    assert set(choices.FORMULA_LABELS) == set(FORMULAS)
    assert {one.severity for one in IDENTITIES} <= set(choices.Severity.values)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"received_online": 3, "received_direct": 0, "carried_over": 0}, 3),
        ({"received_online": 3, "received_direct": NA, "carried_over": NA}, 3),
        ({"received_online": NA, "received_direct": NA, "carried_over": NA}, 0),
        ({"received_online": 3, "carried_over": 0}, None),
        ({}, None),
        ({"stated_received": 9}, 9),
        ({"received_online": 3, "stated_received": 9}, 9),
        ({"received_online": 3, "received_direct": 0, "carried_over": 0, "stated_received": 9}, 3),
    ],
)
def test_received_is_the_sum_of_its_parts_else_stated(cells, expected):
    assert Figures(cells).get("received") == expected
    assert Figures(cells).known("received") is (expected is not None)


def test_in_a_published_row_the_stated_total_stands_first():
    line = Figures({"pending_within": 3, "pending_overdue": 1, "stated_pending": 5}, published=True)
    assert (line.get("pending"), line.computed("pending")) == (5, 4)
    assert line.as_published(False).get("pending") == 4


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="recieved"):
        Figures({"recieved": 1})


@unhurried
@given(figures)
def test_storing_and_writing_lose_nothing(line):
    assert Figures.from_stored(line.to_stored(), published=line.published) == line
    assert Figures.from_json(line.to_json(), published=line.published) == line
    assert pickle.loads(pickle.dumps(line)) == line


def test_not_applicable_is_stored_as_zero_with_its_bit():
    stored = Figures({"received_direct": NA, "withdrawn": NA, "carried_over": 0}).to_stored()
    assert (stored["received_direct"], stored["withdrawn"], stored["received_online"]) == (0, 0, None)
    assert stored["not_applicable"] == 2 + 256


@unhurried
@given(st.lists(figures, min_size=1, max_size=4))
def test_a_sum_is_known_only_where_every_line_is(lines):
    total = sum_lines(lines)
    for name in TYPED_NAMES:
        numbers = [line.number(name) for line in lines]
        assert total.number(name) == (None if None in numbers else sum(numbers))
    for derived in DERIVED:
        numbers = [line.number(derived.name) for line in lines]
        assert total.number(derived.name) == (None if None in numbers else sum(numbers))


def test_the_sum_over_no_line_is_blank():
    assert sum_lines([]) == Figures()


def test_a_sum_is_not_applicable_only_where_every_line_is():
    assert sum_lines([Figures({"withdrawn": NA}), Figures({"withdrawn": NA})]).get("withdrawn") is NA
    assert sum_lines([Figures({"withdrawn": NA}), Figures({"withdrawn": 2})]).get("withdrawn") == 2


@unhurried
@given(st.lists(known_figures, min_size=2, max_size=4))
def test_over_time_flows_add_and_stocks_do_not(quarters):
    year = sum_periods(quarters)
    assert year.number("resolved") == sum(quarter.number("resolved") for quarter in quarters)
    assert year.number("carried_over") == quarters[0].number("carried_over")
    assert year.number("pending") == quarters[-1].number("pending")
    jumps = sum(after.number("carried_over") - before.number("pending") for before, after in pairwise(quarters))
    assert unclassified(year) == sum(map(unclassified, quarters)) - jumps


@unhurried
@given(st.lists(known_figures, min_size=4, max_size=4))
def test_a_derived_fourth_quarter_is_the_year_less_the_others(quarters):
    derived = fourth_quarter(sum_periods(quarters), quarters[:3])
    assert derived.number("resolved") == quarters[3].number("resolved")
    assert derived.number("pending") == quarters[3].number("pending")
    assert derived.number("carried_over") == quarters[2].number("pending")


def test_a_stated_received_does_not_add_over_time_and_a_contradicted_flow_is_blank():
    first, last = Figures({"stated_received": 5, "stated_resolved": 4}), Figures({"stated_received": 6})
    assert sum_periods([first, last]).number("received") is None
    assert sum_periods([first, Figures({"stated_resolved": 3})]).number("resolved") == 7
    assert fourth_quarter(Figures({"withdrawn": 3}), [Figures({"withdrawn": 4})]).get("withdrawn") is None


@unhurried
@given(figures)
def test_a_repair_mends_its_breach_with_the_smallest_change_of_a_cell(line):
    for breach in check(line):
        offered = repairs(line, breach)
        assert len({cell for cell, _ in offered}) == len(offered)
        for cell, value in offered:
            old = line.get(cell)
            step = 1 if value > old else -1
            for nearer in range(old + step, value + step, step):
                left = [other.key for other in check(line.with_cell(cell, nearer))]
                assert (breach.key not in left) is (nearer == value)


def test_the_best_repair_leaves_the_fewest_breaches():
    line = Figures(
        {
            "received_online": 9,
            "received_direct": 0,
            "carried_over": 1,
            "resolved_early": 4,
            "resolved_on_time": 4,
            "resolved_overdue": 1,
            "stated_resolved": 10,
            "pending_within": 1,
            "pending_overdue": 0,
            "withdrawn": 0,
        }
    )
    (breach,) = check(line)
    assert breach.code == "R2"
    assert repairs(line, breach)[0] == ("stated_resolved", 9)
    assert ("resolved_on_time", 5) in repairs(line, breach)
