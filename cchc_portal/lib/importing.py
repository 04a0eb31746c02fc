"""Registers from a file: cells read with their errors, and the plan of what would change. No models.

An importer of an app is a module with `COLUMNS`, `REQUIRED`, `plan_import(rows) -> Plan` and `apply(plan, by)`; rows
come from `lib.xlsx.read_rows`. A plan with an error is never applied: all or nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from cchc_portal.lib.errors import Refused
from cchc_portal.lib.text import search_key

FIRST_YEAR, LAST_YEAR = 1900, 2200
YES = {"1", "co", "x", "yes", "true", "y"}
NO = {"0", "khong", "no", "false", "n"}
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_VIETNAMESE = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_WHOLE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class RowError:
    """What is wrong with one cell: row as numbered in the file, column, what stands there, and why it cannot stay."""

    row: int
    column: str
    value: str
    reason: str


@dataclass
class Change:
    """What one row would create or change: `fields` maps a name to (before, after); `thing` is the stored row."""

    row: int
    label: str
    new: bool
    fields: dict[str, tuple[Any, Any]]
    thing: Any = None


@dataclass
class Plan:
    """Everything a file would do. `same` counts the rows that already stand as the file has them."""

    changes: list[Change] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    same: int = 0

    @property
    def created(self) -> list[Change]:
        return [change for change in self.changes if change.new]

    @property
    def updated(self) -> list[Change]:
        return [change for change in self.changes if not change.new]

    def refuse_errors(self) -> None:
        """Raises Refused with a sentence per error: nothing of a file with an error is saved."""
        if self.errors:
            raise Refused([error_line(error) for error in self.errors], details=self.errors)

    def before(self) -> dict:
        """Old values by label, for the one event of the batch."""
        return {change.label: {name: old for name, (old, _new) in change.fields.items()} for change in self.updated}

    def after(self) -> dict:
        """New values by label, for the one event of the batch."""
        return {change.label: {name: new for name, (_old, new) in change.fields.items()} for change in self.changes}


def error_line(error: RowError) -> str:
    """One error as a sentence, for a terminal."""
    return _("Row %(row)s, column %(column)s, “%(value)s”: %(reason)s") % {
        "row": error.row,
        "column": error.column,
        "value": error.value,
        "reason": error.reason,
    }


def parse_date(text: str) -> date | None:
    """A day written 2025-03-01 or 01/03/2025; None for blank. Raises ValueError for anything else."""
    text = text.strip()
    if not text:
        return None
    if found := _ISO.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _VIETNAMESE.fullmatch(text):
        day, month, year = map(int, found.groups())
    else:
        raise ValueError(text)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(text)
    return date(year, month, day)


class Row:
    """One row of the file; every reader gives the value or None, and keeps an error where the cell cannot be read."""

    def __init__(self, number: int, values: dict[str, str], plan: Plan):
        self.number, self.values, self.plan = number, values, plan
        self.bad: set[str] = set()

    def error(self, column: str, reason: str) -> None:
        """Keep an error of this row; a column is complained about once."""
        if column not in self.bad:
            self.bad.add(column)
            self.plan.errors.append(RowError(self.number, column, self.values.get(column, ""), str(reason)))

    def text(self, column: str, longest: int, *, required: bool = False) -> str:
        value = self.values.get(column, "").strip()
        if required and not value:
            self.error(column, _("This may not be empty."))
        elif len(value) > longest:
            self.error(column, _("At most %(longest)s characters.") % {"longest": longest})
        return value

    def day(self, column: str) -> date | None:
        try:
            return parse_date(self.values.get(column, ""))
        except ValueError:
            self.error(column, _("This is no date. Write it as 31/12/2025 or 2025-12-31."))
            return None

    def days(self, first: str = "valid_from", last: str = "valid_to") -> tuple[date | None, date | None]:
        """First and last day, in order."""
        opened, closed = self.day(first), self.day(last)
        if opened and closed and closed < opened:
            self.error(last, _("The last day lies before the first day."))
        return opened, closed

    def choice(self, column: str, choices: Iterable[tuple[str, Any]], *, required: bool = False) -> str:
        """The code of a choice, written as the code or as its name in any spelling."""
        value = self.values.get(column, "").strip()
        if not value:
            return self.text(column, 1, required=required)
        folded = search_key(value)
        for code, label in choices:
            if folded in (search_key(str(code)), search_key(str(label))):
                return code
        self.error(column, _("Choose one of: %(codes)s.") % {"codes": ", ".join(str(code) for code, _label in choices)})
        return ""

    def flag(self, column: str) -> bool | None:
        folded = search_key(self.values.get(column, ""))
        if folded and folded not in YES | NO:
            self.error(column, _("Write 1 for yes, 0 for no, or leave it empty."))
        return True if folded in YES else False if folded in NO else None

    def whole(self, column: str, highest: int) -> int | None:
        value = self.values.get(column, "").strip()
        if not value:
            return None
        if not _WHOLE.fullmatch(value) or int(value) > highest:
            self.error(column, _("Write a whole number from 0 to %(highest)s.") % {"highest": highest})
            return None
        return int(value)

    def decimal(self, column: str, bound: int, places: int) -> Decimal | None:
        """A number with a decimal point or comma between -bound and bound."""
        value = self.values.get(column, "").strip().replace(",", ".")
        if not value:
            return None
        try:
            number = round(Decimal(value), places)
        except (InvalidOperation, ValueError):
            number = None
        if number is None or not number.is_finite() or abs(number) > bound:
            self.error(column, _("Write a number between -%(bound)s and %(bound)s.") % {"bound": bound})
            return None
        return number


def differences(thing: Any, values: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Which attributes of the stored row differ from the file's, as {name: (before, after)}."""
    return {name: (getattr(thing, name), new) for name, new in values.items() if getattr(thing, name) != new}


def first_values(values: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The values of a new row in the same shape; blanks left out."""
    return {name: (None, new) for name, new in values.items() if new not in (None, "")}
