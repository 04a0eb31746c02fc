"""Figures over time across changes of structure: as reported, in today's structure, in that of a chosen day.

`dossiers.rules.series` says what may be put together; here counts are added up (never rates) and events are named.
Every own row of the sums stands in exactly one strand, so a city's total is the same in whatever structure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from agencies.choices import AgencyKind, SuccessionKind
from agencies.models import Agency, Succession
from dossiers import rules, tally
from dossiers.models import Period, Summary
from dossiers.rules.series import ENDED, LATER, STANDING, Era, Genealogy, Life, Place, Step
from dossiers.tally.statements import PASSED_ON, RATE_COLUMNS, TOOK_OVER, VALUES

AS_REPORTED, TODAY, ON_DATE = "reported", "today", "date"
WAYS = (AS_REPORTED, TODAY, ON_DATE)
SHOWN_FIGURES = ("received", "resolved", "in_time", "resolved_overdue", "pending", "pending_overdue")
MOST_PERIODS = 24


def genealogy(today: date) -> Genealogy:
    """Every succession that has taken effect, with the days of the units it names. One query."""
    steps, lives = [], {}
    rows = Succession.objects.filter(effective_date__lte=today).order_by()
    columns = ("predecessor", "successor", "effective_date", "kind")
    days = [f"{side}__{name}" for side in ("predecessor", "successor") for name in ("valid_from", "valid_to")]
    for before, after, day, kind, *bounds in rows.values_list(*columns, *days):
        steps.append(Step(before, after, day, kind))
        lives[before] = Life(*bounds[:2])
        if after is not None:
            lives[after] = Life(*bounds[2:])
    return Genealogy(steps, lives)


def passed_on(row: Mapping) -> dict:
    """A row whose pending its successor carried over in the same period: counted once, as the sums over the tree do."""
    once = dict(row) | {name: 0 for name in PASSED_ON}
    pending = row["pending"]
    for name in TOOK_OVER:
        once[name] = None if row[name] is None or pending is None else row[name] - pending
    for code, formula in rules.FORMULAS.items():
        terms = [[once[name] for name in names] for names in (formula.numerator, formula.denominator)]
        known = None not in terms[0] + terms[1]
        values = (sum(terms[0]), sum(terms[1]), row["lines"]) if known else (0, 0, 0)
        once |= dict(zip(RATE_COLUMNS[code], values, strict=True))
    return once


def _heirs_within(known: Genealogy, period: Period) -> dict[int, int]:
    """Successor of every unit that was absorbed whole inside the period."""
    inside = (step for step in known.steps if period.first_day < step.day <= period.last_day)
    return {step.predecessor: step.successor for step in inside if known.is_whole(step)}


def added_once(rows: Iterable[Mapping], heirs: Mapping[int, int]) -> dict:
    """The sum of own rows of one period; what one handed to another inside the period is counted once."""
    rows = list(rows)
    here = {row["agency_id"] for row in rows}
    return tally.added(passed_on(row) if heirs.get(row["agency_id"]) in here else row for row in rows)


@dataclass(frozen=True)
class SeenEvent:
    """One step of the succession with the units it names; `together`: both sides stand in one series here."""

    step: Step
    before: Agency
    after: Agency | None
    together: bool

    @property
    def day(self) -> date:
        return self.step.day

    @property
    def what(self) -> str:
        return SuccessionKind(self.step.kind).label


@dataclass(frozen=True)
class Point:
    """One period of a strand: who reported, the figures added up, the rate, the events since the point before."""

    period: Period
    units: list[Agency]
    figures: list[int | None]
    rate: rules.Rate | None
    complete: bool
    events: list[SeenEvent]


@dataclass
class Strand:
    """Figures that stand together. `readable` False: they exist, and are not the person's to read."""

    agency: Agency
    start: date | None
    standing: str
    units: list[Agency]
    points: list[Point] = field(default_factory=list)
    readable: bool = True
    anew: bool = False

    def first(self, unit: Agency) -> tuple:
        """Order of units: the one that gives the strand its name, then by name."""
        return unit.pk != self.agency.pk, unit.sort_key

    @property
    def with_figures(self) -> list[Point]:
        return [point for point in self.points if point.units]


@dataclass(frozen=True)
class AgencySeries:
    """The series of one agency in one structure; `apart` is what has to do with it and may not be put together."""

    way: str
    on: date
    periods: list[Period]
    main: Strand
    apart: list[Strand]
    events: list[SeenEvent]
    sequence: tuple[str, str] | None
    sequences: list[tuple[str, str]]

    def breaks(self) -> dict[int, list[SeenEvent]]:
        """Index of a period → the events since the one before after which the main line cannot be compared."""
        found = {index: [e for e in p.events if not e.together] for index, p in enumerate(self.main.points)}
        return {index: events for index, events in found.items() if events}


class _Family:
    """The agencies that have to do with one, and where each era of theirs stands."""

    def __init__(self, known: Genealogy, agency: Agency, way: str, on: date):
        self.known, self.way, self.on = known, way, on
        own = agency.pk
        self.main, self.standing = self.place(own, self._within(own))
        near = known.sources({own, self.main.unit})
        for step in known.about(near):
            near |= {step.predecessor, step.successor} - {None}
        placed = {self._placed(era).era.unit for unit in near for era in known.eras(unit)}
        self.units = known.sources(near | placed)

    def _within(self, unit: int) -> date:
        """A day on which the unit lives, the chosen one if it can be."""
        life = self.known.life(unit)
        day = min(self.on, life.last) if life.last else self.on
        return max(day, life.first) if life.first else day

    def _placed(self, era: Era) -> Place:
        return Place(Era(era.unit), STANDING) if self.way == AS_REPORTED else self.known.place(era, self.on)

    def place(self, unit: int, day: date) -> Place:
        return self._placed(self.known.era_of(unit, day))


def _rows(units: Iterable[int], periods: Iterable[int] | None = None) -> list[dict]:
    found = Summary.objects.filter(agency__in=list(units), tree=False, period__last_day__isnull=False).order_by()
    if periods is not None:
        found = found.filter(period__in=periods)
    return list(found.values("agency_id", "period_id", *VALUES))


def agency_series(
    agency: Agency,
    readable,
    today: date,
    *,
    way: str = TODAY,
    on: date | None = None,
    formula: str = "D2",
    sequence=None,
) -> AgencySeries:
    """The series of `agency` in the structure asked for; `readable` is the queryset of agencies whose figures are open.

    `sequence` is the (kind, calendar) of the periods, the first there is where none is named.
    """
    known = genealogy(today)
    on = on if way == ON_DATE and on else today
    family = _Family(known, agency, way, on)
    agencies = Agency.objects.in_bulk(family.units | {agency.pk})
    open_ids = set(readable.filter(pk__in=family.units).values_list("pk", flat=True))
    rows = _rows(family.units)
    periods, sequence, sequences = _periods(rows, sequence)
    events = [
        SeenEvent(step, agencies[step.predecessor], agencies.get(step.successor), _together(family, step))
        for step in known.about({agency.pk, family.main.unit, *known.sources({family.main.unit})})
        if step.predecessor in agencies and (step.successor is None or step.successor in agencies)
    ]
    places, held = {}, defaultdict(lambda: defaultdict(list))
    by_pk = {period.pk: period for period in periods}
    for row in rows:
        if period := by_pk.get(row["period_id"]):
            place = family.place(row["agency_id"], period.last_day)
            places[place.era] = place.standing
            held[place.era][period.pk].append(row)
    heirs = {period.pk: _heirs_within(known, period) for period in periods}
    strands = {}
    for era in {family.main, *held}:
        units = {row["agency_id"] for rows_of in held[era].values() for row in rows_of}
        strand = Strand(
            agencies[era.unit],
            era.start,
            places.get(era, family.standing),
            sorted((agencies[pk] for pk in units), key=lambda one: (one.pk != era.unit, one.sort_key)),
            readable=units <= open_ids,
            anew=way != AS_REPORTED and known.starts_anew(era),
        )
        if strand.readable:
            strand.points = _points(strand, periods, held[era], heirs, agencies, formula)
        strands[era] = strand
    main = strands.pop(family.main)
    if not main.points:
        main.points = _points(main, periods, {}, heirs, agencies, formula)
    _mark(main, events, family)
    apart = sorted(strands.values(), key=lambda one: (one.start or date.min, one.agency.sort_key, one.agency.pk))
    return AgencySeries(way, on, periods, main, apart, events, sequence, sequences)


def _periods(rows: list[dict], sequence) -> tuple[list[Period], tuple | None, list[tuple]]:
    """The latest periods of one kind and calendar that the rows have, oldest first; the sequence; all there are."""
    found = list(Period.objects.filter(pk__in={row["period_id"] for row in rows}).order_by("last_day", "pk"))
    kinds = sorted({(one.kind, one.calendar) for one in found}, key=lambda two: (two[0] != "quarter", two))
    chosen = sequence if sequence in kinds else (kinds[0] if kinds else None)
    return [one for one in found if (one.kind, one.calendar) == chosen][-MOST_PERIODS:], chosen, kinds


def _together(family: _Family, step: Step) -> bool:
    """Whether both sides of the step stand in the main series."""
    if step.kind == SuccessionKind.TRANSFER:
        return True
    if family.way == AS_REPORTED or not family.known.is_whole(step):
        return False
    sides = {family.place(step.predecessor, step.day).era, family.place(step.successor, step.day).era}
    return sides == {family.main}


def _points(strand, periods, held, heirs, agencies, formula) -> list[Point]:
    points = []
    for period in periods:
        rows = held.get(period.pk, [])
        units = sorted(
            (agencies[row["agency_id"]] for row in rows), key=lambda one: (one != strand.agency, one.sort_key)
        )
        total = added_once(rows, heirs[period.pk]) if rows else None
        figures = [total[name] if total else None for name in SHOWN_FIGURES]
        rate = tally.rate_of(total, formula) if total else None
        points.append(Point(period, units, figures, rate, bool(total and total["complete"]), []))
    return points


def _mark(main: Strand, events: list[SeenEvent], family: _Family) -> None:
    """Put each event at the first period that ends on or after its day."""
    members = {unit.pk for unit in main.units} | {family.main.unit}
    for event in events:
        parts = {event.step.predecessor, event.step.successor}
        if parts & members:
            after = [point for point in main.points if point.period.last_day >= event.day]
            if after:
                after[0].events.append(event)


def _named(agencies: Mapping[int, Agency], rows: list[dict]) -> list[Agency]:
    return sorted((agencies[row["agency_id"]] for row in rows), key=lambda one: one.sort_key)


@dataclass(frozen=True)
class ComparedRow:
    """A unit of the structure in two periods; `units` are the keys of who reported then."""

    agency: Agency
    start: date | None
    standing: str
    units: tuple[list[Agency], list[Agency]]
    rates: tuple[rules.Rate | None, rules.Rate | None]
    counts: tuple[int | None, int | None]


@dataclass(frozen=True)
class CityComparison:
    """Every unit below a city in two periods and one structure, with the totals, which no structure changes."""

    rows: list[ComparedRow]
    totals: tuple[dict | None, dict | None]
    rates: tuple[rules.Rate | None, rules.Rate | None]
    on: date


def city_comparison(
    root: Agency, periods: tuple[Period, Period], today: date, *, way: str, on: date | None, formula: str, measure: str
) -> CityComparison:
    """All own rows below `root` in two periods, by the units of the structure asked for; `measure` is a figure."""
    known = genealogy(today)
    on = on if way == ON_DATE and on else today
    inside = Agency.objects.under(root)
    agencies = {one.pk: one for one in inside}
    by_pk = {period.pk: period for period in periods}
    held, standing = defaultdict(lambda: defaultdict(list)), {}
    everything = defaultdict(list)
    for row in _rows(agencies, by_pk):
        period = by_pk[row["period_id"]]
        era = known.era_of(row["agency_id"], period.last_day)
        place = Place(Era(era.unit), STANDING) if way == AS_REPORTED else known.place(era, on)
        if place.era.unit not in agencies:
            place = Place(era, ENDED)
        standing[place.era] = place.standing
        held[place.era][period.pk].append(row)
        everything[period.pk].append(row)
    heirs = {period.pk: _heirs_within(known, period) for period in periods}

    def in_both(rows_by_period) -> list[dict | None]:
        return [added_once(found, heirs[one.pk]) if (found := rows_by_period.get(one.pk)) else None for one in periods]

    rows = []
    for era, found in held.items():
        sums = in_both(found)
        units = [_named(agencies, found.get(period.pk, [])) for period in periods]
        rows.append(
            ComparedRow(
                agencies[era.unit],
                era.start,
                standing[era],
                tuple(units),
                tuple(tally.rate_of(one, formula) if one else None for one in sums),
                tuple(one[measure] if one else None for one in sums),
            )
        )
    order = {STANDING: 0, ENDED: 1, LATER: 2}
    kinds = {kind: number for number, kind in enumerate(AgencyKind.values)}
    rows.sort(key=lambda row: (order[row.standing], kinds[row.agency.kind], row.agency.sort_key, row.start or date.min))
    totals = in_both(everything)
    rates = tuple(tally.rate_of(one, formula) if one else None for one in totals)
    return CityComparison(rows, tuple(totals), rates, on)
