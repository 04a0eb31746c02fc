"""Labels, days, names and deadlines of periods."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_portal.lib import periods


@pytest.mark.parametrize(
    ("label", "first", "last"),
    [
        ("2026-Q1", date(2025, 12, 15), date(2026, 3, 14)),
        ("2026-Q2", date(2026, 3, 15), date(2026, 6, 14)),
        ("2026-Q3", date(2026, 6, 15), date(2026, 9, 14)),
        ("2026-Q4", date(2026, 9, 15), date(2026, 12, 14)),
        ("2026", date(2025, 12, 15), date(2026, 12, 14)),
        ("2026-H1", date(2025, 12, 15), date(2026, 6, 14)),
        ("2026-H2", date(2026, 6, 15), date(2026, 12, 14)),
        ("2026-9M", date(2025, 12, 15), date(2026, 9, 14)),
        ("2026-M01", date(2025, 12, 15), date(2026, 1, 14)),
        ("2026-M09", date(2026, 8, 15), date(2026, 9, 14)),
        ("2026-Q1-cal", date(2026, 1, 1), date(2026, 3, 31)),
        ("2024-M02-cal", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-cal", date(2026, 1, 1), date(2026, 12, 31)),
        ("2016-pub", None, None),
        ("2017-Q1-pub", None, None),
    ],
)
def test_bounds(label, first, last):
    assert periods.bounds(label) == (first, last)
    assert str(periods.parse_label(label)) == label


@pytest.mark.parametrize(
    ("label", "title"),
    [
        ("2026-Q3", "Quý III/2026"),
        ("2026-H1", "6 tháng đầu năm 2026"),
        ("2026-H2", "6 tháng cuối năm 2026"),
        ("2026-9M", "9 tháng năm 2026"),
        ("2026", "Năm 2026"),
        ("2026-M09", "Tháng 9/2026"),
        ("2026-Q3-cal", "Quý III/2026 (quý dương lịch)"),
        ("2016-pub", "Năm 2016 (số công bố)"),
        ("2017-Q1-pub", "Quý I/2017 (số công bố)"),
    ],
)
def test_titles(label, title):
    with translation.override("vi"):
        assert periods.title(label) == title


@pytest.mark.parametrize(
    "label", ["", "2026-Q5", "2026-Q0", "26-Q1", "2026-M13", "2026-M9", "2026-q1", "2026-Q1-x", "２０２６"]
)
def test_no_labels(label):
    with pytest.raises(ValueError):
        periods.parse_label(label)


LABELS = st.builds(
    lambda year, kind, number, calendar: periods.label_of(
        kind, year, number % periods.NUMBERS_IN_YEAR[kind] + 1, calendar
    ),
    st.integers(2000, 2100),
    st.sampled_from(periods.KINDS),
    st.integers(0, 11),
    st.sampled_from([periods.DEFAULT, periods.CALENDAR]),
)


@given(LABELS)
@settings(max_examples=100)
def test_periods_follow_each_other_without_gap(label):
    assert periods.following(periods.previous(label)) == label
    first, last = periods.bounds(label)
    period = periods.parse_label(label)
    if period.kind != periods.NINE_MONTHS:
        assert periods.bounds(periods.previous(label))[1] == first - timedelta(days=1)
        assert periods.containing(first, period.kind, period.calendar) == label
        assert periods.containing(last, period.kind, period.calendar) == label
        assert periods.latest_ended(last + timedelta(days=1), period.kind, period.calendar) == label
    quarters = periods.quarters_of(label)
    if quarters:
        assert (periods.bounds(quarters[0])[0], periods.bounds(quarters[-1])[1]) == (first, last)


def test_same_period_last_year():
    assert periods.same_last_year("2026-Q1") == "2025-Q1"
    assert periods.previous("2026-Q1") == "2025-Q4"
    assert periods.previous("2017-Q1-pub") == "2016-Q4-pub"


def test_working_days_pass_over_weekends_and_holidays():
    friday, monday = date(2026, 9, 11), date(2026, 9, 14)
    assert periods.add_working_days(friday, 1) == monday
    assert periods.add_working_days(friday, 1, {monday}) == date(2026, 9, 15)
    assert periods.add_working_days(monday, -1) == friday
    assert periods.add_working_days(friday, 0) == friday


def test_due_and_lock():
    due = periods.default_due(date(2026, 9, 14))
    assert due == datetime(2026, 9, 21, 17, 0, tzinfo=periods.HANOI)
    assert due.utcoffset() == timedelta(hours=7)
    assert periods.default_lock(due) == datetime(2026, 10, 21, 17, 0, tzinfo=periods.HANOI)
    assert periods.default_due(date(2026, 9, 14), {date(2026, 9, 16)}).date() == date(2026, 9, 22)
