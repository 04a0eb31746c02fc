"""Which agencies were visited in a year and in the years before, which never, and which have a plan of their own.

Seen from one day: the agencies that exist then, and what was absorbed whole into them up to then. A visit to a unit
that was divided later counts for none of its successors, as its figures do not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from agencies.choices import AgencyKind
from agencies.models import Agency, Succession
from inspections.choices import InspectionKind, PlanState, VisitState
from inspections.models import OwnPlan, PlanUnit, Visit
from inspections.rules import standing

COVERED_KINDS = (AgencyKind.DEPARTMENT, AgencyKind.DISTRICT, AgencyKind.COMMUNE)
NOT_BEGUN = (VisitState.PLANNED, VisitState.PREPARED, VisitState.CANCELLED)


@dataclass
class Covered:
    """One agency with the days on which it, or what it absorbed, was visited; newest first."""

    agency: Agency
    days: list[date] = field(default_factory=list)
    in_year: int = 0
    in_span: int = 0
    planned: bool = False
    own_plan: OwnPlan | None = None

    @property
    def last(self) -> date | None:
        return self.days[0] if self.days else None

    @property
    def state(self) -> str:
        if self.in_year:
            return "year"
        return "span" if self.in_span else "before" if self.days else "never"


@dataclass(frozen=True)
class Coverage:
    """The agencies of the day with what is known of each."""

    year: int
    years: int
    as_of: date
    rows: list[Covered]

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def covered_in_year(self) -> int:
        return sum(1 for row in self.rows if row.in_year)

    @property
    def covered_in_span(self) -> int:
        return sum(1 for row in self.rows if row.in_span)

    @property
    def never(self) -> int:
        return sum(1 for row in self.rows if not row.days)

    @property
    def planned(self) -> int:
        return sum(1 for row in self.rows if row.planned)

    @property
    def with_plan(self) -> int:
        return sum(1 for row in self.rows if row.own_plan)

    @property
    def first_year(self) -> int:
        return self.year - self.years + 1


def heirs(as_of: date) -> dict[int, int]:
    """Who absorbed whom whole by that day, step by step."""
    steps = Succession.objects.absorbed_whole().filter(effective_date__lte=as_of).order_by("effective_date")
    return dict(steps.values_list("predecessor_id", "successor_id"))


def _heir(agency_id: int, after: dict[int, int]) -> int:
    seen = set()
    while agency_id in after and agency_id not in seen:
        seen.add(agency_id)
        agency_id = after[agency_id]
    return agency_id


def coverage(
    year: int, years: int, as_of: date, *, kind: str = "", agency_kind: str = "", agencies: Iterable | None = None
) -> Coverage:
    """Coverage of the year, and of the `years` years that end with it, as of a day.

    Without `kind` every kind counts but self-inspection, in which an agency looks at itself. A constant number of
    queries. `agencies` narrows to a queryset.
    """
    found = Agency.objects.valid_on(as_of).filter(reporting=True).for_list()
    found = found.filter(kind=agency_kind) if agency_kind else found.filter(kind__in=COVERED_KINDS)
    if agencies is not None:
        found = found.filter(pk__in=agencies)
    rows = {agency.pk: Covered(agency) for agency in found}
    after = heirs(as_of)
    visits = Visit.objects.exclude(state__in=NOT_BEGUN).filter(date__lte=as_of).order_by("-date", "-pk")
    visits = visits.filter(kind=kind) if kind else visits.exclude(kind=InspectionKind.SELF)
    for agency_id, day in visits.values_list("agency_id", "date"):
        row = rows.get(_heir(agency_id, after))
        if row is None:
            continue
        row.days.append(day)
        row.in_year += day.year == year
        row.in_span += year - years < day.year <= year
    units = PlanUnit.objects.filter(plan__year=year, left_out="").exclude(plan__state=PlanState.DRAFT)
    if kind:
        units = units.filter(plan__kind=kind)
    for agency_id in units.values_list("agency_id", flat=True).order_by():
        if row := rows.get(_heir(agency_id, after)):
            row.planned = True
    for plan in OwnPlan.objects.filter(year=year):
        if row := rows.get(_heir(plan.agency_id, after)):
            row.own_plan = plan
    return Coverage(year, years, as_of, list(rows.values()))


def with_standing(units: Iterable[PlanUnit], plan, today: date) -> list[PlanUnit]:
    """The units of a plan, each with its `standing` on the day; visits are to be loaded already."""
    told = []
    for unit in units:
        unit.standing = standing(
            today,
            last_day=unit.last_day,
            visit_state=unit.visit.state if unit.visit else "",
            visited_on=unit.visit.date if unit.visit else None,
            left_out=bool(unit.left_out),
            closed=plan.state == PlanState.CLOSED,
        )
        told.append(unit)
    return told
