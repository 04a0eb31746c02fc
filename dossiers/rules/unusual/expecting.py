"""What a unit's figure was to be expected as, from its own past, the seasons and what its peers did meanwhile.

Peers are the units of the same kind. They give three things: how the quarters of a year differ, by how much everybody
moved this time (a new law, a moved holiday: no unit is unusual for what befell all), and how restless such figures
are. Every estimate is a median, so that wrong returns among the past ones do not teach that wrong is usual.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import exp, log
from statistics import median
from typing import NamedTuple

from dossiers.rules.unusual.measures import COUNTED, SHARES
from dossiers.rules.unusual.ranges import FEWEST_PERIODS

# How much less a period counts than the one after it, and how much more the same quarter of an earlier year.
FADES, SAME_QUARTER = 0.88, 2.0
FEWEST_PEERS = 8
# As many periods as the peers' restlessness counts beside the unit's own.
PEERS_COUNT_AS = 8
# After as many moves half of the drift they show is believed.
OWN_DRIFT_FROM = 4
LEAST_SPREAD, SPREAD_OF_STRANGERS = 0.01, 0.08
LEAST_LOOSE, LOOSE_OF_STRANGERS = 0.0008, 0.02
# Below this mean a ratio says more about chance than about the level.
TELLING = 8.0
MAD = 1.4826


class Counts(NamedTuple):
    """The figures of a return or a line that are judged; None where not known."""

    received: int | None = None
    online: int | None = None
    resolved: int | None = None
    overdue: int | None = None
    pending: int | None = None


# The judged period first, then the earlier ones in turn; None where there is no return.
Past = Sequence[Counts | None]


class Level(NamedTuple):
    """An expected count: its mean, how many periods it weighs like, how many stand behind it."""

    mean: float
    weighs: float
    periods: int
    same_quarter: int


@dataclass(frozen=True)
class OfCount:
    """What the peers say of one count: factors of the seasons, by how much all moved in each period, restlessness."""

    seasons: dict[int, float] = field(default_factory=dict)
    shifts: list[float] = field(default_factory=list)
    spread: float = SPREAD_OF_STRANGERS
    peers: int = 0

    @property
    def shift(self) -> float:
        return self.shifts[0] if self.shifts else 0.0


@dataclass(frozen=True)
class OfShare:
    """What the peers say of a share: its middle now, by how much all moved in each period (log odds), looseness."""

    middle: float | None = None
    shifts: list[float] = field(default_factory=list)
    loose: float = LOOSE_OF_STRANGERS
    peers: int = 0

    @property
    def shift(self) -> float:
        return self.shifts[0] if self.shifts else 0.0


@dataclass(frozen=True)
class Peers:
    """All that units of one kind say about a period. `quarters` numbers the periods within their years."""

    quarters: tuple[int, ...]
    counts: dict[str, OfCount] = field(default_factory=dict)
    shares: dict[str, OfShare] = field(default_factory=dict)

    def count(self, name: str) -> OfCount:
        return self.counts.get(name) or OfCount()

    def share(self, name: str) -> OfShare:
        return self.shares.get(name) or OfShare()


def _weights(quarters: Sequence[int], at: int) -> list[tuple[int, float]]:
    """Earlier periods of the one at `at`, with what each weighs."""
    return [
        (back, FADES ** (back - at - 1) * (SAME_QUARTER if quarters[back] == quarters[at] else 1.0))
        for back in range(at + 1, len(quarters))
    ]


def level(values: Sequence[int | None], quarters: Sequence[int], seasons: dict[int, float], at: int = 0):
    """The Level to be expected at `at` before anybody's move of that period; None on too short a past."""
    season = seasons.get(quarters[at], 1.0)
    seen = [
        (values[back] / seasons.get(quarters[back], 1.0), weight, quarters[back] == quarters[at])
        for back, weight in _weights(quarters, at)
        if back < len(values) and values[back] is not None
    ]
    if len(seen) < FEWEST_PERIODS:
        return None
    # A past count far off is drawn in: one wrong zero two years ago is not to hide the next.
    middle = median(value for value, _w, _s in seen)
    low, high = middle / 3, 3 * middle + 3
    total = sum(weight for _v, weight, _s in seen)
    squares = sum(weight * weight for _v, weight, _s in seen)
    added = sum(weight * min(max(value, low), high) for value, weight, _s in seen)
    weighs = total * total / squares
    # Half a dossier more: after nothing but zeros the next count need not be zero.
    mean = added / total + 0.5 / weighs
    return Level(mean * season, weighs, len(seen), sum(same for _v, _w, same in seen))


def spread_of(expected: Level, spread: float) -> float:
    """The spread around an expected level: the figure's own restlessness, and that the level is only estimated."""
    return spread * (1.0 + 1.0 / expected.weighs) + 1.0 / (expected.mean * expected.weighs + 0.5)


def _seasons(rows: Iterable[Sequence[int | None]], quarters: Sequence[int]) -> dict[int, float]:
    """The factor of each quarter: the median of a value over the mean of the four periods around it."""
    ratios: dict[int, list[float]] = {number: [] for number in set(quarters)}
    for row in rows:
        for at in range(1, len(quarters) - 3):
            year = row[at : at + 4]
            if len(year) == 4 and None not in year and sum(year) >= 4 * TELLING:
                mean = sum(year) / 4
                for number, value in zip(quarters[at : at + 4], year, strict=True):
                    ratios[number].append(value / mean)
    if len(ratios) < 2 or any(len(found) < FEWEST_PEERS for found in ratios.values()):
        return {}
    factors = {number: max(0.2, median(found)) for number, found in ratios.items()}
    mean = sum(factors.values()) / len(factors)
    return {number: factor / mean for number, factor in factors.items()}


def _residuals(row: Sequence[int | None], quarters, seasons, first: int = 0) -> dict[int, tuple[float, float]]:
    """Period → log of seen over expected one step ahead, and what chance alone adds to its variance."""
    found = {}
    for at in range(first, len(quarters) - FEWEST_PERIODS):
        if at >= len(row) or row[at] is None:
            continue
        expected = level(row, quarters, seasons, at)
        if expected and expected.mean >= TELLING:
            found[at] = log((row[at] + 0.5) / (expected.mean + 0.5)), 1.0 / expected.mean
    return found


def _variance(residuals: Sequence[float]) -> float:
    """A robust variance: from the median distance to the median."""
    middle = median(residuals)
    return (MAD * median(abs(one - middle) for one in residuals)) ** 2


def drift(told: dict[int, float], of: OfCount | OfShare) -> float:
    """By how much a unit itself keeps moving ahead of its peers, or at all where too few of them tell.

    `told` are its moves in earlier periods (logarithms); few of them count little.
    """
    followed = of.shifts if of.peers >= FEWEST_PEERS else []
    moves = [move - (followed[at] if at < len(followed) else 0.0) for at, move in told.items() if at > 0]
    return median(moves) * len(moves) / (len(moves) + OWN_DRIFT_FROM) if len(moves) >= FEWEST_PERIODS else 0.0


def count_drift(row: Sequence[int | None], quarters, of: OfCount) -> float:
    """The drift of a whole return's count."""
    return drift({at: move for at, (move, _c) in _residuals(row, quarters, of.seasons, first=1).items()}, of)


def own_spread(row: Sequence[int | None], quarters, peers: OfCount) -> float:
    """The unit's own restlessness in this count, drawn to that of its peers where few periods tell."""
    told = _residuals(row, quarters, peers.seasons, first=1)
    if len(told) < FEWEST_PERIODS:
        return max(LEAST_SPREAD, peers.spread)
    moved = [value - (peers.shifts[at] if at < len(peers.shifts) else 0.0) for at, (value, _chance) in told.items()]
    chance = sum(part for _value, part in told.values()) / len(told)
    own = max(0.0, _variance(moved) - chance)
    return max(LEAST_SPREAD, (len(told) * own + PEERS_COUNT_AS * peers.spread) / (len(told) + PEERS_COUNT_AS))


def line_spread(row: Sequence[int | None], quarters, peers: OfCount) -> float | None:
    """How restless a line's past is, from one period to the next, so that a trend is none; None on too little."""
    seen = [
        (value / peers.seasons.get(quarters[at], 1.0), peers.shifts[at] if at < len(peers.shifts) else 0.0)
        for at, value in enumerate(row)
        if at > 0 and value is not None
    ]
    if len(seen) < 2 * FEWEST_PERIODS:
        return None
    middle = median(value for value, _shift in seen)
    if middle < TELLING:
        return None
    logs = [log(value + 0.5) - shift for value, shift in seen]
    steps = [one - two for one, two in pairwise(logs)]
    return max(LEAST_SPREAD, (MAD * median(map(abs, steps))) ** 2 / 2 - 1.0 / middle)


def _of_count(rows: list[Sequence[int | None]], quarters: Sequence[int]) -> OfCount:
    seasons = _seasons(rows, quarters)
    told = [_residuals(row, quarters, seasons) for row in rows]
    shifts = []
    for at in range(max(0, len(quarters) - FEWEST_PERIODS)):
        moved = [row[at][0] for row in told if at in row]
        shifts.append(median(moved) if len(moved) >= FEWEST_PEERS else 0.0)
    rest = [(value - shifts[at], chance) for row in told for at, (value, chance) in row.items() if at > 0]
    spread = SPREAD_OF_STRANGERS
    if len(rest) >= 2 * FEWEST_PEERS:
        chance = sum(part for _value, part in rest) / len(rest)
        spread = max(LEAST_SPREAD, _variance([value for value, _chance in rest]) - chance)
    return OfCount(seasons, shifts, spread, sum(0 in row for row in told))


def odds(share: float) -> float:
    """Log odds of a share that is neither 0 nor 1."""
    return log(share / (1.0 - share))


def as_share(log_odds: float) -> float:
    return 1.0 / (1.0 + exp(-log_odds))


def bounded(share: float) -> float:
    return min(max(share, 1e-4), 1.0 - 1e-4)


def seen_share(pairs, quarters: Sequence[int], at: int = 0) -> tuple[float, float, int]:
    """Numerator and denominator seen before `at`, weighed, and in how many periods."""
    upper = lower = periods = 0
    for back, weight in _weights(quarters, at):
        if back < len(pairs) and pairs[back]:
            upper, lower, periods = upper + weight * pairs[back][0], lower + weight * pairs[back][1], periods + 1
    return upper, lower, periods


def pairs_of(past: Past, name: str) -> list[tuple[int, int] | None]:
    """Numerator and denominator of a share in each period; None where it is undefined."""
    upper, lower = SHARES[name]
    found: list[tuple[int, int] | None] = []
    for row in past:
        pair = (getattr(row, upper), getattr(row, lower)) if row else (None, None)
        found.append(pair if None not in pair and 0 <= pair[0] <= pair[1] and pair[1] > 0 else None)
    return found


def looseness(pairs, quarters: Sequence[int], first: int = 1) -> list[tuple[float, float]]:
    """How far each share lay from what was seen before it, in standard errors of chance alone, with its denominator."""
    found = []
    for at in range(first, len(quarters) - FEWEST_PERIODS):
        if at < len(pairs) and pairs[at] and pairs[at][1] >= TELLING:
            upper, lower, periods = seen_share(pairs, quarters, at)
            if periods >= FEWEST_PERIODS and lower:
                share, (value, of) = bounded((upper + 0.5) / (lower + 1.0)), pairs[at]
                found.append(((value - of * share) / (of * share * (1 - share)) ** 0.5, float(of)))
    return found


def loose_of(errors: list[tuple[float, float]]) -> float:
    """The intra-class correlation that the errors show: 0 is a share that never moves."""
    of = median(size for _error, size in errors)
    return max(0.0, (_variance([error for error, _size in errors]) - 1.0) / max(of - 1.0, 1.0))


def share_moves(pairs, quarters: Sequence[int]) -> dict[int, float]:
    """Period → how far the share lay from what was seen before it, in log odds."""
    found = {}
    for at in range(max(0, len(quarters) - FEWEST_PERIODS)):
        if at < len(pairs) and pairs[at] and pairs[at][1] >= TELLING:
            upper, lower, periods = seen_share(pairs, quarters, at)
            if periods >= FEWEST_PERIODS and lower:
                value, of = pairs[at]
                found[at] = odds(bounded((value + 0.5) / (of + 1))) - odds(bounded((upper + 0.5) / (lower + 1)))
    return found


def _of_share(rows: list, quarters: Sequence[int]) -> OfShare:
    now = [row[0][0] / row[0][1] for row in rows if row and row[0] and row[0][1] >= TELLING]
    if len(now) < FEWEST_PEERS:
        return OfShare()
    errors = [error for row in rows for error in looseness(row, quarters)]
    told, shifts = [share_moves(row, quarters) for row in rows], []
    for at in range(max(0, len(quarters) - FEWEST_PERIODS)):
        moved = [moves[at] for moves in told if at in moves]
        shifts.append(median(moved) if len(moved) >= FEWEST_PEERS else 0.0)
    loose = max(LEAST_LOOSE, loose_of(errors)) if len(errors) >= 2 * FEWEST_PEERS else LOOSE_OF_STRANGERS
    return OfShare(bounded(median(now)), shifts, loose, len(now))


def peers_from(units: Iterable[Past], quarters: Sequence[int]) -> Peers:
    """What the whole returns of units of one kind say; each row begins with the period that is judged."""
    units = list(units)
    counts = {
        name: _of_count([[row and getattr(row, name) for row in unit] for unit in units], quarters) for name in COUNTED
    }
    shares = {name: _of_share([pairs_of(unit, name) for unit in units], quarters) for name in SHARES}
    return Peers(tuple(quarters), counts, shares)
