"""The count models against plain sums, what a return is judged by, and how many findings are told."""

import random
from math import comb

import pytest

from dossiers.rules.unusual import HIGH, LOW, REPEATED, SAME, VANISHED, Counts, judge, listed, peers_from
from dossiers.rules.unusual.control import most
from dossiers.rules.unusual.judging import whole_of
from dossiers.rules.unusual.tails import (
    count_chance,
    count_range,
    count_tails,
    hits_tail,
    incomplete_beta,
    share_range,
    share_tails,
)

QUARTERS = [4, 3, 2, 1] * 4 + [4]
NEVER = (0.0, 1.0)


def row(received: int, *, online=None, resolved=None, overdue=0, pending=2) -> Counts:
    return Counts(
        received,
        received // 2 if online is None else online,
        received if resolved is None else resolved,
        overdue,
        pending,
    )


def steady(seed: int, means: list[int]) -> list[list[Counts]]:
    """Quarters of a unit, latest first, each line about its mean."""
    rng = random.Random(seed)
    return [[row(max(0, round(rng.gauss(mean, mean**0.5 / 2)))) for mean in means] for _quarter in QUARTERS]


def judged(quarters, peers=None):
    lines = {line: [one[line] for one in quarters] for line in range(len(quarters[0]))}
    return judge([whole_of(one) for one in quarters], lines, peers or peers_from([], QUARTERS))


def found(quarters, peers=None) -> dict:
    return {finding.measure: finding for finding in judged(quarters, peers).findings}


MEANS = [40, 25, 60, 12, 90, 8]


@pytest.mark.parametrize(("a", "b", "x"), [(2, 3, 0.4), (5, 1, 0.9), (1, 8, 0.05), (4, 4, 0.5)])
def test_the_incomplete_beta_function_is_the_binomial_tail(a, b, x):
    size = a + b - 1
    tail = sum(comb(size, k) * x**k * (1 - x) ** (size - k) for k in range(a, size + 1))
    assert incomplete_beta(a, b, x) == pytest.approx(tail, rel=1e-12)


@pytest.mark.parametrize(("value", "mean", "spread"), [(0, 3, 0.1), (5, 3, 0.5), (40, 20, 0.05), (3, 0.1, 2.0)])
def test_tails_of_counts_are_the_sums_of_their_chances(value, mean, spread):
    below, above = count_tails(value, mean, spread, NEVER)
    assert below == pytest.approx(sum(count_chance(k, mean, spread) for k in range(value + 1)), rel=1e-9)
    assert below + above - count_chance(value, mean, spread) == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize(
    ("value", "of", "share", "weight"), [(3, 10, 0.2, 5), (0, 100, 0.01, 200), (99, 100, 0.99, 50)]
)
def test_tails_of_shares_add_up(value, of, share, weight):
    below, above = share_tails(value, of, share, weight, NEVER)
    beyond = share_tails(value + 1, of, share, weight, NEVER)[1]
    assert 0 <= above <= 1
    assert below + beyond == pytest.approx(1.0, rel=1e-9)


def test_enormous_counts_stay_within_bounds():
    for value in (0, 1, 9_999_999, 10_000_000):
        assert all(0.0 <= tail <= 1.0 for tail in count_tails(value, 5_000_000.0, 0.01))
    low, high = count_range(5_000_000.0, 0.01, 0.001, 10_000_000)
    assert 0 < low < 5_000_000 < high <= 10_000_000


def test_ranges_hold_what_their_level_says():
    low, high = count_range(20.0, 0.05, 0.001, 10_000_000)
    assert count_tails(low, 20.0, 0.05)[0] >= 0.001 > count_tails(low - 1, 20.0, 0.05)[0]
    assert count_tails(high, 20.0, 0.05)[1] >= 0.001 > count_tails(high + 1, 20.0, 0.05)[1]
    low, high = share_range(200, 0.1, 80.0, 0.001)
    assert 0 <= low < 20 < high < 200
    assert share_tails(high + 1, 200, 0.1, 80.0)[1] < 0.001


def test_hits_of_unlike_trials():
    assert hits_tail(2, [0.5, 0.5]) == pytest.approx(0.25)
    assert hits_tail(1, [0.1, 0.2, 0.3]) == pytest.approx(1 - 0.9 * 0.8 * 0.7)
    assert hits_tail(0, []) == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_a_steady_unit_is_left_alone(seed):
    assert not found(steady(seed, MEANS))


def test_a_zero_too_many_is_found_on_its_line():
    quarters = steady(1, MEANS)
    wrong = quarters[0][0]
    quarters[0][0] = wrong._replace(received=wrong.received * 10)
    finding = found(quarters)["received"]
    assert finding.direction == HIGH
    assert finding.value > finding.high
    assert finding.parts[0].key == 0
    assert (finding.periods, finding.same_quarter) == (16, 4)


def test_half_missing_and_a_copied_quarter():
    quarters = steady(2, MEANS)
    gone = [[*quarters[0][:2], *[row(0, pending=0)] * 4], *quarters[1:]]
    assert found(gone)[VANISHED].direction == LOW
    assert found(gone)[VANISHED].value == 4
    copied = [list(quarters[1]), *quarters[1:]]
    finding = found(copied)[REPEATED]
    assert (finding.direction, finding.value, finding.base) == (SAME, 6, 6)
    assert finding.high < 6


def test_small_counts_do_not_shout():
    quarters = [[row(0, pending=0), row(1, pending=0)] for _quarter in QUARTERS]
    quarters[0] = [row(4, pending=1), row(7, pending=0)]
    assert not found(quarters)


def test_a_short_past_says_nothing_of_counts():
    quarters = steady(3, MEANS)[:4]
    quarters[0][0] = row(100_000)
    assert judged(quarters).judgements == 0


def test_what_is_blank_is_not_judged():
    quarters = steady(4, MEANS)
    quarters[0] = [Counts() for _line in MEANS]
    assert judged(quarters).judgements == 0


def test_a_season_is_expected():
    factors = {1: 0.4, 2: 1.2, 3: 1.2, 4: 1.2}
    rng = random.Random(5)
    quarters_of = QUARTERS[3:]

    def unit():
        return [[row(max(0, round(rng.gauss(mean * factors[number], 3)))) for mean in MEANS] for number in quarters_of]

    units = [unit() for _unit in range(12)]
    peers = peers_from([[whole_of(one) for one in quarters] for quarters in units], quarters_of)
    assert peers.counts["received"].seasons[1] < 0.6
    assert "received" not in found(units[0], peers)
    flat = [[row(mean) for mean in MEANS], *units[0][1:]]
    assert found(flat, peers)["received"].direction == HIGH


def test_what_befell_all_makes_nobody_unusual():
    units = [steady(seed, MEANS) for seed in range(10, 24)]
    doubled = [[[row(one.received * 2) for one in quarters[0]], *quarters[1:]] for quarters in units]
    peers = peers_from([[whole_of(one) for one in quarters] for quarters in doubled], QUARTERS)
    assert "received" in found(doubled[0])
    assert not found(doubled[0], peers)


def test_a_late_share_far_from_the_past():
    quarters = [[row(100, overdue=2), row(80, overdue=1)] for _quarter in QUARTERS]
    quarters[0] = [row(100, overdue=45), row(80, overdue=1)]
    finding = found(quarters)["late_share"]
    assert (finding.value, finding.base, finding.direction) == (46, 180, HIGH)
    assert [part.key for part in finding.parts] == [0]


def test_a_unit_without_a_past_is_held_against_its_peers_shares():
    units = [[[row(100, overdue=3)]] * len(QUARTERS) for _unit in range(10)]
    peers = peers_from([[whole_of(one) for one in quarters] for quarters in units], QUARTERS)
    finding = found([[row(100, overdue=60)]] + [[]] * 0, peers)["late_share"]
    assert (finding.periods, finding.peers) == (0, 10)


def test_chance_findings_are_kept_back():
    chances = {(number, "received"): (number + 1) / 1000 for number in range(1000)}
    assert not listed(chances, 1000, 1000)
    chances[0, "received"] = 1e-9
    assert listed(chances, 1000, 1000) == {(0, "received")}


def test_never_more_than_can_be_worked_off():
    chances = {(number, "received"): 1e-12 for number in range(500)} | {(0, "pending"): 1e-11}
    told = listed(chances, 4000, 500)
    assert len({of for of, _measure in told}) == most(500) == 100
    assert most(5) == 20
