"""When figures meet a closing condition, when they break it after closing, and when a late recommendation goes up."""

import operator
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from cchc_portal.lib.periods import add_working_days

COMPARISONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}
DEFAULT_ESCALATION = (10, "working")


@dataclass(frozen=True)
class Point:
    """One period's rate, exact; `value` is None where no accepted figures give it (or they contradict themselves)."""

    key: Hashable
    first_day: date
    last_day: date
    value: Fraction | None


def holds(point: Point, comparison: str, limit: Fraction) -> bool | None:
    """Does the period's rate keep the condition? None where there is no rate to hold against it."""
    return None if point.value is None else COMPARISONS[comparison](point.value, limit)


def last_run(points: Sequence[Point], comparison: str, limit: Fraction) -> list[Point]:
    """The periods that keep the condition without a gap, up to the latest one whose rate is known.

    `points` stand in order of time. A period without a rate inside the run, or one missing between two, ends it.
    """
    known = [number for number, point in enumerate(points) if point.value is not None]
    run: list[Point] = []
    for point in reversed(points[: known[-1] + 1] if known else []):
        if not holds(point, comparison, limit):
            break
        if run and run[-1].first_day != point.last_day + timedelta(days=1):
            break
        run.append(point)
    return run[::-1]


def breaches(points: Sequence[Point], comparison: str, limit: Fraction, after: date) -> list[Point]:
    """Periods that end after the day and whose known rate breaks the condition."""
    return [point for point in points if point.last_day > after and holds(point, comparison, limit) is False]


def goes_up_on(due: date, days: int, unit: str, holidays: frozenset[date] = frozenset()) -> date:
    """The first day on which a recommendation due on `due` and still open is overdue by more than `days`."""
    last = add_working_days(due, days, holidays) if unit == "working" else due + timedelta(days=days)
    return last + timedelta(days=1)


def working_days_between(first: date, last: date, holidays: frozenset[date] = frozenset()) -> int:
    """How many working days follow `first` up to and including `last`; 0 where `last` is not later."""
    days = (first + timedelta(days=step) for step in range(1, (last - first).days + 1))
    return sum(day.weekday() < 5 and day not in holidays for day in days)
