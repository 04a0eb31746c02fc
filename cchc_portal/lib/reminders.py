"""Which days remind of a deadline: some days before it, on it, the working day after, then weekly. Pure."""

from datetime import date, timedelta

from cchc_portal.lib.periods import add_working_days, is_working_day

DAY = timedelta(days=1)
WEEK = 7


def reminds(
    day: date, *, before: date, due: date, until: date | None = None, holidays: frozenset[date] = frozenset()
) -> bool:
    """Does `day` remind of something due on `due`?

    Reminders fall on working days: on `before` and on `due` (where these are no working days, on the last one before
    them), on the first working day after `due`, and then each week on that weekday (on the next working day where
    that one is a holiday) up to and including `until`, without end where that is None.
    """
    if not is_working_day(day, holidays):
        return False
    if day <= due:
        return _stands_for(day, before, holidays) or _stands_for(day, due, holidays)
    return (until is None or day <= until) and _weekly(day, add_working_days(due, 1, holidays), holidays)


def _stands_for(day: date, target: date, holidays: frozenset[date]) -> bool:
    """Is the working day `day` the last one up to and including `target`?"""
    while day < target:
        day += DAY
        if is_working_day(day, holidays):
            return False
    return day == target


def _weekly(day: date, first: date, holidays: frozenset[date]) -> bool:
    """Is the working day `day` the first one from `first`, or from a whole number of weeks after it, on?"""
    while day >= first:
        if (day - first).days % WEEK == 0:
            return True
        day -= DAY
        if is_working_day(day, holidays):
            return False
    return False


def working_days_left(day: date, due: date, holidays: frozenset[date] = frozenset()) -> int:
    """How many working days follow `day` up to and including `due`; 0 on the day itself and after it."""
    left = 0
    while day < due:
        day += DAY
        left += is_working_day(day, holidays)
    return left
