"""The figures of one line of a quarterly return (Biểu II.06a/VPCP/KSTT) and how they add up.

A cell is a count, `None` (blank: not known) or `NA` (not applicable: 0 in a sum). Blank never counts as 0.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cchc_portal.lib.numbers import MAX_COUNT, NOT_APPLICABLE, Cell

NA = NOT_APPLICABLE
# How the API, the exports and the browser write a cell that is not applicable.
NA_WRITTEN = "NA"


class Figure(NamedTuple):
    """A typed figure and its column number in the printed form; None where the form has no such column."""

    name: str
    column: int | None


class Derived(NamedTuple):
    """A figure computed from its parts, and the cell that holds it where a source states it."""

    name: str
    column: int | None
    parts: tuple[str, ...]
    stated: str


# In form order. The position is the bit of the figure in the stored column `not_applicable`: append only.
FIGURES = (
    Figure("received_online", 4),
    Figure("received_direct", 5),
    Figure("carried_over", 6),
    Figure("resolved_early", 8),
    Figure("resolved_on_time", 9),
    Figure("resolved_overdue", 10),
    Figure("pending_within", 12),
    Figure("pending_overdue", 13),
    Figure("withdrawn", None),
    Figure("resolved_overdue_with_apology", None),
    Figure("pending_overdue_with_apology", None),
)
DERIVED = (
    Derived("received", 3, ("received_online", "received_direct", "carried_over"), "stated_received"),
    Derived("in_time", None, ("resolved_early", "resolved_on_time"), "stated_in_time"),
    Derived("resolved", 7, ("resolved_early", "resolved_on_time", "resolved_overdue"), "stated_resolved"),
    Derived("pending", 11, ("pending_within", "pending_overdue"), "stated_pending"),
)

TYPED_NAMES = tuple(figure.name for figure in FIGURES)
DERIVED_NAMES = tuple(derived.name for derived in DERIVED)
STATED = tuple(derived.stated for derived in DERIVED)
CELL_NAMES = TYPED_NAMES + STATED

# Stocks are what lies there on a day; every other typed figure is a flow and adds over time.
OPENING_STOCKS = ("carried_over",)
CLOSING_STOCKS = ("pending_within", "pending_overdue", "pending_overdue_with_apology")
FLOWS = tuple(name for name in TYPED_NAMES if name not in OPENING_STOCKS + CLOSING_STOCKS)

_TYPED = frozenset(TYPED_NAMES)
_CELLS = frozenset(CELL_NAMES)
_DERIVED = {derived.name: derived for derived in DERIVED}
_BIT = {name: 1 << position for position, name in enumerate(TYPED_NAMES)}


def is_count(value):
    """Whether `value` is a count as R7 wants it: an integer from 0 to 10,000,000 (a boolean is none)."""
    return type(value) is int and 0 <= value <= MAX_COUNT


def is_cell(name, value):
    """Whether `value` may stand in the cell `name`; only the typed figures can be not applicable."""
    return value is None or is_count(value) or (value is NA and name in _TYPED)


def _total(numbers):
    """The sum, or None as soon as one number is not known."""
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total


def row_values(row, not_applicable) -> list:
    """The cells of a stored row (`Figures.from_row`) in its order, with this in those that are not applicable."""
    values, mask = list(row[: len(CELL_NAMES)]), row[len(CELL_NAMES)]
    if mask:
        values = [not_applicable if mask >> place & 1 else value for place, value in enumerate(values)]
    return values


class Figures:
    """The figures of one line, or of a sum of lines.

    `cells` maps names of `CELL_NAMES` to cells, what is missing is blank; another name is a ValueError. `published`
    marks a row taken from a publication, where a stated total stands before the sum of its parts.
    """

    __slots__ = ("cells", "published")

    def __init__(self, cells: Mapping[str, Cell] = (), *, published: bool = False):
        self.cells = dict(cells)
        self.published = published
        if not self.cells.keys() <= _CELLS:
            raise ValueError(f"unknown figures: {', '.join(sorted(self.cells.keys() - _CELLS))}")

    def __eq__(self, other):
        if not isinstance(other, Figures):
            return NotImplemented
        return self.published == other.published and all(self.get(name) == other.get(name) for name in CELL_NAMES)

    __hash__ = None

    def __repr__(self):
        cells = ", ".join(f"{name}={self.cells[name]!r}" for name in CELL_NAMES if self.get(name) is not None)
        return f"Figures({cells}{', published' if self.published else ''})"

    @classmethod
    def from_stored(cls, row, *, published=False):
        """Read a stored line, a mapping of columns or an object with them, with its bits of `not_applicable`."""
        read = row.get if isinstance(row, Mapping) else lambda name, default=None: getattr(row, name, default)
        mask = read("not_applicable", 0) or 0
        cells = {name: NA if mask & _BIT.get(name, 0) else read(name) for name in CELL_NAMES}
        return cls(cells, published=published)

    @classmethod
    def from_row(cls, row, *, published=False):
        """Read a stored row: values in the order of `CELL_NAMES`, behind them the bits of `not_applicable`."""
        return cls(zip(CELL_NAMES, row_values(row, NA), strict=True), published=published)

    @classmethod
    def from_json(cls, data, *, published=False):
        """Read figures as the API and the browser write them: a number, null, or "NA". Other keys are left alone."""
        cells = {name: NA if data[name] == NA_WRITTEN else data[name] for name in CELL_NAMES if name in data}
        return cls(cells, published=published)

    def to_stored(self):
        """The columns of a stored line: not applicable as 0 with its bit set in `not_applicable`, blank as None."""
        cells = self.cells
        stored = {name: 0 if cells.get(name) is NA else cells.get(name) for name in CELL_NAMES}
        stored["not_applicable"] = sum(_BIT[name] for name, value in cells.items() if value is NA and name in _TYPED)
        return stored

    def to_row(self):
        """The values of a stored row in the order of `CELL_NAMES`, behind them the bits of `not_applicable`."""
        if NA not in self.cells.values():
            return [*map(self.cells.get, CELL_NAMES), 0]
        return list(self.to_stored().values())

    def to_json(self):
        """Every cell as the API and the browser read it: a number, None, or "NA"."""
        cells = self.cells
        return {name: NA_WRITTEN if cells.get(name) is NA else cells.get(name) for name in CELL_NAMES}

    def with_cell(self, name, value):
        """A copy in which the cell `name` holds `value`."""
        return Figures(self.cells | {name: value}, published=self.published)

    def as_published(self, published):
        """The same figures read as a published row or not; None leaves them as they are."""
        if published is None or published == self.published:
            return self
        return Figures(self.cells, published=published)

    def get(self, name) -> Cell:
        """The cell `name`, or the value that stands for a derived figure."""
        return self.number(name) if name in _DERIVED else self.cells.get(name)

    def number(self, name) -> int | None:
        """The figure `name` for reckoning: not applicable is 0; blank, and what R7 refuses, is None.

        A derived figure is the sum of its parts, else the stated one; in a published row the stated one stands first.
        """
        derived = _DERIVED.get(name)
        if derived is None:
            value = self.cells.get(name)
            if value is NA:
                return 0 if name in _TYPED else None
            return value if is_count(value) else None
        computed, stated = self.computed(name), self.number(derived.stated)
        first, second = (stated, computed) if self.published else (computed, stated)
        return second if first is None else first

    def numbers(self) -> dict[str, int | None]:
        """Every figure, typed, stated and derived, for reckoning, as `number` gives each."""
        known = dict.fromkeys(CELL_NAMES)
        for name, value in self.cells.items():
            if type(value) is int and 0 <= value <= MAX_COUNT:  # `is_count`: asked of every cell of every line
                known[name] = value
            elif value is NA and name in _TYPED:
                known[name] = 0
        for name, _column, parts, stated in DERIVED:
            computed = 0
            for part in parts:
                if (number := known[part]) is None:
                    computed = None
                    break
                computed += number
            first, second = (known[stated], computed) if self.published else (computed, known[stated])
            known[name] = second if first is None else first
        return known

    def computed(self, name) -> int | None:
        """The derived figure `name` as the sum of its parts alone; None unless every part is known."""
        return _total(map(self.number, _DERIVED[name].parts))

    def known(self, name) -> bool:
        """Whether the figure `name`, typed or derived, has a value; not applicable is one."""
        return self.number(name) is not None

    def sources(self, name) -> tuple[str, ...]:
        """The cells that the value of `name` stands on: itself, its parts, or the stated total."""
        derived = _DERIVED.get(name)
        if derived is None:
            return (name,)
        stated = self.number(derived.stated) is not None
        if stated and (self.published or self.computed(name) is None):
            return (derived.stated,)
        return derived.parts


def _summed(lines, name):
    """The cell of a sum: not applicable only where it is so on every line."""
    if all(line.cells.get(name) is NA for line in lines):
        return NA
    return _total(line.number(name) for line in lines)


def _stated_sum(lines, derived, cells):
    """The stated cell of a sum of lines: filled where the parts do not give what stands on the lines."""
    stated = any(line.number(derived.stated) is not None for line in lines)
    published = any(line.published for line in lines)
    if not stated or (not published and all(cells[part] is not None for part in derived.parts)):
        return None
    return _total(line.number(derived.name) for line in lines)


def sum_lines(lines: Iterable[Figures]) -> Figures:
    """The sum over lines of one period, of one or several agencies (R6).

    A figure is known only where it is known on every line; the sum over no line at all is blank. Where some lines
    only state a total, the sum states it too.
    """
    lines = list(lines)
    if not lines:
        return Figures()
    cells = {name: _summed(lines, name) for name in TYPED_NAMES}
    cells |= {derived.stated: _stated_sum(lines, derived, cells) for derived in DERIVED}
    return Figures(cells, published=any(line.published for line in lines))


def sum_periods(periods: Iterable[Figures]) -> Figures:
    """The sum over adjacent periods, given in order: flows add, carried_over is the first's, pending the last's.

    A stated received holds a stock and flows in one number, so it does not add over time and is left blank.
    """
    periods = list(periods)
    if len(periods) < 2:
        return sum_lines(periods)
    first, last = periods[0], periods[-1]
    cells = {name: _summed(periods, name) for name in FLOWS}
    cells |= {name: first.cells.get(name) for name in OPENING_STOCKS}
    cells |= {name: last.cells.get(name) for name in CLOSING_STOCKS}
    for name in ("in_time", "resolved"):
        cells[_DERIVED[name].stated] = _stated_sum(periods, _DERIVED[name], cells)
    cells["stated_pending"] = last.cells.get("stated_pending")
    return Figures(cells, published=any(period.published for period in periods))


def fourth_quarter(year: Figures, quarters: Iterable[Figures]) -> Figures:
    """Q4 where a regime has none: flows are the year less Q1–Q3, stocks come from Q3 (opening) and the year (closing).

    A flow that would be negative is blank: then the year and its quarters contradict each other.
    """
    quarters = list(quarters)

    def less(name):
        whole, past = year.number(name), _total(quarter.number(name) for quarter in quarters)
        return whole - past if whole is not None and past is not None and whole >= past else None

    cells = {name: NA if year.cells.get(name) is NA else less(name) for name in FLOWS}
    cells["carried_over"] = quarters[-1].number("pending") if quarters else None
    cells |= {name: year.cells.get(name) for name in CLOSING_STOCKS}
    for name in ("in_time", "resolved"):
        if any(cells[part] is None for part in _DERIVED[name].parts):
            cells[_DERIVED[name].stated] = less(name)
    cells["stated_pending"] = year.cells.get("stated_pending")
    return Figures(cells, published=year.published)
