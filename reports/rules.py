"""What the counts say to a published figure (domain: claims). Pure: no Django, database or clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from dossiers.rules import (
    CELL_NAMES,
    DERIVED_NAMES,
    FORMULAS,
    ON_TIME_FORMULAS,
    Breach,
    Figures,
    Rate,
    check,
    sum_lines,
    terms,
)

# Verdicts; the words people read are in choices.Verdict.
AGREES, AGREES_TRUNCATED = "agrees", "agrees_truncated"
CANNOT_BE_CHECKED, CONTRADICTS = "cannot_be_checked", "contradicts"

# How a source may have rounded, the usual way first.
HALF_UP, TRUNCATED = "half_up", "truncated"
ROUNDINGS = (HALF_UP, TRUNCATED)

# The formulas a measure may mean where the source names none.
MEASURES = {"on_time_rate": ON_TIME_FORMULAS} | {
    code: (code,) for code in ("online_share", "overdue_share", "apology_share")
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What was stated: the fields of a claim that can be judged. A stored claim has the same names.

    `value` keeps the decimals that were printed ("98", "97.8"), they are the precision; `formula` is one of the
    portal's, another word for a share of its own counts, or empty.
    """

    measure: str
    value: str
    unit: str
    numerator: int | None = None
    denominator: int | None = None
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Fit:
    """A rate that gives the stated percentage, and the roundings that lead there."""

    rate: Rate
    roundings: tuple[str, ...]
    decimals: int


@dataclass(frozen=True, slots=True)
class Hidden:
    """Which numerators of a known denominator print as stated; `low` > `high` where none does."""

    formulas: tuple[str, ...]
    denominator: int
    rounding: str
    low: int
    high: int

    @property
    def exists(self) -> bool:
        return self.low <= self.high

    @property
    def rest(self) -> tuple[int, int]:
        """The fewest and the most dossiers outside the numerator: 99,5% of 5.441 leaves 25 to 29 late."""
        return self.denominator - self.high, self.denominator - self.low


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict with what it rests on.

    `fits` are the rates that give what was stated, `rates` all that the counts give, `hidden` the intervals that fit
    where it cannot be checked, `count` what the counts give for a claim that is a count.
    """

    verdict: str
    fits: tuple[Fit, ...] = ()
    rates: tuple[Rate, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    count: int | None = None


def _number(value):
    """A stated number as (Fraction, decimals printed), comma or point; None where it is none."""
    whole, _, part = value.strip().removesuffix("%").strip().replace(",", ".").partition(".")
    digits = whole + part
    if not (whole and digits.isascii() and digits.isdigit()):
        return None
    return Fraction(int(digits), 10 ** len(part)), len(part)


def round_percent(numerator: int, denominator: int, decimals: int, rounding: str) -> Fraction:
    """numerator ÷ denominator in percent, rounded to `decimals`; nothing is clamped, unlike what the portal prints."""
    scaled = Fraction(numerator * 100 * 10**decimals, denominator)
    return Fraction(floor(scaled + Fraction(1, 2)) if rounding == HALF_UP else floor(scaled), 10**decimals)


def _fit(rate, value, decimals):
    found = tuple(
        rounding
        for rounding in ROUNDINGS
        if round_percent(rate.numerator, rate.denominator, decimals, rounding) == value
    )
    return Fit(rate, found, decimals)


def hidden_counts(value: Fraction, decimals: int, denominator: int, rounding: str) -> tuple[int, int]:
    """The smallest and largest numerator of `denominator` that print as `value` percent; crossed where none does."""
    unit = Fraction(1, 10**decimals)
    begin = value - unit / 2 if rounding == HALF_UP else value
    low = max(0, ceil(begin * denominator / 100))
    high = min(denominator, ceil((begin + unit) * denominator / 100) - 1)
    return low, high


def _hidden(rates, value, decimals):
    """Intervals for the rates of which only the denominator is known, one per denominator and rounding."""
    formulas = {}
    for rate in rates:
        if rate.numerator is None and rate.denominator:
            formulas.setdefault(rate.denominator, []).append(rate.formula)
    return tuple(
        Hidden(tuple(codes), denominator, rounding, *hidden_counts(value, decimals, denominator, rounding))
        for denominator, codes in formulas.items()
        for rounding in ROUNDINGS
    )


def _verdict(fits):
    return AGREES if any(HALF_UP in fit.roundings for fit in fits) else AGREES_TRUNCATED


def _judge_percent(claim, figures):
    stated = _number(claim.value)
    if stated is None:
        return Judgement(CANNOT_BE_CHECKED)
    codes = (claim.formula,) if claim.formula else MEASURES.get(claim.measure, ())
    rates = tuple(Rate(*terms(figures, code), code) for code in codes if code in FORMULAS)
    defined = tuple(rate for rate in rates if rate.value is not None)
    own = Rate(claim.numerator, claim.denominator, claim.formula)
    if own.value is not None:
        own_fit = _fit(own, *stated)
        # What does not follow from its own counts, or from others than the portal has, is contradicted.
        differs = any((rate.numerator, rate.denominator) != (own.numerator, own.denominator) for rate in defined)
        if not own_fit.roundings or (claim.formula and differs):
            return Judgement(CONTRADICTS, (), defined or (own,))
        if not defined:
            return Judgement(_verdict([own_fit]), (own_fit,), (own,))
    if defined:
        fits = tuple(fit for fit in (_fit(rate, *stated) for rate in defined) if fit.roundings)
        return Judgement(_verdict(fits) if fits else CONTRADICTS, fits, defined)
    hidden = _hidden(rates, *stated)
    impossible = hidden and not any(one.exists for one in hidden)
    return Judgement(CONTRADICTS if impossible else CANNOT_BE_CHECKED, hidden=hidden)


def _judge_count(claim, figures):
    stated = _number(claim.value)
    count = figures.number(claim.measure) if claim.measure in (*CELL_NAMES, *DERIVED_NAMES) else None
    if stated is None or count is None:
        return Judgement(CANNOT_BE_CHECKED, count=count)
    return Judgement(AGREES if stated[0] == count else CONTRADICTS, count=count)


def judge(claim: Statement, lines: Iterable[Figures] = (), *, row: Figures | None = None) -> Judgement:
    """What the counts of `lines` (the agency's return for the claim's period) say to `claim`.

    A percentage is tried under its formula, else under every formula its measure may mean, rounded half up and
    truncated to the decimals that were printed. The formulas whose counts are known decide. Without lines the claim's
    own published `row` is used; without that its own numerator and denominator. Where only the denominator is known,
    the judgement names the hidden counts that fit; where none fits, the claim contradicts the counts.
    """
    figures = sum_lines(lines)
    if row is not None and not any(figures.known(name) for name in CELL_NAMES):
        figures = row.as_published(True)
    return _judge_percent(claim, figures) if claim.unit == "percent" else _judge_count(claim, figures)


def row_gaps(row: Figures) -> list[Breach]:
    """What the identities say to a claim's published row; gaps are shown and stop nothing."""
    return check(row, published=True)
