"""Numbers as Vietnamese offices write them: reading what was typed, printing counts and rates.

Rates stay exact (Fraction) until one rounding at the end. Printed rates are clamped (below 100 never prints as 100,
above 0 never as 0); exported ones are not.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

# Identity R7: every count lies in this range.
MAX_COUNT = 10_000_000
NONE_PRINTED = "–"
NOT_APPLICABLE_TYPED = "KAD"
# Spaces that spreadsheets and web pages put between groups of three digits.
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " "})
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[1-9][0-9]{0,2}(?: [0-9]{3})+")
_PLAIN = re.compile(r"[0-9]+")
_PERCENT = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,6}))?\s*%?")
# Longer than any allowed number; keeps a megabyte of digits from being parsed.
_LONGEST_TYPED = 40


class NumberError(ValueError):
    """What was typed is not a count; the message says why and what to type instead, in the user's language."""


class NotApplicable(Enum):
    """A cell whose figure does not exist for its line: neither a count nor unknown. Counts as 0 in a sum."""

    NOT_APPLICABLE = NOT_APPLICABLE_TYPED

    def __str__(self):
        return self.value


NOT_APPLICABLE = NotApplicable.NOT_APPLICABLE

# A cell is a count, None (blank: not known) or NOT_APPLICABLE.
Cell = int | None | NotApplicable


def parse_count(text):
    """The count that was typed, or None for a blank.

    Accepts ASCII digits, plain (5441) or grouped by three with dots or spaces (5.441, 5 441). Raises NumberError for
    anything else and outside 0–10,000,000 (R7).
    """
    typed = text.translate(_SPACES).strip()
    if not typed:
        return None
    if len(typed) > _LONGEST_TYPED or not (_PLAIN.fullmatch(typed) or _GROUPED.fullmatch(typed)):
        raise NumberError(_refusal(typed[:_LONGEST_TYPED]))
    if _PLAIN.fullmatch(typed) and len(typed) > 1 and typed[0] == "0":
        shown = typed.lstrip("0") or "0"
        raise NumberError(_("“%(typed)s” begins with 0. Type %(shown)s.") % {"typed": typed, "shown": shown})
    count = int(typed.replace(".", "").replace(" ", ""))
    check_range(count)
    return count


def check_range(count):
    """Raises NumberError when `count` lies outside the range of R7."""
    if not 0 <= count <= MAX_COUNT:
        raise NumberError(
            _("%(typed)s is outside the range: a count lies between 0 and %(maximum)s. Check the number.")
            % {"typed": format_count(count), "maximum": format_count(MAX_COUNT)}
        )


def _refusal(typed):
    """Why `typed` is no count and what to do, in the user's language."""
    named = {"typed": typed}
    if re.fullmatch(r"[1-9][0-9]{0,2}(,[0-9]{3})+", typed):
        named["shown"] = typed.replace(",", ".")
        named["plain"] = typed.replace(",", "")
        return (
            _("“%(typed)s” can be read as a decimal number. For thousands type %(shown)s or %(plain)s without a comma.")
            % named
        )
    if re.fullmatch(r"[-+−–]\s*[0-9][0-9., ]*", typed):
        return _("“%(typed)s” has a sign. A count is never negative: type digits only.") % named
    if re.fullmatch(r"[0-9]+[.,][0-9]+", typed):
        return _("“%(typed)s” is no whole number. A count has no decimals; dots only part groups of three.") % named
    if re.fullmatch(r"[0-9][0-9., ]*", typed):
        return _("“%(typed)s” is not grouped by three digits. Type the digits without dots or spaces.") % named
    if any(character.isnumeric() and not character.isascii() for character in typed):
        return _("“%(typed)s” uses digits of another script. Type the digits 0–9.") % named
    return _("“%(typed)s” is no count. Type digits only, KAD where it does not apply, or leave the cell blank.") % named


def parse_cell(text):
    """A Cell from what was typed: a count, None for a blank, NOT_APPLICABLE for KAD in any case."""
    if text.strip().upper() == NOT_APPLICABLE_TYPED:
        return NOT_APPLICABLE
    return parse_count(text)


def parse_percent(text):
    """The percentage that was typed (99,5 or 99.5, with or without %) as a Decimal from 0 to 100; None for a blank."""
    typed = text.translate(_SPACES).strip()
    if not typed:
        return None
    found = _PERCENT.fullmatch(typed) if len(typed) <= _LONGEST_TYPED else None
    value = Decimal(f"{found[1]}.{found[2] or 0}") if found else None
    if value is None or value > 100:
        raise NumberError(
            _("“%(typed)s” is no percentage. Type a number from 0 to 100, such as 99,5.")
            % {"typed": typed[:_LONGEST_TYPED]}
        )
    # The trailing zeros that were typed are precision that a claim states.
    return Decimal(f"{found[1]}.{found[2]}") if found[2] else Decimal(found[1])


def format_count(count):
    """5441 → "5.441"; None → "–"; not applicable → "KAD"."""
    if count is None:
        return NONE_PRINTED
    if count is NOT_APPLICABLE:
        return NOT_APPLICABLE_TYPED
    return f"{count:,}".replace(",", ".")


def _half_up(value, places):
    """A non-negative Fraction as a whole number of units of 10**-places, half rounded up."""
    return (value * 10**places * 2 + 1).__floor__() // 2


def _fraction(numerator, denominator):
    """numerator ÷ denominator, or None where it is not defined."""
    if numerator is None or not denominator:
        return None
    return Fraction(numerator) / Fraction(denominator)


def printed_tenths(numerator, denominator):
    """The printed rate in tenths of a percent (978 for 97,8%); None where "–" is printed.

    Whole-number arithmetic: exact, and an order of magnitude faster than fractions on a page of hundreds of rates.
    """
    if numerator is None or not denominator or not 0 <= numerator <= denominator:
        return None
    tenths = (numerator * 2000 + denominator) // (2 * denominator)
    if numerator < denominator:
        tenths = min(tenths, 999)
    if numerator > 0:
        tenths = max(tenths, 1)
    return int(tenths)


def format_day(day):
    """A day as printed: 04/03/2026; "–" for none."""
    return f"{day:%d/%m/%Y}" if day else NONE_PRINTED


def format_rate(numerator, denominator):
    """The rate as printed: one decimal, half up, comma, no space ("97,8%"); "–" where undefined or above 1.

    ",0" is dropped only when the value is exactly a whole number of percent. 99,98 → "99,9%", 0,02 → "0,1%".
    """
    tenths = printed_tenths(numerator, denominator)
    if tenths is None:
        return NONE_PRINTED
    if numerator * 100 % denominator == 0:
        return f"{tenths // 10}%"
    return f"{tenths // 10},{tenths % 10}%"


def rate_decimal6(numerator, denominator):
    """The rate for exports: "0.978261", half up, not clamped; "" where undefined."""
    value = _fraction(numerator, denominator)
    if value is None:
        return ""
    sign = "-" if value < 0 else ""
    whole, part = divmod(_half_up(abs(value), 6), 10**6)
    return f"{sign}{whole}.{part:06d}"


def format_points(tenths):
    """A difference in tenths of a percentage point as printed: 13 → "+1,3 điểm %", 0 → "0 điểm %"."""
    sign = "+" if tenths > 0 else "−" if tenths < 0 else ""
    whole, tenth = divmod(abs(tenths), 10)
    shown = f"{sign}{whole},{tenth}" if tenth else f"{sign}{whole}"
    return _("%(points)s percentage points") % {"points": shown}


def points_change(before, after):
    """The difference between two Rates as printed, with its sign; "–" where either prints as "–"."""
    if before.tenths is None or after.tenths is None:
        return NONE_PRINTED
    return format_points(after.tenths - before.tenths)


@dataclass(frozen=True)
class Rate:
    """A rate with what it rests on: counts, formula code (D2 …) and how many lines were left out of it."""

    numerator: int | None
    denominator: int | None
    formula: str
    left_out: int = 0

    @property
    def fraction(self):
        """The exact value; None where undefined. May lie above 1 where the sources contradict each other."""
        return _fraction(self.numerator, self.denominator)

    @property
    def tenths(self):
        """The printed value in tenths of a percent; None where "–" is printed."""
        return printed_tenths(self.numerator, self.denominator)

    @property
    def printed(self):
        return format_rate(self.numerator, self.denominator)

    @property
    def is_defined(self):
        """Whether the rate can be printed and ranked."""
        return self.tenths is not None

    @property
    def basis(self):
        """Formula with numerator and denominator: "D2: 1.215/1.242"."""
        return f"{self.formula}: {format_count(self.numerator)}/{format_count(self.denominator)}"

    @property
    def reason(self):
        """Why "–" is printed, in the user's language; "" where a value is."""
        if self.numerator is None or self.denominator is None:
            return pgettext("rate", "The figures it needs are not known.")
        if self.denominator == 0:
            return pgettext("rate", "The denominator is 0.")
        if not 0 <= self.fraction <= 1:
            return pgettext("rate", "The numerator is larger than the denominator: the figures contradict each other.")
        return ""
