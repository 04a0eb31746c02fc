"""What a checklist asks of an answer, and what the answers are worth in points."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

CONFORM, PARTLY, NOT, NOT_APPLICABLE = "conform", "partly", "not", "not_applicable"
# A conforming answer earns all points of its item, one that conforms in part half of them.
WORTH = {CONFORM: Fraction(1), PARTLY: Fraction(1, 2), NOT: Fraction(0)}
CHECKED = frozenset(WORTH)


def is_needed(rule: str, result: str, *, counted: bool = False) -> bool:
    """Whether an answer needs the note (or photo) by its item's rule: "never", "not_met" or "always".

    `counted` says that a number was written down where the item asks for one.
    """
    if rule == "always":
        return counted or result in CHECKED
    return rule == "not_met" and result in (PARTLY, NOT)


@dataclass(frozen=True)
class Score:
    """Points earned of those that could be earned by what was checked; `open` are those of what was not."""

    earned: Fraction
    possible: int
    open: int

    @property
    def earned_text(self) -> str:
        """The points earned as printed; they are whole or halves: "17", "17,5"."""
        return f"{self.earned.__floor__()},5" if self.earned.denominator == 2 else str(self.earned)

    @property
    def share(self) -> Fraction | None:
        """earned ÷ possible; None where nothing that bears points was checked."""
        return self.earned / self.possible if self.possible else None


def score(answers: Iterable[tuple[int | None, str]]) -> Score | None:
    """The score of (points, result) pairs; None where no item bears points. "Not applicable" leaves the total."""
    earned, possible, unchecked, any_points = Fraction(0), 0, 0, False
    for points, result in answers:
        if not points:
            continue
        any_points = True
        if result in CHECKED:
            earned += points * WORTH[result]
            possible += points
        elif result != NOT_APPLICABLE:
            unchecked += points
    return Score(earned, possible, unchecked) if any_points else None
