"""Is a count that is being typed a slip of the pen, against what the same line held before? Pure.

Quick enough for every keystroke and rough for the same reason: it asks while one types and is kept nowhere. What is
unusual in a return is judged by `judging` alone, once the figures are there, and told on all other pages.

No bare z-score: counts of dossiers are skewed and often small. A count is asked about only where it lies outside
both of two ranges. The exact one asks how likely so extreme a count is if nothing changed: given the sum of all n + 1
periods, each dossier falls into the newest with probability 1/(n + 1) (the conditional test of Poisson rates). It keeps
small counts quiet: 1 after 0, 0, 1, 0 says nothing. The wide one, from half the smallest to twice the largest past
count, keeps units quiet whose counts swing more than that model allows.
"""

from functools import lru_cache
from math import exp, lgamma, log

from cchc_portal.lib.numbers import MAX_COUNT

FEWEST_PERIODS = 4
LEVEL = 0.001
# Above this sum over the past periods twice the largest and half the smallest are always the wider range.
_EXACT_UP_TO = 400


def _chance(hits: int, others: int, share: float) -> float:
    """Probability of exactly `hits` dossiers in the newest period and `others` in the past ones."""
    ways = lgamma(hits + others + 1) - lgamma(hits + 1) - lgamma(others + 1)
    return exp(ways + hits * log(share) + others * log(1 - share))


def _upper(hits: int, others: int, share: float) -> float:
    """P(at least `hits` of hits + others fall into the newest period): at most `others` fall elsewhere."""
    return sum(_chance(hits + others - elsewhere, elsewhere, share) for elsewhere in range(others + 1))


def _lower(hits: int, others: int, share: float) -> float:
    return sum(_chance(here, hits + others - here, share) for here in range(hits + 1))


@lru_cache(maxsize=4096)
def _exact(total: int, periods: int) -> tuple[int, int]:
    """The counts that are no less likely than LEVEL on either side, after `periods` periods with that sum."""
    share = 1 / (periods + 1)
    low = high = total // periods
    while _upper(high + 1, total, share) >= LEVEL:
        high += 1
    while low > 0 and _lower(low - 1, total, share) >= LEVEL:
        low -= 1
    return low, high


def usual_range(history: list[int]) -> tuple[int, int] | None:
    """Lowest and highest count that is not asked about after these past counts; None on too short a history."""
    if len(history) < FEWEST_PERIODS:
        return None
    low, high = min(history) // 2, min(2 * max(history), MAX_COUNT)
    total = sum(history)
    if total <= _EXACT_UP_TO:
        likely_low, likely_high = _exact(total, len(history))
        low, high = min(low, likely_low), max(high, likely_high)
    return low, high
