"""Comparing rates: rise or fall, rank, few dossiers."""

from collections.abc import Hashable, Iterable
from fractions import Fraction
from functools import lru_cache
from math import comb, sqrt
from typing import NamedTuple

from dossiers.rules.rates import Rate

RISE, FALL, SAME, UNDEFINED = "rise", "fall", "same", "undefined"

# Defaults; the values in force are settings in the data.
SIGNIFICANCE = 0.05
FEW = 30

# Up to this many dossiers in all, exact integers are fast enough.
_EXACT_UP_TO = 1_000
# Two tables count as equally likely within this factor where probabilities are floating-point numbers; R does the same.
_TIE = 1 + 1e-7
_NEGLIGIBLE = 1e-300
# A normal variable lies this many standard deviations from its mean with a probability of 0.05, on both sides together.
_BORDER = 1.959964
_NORMAL_FROM = 100
# Tables this much rarer than the likeliest one cannot turn "below 0.05" round, however many of them there are.
_NEGLIGIBLE_BESIDE_A_THRESHOLD = 1e-20


@lru_cache(maxsize=8_192)  # pages and rankings compare the same counts until a return is accepted
def fisher(
    numerator_a: int, denominator_a: int, numerator_b: int, denominator_b: int, negligible: float = _NEGLIGIBLE
) -> float:
    """The two-sided p of Fisher's exact test that two shares do not differ.

    It is the probability of all tables with the same margins that are no likelier than the one seen. Counts up to
    millions are fine; a numerator outside 0..denominator is a ValueError. Where large counts are walked over, tables
    rarer than `negligible` beside the likeliest one are left out.
    """
    if not (0 <= numerator_a <= denominator_a and 0 <= numerator_b <= denominator_b):
        raise ValueError("a numerator must lie between 0 and its denominator")
    hits = numerator_a + numerator_b
    low, high = max(0, hits - denominator_b), min(hits, denominator_a)
    if denominator_a + denominator_b <= _EXACT_UP_TO:
        weights = [comb(denominator_a, x) * comb(denominator_b, hits - x) for x in range(low, high + 1)]
        seen = weights[numerator_a - low]
        return float(Fraction(sum(weight for weight in weights if weight <= seen), sum(weights)))
    return _fisher_floating(numerator_a, denominator_a, denominator_b, hits, low, high, negligible)


def _fisher_floating(seen_at, size_a, size_b, hits, low, high, negligible=_NEGLIGIBLE):
    """Fisher's test from weights relative to the likeliest table, walked outwards until they vanish."""
    mode = min(max((size_a + 1) * (hits + 1) // (size_a + size_b + 2), low), high)
    weights = {mode: 1.0}
    weight = 1.0
    for x in range(mode, high):
        weight *= (size_a - x) * (hits - x) / ((x + 1) * (size_b - hits + x + 1))
        if weight < negligible:
            break
        weights[x + 1] = weight
    weight = 1.0
    for x in range(mode, low, -1):
        weight *= x * (size_b - hits + x) / ((size_a - x + 1) * (hits - x + 1))
        if weight < negligible:
            break
        weights[x - 1] = weight
    limit = weights.get(seen_at, 0.0) * _TIE
    return min(1.0, sum(sorted(w for w in weights.values() if w <= limit)) / sum(sorted(weights.values())))


@lru_cache(maxsize=8_192)
def change(before: Rate, after: Rate, *, significance: float = SIGNIFICANCE) -> str:
    """`RISE` or `FALL` when the printed values differ and Fisher's p is below `significance`; `SAME` otherwise.

    `UNDEFINED` where either rate is.
    """
    old, new = before.value, after.value
    if old is None or new is None:
        return UNDEFINED
    if before.printed == after.printed:
        return SAME
    if not _differs(before, after, significance):
        return SAME
    return RISE if new > old else FALL


def _differs(before: Rate, after: Rate, significance: float) -> bool:
    if significance == SIGNIFICANCE:
        if not _may_differ(before, after):
            return False
        if _must_differ(before, after):
            return True
        clear = _clearly_differs(before, after)
        if clear is not None:
            return clear
    counts = before.numerator, before.denominator, after.numerator, after.denominator
    return fisher(*counts, negligible=_NEGLIGIBLE_BESIDE_A_THRESHOLD) < significance


def _clearly_differs(before: Rate, after: Rate) -> bool | None:
    """Whether Fisher's p is below 0.05, where large counts tell without a walk; None where they leave it open.

    With a variance of 100 and more, p crosses 0.05 within a whole count of 1.96 standard deviations: the normal
    distribution is off by half a count, because counts are whole, and by less for their skewness.
    """
    hits_a, size_a, size_b = before.numerator, before.denominator, after.denominator
    hits, size = hits_a + after.numerator, size_a + size_b
    variance = size_a * size_b * hits * (size - hits) / (size * size * (size - 1))
    beyond = abs(hits_a * size - size_a * hits) / size - _BORDER * sqrt(variance)
    return None if variance < _NORMAL_FROM or -1 <= beyond <= 1 else beyond > 0


def _may_differ(before: Rate, after: Rate) -> bool:
    """Whether Fisher's p can be below 0.05: false where Pearson's chi-squared is under 2, which is p = 0.16 there."""
    return _chi_squared_reaches(2, before, after)


def _must_differ(before: Rate, after: Rate) -> bool:
    """Whether Fisher's p is below 0.05 for certain: Pearson's chi-squared of 100 leaves 0.01 even to a single hit."""
    return _chi_squared_reaches(100, before, after)


def _chi_squared_reaches(limit: int, before: Rate, after: Rate) -> bool:
    """Walking over the tables of a whole city takes milliseconds, and most changes are far from doubtful."""
    hits_a, size_a, hits_b, size_b = before.numerator, before.denominator, after.numerator, after.denominator
    hits, size = hits_a + hits_b, size_a + size_b
    return size * (hits_a * size_b - hits_b * size_a) ** 2 >= limit * size_a * size_b * hits * (size - hits)


def stand_out(changes: Iterable[tuple[Hashable, Rate, Rate]], *, share: float = SIGNIFICANCE) -> dict[Hashable, str]:
    """Of many changes (key, before, after) read in one list, those beyond chance: key → `RISE` or `FALL`.

    Each is judged as `change` judges it, and all together by Benjamini and Hochberg's step-up rule: where nothing
    moved, the list is empty with a probability of at least 1 - `share`, however many agencies it looks at.
    """
    tested, number = [], 0
    for key, before, after in changes:
        old, new = before.value, after.value
        if old is None or new is None:
            continue
        number += 1
        if before.printed != after.printed and _may_differ(before, after):
            p = fisher(before.numerator, before.denominator, after.numerator, after.denominator)
            tested.append((p, key, RISE if new > old else FALL))
    tested.sort(key=lambda row: row[0])
    kept = max((place for place, row in enumerate(tested, start=1) if row[0] < place * share / number), default=0)
    return {key: direction for _p, key, direction in tested[:kept]}


def is_few(rate: Rate, *, few: int = FEW) -> bool:
    """Whether a rate stands on too few dossiers to be read without a warning."""
    return rate.denominator is not None and rate.denominator < few


class Ranked(NamedTuple):
    """One row of a ranking: place 1 is the best, equal rates share a place and the next place follows on."""

    place: int
    key: Hashable
    rate: Rate


class Ranking(NamedTuple):
    """The ranked rows, best first, and the keys and rates of those that have no defined rate."""

    ranked: list[Ranked]
    apart: list[tuple[Hashable, Rate]]

    @property
    def size(self) -> int:
        """How many were ranked: the "of" in "3rd of 22"."""
        return len(self.ranked)


def rank(rows: Iterable[tuple[Hashable, Rate]], *, higher_is_better: bool = True) -> Ranking:
    """Rank the rows (key, rate) of one group by exact value, dense with ties; equal rates keep the order given."""
    rows = list(rows)
    apart = [(key, rate) for key, rate in rows if rate.value is None]
    defined = sorted(
        ((key, rate) for key, rate in rows if rate.value is not None),
        key=lambda row: -row[1].value if higher_is_better else row[1].value,
    )
    ranked, place, last = [], 0, None
    for key, rate in defined:
        if rate.value != last:
            place, last = place + 1, rate.value
        ranked.append(Ranked(place, key, rate))
    return Ranking(ranked, apart)
