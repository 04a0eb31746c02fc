"""Which days remind of a deadline, on calendars with weekends and holidays."""

from datetime import date, timedelta

import pytest

from cchc_portal.lib.periods import is_working_day
from cchc_portal.lib.reminders import reminds, working_days_left
from dossiers.rules.reminders import reminds_of_return
from inspections.rules import reminds_of_recommendation

START = date(2026, 8, 1)
NATIONAL_DAY = frozenset({date(2026, 9, 1), date(2026, 9, 2)})
TET = frozenset(date(2026, 2, 16) + timedelta(days=step) for step in range(7))


def days(rule, first=START, span=120):
    every = (first + timedelta(days=step) for step in range(span))
    return [f"{day:%d/%m}" for day in every if rule(day)]


def test_a_return_three_working_days_before_on_the_day_the_day_after_and_weekly_to_the_lock():
    due, locks = date(2026, 9, 21), date(2026, 10, 21)
    found = days(lambda day: reminds_of_return(day, due=due, locks=locks))
    assert found == ["16/09", "21/09", "22/09", "29/09", "06/10", "13/10", "20/10"]


@pytest.mark.parametrize(
    ("due", "first"),
    [
        (date(2026, 9, 4), "28/08"),  # Friday; the two days off before it do not count
        (date(2026, 9, 3), "27/08"),
        (date(2026, 9, 7), "31/08"),
    ],
)
def test_holidays_are_no_working_days(due, first):
    found = days(lambda day: reminds_of_return(day, due=due, locks=date(2026, 9, 10), holidays=NATIONAL_DAY))
    assert found[0] == first


def test_a_deadline_on_a_day_off_is_told_on_the_last_working_day_before_it():
    found = days(lambda day: reminds_of_return(day, due=date(2026, 9, 20), locks=date(2026, 9, 30)))
    assert found == ["16/09", "18/09", "21/09", "28/09"]


def test_a_week_that_ends_in_a_holiday_is_told_once_after_it():
    due = date(2026, 2, 9)  # Monday; the week after falls into Tet
    found = days(lambda day: reminds(day, before=due, due=due, until=date(2026, 3, 5), holidays=TET), date(2026, 2, 1))
    assert found == ["09/02", "10/02", "23/02", "24/02", "03/03"]


def test_a_recommendation_seven_days_before_on_the_day_and_weekly_without_end():
    found = days(lambda day: reminds_of_recommendation(day, date(2026, 9, 21)), span=90)
    assert found == ["14/09", "21/09", "22/09", "29/09", "06/10", "13/10", "20/10", "27/10"]


def test_no_reminder_falls_on_a_day_off():
    for shift in range(14):
        due = date(2026, 8, 24) + timedelta(days=shift)
        for step in range(60):
            day = START + timedelta(days=step)
            if reminds_of_recommendation(day, due, NATIONAL_DAY):
                assert is_working_day(day, NATIONAL_DAY)


def test_working_days_left():
    assert working_days_left(date(2026, 9, 16), date(2026, 9, 21)) == 3
    assert working_days_left(date(2026, 8, 31), date(2026, 9, 4), NATIONAL_DAY) == 2
    assert working_days_left(date(2026, 9, 21), date(2026, 9, 21)) == 0
    assert working_days_left(date(2026, 9, 22), date(2026, 9, 21)) == 0
