"""What the same lines held before: the period before, the same period last year, what is usual for the unit."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from dossiers import rules
from dossiers.choices import LOCKED_STATES
from dossiers.models import Line, Period, Return
from dossiers.tally.checking import FIGURE_COLUMNS, KEY_COLUMNS, as_figures
from dossiers.tally.reading import period_before

PERIODS_LOOKED_AT = 8
DAYS_OF_A_YEAR = range(364, 368)


@dataclass
class Past:
    """Figures of earlier returns by line key (procedure, field, level); the periods are None where there is none.

    `counts` holds the known counts of each figure, latest period first.
    """

    previous: Period | None = None
    last_year: Period | None = None
    previous_lines: dict[tuple, rules.Figures] = field(default_factory=dict)
    last_year_lines: dict[tuple, rules.Figures] = field(default_factory=dict)
    counts: dict[tuple, dict[str, list[int]]] = field(default_factory=dict)


def _a_year_before(period: Period) -> Period | None:
    days = [period.first_day - timedelta(days=days) for days in DAYS_OF_A_YEAR]
    return Period.objects.filter(kind=period.kind, calendar=period.calendar, first_day__in=days).first()


def past_of(item: Return) -> Past:
    """The agency's own sent returns of the same kind and calendar before this one. A constant number of queries."""
    period, past = item.period, Past()
    if period.first_day is None:
        return past
    past.previous, past.last_year = period_before(period), _a_year_before(period)
    returns = dict(
        Return.objects.filter(agency_id=item.agency_id, state__in=LOCKED_STATES)
        .filter(period__kind=period.kind, period__calendar=period.calendar, period__last_day__lt=period.first_day)
        .order_by("-period__last_day")
        .values_list("pk", "period_id")[:PERIODS_LOOKED_AT]
    )
    order = {pk: number for number, pk in enumerate(returns)}
    counts = defaultdict(lambda: {name: [] for name in rules.TYPED_NAMES})
    rows = list(Line.objects.filter(of_id__in=returns).values_list("of_id", *KEY_COLUMNS, *FIGURE_COLUMNS))
    for of, *row in sorted(rows, key=lambda row: order[row[0]]):
        key, figures = tuple(row[: len(KEY_COLUMNS)]), as_figures(row[len(KEY_COLUMNS) :])
        if past.previous and returns[of] == past.previous.pk:
            past.previous_lines[key] = figures
        if past.last_year and returns[of] == past.last_year.pk:
            past.last_year_lines[key] = figures
        for name, value in figures.cells.items():
            if name in rules.TYPED_NAMES and rules.is_count(value):
                counts[key][name].append(value)
    past.counts = dict(counts)
    return past
