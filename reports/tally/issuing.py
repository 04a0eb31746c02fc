"""The values of an issued report: read once in one state of the database, then kept as plain JSON.

Everything printed is in the values: counts, names, labels, versions. They hold only texts, whole numbers, lists and
objects, so that their canonical JSON and its hash are the same wherever they have been stored.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from agencies.choices import AgencyKind
from agencies.models import Agency
from dossiers import rules, tally
from dossiers.choices import FIGURE_LABELS, FORMULA_LABELS, AdjustmentState, ReturnState
from dossiers.models import Adjustment, Edition, Line, Period, Return
from dossiers.tally.known import counted_on
from inspections.choices import SHOWN_TO_AGENCY, RecommendationState, VisitState
from inspections.models import Recommendation, Visit
from records.registry import content_hash
from reports.choices import Scope
from reports.models import Report
from reports.tally.overview import data_version

# Goes up with every change of what the templates say or how they say it.
TEMPLATE_VERSION = 1
FIGURES = (
    "received",
    "received_online",
    "received_direct",
    "carried_over",
    "resolved",
    "in_time",
    "resolved_overdue",
    "pending",
    "pending_within",
    "pending_overdue",
    "withdrawn",
)
MAIN = rules.DEFAULT_FORMULA
TREND_PERIODS = 8
FIELDS_SHOWN = 10
PROMISES_SHOWN = 15
VISITS_SHOWN = 15


@contextmanager
def one_state() -> Iterator[None]:
    """A transaction that reads one state of the database throughout, also where another one commits meanwhile."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def freeze(report: Report) -> Report:
    """The report with its values; they are read the first time and never again."""
    if report.sha256:
        return report
    with one_state():
        made = timezone.now().replace(microsecond=0)
        content = values_of(report, made)
        free = Report.objects.filter(pk=report.pk, sha256="")
        free.update(content=content, sha256=content_hash(content), made_at=made)
    report.refresh_from_db()
    return report


@dataclass
class Reading:
    """What one report reads, and where: the figures as they stand, or as they were known at the end of a day."""

    root: Agency
    period: Period
    whole: bool
    day: date | None
    today: date

    @cached_property
    def inside(self) -> list[int]:
        """Keys of the agencies that the report tells of."""
        if not self.whole:
            return [self.root.pk]
        return list(Agency.objects.under(self.root).values_list("pk", flat=True))

    def rows(self, period: Period, *, tree: bool = False, agencies=None) -> list[dict]:
        if self.day is None:
            return tally.summary_rows(period, tree=tree, agencies=agencies)
        return tally.known_on(period, self.day, tree=tree, agencies=agencies)

    def total(self, period: Period) -> dict | None:
        """The city's sums with everything below it, or the agency's own."""
        found = self.rows(period, tree=self.whole, agencies=[self.root.pk])
        return found[0] if found else None

    def counted(self):
        """Accepted returns of the period that count."""
        if self.day is not None:
            found = counted_on(self.period, self.day)
        else:
            found = Return.objects.filter(period=self.period, state=ReturnState.ACCEPTED)
        return found.filter(agency__in=self.inside)


def values_of(report: Report, made: datetime) -> dict:
    """Everything the report says, as JSON can hold it."""
    today = timezone.localdate(made)
    whole = report.scope == Scope.CITY
    reading = Reading(report.agency, report.period, whole, report.known_on, today)
    before = tally.period_before(report.period)
    rows = reading.rows(report.period, agencies=reading.inside)
    earlier = reading.rows(before, agencies=reading.inside) if before and whole else []
    total, total_before = reading.total(report.period), reading.total(before) if before else None
    owed = _completeness(reading)
    return {
        "template": TEMPLATE_VERSION,
        "scope": report.scope,
        "agency": _agency(report.agency),
        "period": _period(report.period),
        "known_on": report.known_on.isoformat() if report.known_on else None,
        "made_at": timezone.localtime(made).isoformat(),
        "data_version": data_version(),
        "formulas": [
            {"code": code, "version": formula.version, "meaning": str(FORMULA_LABELS[code])}
            for code, formula in rules.FORMULAS.items()
        ],
        "labels": {name: str(FIGURE_LABELS[name]) for name in FIGURES},
        "figures": _figures(total),
        "rates": _rates(total),
        "before": {"label": before.label, "rates": _rates(total_before)} if before and total_before else None,
        "comparable": sum(one["owed"] for one in owed) == sum(one["accepted"] for one in owed),
        "trend": _trend(reading),
        "completeness": owed,
        "missing": _missing(reading),
        "ranking": _ranking(rows, earlier) if whole else _place(reading),
        "fields": _fields(reading),
        "restated": _restated(reading),
        "recommendations": _recommendations(reading),
        "visits": _visits(reading),
        "agencies": [
            {
                "code": row["agency__code"],
                "name": row["agency__short_name"],
                "kind": str(AgencyKind(row["agency__kind"]).label),
                "figures": _figures(row),
                "rates": _rates(row),
            }
            for row in rows
        ],
    }


def _agency(agency: Agency) -> dict:
    root = Agency.objects.get(pk=int(agency.path.split("/")[1]))
    places = [
        root.name.split(word, 1)[1] for word in ("Thành phố ", "thành phố ", "Tỉnh ", "tỉnh ") if word in root.name
    ]
    return {
        "code": agency.code,
        "name": agency.name,
        "superior": agency.parent.name if agency.parent_id else "",
        "place": places[0] if places else "",
    }


def _period(period: Period) -> dict:
    days = [day.isoformat() if day else None for day in (period.first_day, period.last_day)]
    return {"label": period.label, "title": str(period), "first_day": days[0], "last_day": days[1]}


def _figures(row: dict | None) -> dict[str, int | None]:
    return {name: row[name] if row else None for name in FIGURES}


def _rates(row: dict | None) -> dict[str, list]:
    """Formula → numerator, denominator, lines left out; nothing where nothing was accepted."""
    if row is None:
        return {}
    found = {code: tally.rate_of(row, code) for code in rules.FORMULAS}
    return {code: [rate.numerator, rate.denominator, rate.left_out] for code, rate in found.items()}


def _trend(reading: Reading) -> list[list]:
    """Label, numerator and denominator of the main formula in the last periods, oldest first; a gap has neither."""
    if reading.period.last_day is None:
        return []
    last = Period.objects.filter(
        kind=reading.period.kind, calendar=reading.period.calendar, last_day__lte=reading.period.last_day
    )
    points = []
    for period in reversed(list(last.order_by("-last_day")[:TREND_PERIODS])):
        row = reading.total(period)
        rate = tally.rate_of(row, MAIN) if row else None
        points.append([period.label, rate.numerator if rate else None, rate.denominator if rate else None])
    return points


def _owing(reading: Reading):
    return reading.period.owing().filter(pk__in=reading.inside)


def _completeness(reading: Reading) -> list[dict]:
    owed = dict(_owing(reading).order_by().values("kind").annotate(n=Count("pk")).values_list("kind", "n"))
    accepted = _owing(reading).filter(pk__in=reading.counted().values("agency"))
    there = dict(accepted.order_by().values("kind").annotate(n=Count("pk")).values_list("kind", "n"))
    return [
        {"kind": str(kind.label), "owed": owed[kind], "accepted": there.get(kind, 0)}
        for kind in AgencyKind
        if kind in owed
    ]


def _missing(reading: Reading) -> list[list[str]]:
    """Agencies whose return has not been accepted."""
    rows = _owing(reading).exclude(pk__in=reading.counted().values("agency")).order_by("sort_key", "pk")
    return [list(row) for row in rows.values_list("code", "short_name")]


def _ranked(rows: list[dict], kind: str) -> rules.Ranking:
    own = [row for row in rows if row["agency__kind"] == kind]
    higher = rules.FORMULAS[MAIN].higher_is_better
    return rules.rank(((row["agency_id"], tally.rate_of(row, MAIN)) for row in own), higher_is_better=higher)


def _ranking(rows: list[dict], earlier: list[dict]) -> list[dict]:
    """Each kind of agency on its own, dense with ties, and those without a rate apart."""
    named = {row["agency_id"]: [row["agency__code"], row["agency__short_name"]] for row in rows}
    before = {row["agency_id"]: tally.rate_of(row, MAIN) for row in earlier}
    groups = []
    for kind in AgencyKind:
        ranking = _ranked(rows, kind)
        if not (ranking.ranked or ranking.apart):
            continue
        placed = []
        for one in ranking.ranked:
            then = before.get(one.key)
            counts = [one.rate.numerator, one.rate.denominator]
            counts += [then.numerator, then.denominator] if then else [None, None]
            placed.append([one.place, *named[one.key], *counts])
        groups.append({"kind": str(kind.label), "rows": placed, "apart": [named[key] for key, _rate in ranking.apart]})
    return groups


def _place(reading: Reading) -> list[dict]:
    """The agency's own place among those of its kind: nobody else's figures."""
    ranking = _ranked(reading.rows(reading.period), reading.root.kind)
    kind = str(AgencyKind(reading.root.kind).label)
    own = [one for one in ranking.ranked if one.key == reading.root.pk]
    if not own:
        return []
    tied = sum(1 for one in ranking.ranked if one.place == own[0].place)
    return [{"kind": kind, "place": own[0].place, "tied": tied, "size": ranking.size}]


CLASSES = ("resolved_early", "resolved_on_time", "resolved_overdue", "pending_overdue")


def _fields(reading: Reading) -> list[dict]:
    """Fields of procedures with the most overdue dossiers; lines of a whole agency belong to none."""
    returns = reading.counted()
    lines = Line.objects.filter(of__in=returns.values("pk")).filter(Q(procedure__isnull=False) | Q(field__isnull=False))
    then = _superseded(reading, returns)
    sums: dict[str, dict] = {}
    names = ("pk", "procedure__field__code", "procedure__field__name", "field__code", "field__name")
    for pk, code, name, own_code, own_name, *counts in lines.values_list(*names, *CLASSES):
        if pk in then:
            counts = [then[pk].number(figure) for figure in CLASSES]
        row = sums.setdefault(
            code or own_code,
            {"code": code or own_code, "name": name or own_name, "resolved": 0, "overdue": 0, "pending_overdue": 0},
        )
        early, on_time, late, waiting = (count or 0 for count in counts)
        row["resolved"] += early + on_time + late
        row["overdue"] += late
        row["pending_overdue"] += waiting
    worst = [row for row in sums.values() if row["overdue"] + row["pending_overdue"]]
    worst.sort(key=lambda row: (-row["overdue"] - row["pending_overdue"], row["code"]))
    return worst[:FIELDS_SHOWN]


def _superseded(reading: Reading, returns) -> dict[int, rules.Figures]:
    """Figures by line as they were known on the day, where an adjustment has changed them since."""
    if reading.day is None:
        return {}
    rows = Edition.objects.filter(of__in=returns.values("pk"), known_until__gte=tally.end_of(reading.day))
    then: dict[int, rules.Figures] = {}
    for edition in rows.order_by("-known_until"):
        then |= tally.figures_of(edition)
    return then


def _restated(reading: Reading) -> list[dict]:
    """Accepted adjustments of the period's returns: whose, when, how many figures, why."""
    found = Adjustment.objects.filter(
        of__period=reading.period, of__agency__in=reading.inside, state=AdjustmentState.ACCEPTED
    )
    if reading.day is not None:
        found = found.filter(decided_at__lt=tally.end_of(reading.day))
    found = found.annotate(figures=Count("cells")).order_by("decided_at", "pk")
    return [
        {
            "agency": row.of.agency.short_name,
            "day": timezone.localdate(row.decided_at).isoformat(),
            "figures": row.figures,
            "reason": row.reason,
        }
        for row in found.select_related("of__agency")
    ]


def _recommendations(reading: Reading) -> dict:
    """Open ones, overdue ones and those overdue longest, on the day that the report tells of."""
    found = Recommendation.objects.filter(agency__in=reading.inside)
    day = reading.day or reading.today
    if reading.day is None:
        open_ones = found.open()
    else:
        until = tally.end_of(day)
        out = (RecommendationState.DRAFT, RecommendationState.WITHDRAWN)
        open_ones = found.exclude(state__in=out).filter(issued_at__lt=until)
        open_ones = open_ones.filter(Q(closed_at__isnull=True) | Q(closed_at__gte=until))
    late = open_ones.filter(due__lt=day).order_by("due", "pk")
    rows = late.values_list("agency__short_name", "text", "due")[:PROMISES_SHOWN]
    return {
        "day": day.isoformat(),
        "open": open_ones.count(),
        "overdue": late.count(),
        "longest": [[agency, text, due.isoformat()] for agency, text, due in rows],
    }


def _visits(reading: Reading) -> dict:
    """Visits within the period's days; of one agency only those that it has been told of."""
    found = Visit.objects.filter(agency__in=reading.inside).exclude(state=VisitState.CANCELLED)
    if not reading.whole:
        found = found.filter(state__in=SHOWN_TO_AGENCY)
    if reading.period.first_day:
        found = found.filter(date__gte=reading.period.first_day, date__lte=reading.period.last_day)
    if reading.day is not None:
        found = found.filter(date__lte=reading.day)
    to_come = (VisitState.PLANNED, VisitState.PREPARED)
    done = found.exclude(state__in=to_come).select_related("agency").order_by("date", "pk")
    rows = [[visit.agency.short_name, visit.date_text, str(visit.get_kind_display())] for visit in done[:VISITS_SHOWN]]
    return {"done": done.count(), "planned": found.filter(state__in=to_come).count(), "rows": rows}
