"""One cell of a workbook: a count exactly as it stands there, or a refusal that says why and what to do.

A spreadsheet hands over what it made of the typing, so a number may come as a number, as text, or as the date it was
mistaken for. Nothing is rounded and nothing is guessed.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _

from cchc_portal.lib.numbers import Cell, NumberError, check_range, parse_cell
from cchc_portal.lib.text import clean_line, search_key

LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Problem:
    """What is wrong and where: row as numbered in the sheet (0 for the whole file), letters of the column, what stands
    there, why it cannot stay, and what to do."""

    sheet: str
    row: int
    column: str
    value: str
    reason: str
    remedy: str

    def __str__(self):
        place = {"sheet": self.sheet, "row": self.row, "column": self.column, "reason": self.reason}
        if self.row and self.column:
            text = _("Sheet %(sheet)s, row %(row)s, column %(column)s: %(reason)s") % place
        elif self.row:
            text = _("Sheet %(sheet)s, row %(row)s: %(reason)s") % place
        elif self.sheet:
            text = _("Sheet %(sheet)s: %(reason)s") % place
        else:
            text = str(self.reason)
        return f"{text} {self.remedy}".strip()


class CellRefused(ValueError):
    """The cell holds no count: `reason` says why, `remedy` what to do."""

    def __init__(self, reason: str, remedy: str = ""):
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


def shown(value) -> str:
    """What a person sees in the cell, about: numbers with a comma, dates as dd/mm/yyyy, long text cut."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value).replace(".", ",")
    if isinstance(value, dt.datetime):
        return f"{value:%d/%m/%Y}" if value.time() == dt.time() else f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    text = clean_line(str(value)).strip()
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


@lru_cache(maxsize=20_000)
def words(value: str) -> str:
    """A text cell folded for comparing: no tone marks, lower case, letters and digits only, single spaces."""
    folded = search_key(value)
    return " ".join("".join(sign if sign.isalnum() else " " for sign in folded).split())


def read_count(value) -> Cell:
    """The count in a cell, None for an empty one, not applicable for KAD. Raises CellRefused for all else."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise CellRefused(
            _("“%(value)s” is a yes or no, no count.") % {"value": shown(value)}, _("Type the number of dossiers.")
        )
    if isinstance(value, (int, float)):
        return _native(value)
    if isinstance(value, (dt.date, dt.datetime, dt.time, dt.timedelta)):
        raise CellRefused(
            _("The cell holds a date or a time (%(value)s), no count.") % {"value": shown(value)},
            _("Set the cell's format to Number and type the count again."),
        )
    try:
        return parse_cell(value)
    except NumberError as error:
        raise CellRefused(str(error)) from error


def _native(value: int | float) -> int:
    if value != value or value in (float("inf"), float("-inf")):
        raise CellRefused(_("The cell holds no finite number."), _("Type the number of dossiers."))
    if value != int(value):
        raise CellRefused(
            _("%(value)s is no whole number; a count has no decimals.") % {"value": shown(float(value))},
            _("If thousands were meant, type the digits without a dot or comma."),
        )
    try:
        check_range(int(value))
    except NumberError as error:
        raise CellRefused(str(error)) from error
    return int(value)
