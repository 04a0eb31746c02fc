"""Which days remind of a recommendation: seven days before its deadline, on it, the day after, then weekly."""

from datetime import date, timedelta

from cchc_portal.lib.reminders import reminds

REMINDED_BEFORE = timedelta(days=7)


def reminds_of_recommendation(day: date, due: date, holidays: frozenset[date] = frozenset()) -> bool:
    """Does `day` remind of a recommendation that is open and due on `due`? One without a deadline never is."""
    return reminds(day, before=due - REMINDED_BEFORE, due=due, holidays=holidays)
