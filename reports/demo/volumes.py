"""Plausible counts, line by line and quarter by quarter, on which every identity holds by construction.

What one quarter leaves pending is the next one's carried over, also where a unit was absorbed whole; the chain of a
unit that was divided ends. Whole numbers from one seeded generator: the same seed gives the same counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import NamedTuple

from agencies.choices import AgencyKind
from agencies.models import Agency, Succession
from dossiers.models import Period
from procedures.models import AgencyProcedure, Procedure

# Dossiers that a procedure of middling demand brings a unit of the kind in one quarter.
DEMAND = {AgencyKind.COMMUNE: 14.0, AgencyKind.DISTRICT: 26.0, AgencyKind.DEPARTMENT: 90.0, AgencyKind.CITY: 8.0}
# Share of the year's dossiers by quarter, Tết falling into the first.
SEASON = {1: 0.82, 2: 1.06, 3: 1.08, 4: 1.04}
ONLINE_FROM, ONLINE_TO = (2016, 0.12), (2026, 0.88)
WORKING_DAYS_A_QUARTER = 64
# Lateness as a multiple of a unit's own: it falls over the years, and a quarter can be better or worse for all.
LATE_AT_FIRST, LESS_LATE_EACH_YEAR, LEAST_LATE = 1.6, 0.09, 0.6


class Counts(NamedTuple):
    """The typed figures of one line, in the order of the form, behind the key of its procedure."""

    procedure_id: int
    received_online: int
    received_direct: int
    carried_over: int
    resolved_early: int
    resolved_on_time: int
    resolved_overdue: int
    pending_within: int
    pending_overdue: int
    withdrawn: int
    resolved_overdue_with_apology: int
    pending_overdue_with_apology: int


FIGURES = Counts._fields[1:]


@dataclass
class Unit:
    """An agency as the generator sees it: how late it is, what it handles from when to when, what lies there."""

    agency: Agency
    lateness: float
    handled: list[tuple] = field(default_factory=list)
    pending: dict[int, int] = field(default_factory=dict)


class Volumes:
    """The counts of `agencies`, quarter after quarter in order of time."""

    def __init__(self, agencies: Iterable[Agency], seed: int):
        self.random = Random(seed)
        self.units = {
            agency.pk: Unit(agency, 0.004 + 0.08 * self.random.random() ** 3)
            for agency in sorted(agencies, key=lambda agency: agency.code)
        }
        self._link()
        steps = Succession.objects.absorbed_whole().order_by("effective_date", "predecessor__code")
        self.steps = list(steps.values_list("effective_date", "predecessor_id", "successor_id"))
        self.reached = date.min

    def _link(self) -> None:
        """Give each unit its procedures with the demand for them; the order of a return is that of the register."""
        random = self.random
        popularity = {
            procedure.pk: (
                random.lognormvariate(0, 1.1),
                min(0.3, 0.9 * (procedure.statutory_days or 5) / WORKING_DAYS_A_QUARTER),
            )
            for procedure in Procedure.objects.order_by("code")
        }
        links = AgencyProcedure.objects.filter(agency_id__in=list(self.units)).order_by(
            "agency__code", "procedure__field__sort_key", "procedure__sort_key", "procedure_id"
        )
        for agency_id, procedure_id, first, last in links.values_list(
            "agency_id", "procedure_id", "valid_from", "valid_to"
        ):
            unit = self.units[agency_id]
            wanted, backlog = popularity[procedure_id]
            demand = DEMAND[unit.agency.kind] * wanted * (0.6 + 0.8 * random.random())
            unit.handled.append((procedure_id, first or date.min, last or date.max, demand, backlog))
            if first is None or first < date(2017, 1, 1):
                unit.pending[procedure_id] = int(demand * backlog)

    def quarter(self, period: Period) -> dict[int, list[Counts]]:
        """The lines of each unit that is valid on the quarter's last day, by agency; quarters come in order of time."""
        self._absorb(period.last_day)
        online = self._online_share(period)
        season = SEASON[int(period.label[-1])]
        years = period.last_day.year - ONLINE_FROM[0]
        late = max(LEAST_LATE, LATE_AT_FIRST - LESS_LATE_EACH_YEAR * years) * (0.75 + 0.6 * self.random.random())
        return {
            agency_id: self._lines(unit, period, season, online, late)
            for agency_id, unit in self.units.items()
            if unit.agency.is_valid_on(period.last_day)
        }

    def absorbed_in(self, period: Period) -> list[tuple[int, int]]:
        """(successor, predecessor) for the units absorbed whole inside the quarter: the successor reports for both."""
        return [
            (successor, predecessor)
            for day, predecessor, successor in self.steps
            if period.first_day < day <= period.last_day and {successor, predecessor} <= self.units.keys()
        ]

    def _absorb(self, last_day: date) -> None:
        """What lay with a predecessor on its last day passes to its successor."""
        for day, predecessor, successor in self.steps:
            if self.reached < day <= last_day and {successor, predecessor} <= self.units.keys():
                taken = self.units[predecessor].pending
                kept = self.units[successor].pending
                for procedure_id, count in taken.items():
                    kept[procedure_id] = kept.get(procedure_id, 0) + count
        self.reached = last_day

    @staticmethod
    def _online_share(period: Period) -> float:
        (first_year, low), (last_year, high) = ONLINE_FROM, ONLINE_TO
        share = low + (high - low) * (period.last_day.year - first_year) / (last_year - first_year)
        return min(high, max(low, share))

    def _lines(self, unit: Unit, period: Period, season: float, online_share: float, late: float) -> list[Counts]:
        chance = self.random.random
        pending, lines = unit.pending, []
        first_day, last_day = period.first_day, period.last_day
        # Every unit has better and worse quarters.
        lateness = unit.lateness * late * (0.5 + chance())
        left: dict[int, int] = {}
        for procedure_id, first, last, demand, backlog in unit.handled:
            if first > last_day or last < first_day:
                continue
            new = int(demand * season * (0.7 + 0.6 * chance()) + chance())
            carried = pending.get(procedure_id, 0)
            received = new + carried
            withdrawn = int(received * 0.02 * chance() + 0.2 * chance())
            lying = int((received - withdrawn) * backlog * (0.5 + chance()) + 0.3 * chance())
            if withdrawn + lying > received:
                withdrawn, lying = 0, min(lying, received)
            resolved = received - withdrawn - lying
            luck = chance()
            overdue = min(resolved, int(resolved * lateness * 2 * luck + chance() * 0.99))
            if resolved < 20 and luck > lateness * 4:
                overdue = 0
            early = int((resolved - overdue) * (0.25 + 0.5 * luck))
            lying_overdue = int(lying * lateness * 3 * luck)
            online = min(new, int(new * online_share * (0.75 + 0.5 * luck) + 0.5))
            left[procedure_id] = lying
            lines.append(
                Counts(
                    procedure_id,
                    online,
                    new - online,
                    carried,
                    early,
                    resolved - overdue - early,
                    overdue,
                    lying - lying_overdue,
                    lying_overdue,
                    withdrawn,
                    overdue * 2 // 3,
                    lying_overdue // 2,
                )
            )
        unit.pending = left
        return lines
