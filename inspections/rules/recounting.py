"""The recount on site: what share of the reported dossiers stood up to being counted again, and how sure that is.

The verification factor is counted ÷ reported, over the dossiers of the sample that were reported under a figure. Its
interval is that of Clopper and Pearson (1934): exact for a random sample, never narrower than it says. Everything is
computed with integers and rounded once, outwards.
"""

from dataclasses import dataclass
from fractions import Fraction

# The bounds are whole millionths.
STEPS = 1_000_000
CONFIDENCE = Fraction(95, 100)
LARGEST_SAMPLE = 1_000


@dataclass(frozen=True)
class Interval:
    """Bounds of a share in millionths: the lower one rounded down, the upper one up."""

    low: int
    high: int


def factor(counted: int, reported: int) -> Fraction | None:
    """counted ÷ reported, exact; None where nothing was reported. Above 1 where more was found than reported."""
    return Fraction(counted, reported) if reported else None


def _at_most(hits: int, size: int, step: int) -> int:
    """P(X ≤ hits) for X ~ Binomial(size, step ÷ STEPS), times STEPS ** size: a whole number."""
    success, failure = step, STEPS - step
    if failure == 0:
        return STEPS**size if hits >= size else 0
    term = failure**size
    total = term
    for number in range(hits):
        term = term * (size - number) * success // ((number + 1) * failure)
        total += term
    return total


def clopper_pearson(hits: int, size: int, confidence: Fraction = CONFIDENCE) -> Interval:
    """The exact interval of a share of which `hits` of `size` were seen.

    Raises ValueError for a size outside 1 to LARGEST_SAMPLE or hits outside 0 to size.
    """
    if not 1 <= size <= LARGEST_SAMPLE or not 0 <= hits <= size:
        raise ValueError(f"no sample: {hits} of {size}")
    return Interval(_lower(hits, size, confidence), STEPS - _lower(size - hits, size, confidence))


def _lower(hits: int, size: int, confidence: Fraction) -> int:
    """The largest whole step at which seeing `hits` or more is still no likelier than half of what is left over."""
    if hits == 0:
        return 0
    tail = (1 - confidence) / 2
    limit = tail.numerator * STEPS**size
    low, high = 0, STEPS
    while high - low > 1:
        middle = (low + high) // 2
        above = STEPS**size - _at_most(hits - 1, size, middle)
        if above * tail.denominator <= limit:
            low = middle
        else:
            high = middle
    return low
