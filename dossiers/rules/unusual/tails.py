"""Tails of the count models in floating-point numbers that stay within bounds; no approximation by a bell curve.

The negative binomial count is a Poisson count whose mean itself varies from period to period; its distribution
function is the regularised incomplete beta function. The beta-binomial count does the same for a share. The number of
hits of independent trials with chances of their own (Poisson binomial) is folded out exactly.
"""

from collections.abc import Iterable
from math import exp, lgamma, log, log1p

_TINY, _ENOUGH, _STEPS = 1e-300, 1e-15, 500
# Which share of the periods is taken to vary more, and how much more: tails heavier than those of the plain model.
Restless = tuple[float, float]
SELDOM: Restless = (0.05, 2.0)
# Lateness comes in bursts: a person ill, a system down.
OFTEN: Restless = (0.1, 3.0)


def _beta_fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function (Lentz); quick for x below (a + 1)/(a + b + 2)."""
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, _STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1.0 + term * d, 1.0 + term / c
            d = 1.0 / (d if abs(d) > _TINY else _TINY)
            c = c if abs(c) > _TINY else _TINY
            value *= d * c
        if abs(d * c - 1.0) < _ENOUGH:
            break
    return value


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, from 0 to 1; a and b above 0."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        return min(1.0, front * _beta_fraction(a, b, x) / a)
    return max(0.0, 1.0 - front * _beta_fraction(b, a, 1.0 - x) / b)


def _count_tails(value: int, mean: float, spread: float) -> tuple[float, float]:
    size = 1.0 / spread
    share = size / (size + mean)
    below = incomplete_beta(size, value + 1.0, share)
    above = incomplete_beta(float(value), size, 1.0 - share) if value > 0 else 1.0
    return below, above


def count_tails(value: int, mean: float, spread: float, restless: Restless = SELDOM) -> tuple[float, float]:
    """P(at most `value`) and P(at least `value`) of a count with this mean and variance mean + spread × mean²."""
    part, times = restless
    below, above = _count_tails(value, mean, spread)
    wild_below, wild_above = _count_tails(value, mean, times * spread)
    return (1 - part) * below + part * wild_below, (1 - part) * above + part * wild_above


def count_chance(value: int, mean: float, spread: float) -> float:
    """P(exactly `value`) of the calm model, for how likely two counts coincide."""
    size = 1.0 / spread
    ways = lgamma(value + size) - lgamma(size) - lgamma(value + 1)
    return exp(ways + size * log(size / (size + mean)) + value * log(mean / (size + mean)))


def count_range(mean: float, spread: float, level: float, most: int, restless: Restless = SELDOM) -> tuple[int, int]:
    """The counts whose tails on both sides are at least `level`, up to `most`."""
    low = _first(0, int(mean) + 1, lambda value: count_tails(value, mean, spread, restless)[0] >= level)
    high = _first(low, most, lambda value: count_tails(value + 1, mean, spread, restless)[1] < level)
    return low, high


def _first(low: int, high: int, true) -> int:
    """The least number from low to high for which a condition holds that stays true once it is; else high."""
    while low < high:
        middle = (low + high) // 2
        if true(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _share_tail(value: int, of: int, share: float, weight: float, step: int) -> float:
    """The sum of the beta-binomial chances from `value` outwards, upwards (step 1) or downwards (−1)."""
    a, b = share * weight, (1.0 - share) * weight
    ways = lgamma(of + 1) - lgamma(value + 1) - lgamma(of - value + 1)
    ways += lgamma(value + a) + lgamma(of - value + b) - lgamma(of + a + b)
    chance = exp(ways + lgamma(a + b) - lgamma(a) - lgamma(b))
    total, k = 0.0, value
    while 0 <= k <= of:
        total += chance
        if chance < total * _ENOUGH:
            break
        if step > 0:
            chance *= (of - k) * (k + a) / ((k + 1.0) * (of - k - 1 + b)) if k < of else 0.0
        else:
            chance *= k * (of - k + b) / ((of - k + 1.0) * (k - 1 + a)) if k > 0 else 0.0
        k += step
    return min(1.0, total)


def share_tails(value: int, of: int, share: float, weight: float, restless: Restless = SELDOM) -> tuple[float, float]:
    """P(at most `value`) and P(at least `value`) of `of` dossiers whose share varies around `share`.

    `weight` says how firm the share is: as after having seen that many dossiers.
    """
    told, (part, times) = [], restless
    for step in (-1, 1):
        calm = _share_tail(value, of, share, weight, step)
        wild = _share_tail(value, of, share, weight / times, step)
        told.append((1 - part) * calm + part * wild)
    return told[0], told[1]


def share_range(of: int, share: float, weight: float, level: float, restless: Restless = SELDOM) -> tuple[int, int]:
    """The numbers out of `of` whose tails on both sides are at least `level`."""
    low = _first(0, int(of * share) + 1, lambda value: share_tails(value, of, share, weight, restless)[0] >= level)
    high = _first(min(low, of), of, lambda value: share_tails(value + 1, of, share, weight, restless)[1] < level)
    return min(low, of), high


def hits_tail(hits: int, chances: Iterable[float]) -> float:
    """P(at least `hits`) of independent trials with chances of their own."""
    spread = [1.0]
    for chance in chances:
        longer = [0.0] * (len(spread) + 1)
        for number, weight in enumerate(spread):
            longer[number] += weight * (1.0 - chance)
            longer[number + 1] += weight * chance
        spread = longer
    return min(1.0, sum(spread[hits:]))
