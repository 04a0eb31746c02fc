"""All agencies on one procedure in one period."""

from dataclasses import dataclass

from django.urls import reverse

from agencies.models import Agency
from dossiers import rules, tally
from dossiers.models import Period
from procedures.models import Procedure
from reports.tally.slices import Slice, SliceRow, most_late_first, trend_of


@dataclass(frozen=True)
class ProcedureProfile:
    """The sums of the period, the agencies' rows with most overdue first, the rate over the last periods.

    `taken_once` says that the rows add up to more than the sums: what an agency absorbed inside the period passed on
    stands in both rows and is summed once.
    """

    total: dict
    rows: list[SliceRow]
    trend: list[tuple[Period, rules.Rate | None]]
    taken_once: bool
    kinds: set[str]


def procedure_profile(procedure: Procedure, chosen: Slice, *, kind: str = "") -> ProcedureProfile | None:
    """What the person reads of the procedure in the period; None where nothing of it was accepted."""
    sums = tally.procedure_sums(chosen.trend_periods, chosen.agencies, procedure=procedure)
    total = tally.grouped(sums, "period_id").get((chosen.period.pk,))
    if total is None:
        return None
    lines = tally.counted_lines([chosen.period], chosen.agencies, procedure=procedure)
    agencies = Agency.objects.in_bulk([line["agency_id"] for line in lines])
    rows = [
        SliceRow(
            label=agency.name,
            detail=agency.code,
            url=f"{reverse('reports:agency_profile', args=[agency.code])}?period={chosen.period.label}",
            sums=line,
            rate=tally.rate_of(line, chosen.formula),
        )
        for line in lines
        if (agency := agencies[line["agency_id"]]) and kind in ("", agency.kind)
    ]
    own = tally.added(lines)
    return ProcedureProfile(
        total=total,
        rows=most_late_first(rows),
        trend=trend_of(sums, chosen.trend_periods, chosen.formula),
        taken_once=own["received"] != total["received"] or own["pending"] != total["pending"],
        kinds={agency.kind for agency in agencies.values()},
    )
