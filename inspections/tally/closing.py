"""The accepted figures that a closing condition looks at, period by period."""

from dataclasses import dataclass

from django.utils import timezone

from agencies.models import Agency, Succession
from dossiers import tally
from dossiers.choices import Calendar
from dossiers.models import Period, Summary
from dossiers.rules import Rate
from inspections import rules
from inspections.models import ClosingCondition, Recommendation
from inspections.rules import Point


@dataclass(frozen=True)
class Reading:
    """One period of a condition: its rate (None where nothing is accepted) and whether it keeps the condition."""

    period: Period
    rate: Rate | None
    holds: bool | None

    @property
    def point(self) -> Point:
        value = self.rate.value if self.rate is not None else None
        return Point(self.period.pk, self.period.first_day, self.period.last_day, value)


def _heirs(agency: Agency) -> list[Agency]:
    """The agency and whoever absorbed it whole, in a chain."""
    chain, steps = [agency], Succession.objects.absorbed_whole().select_related("successor")
    while step := steps.filter(predecessor=chain[-1]).first():
        if step.successor in chain:
            break
        chain.append(step.successor)
    return chain


def readings(condition: ClosingCondition) -> list[Reading]:
    """Rates of the agency in charge in ended periods that end after the day of issuing, in order of time.

    What an absorbed agency promised is read from its successor's figures. Only accepted returns count.
    """
    item: Recommendation = condition.recommendation
    since = timezone.localdate(item.issued_at) if item.issued_at else item.visit.date
    today = timezone.localdate()
    periods = list(
        Period.objects.filter(
            kind=condition.kind, calendar=Calendar.DEFAULT, last_day__gt=since, last_day__lt=today
        ).order_by("last_day")
    )
    chain = _heirs(item.agency)
    sums = {
        (row.agency_id, row.period_id): row
        for row in Summary.objects.filter(agency__in=chain, period__in=periods, tree=False)
    }
    found = []
    for period in periods:
        agency = next((one for one in chain if one.is_valid_on(period.last_day)), chain[-1])
        row = sums.get((agency.pk, period.pk))
        rate = tally.rate_of(row, condition.formula) if row else None
        point = Reading(period, rate, None).point
        found.append(Reading(period, rate, rules.holds(point, condition.comparison, condition.limit)))
    return found


def run_of(condition: ClosingCondition, found: list[Reading]) -> list[Reading]:
    """The latest periods running that keep the condition; it is met when there are as many as it asks for."""
    keys = {p.key for p in rules.last_run([one.point for one in found], condition.comparison, condition.limit)}
    return [one for one in found if one.period.pk in keys]
