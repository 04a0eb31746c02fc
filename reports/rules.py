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
    SHOW,
    Breach,
    Figures,
    Rate,
    check,
    sum_lines,
    terms,
)
from dossiers.rules import unclassified as left_over

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


def from_parts(row: Figures, measure: str) -> int | None:
    """What the rest of a published row says to its total `measure`, or None where that does not follow.

    A total is no witness for itself: resolved is early, on time and overdue, received is resolved, pending and
    withdrawn. Where withdrawn was not printed, received follows only if resolved and pending reach or exceed it.
    """
    if measure == "resolved":
        computed = row.computed("resolved")
        return _plus(row, "in_time", "resolved_overdue") if computed is None else computed
    if measure == "received" and row.computed("received") is None:
        rest = left_over(row)
        if rest is None or (rest > 0 and row.number("withdrawn") is None):
            return None
        return row.number("received") - rest
    return row.computed(measure) if measure in DERIVED_NAMES else None


def _plus(row, *names):
    numbers = [row.number(name) for name in names]
    return None if None in numbers else sum(numbers)


def _judge_count(claim, figures, of_itself):
    stated = _number(claim.value)
    if of_itself:
        count = from_parts(figures, claim.measure)
    else:
        count = figures.number(claim.measure) if claim.measure in (*CELL_NAMES, *DERIVED_NAMES) else None
    if stated is None or count is None:
        return Judgement(CANNOT_BE_CHECKED, count=count)
    return Judgement(AGREES if stated[0] == count else CONTRADICTS, count=count)


def judge(claim: Statement, lines: Iterable[Figures] = (), *, row: Figures | None = None) -> Judgement:
    """What the counts of `lines` (the agency's return for the claim's period) say to `claim`.

    A percentage is tried under its formula, else under every formula its measure may mean, rounded half up and
    truncated to the decimals that were printed. The formulas whose counts are known decide. Without lines the claim's
    own published `row` is used, and of its totals only what follows from the rest of it; without that its own
    numerator and denominator. Where only the denominator is known, the judgement names the hidden counts that fit;
    where none fits, the claim contradicts the counts.
    """
    figures = sum_lines(lines)
    of_itself = row is not None and not any(figures.known(name) for name in CELL_NAMES)
    if of_itself:
        figures = row.as_published(True)
    return _judge_percent(claim, figures) if claim.unit == "percent" else _judge_count(claim, figures, of_itself)


def row_gaps(row: Figures) -> list[Breach]:
    """What the identities say to a claim's published row; gaps are shown and stop nothing.

    R2 also holds where a source prints early and on time as one number, beside overdue.
    """
    found = check(row, published=True)
    total, parts = row.number("resolved"), _plus(row, "in_time", "resolved_overdue")
    if row.computed("resolved") is None and None not in (total, parts) and total != parts:
        params = {"total": total, "parts": parts, "gap": total - parts, "excess": abs(total - parts)}
        cells = ("resolved_overdue", "stated_in_time", "stated_resolved")
        found.append(Breach("R2", "R2", SHOW, total - parts, cells, params))
    return found


def in_no_class(row: Figures) -> int:
    """Dossiers of a published row that are neither resolved, pending nor withdrawn; 0 where that is not known."""
    return max(0, left_over(row.as_published(True)) or 0)


def row_rates(row: Figures) -> tuple[Rate, ...]:
    """The on-time rate of a published row under every formula whose counts were printed."""
    read = row.as_published(True)
    rates = (Rate(*terms(read, code), code) for code in ON_TIME_FORMULAS)
    return tuple(rate for rate in rates if rate.value is not None)


def printed_range(claim: Statement) -> tuple[Fraction, Fraction] | None:
    """From where (inclusive) to where (exclusive) an exact number may lie that prints as the claim's, however rounded.

    A count is itself: both ends are the same. None where no number was stated.
    """
    stated = _number(claim.value)
    if stated is None:
        return None
    value, decimals = stated
    if claim.unit != "percent":
        return value, value
    unit = Fraction(1, 10**decimals)
    return value - unit / 2, value + unit


def refute_each_other(first: Statement, second: Statement) -> bool:
    """Whether two statements of one measure of one agency and period cannot both be true.

    Different formulas may give different rates. Two rates with the same own counts, or whose printed values leave
    room for one number, are the same; other counts under the same formula are not.
    """
    if (first.measure, first.unit) != (second.measure, second.unit):
        return False
    if first.formula and second.formula and first.formula != second.formula:
        return False
    counts = [(claim.numerator, claim.denominator) for claim in (first, second)]
    if first.formula == second.formula and None not in (*counts[0], *counts[1]) and counts[0] != counts[1]:
        return True
    ranges = printed_range(first), printed_range(second)
    if None in ranges:
        return False
    (low, high), (other_low, other_high) = ranges
    if first.unit != "percent":
        return low != other_low
    return high <= other_low or other_high <= low
