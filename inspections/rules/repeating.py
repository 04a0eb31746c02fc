"""When two findings say the same: how many of their words they share, blind to tones and to the order of words."""

from fractions import Fraction

# Words that stand in nearly every finding and tell nothing (folded as search keys are).
_COMMON = """chua khong co va cac cua tai cho duoc voi trong theo mot so nhung con la de thu tuc ho so don vi bo
phan"""
COMMON = frozenset(_COMMON.split())
# From this share of common words on two findings are taken for the same one.
SIMILAR_FROM = Fraction(1, 2)
FEWEST_WORDS = 3


def _words(key: str) -> frozenset[str]:
    words = frozenset("".join(sign if sign.isalnum() else " " for sign in key).split())
    return words - COMMON or words


def similarity(one: str, other: str) -> Fraction:
    """Words that two texts (folded by `search_key`) have in common, of the words of the shorter one; 0 to 1, exact.

    Of the shorter one, because the same finding is told in a line one year and in a paragraph the next.
    """
    mine, theirs = _words(one), _words(other)
    shorter = min(len(mine), len(theirs))
    return Fraction(len(mine & theirs), shorter) if shorter else Fraction(0)


def similar(one: str, other: str) -> bool:
    """Whether two folded texts tell the same finding. Texts of fewer than three telling words must be equal."""
    mine, theirs = _words(one), _words(other)
    if min(len(mine), len(theirs)) < FEWEST_WORDS:
        return mine == theirs and bool(mine)
    return similarity(one, other) >= SIMILAR_FROM
