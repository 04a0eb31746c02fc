"""Reporting periods: their labels, days, names and deadlines. Pure: no database, no clock.

The default calendar is that of Nghị định 09/2019/NĐ-CP: a reporting year runs from 15/12 to 14/12, so that Q1 of 2026
is 15/12/2025–14/03/2026. The second calendar uses calendar months. Published periods carry a label and no days.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")

MONTH, QUARTER, HALF, NINE_MONTHS, YEAR = "month", "quarter", "half", "nine_months", "year"
KINDS = (MONTH, QUARTER, HALF, NINE_MONTHS, YEAR)
DEFAULT, CALENDAR, PUBLISHED = "default", "calendar", "published"
CALENDARS = (DEFAULT, CALENDAR, PUBLISHED)
SUFFIXES = {DEFAULT: "", CALENDAR: "-cal", PUBLISHED: "-pub"}

# Months in one period of a kind, and how many of the kind a year holds.
MONTHS_IN = {MONTH: 1, QUARTER: 3, HALF: 6, NINE_MONTHS: 9, YEAR: 12}
NUMBERS_IN_YEAR = {MONTH: 12, QUARTER: 4, HALF: 2, NINE_MONTHS: 1, YEAR: 1}

# In the default calendar a period begins on the 15th of the month before.
FIRST_DAY_OF_DEFAULT = 15

# Portal defaults, not law; every period may have its own.
DUE_WORKING_DAYS = 5
DUE_TIME = time(17, 0)
LOCKED_AFTER_DAYS = 30

_LABEL = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?:Q(?P<quarter>[1-4])|H(?P<half>[12])|(?P<nine>9M)|M(?P<month>0[1-9]|1[0-2])))?"
    r"(?P<suffix>-cal|-pub)?"
)
ROMAN = {1: "I", 2: "II", 3: "III", 4: "IV"}


@dataclass(frozen=True, order=True)
class Label:
    """What a period's label says. `number` counts within the year from 1."""

    year: int
    kind: str
    number: int = 1
    calendar: str = DEFAULT

    def __str__(self):
        return label_of(self.kind, self.year, self.number, self.calendar)


def parse_label(label):
    """The Label that the text stands for; raises ValueError for a text that is no label."""
    found = _LABEL.fullmatch(label)
    if not found or int(found["year"]) < 2:
        raise ValueError(f"not a period label: {label!r}")
    calendar = {"-cal": CALENDAR, "-pub": PUBLISHED, None: DEFAULT}[found["suffix"]]
    year = int(found["year"])
    if found["quarter"]:
        return Label(year, QUARTER, int(found["quarter"]), calendar)
    if found["half"]:
        return Label(year, HALF, int(found["half"]), calendar)
    if found["nine"]:
        return Label(year, NINE_MONTHS, 1, calendar)
    if found["month"]:
        return Label(year, MONTH, int(found["month"]), calendar)
    return Label(year, YEAR, 1, calendar)


def label_of(kind, year, number=1, calendar=DEFAULT):
    """The unique label of a period: 2026, 2026-Q3, 2026-H1, 2026-9M, 2026-M09, with -cal or -pub behind it."""
    if kind not in KINDS or not 1 <= number <= NUMBERS_IN_YEAR[kind]:
        raise ValueError(f"no period of kind {kind!r} has number {number!r}")
    middle = {MONTH: f"-M{number:02d}", QUARTER: f"-Q{number}", HALF: f"-H{number}", NINE_MONTHS: "-9M", YEAR: ""}[kind]
    return f"{year:04d}{middle}{SUFFIXES[calendar]}"


def _first_of_month(year, month):
    """The first day of a month counted from January of `year`; month 0 is December of the year before."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def bounds(label):
    """First and last day of the period; (None, None) for a published one, whose days are not known."""
    period = parse_label(label)
    if period.calendar == PUBLISHED:
        return None, None
    months = MONTHS_IN[period.kind]
    first_month = (period.number - 1) * months + 1
    if period.calendar == CALENDAR:
        after = _first_of_month(period.year, first_month + months)
        return _first_of_month(period.year, first_month), after - timedelta(days=1)
    first = _first_of_month(period.year, first_month - 1).replace(day=FIRST_DAY_OF_DEFAULT)
    last = _first_of_month(period.year, first_month - 1 + months).replace(day=FIRST_DAY_OF_DEFAULT - 1)
    return first, last


def title(label):
    """The period's name for people: "Quý III/2026", "6 tháng đầu năm 2026", "Năm 2016 (số công bố)"."""
    return _title(label, get_language())


@lru_cache(maxsize=1_000)
def _title(label, _language):
    period = parse_label(label)
    named = {"year": period.year, "number": period.number, "roman": ROMAN.get(period.number, "")}
    name = {
        MONTH: pgettext("period", "Month %(number)s/%(year)s"),
        QUARTER: pgettext("period", "Quarter %(roman)s/%(year)s"),
        HALF: (
            pgettext("period", "First 6 months of %(year)s")
            if period.number == 1
            else pgettext("period", "Last 6 months of %(year)s")
        ),
        NINE_MONTHS: pgettext("period", "9 months of %(year)s"),
        YEAR: pgettext("period", "Year %(year)s"),
    }[period.kind] % named
    if period.calendar == PUBLISHED:
        return _("%(period)s (published figures)") % {"period": name}
    if period.calendar == CALENDAR:
        calendar = {
            MONTH: pgettext("period", "calendar month"),
            QUARTER: pgettext("period", "calendar quarter"),
        }.get(period.kind) or pgettext("period", "calendar year")
        return f"{name} ({calendar})"
    return name


def mark(label):
    """The period in few letters, for the axis of a chart: "Q1/2024", "T3/2024", "6T1/2024", "9T/2024", "2024"."""
    period = parse_label(label)
    letters = {
        MONTH: pgettext("period on an axis", "M%(number)s/%(year)s"),
        QUARTER: pgettext("period on an axis", "Q%(number)s/%(year)s"),
        HALF: pgettext("period on an axis", "H%(number)s/%(year)s"),
        NINE_MONTHS: pgettext("period on an axis", "9M/%(year)s"),
        YEAR: "%(year)s",
    }[period.kind]
    return letters % {"number": period.number, "year": period.year}


def previous(label):
    """Label of the period of the same kind and calendar before this one."""
    period = parse_label(label)
    if period.number > 1:
        return label_of(period.kind, period.year, period.number - 1, period.calendar)
    return label_of(period.kind, period.year - 1, NUMBERS_IN_YEAR[period.kind], period.calendar)


def following(label):
    """Label of the period of the same kind and calendar after this one."""
    period = parse_label(label)
    if period.number < NUMBERS_IN_YEAR[period.kind]:
        return label_of(period.kind, period.year, period.number + 1, period.calendar)
    return label_of(period.kind, period.year + 1, 1, period.calendar)


def same_last_year(label):
    """Label of the same period one year before."""
    period = parse_label(label)
    return label_of(period.kind, period.year - 1, period.number, period.calendar)


def quarters_of(label):
    """Labels of the quarters that make up a half, nine months or a year; itself for a quarter; none for a month."""
    period = parse_label(label)
    quarters = MONTHS_IN[period.kind] // 3
    first = (period.number - 1) * quarters + 1
    return [label_of(QUARTER, period.year, first + step, period.calendar) for step in range(quarters)]


def containing(day, kind=QUARTER, calendar=DEFAULT):
    """Label of the period of `kind` in which `day` lies; raises ValueError for nine months after their end."""
    for year in (day.year, day.year + 1):
        for number in range(1, NUMBERS_IN_YEAR[kind] + 1):
            label = label_of(kind, year, number, calendar)
            first, last = bounds(label)
            if first and first <= day <= last:
                return label
    raise ValueError(f"no {kind} of the {calendar} calendar holds {day}")


def latest_ended(day, kind=QUARTER, calendar=DEFAULT):
    """Label of the last period of `kind` whose last day lies before `day`."""
    label = label_of(kind, day.year + 1, NUMBERS_IN_YEAR[kind], calendar)
    while bounds(label)[1] >= day:
        label = previous(label)
    return label


def is_working_day(day, holidays=()):
    """Whether offices work on `day`: Monday to Friday and no holiday of the yearly table."""
    return day.weekday() < 5 and day not in holidays


def add_working_days(day, count, holidays=()):
    """The `count`-th working day after `day` (before it for a negative count); `day` itself for 0."""
    step = timedelta(days=1 if count > 0 else -1)
    left = abs(count)
    while left:
        day += step
        if is_working_day(day, holidays):
            left -= 1
    return day


def default_due(last_day, holidays=()):
    """When returns are due unless set otherwise: 17:00 in Hanoi on the 5th working day after the last day."""
    return datetime.combine(add_working_days(last_day, DUE_WORKING_DAYS, holidays), DUE_TIME, tzinfo=HANOI)


def default_lock(due):
    """When a period locks unless set otherwise: 30 days after it was due."""
    return due + timedelta(days=LOCKED_AFTER_DAYS)
