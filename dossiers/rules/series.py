"""Whose figures may stand in one series when units merge, divide, are renamed or move: structures by date.

A unit's life is cut into eras on every day on which something came to it or part of it went away. An era leads to at
most one other: its own continuation, or the era of the unit that absorbed it whole. Where a divided unit has a part in
it, an era leads nowhere and the next one starts anew: nothing is ever apportioned.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

MERGE, RENAME, SPLIT, TRANSFER, DISSOLVED = "merge", "rename", "split", "transfer", "dissolved"
WHOLE = (MERGE, RENAME)
DIVIDING = (SPLIT, DISSOLVED)

# Where a group of figures stands in a structure: a unit of it; a unit that ended and went on in none whole; a later
# unit that holds what the structure had apart.
STANDING, ENDED, LATER = "standing", "ended", "later"

ONE_DAY = timedelta(days=1)


class Step(NamedTuple):
    """One dated row of who followed whom; `day` is the first day after it."""

    predecessor: Hashable
    successor: Hashable | None
    day: date
    kind: str


class Life(NamedTuple):
    """First and last day of a unit; None is open or not known."""

    first: date | None = None
    last: date | None = None

    def covers(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class Era(NamedTuple):
    """A unit from one cut to the next; `start` is None for its first."""

    unit: Hashable
    start: date | None = None


class Place(NamedTuple):
    """The era under which figures are added up in a structure, and how that stands in it."""

    era: Era
    standing: str


OPEN = Life()


class Genealogy:
    """Who followed whom, asked for the structure of any day.

    `lives` holds the days of each unit that has any. A predecessor that was divided, dissolved or handed to several
    is never absorbed whole, whatever another row of it says.
    """

    def __init__(self, steps: Iterable[Step], lives: Mapping[Hashable, Life] | None = None):
        self.steps = sorted(set(steps), key=lambda step: (step.day, str(step)))
        self._lives = lives or {}
        self._whole = self._absorbed_whole()
        self._cuts: dict[Hashable, list[date]] = {}
        self._next: dict[Era, Era] = {}
        self._same: dict[Era, Era] = {}
        self._cut()
        self._link()

    def life(self, unit: Hashable) -> Life:
        return self._lives.get(unit, OPEN)

    def _absorbed_whole(self) -> set[Step]:
        """Steps in which a predecessor passed undivided to its only successor."""
        leaving = defaultdict(list)
        for step in self.steps:
            if step.kind != TRANSFER:
                leaving[step.predecessor].append(step)
        return {
            steps[0]
            for steps in leaving.values()
            if len(steps) == 1 and steps[0].kind in WHOLE and steps[0].predecessor != steps[0].successor
        }

    def is_whole(self, step: Step) -> bool:
        """Whether the predecessor passed undivided to its only successor."""
        return step in self._whole

    def _cut(self) -> None:
        """Days on which a unit changes: all that comes to it, and a part that leaves while it goes on."""
        self._anew: set[Era] = set()
        cuts = defaultdict(set)
        for step in self.steps:
            if step.kind == TRANSFER:
                continue
            if step.successor is not None:
                cuts[step.successor].add(step.day)
                if step not in self._whole:
                    self._anew.add(Era(step.successor, step.day))
            last = self.life(step.predecessor).last
            if step.kind == SPLIT and (last is None or last >= step.day):
                cuts[step.predecessor].add(step.day)
                self._anew.add(Era(step.predecessor, step.day))
        self._cuts = {unit: sorted(days) for unit, days in cuts.items()}

    def _link(self) -> None:
        """From each era to the one that holds it whole."""
        into = defaultdict(list)
        for step in self._whole:
            into[Era(step.successor, step.day)].append(self.era_of(step.predecessor, step.day))
        for unit, days in self._cuts.items():
            first = self.life(unit).first
            for day in days:
                if first is None or first < day:
                    into[Era(unit, day)].append(self.era_of(unit, day - ONE_DAY))
        for era, sources in into.items():
            if era in self._anew:
                continue
            for source in sources:
                self._next[source] = era
            if len(sources) == 1:
                self._same[era] = sources[0]

    def era_of(self, unit: Hashable, day: date) -> Era:
        """The era of the unit that the day lies in; what a closed unit still files belongs to its last one."""
        start = None
        for cut in self._cuts.get(unit, ()):
            if cut <= day:
                start = cut
        return Era(unit, start)

    def eras(self, unit: Hashable) -> list[Era]:
        """Every era of the unit, the first one first."""
        return [Era(unit), *(Era(unit, day) for day in self._cuts.get(unit, ()))]

    def starts_anew(self, era: Era) -> bool:
        """Whether nothing before this era can be compared with it: a divided unit has a part in it."""
        return era in self._anew

    def place(self, era: Era, on: date) -> Place:
        """Where figures of the era stand in the structure of the day `on`."""
        turned = set()
        while era.start is not None and era.start > on:
            before = self._same.get(era)
            if before is None or before in turned:
                return Place(era, LATER)
            turned.add(era)
            era = before
        passed = {era}  # rows of one day could name each other
        while (following := self._next.get(era)) is not None and following.start <= on and following not in passed:
            era = following
            passed.add(era)
        if self.life(era.unit).first is not None and self.life(era.unit).first > on:
            return Place(era, LATER)
        alive = self.life(era.unit).covers(on) and self.era_of(era.unit, on) == era
        return Place(era, STANDING if alive else ENDED)

    def sources(self, units: Iterable[Hashable]) -> set[Hashable]:
        """The units and all that was ever absorbed whole into one of them, however long ago."""
        found, fresh = set(), set(units)
        while fresh:
            found |= fresh
            fresh = {step.predecessor for step in self._whole if step.successor in fresh} - found
        return found

    def about(self, units: Iterable[Hashable]) -> list[Step]:
        """Steps that lead to or from one of the units, by day."""
        named = set(units)
        return [step for step in self.steps if step.predecessor in named or step.successor in named]
