"""The verification factor of a recount: exact integers, an interval that covers what it says, rounded outwards."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspections.rules import LARGEST_SAMPLE, clopper_pearson, factor
from inspections.rules.recounting import STEPS

TAIL = Fraction(1, 40)
SAMPLES = st.integers(1, 60).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size)))


def at_least(hits: int, size: int, share: Fraction) -> Fraction:
    """P(X ≥ hits) by the definition."""
    return sum((comb(size, n) * share**n * (1 - share) ** (size - n) for n in range(hits, size + 1)), Fraction(0))


@pytest.mark.parametrize(
    ("hits", "size", "low", "high"),
    [
        (18, 20, "0.683017", "0.987652"),  # tables of the binomial distribution: 68.30 % to 98.77 %
        (0, 10, "0", "0.308498"),  # 1 - 0.025 ** (1 / 10)
        (10, 10, "0.691502", "1"),
        (1, 1, "0.025", "1"),
        (95, 100, "0.887165", "0.983568"),
    ],
)
def test_known_intervals(hits, size, low, high):
    found = clopper_pearson(hits, size)
    assert abs(Fraction(found.low, STEPS) - Fraction(low)) <= Fraction(2, STEPS)
    assert abs(Fraction(found.high, STEPS) - Fraction(high)) <= Fraction(2, STEPS)


@settings(max_examples=60, deadline=None)
@given(SAMPLES)
def test_bounds_are_the_tightest_whole_steps(sample):
    """At the bound the tail is at most 2.5 %, one step further inside it is more: rounded once, outwards."""
    hits, size = sample
    found = clopper_pearson(hits, size)
    if hits:
        assert at_least(hits, size, Fraction(found.low, STEPS)) <= TAIL
        assert at_least(hits, size, Fraction(found.low + 1, STEPS)) > TAIL
    else:
        assert found.low == 0
    if hits < size:
        assert 1 - at_least(hits + 1, size, Fraction(found.high, STEPS)) <= TAIL
        assert 1 - at_least(hits + 1, size, Fraction(found.high - 1, STEPS)) > TAIL
    else:
        assert found.high == STEPS


@settings(max_examples=60, deadline=None)
@given(SAMPLES)
def test_the_interval_holds_the_factor_and_is_symmetric(sample):
    hits, size = sample
    found, mirrored = clopper_pearson(hits, size), clopper_pearson(size - hits, size)
    assert found.low <= factor(hits, size) * STEPS <= found.high
    assert (mirrored.low, mirrored.high) == (STEPS - found.high, STEPS - found.low)


@pytest.mark.parametrize("size", [5, 20, 40])
@pytest.mark.parametrize("share", [Fraction(1, 50), Fraction(1, 3), Fraction(9, 10), Fraction(99, 100)])
def test_it_covers_the_truth_at_least_95_times_in_100(size, share):
    """The exact probability, over all samples, that the interval holds the true share."""
    covered = Fraction(0)
    for hits in range(size + 1):
        found = clopper_pearson(hits, size)
        if found.low <= share * STEPS <= found.high:
            covered += comb(size, hits) * share**hits * (1 - share) ** (size - hits)
    assert covered >= Fraction(95, 100)


@pytest.mark.parametrize(("hits", "size"), [(0, 0), (-1, 5), (6, 5), (1, LARGEST_SAMPLE + 1)])
def test_no_sample(hits, size):
    with pytest.raises(ValueError, match="no sample"):
        clopper_pearson(hits, size)


def test_factor():
    assert factor(18, 20) == Fraction(9, 10)
    assert factor(25, 20) == Fraction(5, 4)
    assert factor(3, 0) is None
