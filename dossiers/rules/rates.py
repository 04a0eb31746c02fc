"""The named rate formulas and their exact evaluation over lines (domain: the rates of the quarterly return)."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from cchc_portal.lib import numbers
from dossiers.rules.figures import Figures

# Why a rate is undefined.
NOT_KNOWN, ZERO_DENOMINATOR, ABOVE_ONE = "not_known", "zero_denominator", "above_one"


@dataclass(frozen=True, slots=True)
class Formula:
    """A rate as sum of figures ÷ sum of figures.

    `otherwise` is the denominator where the first one is not known. The version changes with the meaning, so that a
    printed rate can always be told how it was made.
    """

    code: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    otherwise: tuple[str, ...] = ()
    higher_is_better: bool = True
    version: int = 1


_APOLOGIES = ("resolved_overdue_with_apology", "pending_overdue_with_apology")
FORMULAS = {
    formula.code: formula
    for formula in (
        Formula("D2", ("in_time",), ("resolved",)),
        Formula("D1", ("in_time",), ("received",)),
        Formula("D3", ("pending_within",), ("pending",)),
        Formula("D4", ("in_time", "pending_within"), ("received",)),
        Formula("D5", ("in_time",), ("resolved", "pending_overdue")),
        # The classes alone: a stated resolved, and a stated in_time, may differ from them.
        Formula(
            "D2c", ("resolved_early", "resolved_on_time"), ("resolved_early", "resolved_on_time", "resolved_overdue")
        ),
        Formula("online_share", ("received_online",), ("received_online", "received_direct"), ("stated_received",)),
        Formula("overdue_share", ("resolved_overdue",), ("resolved",), higher_is_better=False),
        Formula("apology_share", _APOLOGIES, ("resolved_overdue", "pending_overdue")),
    )
}
DEFAULT_FORMULA = "D2"
ON_TIME_FORMULAS = ("D2", "D1", "D3", "D4", "D5", "D2c")
COMPLETE = ("received", "in_time", "resolved", "pending")


@dataclass(frozen=True)
class Rate(numbers.Rate):
    """A rate of `FORMULAS` over lines, with the counts it comes from.

    `used` and `left_out` count the lines; a line is left out where its numerator or denominator is not known. With
    no line used, numerator and denominator are None.
    """

    used: int = 1

    @property
    def version(self) -> int | None:
        """The formula's version; None for a share that is none of `FORMULAS`, such as one a claim brings along."""
        return FORMULAS[self.formula].version if self.formula in FORMULAS else None

    @property
    def undefined(self) -> str | None:
        """The code of why the rate is undefined (`reason` says it in words), or None where it has a value."""
        if self.numerator is None or self.denominator is None:
            return NOT_KNOWN
        if self.denominator == 0:
            return ZERO_DENOMINATOR
        return ABOVE_ONE if self.numerator > self.denominator else None

    @property
    def value(self) -> Fraction | None:
        """The exact rate from 0 to 1, or None where it is undefined."""
        return self.fraction if self.undefined is None else None


def _sum(figures, names):
    numbers = [figures.number(name) for name in names]
    return None if not numbers or None in numbers else sum(numbers)


def terms(figures: Figures, code: str) -> tuple[int | None, int | None]:
    """Numerator and denominator of formula `code` on one line; None for the one that is not known."""
    formula = FORMULAS[code]
    denominator = _sum(figures, formula.denominator)
    if denominator is None:
        denominator = _sum(figures, formula.otherwise)
    return _sum(figures, formula.numerator), denominator


def rate(lines: Iterable[Figures], code: str, *, published=None) -> Rate:
    """Formula `code` over `lines`, from summed counts of the lines where numerator and denominator are both known.

    `published` overrides what the lines say of themselves. An unknown code is a KeyError.
    """
    numerator = denominator = used = left_out = 0
    for line in lines:
        upper, lower = terms(line.as_published(published), code)
        if upper is None or lower is None:
            left_out += 1
        else:
            used += 1
            numerator += upper
            denominator += lower
    if not used:
        return Rate(None, None, code, left_out, 0)
    return Rate(numerator, denominator, code, left_out, used)


def complete(lines: Iterable[Figures]) -> bool:
    """Whether received, in_time, resolved and pending are known on every line; no line at all is not complete."""
    lines = list(lines)
    return bool(lines) and all(line.known(name) for line in lines for name in COMPLETE)
