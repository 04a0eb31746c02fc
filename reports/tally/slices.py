"""What the profiles of procedures, fields and periods share: whose figures, of which period, by which formula."""

from collections.abc import Iterable
from dataclasses import dataclass

from agencies.permissions import oversees
from dossiers import rules, tally
from dossiers.models import Period, ProcedureSum, Summary
from inspections.permissions import agencies_with_figures_for

FIGURES_SHOWN = ("received", "resolved", "in_time", "resolved_overdue", "pending", "pending_overdue")
TREND_PERIODS = 8


@dataclass(frozen=True)
class Slice:
    """Whose figures of which period; `agencies` is None for somebody who reads all of them."""

    period: Period
    periods: list[Period]
    formula: str
    agencies: object

    @property
    def trend_periods(self) -> list[Period]:
        """The last periods of the same kind and calendar up to this one, oldest first."""
        return last_of_kind(self.period, self.periods)


def last_of_kind(period: Period, periods: Iterable[Period]) -> list[Period]:
    """The last periods of the same kind and calendar up to this one among those given, oldest first."""
    if period.last_day is None:
        return [period]
    alike = [
        one
        for one in periods
        if (one.kind, one.calendar) == (period.kind, period.calendar)
        and one.last_day
        and one.last_day <= period.last_day
    ]
    return sorted(alike, key=lambda one: one.last_day)[-TREND_PERIODS:]


@dataclass(frozen=True)
class SliceRow:
    """A row of a profile's table: what it is about, its sums, its rate by the formula that is shown."""

    label: str
    detail: str
    url: str
    sums: dict
    rate: rules.Rate

    @property
    def figures(self) -> list[int | None]:
        return [self.sums[name] for name in FIGURES_SHOWN]

    @property
    def late(self) -> int | None:
        return tally.late_of(self.sums)

    @property
    def is_few(self) -> bool:
        return rules.is_few(self.rate)


def agencies_read_by(user):
    """The agencies whose figures the person reads: None for all of them, else a queryset that may be empty."""
    return None if oversees(user) else agencies_with_figures_for(user)


def periods_read(agencies) -> list[Period]:
    """Periods with accepted returns of these agencies (None: of any), newest first."""
    if agencies is None:
        summed = ProcedureSum.objects.values("period_id")
    else:
        summed = Summary.objects.filter(agency__in=agencies, tree=False).values("period_id")
    return list(Period.objects.filter(pk__in=summed).latest_first())


def most_late_first(rows: Iterable[SliceRow]) -> list[SliceRow]:
    """By dossiers overdue, most first; where that is not known, last."""
    return sorted(rows, key=lambda row: -1 if row.late is None else row.late, reverse=True)


def rates_of(sums: dict) -> list[tuple[str, rules.Rate]]:
    """The rate of the sums under every formula."""
    return [(code, tally.rate_of(sums, code)) for code in rules.FORMULAS]


def trend_of(rows: Iterable[dict], periods: list[Period], code: str) -> list[tuple[Period, rules.Rate | None]]:
    """The rate in each of the periods from rows that name theirs; None where there is no row."""
    by_period = tally.grouped(rows, "period_id")
    return [(one, tally.rate_of(by_period[one.pk,], code) if (one.pk,) in by_period else None) for one in periods]
