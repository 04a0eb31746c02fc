"""Which days remind of a return: three working days before it is due, on the day, the day after, weekly to the lock."""

from datetime import date

from cchc_portal.lib.periods import add_working_days
from cchc_portal.lib.reminders import reminds

WORKING_DAYS_BEFORE = 3


def reminds_of_return(day: date, *, due: date, locks: date, holidays: frozenset[date] = frozenset()) -> bool:
    """Does `day` remind of a return that is due on `due` and locked on `locks` (days in Hanoi)?"""
    before = add_working_days(due, -WORKING_DAYS_BEFORE, holidays)
    return reminds(day, before=before, due=due, until=locks, holidays=holidays)


# An adjustment that nobody signs or decides: its first reminder, and from when others are told too.
ADJUSTMENT_RESTS = 2
ADJUSTMENT_ESCALATES = 5


def adjustment_due(since: date, holidays: frozenset[date] = frozenset()) -> date:
    """Until when an adjustment that waits since a day should be signed or decided: five working days."""
    return add_working_days(since, ADJUSTMENT_ESCALATES, holidays)


def reminds_of_adjustment(day: date, *, since: date, holidays: frozenset[date] = frozenset()) -> bool:
    """Does `day` remind of an adjustment that waits since `since`?

    On the second and the fifth working day, the day after that, and then weekly without end.
    """
    before = add_working_days(since, ADJUSTMENT_RESTS, holidays)
    return reminds(day, before=before, due=adjustment_due(since, holidays), holidays=holidays)
