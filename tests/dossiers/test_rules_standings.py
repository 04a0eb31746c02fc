"""Places under several formulas, and whose order turns: against loops over every pair."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from dossiers.rules import Rate, rank, standings
from dossiers.rules.standings import dense_places

FORMULAS = ("D1", "D2", "D4")
counts = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(lambda pair: (pair[0], sum(pair) + (sum(pair) == 0)))
rows = st.dictionaries(st.integers(0, 30), st.dictionaries(st.sampled_from(FORMULAS), counts), max_size=9)
# Neighbours among fractions of large denominators: equal as floating-point numbers, not equal.
close = st.integers(3, 10**17).map(lambda n: (n - 1, n))


def value(pair):
    return Fraction(*pair)


def brute_force(table, shown):
    """Keys with some other key that they beat under one of the formulas and lose to under the shown one, or reverse."""
    turned = set()
    for one, mine in table.items():
        for two, theirs in table.items():
            for code in FORMULAS:
                if not all(formula in both for formula in (shown, code) for both in (mine, theirs)):
                    continue
                here = value(mine[shown]) - value(theirs[shown])
                there = value(mine[code]) - value(theirs[code])
                if here * there < 0:
                    turned |= {one, two}
    return turned


@given(rows, st.sampled_from(FORMULAS))
def test_order_turns_exactly_where_pairs_say_so(table, shown):
    found = standings(table, shown)
    assert {key for key, standing in found.items() if standing.flips} == brute_force(table, shown)


@given(rows)
def test_places_are_those_of_the_ranking(table):
    found = standings(table, "D1")
    for code in FORMULAS:
        ranked = rank((key, Rate(*pairs[code], code)) for key, pairs in table.items() if code in pairs).ranked
        assert {row.key: row.place for row in ranked} == {
            key: standing.places[code] for key, standing in found.items() if code in standing.places
        }


@given(st.lists(close, max_size=12))
def test_rates_that_look_equal_are_told_apart(pairs):
    places = dense_places(enumerate(pairs))
    order = sorted({value(pair) for pair in pairs}, reverse=True)
    assert places == {key: order.index(value(pair)) + 1 for key, pair in enumerate(pairs)}


def test_best_and_worst():
    table = {"a": {"D1": (9, 10), "D2": (9, 10)}, "b": {"D1": (8, 10), "D2": (10, 10)}, "c": {"D1": (1, 10)}}
    found = standings(table, "D1")
    assert (found["a"].best, found["a"].worst, found["a"].flips) == (1, 2, True)
    assert (found["c"].best, found["c"].worst, found["c"].flips) == (3, 3, False)
    assert found["b"].flips


def test_a_row_without_any_of_the_formulas_has_no_place():
    found = standings({"a": {"D2": (1, 2)}, "online only": {}}, "D2")
    assert (found["online only"].best, found["online only"].worst, found["online only"].flips) == (None, None, False)
