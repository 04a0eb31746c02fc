"""Which days remind of a return: three working days before it is due, on the day, the day after, weekly to the lock."""

from datetime import date

from cchc_portal.lib.periods import add_working_days
from cchc_portal.lib.reminders import reminds

WORKING_DAYS_BEFORE = 3


def reminds_of_return(day: date, *, due: date, locks: date, holidays: frozenset[date] = frozenset()) -> bool:
    """Does `day` remind of a return that is due on `due` and locked on `locks` (days in Hanoi)?"""
    before = add_working_days(due, -WORKING_DAYS_BEFORE, holidays)
    return reminds(day, before=before, due=due, until=locks, holidays=holidays)
