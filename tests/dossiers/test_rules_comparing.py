"""Fisher's test, rise and fall, ranking."""

import time
from fractions import Fraction
from itertools import product
from math import comb, isclose, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossiers.rules import Rate, change, comparing, fisher, is_few, rank

unhurried = settings(deadline=None, max_examples=80)


def exact(a, n, b, m):
    """Fisher's p from the definition, by counting tables in whole numbers."""
    hits = a + b
    weights = {x: comb(n, x) * comb(m, hits - x) for x in range(max(0, hits - m), min(hits, n) + 1)}
    return Fraction(sum(w for w in weights.values() if w <= weights[a]), sum(weights.values()))


def d2(numerator, denominator):
    return Rate(numerator, denominator, "D2")


tables = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)).map(
    lambda t: (t[0], t[0] + t[1], t[2], t[2] + t[3])
)


@pytest.mark.parametrize(
    ("table", "p"),
    [
        # Fisher's tea: 3 of 4 against 1 of 4 gives 34/70.
        ((3, 4, 1, 4), 34 / 70),
        ((4, 4, 0, 4), 2 / 70),
        # The textbook's studying men and women, 1 of 12 against 9 of 12.
        ((1, 12, 9, 12), 0.0027594561852),
        ((0, 0, 3, 5), 1.0),
        ((0, 9, 0, 5), 1.0),
    ],
)
def test_known_values(table, p):
    assert isclose(fisher(*table), p, rel_tol=1e-5)


@unhurried
@given(tables)
def test_small_tables_are_exact_and_symmetric(table):
    a, n, b, m = table
    assert fisher(*table) == float(exact(*table))
    assert fisher(b, m, a, n) == fisher(*table)
    assert fisher(n - a, n, m - b, m) == fisher(*table)


@unhurried
@given(tables)
def test_the_floating_walk_agrees_with_whole_numbers(table):
    a, n, b, m = table
    low, high = max(0, a + b - m), min(a + b, n)
    assert isclose(comparing._fisher_floating(a, n, m, a + b, low, high), float(exact(*table)), rel_tol=1e-9)


@pytest.mark.parametrize(
    "table", [(1500, 2000, 1450, 2000), (3, 2500, 12, 1800), (1999, 2000, 1990, 2000), (800, 1600, 400, 800)]
)
def test_middle_sized_tables_agree_with_whole_numbers(table):
    assert isclose(fisher(*table), float(exact(*table)), rel_tol=1e-9)


def test_counts_of_a_million_are_fast_and_close_to_the_normal_approximation():
    begun = time.perf_counter()
    near = fisher(500_000, 1_000_000, 501_386, 1_000_000)
    far = fisher(1, 1_000_000, 999_999, 1_000_000)
    assert time.perf_counter() - begun < 2
    # z = 1386 ÷ √(2·10⁶·¼) = 1.96, two-sided p = 0.05.
    assert isclose(near, 0.05, rel_tol=0.01)
    assert far < 1e-200


def test_a_numerator_above_its_denominator_is_refused():
    with pytest.raises(ValueError, match="numerator"):
        fisher(5, 4, 1, 4)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # 97,8 and 98 as published look like a rise; the counts print the same.
        (d2(1215, 1242), d2(176, 180), "same"),
        (d2(900, 1000), d2(950, 1000), "rise"),
        (d2(950, 1000), d2(900, 1000), "fall"),
        (d2(9, 10), d2(10, 10), "same"),
        # Far apart in Fisher's eyes, but both print 99,9%.
        (d2(999_400, 1_000_000), d2(999_000, 1_000_000), "same"),
        (d2(None, None), d2(9, 10), "undefined"),
        (d2(0, 0), d2(9, 10), "undefined"),
        (d2(9, 10), d2(11, 10), "undefined"),
    ],
)
def test_change(before, after, expected):
    assert change(before, after) == expected


def test_large_counts_are_judged_without_a_walk_as_the_walk_judges_them():
    """Up to three counts on either side of the border, for like and unlike sizes and for rare and frequent hits."""
    told = 0
    for size_a, size_b, share in product((2_000, 60_000, 950_000), (3_000, 61_000), (0.02, 0.3, 0.984)):
        hits = round((size_a + size_b) * share)
        spread = sqrt(size_a * size_b * hits * (size_a + size_b - hits) / (size_a + size_b) ** 3)
        for side, off in product((-1, 1), range(-3, 4)):
            seen = round(size_a * hits / (size_a + size_b) + side * (1.96 * spread + off))
            if not 0 <= hits - seen <= size_b or not 0 <= seen <= size_a:
                continue
            clear = comparing._clearly_differs(d2(seen, size_a), d2(hits - seen, size_b))
            if clear is not None:
                told += 1
                assert clear == (fisher(seen, size_a, hits - seen, size_b) < 0.05), (seen, size_a, hits - seen, size_b)
    assert told >= 100
    assert comparing._clearly_differs(d2(90, 100), d2(80, 100)) is None


def test_the_threshold_is_a_setting():
    before, after = d2(90, 100), d2(80, 100)
    assert 0.05 < fisher(90, 100, 80, 100) < 0.1
    assert (change(before, after), change(before, after, significance=0.1)) == ("same", "fall")


def test_few_dossiers():
    assert [is_few(d2(1, n)) for n in (29, 30)] == [True, False]
    assert is_few(d2(1, 30), few=31)
    assert not is_few(d2(None, None))


def test_ranking_is_dense_with_ties_and_keeps_undefined_apart():
    rows = [("a", d2(1, 2)), ("b", d2(3, 3)), ("c", d2(0, 0)), ("d", d2(50, 100)), ("e", d2(1, 3)), ("f", d2(2, 1))]
    ranking = rank(rows)
    assert [(one.place, one.key) for one in ranking.ranked] == [(1, "b"), (2, "a"), (2, "d"), (3, "e")]
    assert ([key for key, _ in ranking.apart], ranking.size) == (["c", "f"], 4)
    assert [one.key for one in rank(rows, higher_is_better=False).ranked] == ["e", "a", "d", "b"]


def test_nearly_equal_rates_are_told_apart():
    assert [one.place for one in rank([("a", d2(10**6 - 1, 10**6)), ("b", d2(10**6 - 2, 10**6 - 1))]).ranked] == [1, 2]
