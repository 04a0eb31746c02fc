"""Where agencies stand under each formula, and whose order depends on which formula is taken."""

from collections.abc import Hashable, Iterable, Mapping
from functools import cmp_to_key
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

# Formulas of the on-time rate that sources use side by side; their spread is shown, never averaged.
COMPARED_FORMULAS = ("D1", "D2", "D3", "D4", "D5")

Counts = tuple[int, int]


class Standing(NamedTuple):
    """Places of one agency by formula (absent where its rate is undefined); `flips`: its order to another turns."""

    places: dict[str, int]
    flips: bool

    @property
    def best(self) -> int | None:
        """The best of the places; None where no formula gives one, as for counts that only say how many were online."""
        return min(self.places.values(), default=None)

    @property
    def worst(self) -> int | None:
        return max(self.places.values(), default=None)


def _exactly(one: tuple[Hashable, Counts], two: tuple[Hashable, Counts]) -> int:
    """Compares two rows by their rates, the higher first."""
    (upper_one, lower_one), (upper_two, lower_two) = one[1], two[1]
    return upper_two * lower_one - upper_one * lower_two


def dense_places(counts: Iterable[tuple[Hashable, Counts]]) -> dict[Hashable, int]:
    """Key → dense place by numerator ÷ denominator, the highest first; denominators are positive.

    Division rounds monotonically, so only rates that look equal as floating-point numbers are compared exactly.
    """
    rows = sorted(counts, key=lambda row: -(row[1][0] / row[1][1]))
    if any(one[1][0] / one[1][1] == two[1][0] / two[1][1] and _exactly(one, two) for one, two in pairwise(rows)):
        rows.sort(key=cmp_to_key(_exactly))
    places, place, last = {}, 0, None
    for row in rows:
        if last is None or _exactly(last, row):
            place += 1
        places[row[0]], last = place, row
    return places


def _turned(places: dict[Hashable, int], others: dict[Hashable, int]) -> set[Hashable]:
    """Keys placed by both whose strict order to some key is the opposite in the other.

    From the best on, a key turns when the other formula puts it before one that was better here; from the worst on,
    when it puts it behind one that was worse.
    """
    both = sorted((place, others[key], key) for key, place in places.items() if key in others)
    found, ahead, behind = set(), 0, len(others) + 1
    for group in _by_place(both):
        found.update(key for _place, other, key in group if other < ahead)
        ahead = max([ahead, *(other for _place, other, _key in group)])
    for group in reversed(_by_place(both)):
        found.update(key for _place, other, key in group if other > behind)
        behind = min([behind, *(other for _place, other, _key in group)])
    return found


def _by_place(rows: list[tuple]) -> list[list[tuple]]:
    return [list(group) for _place, group in groupby(rows, key=itemgetter(0))]


def standings(rows: Mapping[Hashable, Mapping[str, Counts]], shown: str) -> dict[Hashable, Standing]:
    """Standing of each key of one group. `rows`: key → formula → (numerator, denominator) where the rate is defined.

    A key flips when, under one of the formulas given, it stands on the other side of some key than under `shown`.
    """
    formulas = sorted({code for counts in rows.values() for code in counts})
    places = {
        code: dense_places((key, counts[code]) for key, counts in rows.items() if code in counts) for code in formulas
    }
    turned: set[Hashable] = set()
    for code in formulas:
        if places[code] != places.get(shown):
            turned |= _turned(places.get(shown, {}), places[code])
    return {
        key: Standing({code: places[code][key] for code in formulas if key in places[code]}, key in turned)
        for key in rows
    }
