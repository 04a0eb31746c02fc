"""How many of the findings of a period are told, so that those who look into them are not cried wolf at.

Over thousands of judgements some are unlikely by chance alone. Benjamini and Hochberg's procedure keeps the share of
such findings among those told at `WRONG_SHARE` in the long run, and a cap keeps the list as long as can be worked off.
"""

from collections.abc import Hashable, Mapping

# What may at most be told for nothing, as a share of all that is told.
WRONG_SHARE = 0.05
# A judgement less unlikely than this is never told: it lies within the range that is shown.
CANDIDATE = 0.002
# How many returns are told of at most: of a hundred, and in any case.
MOST_PER_HUNDRED, MOST_AT_LEAST = 20, 20


def most(returns: int) -> int:
    """How many returns are told of at most among so many."""
    return max(MOST_AT_LEAST, returns * MOST_PER_HUNDRED // 100)


def listed(chances: Mapping[tuple[Hashable, str], float], judgements: int, returns: int) -> set[tuple[Hashable, str]]:
    """The keys (return, measure) of the findings that are told.

    `judgements` counts all that were made in the period, also the unsuspicious ones, `returns` those that were judged.
    """
    ordered = sorted(chances.items(), key=lambda item: item[1])
    judgements, places = max(judgements, len(ordered)), 0
    for place, (_key, chance) in enumerate(ordered, start=1):
        if chance <= min(CANDIDATE, WRONG_SHARE * place / judgements):
            places = place
    told, of, limit = set(), set(), most(returns)
    for key, _chance in ordered[:places]:
        if key[0] in of or len(of) < limit:
            of.add(key[0])
            told.add(key)
    return told
