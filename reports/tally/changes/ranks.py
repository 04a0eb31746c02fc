"""Places in the ranking of each kind of agency, then and now, and how much of a move is restatement.

Three rankings are compared: the one the person saw (the period then, with the figures known then), the same with
today's figures, and today's. The first step is restatement, the second performance; together they are the whole move.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.choices import AgencyKind
from cchc_portal.lib.numbers import format_count
from cchc_portal.lib.periods import DEFAULT, QUARTER
from dossiers import rules, tally
from dossiers.choices import ReturnState
from dossiers.models import Edition, Period, Return, Summary
from dossiers.tally.statements import RATE_COLUMNS
from reports.tally.changes.looking import Change, Looking, Section
from reports.tally.changes.rates import between
from reports.tally.changes.restated import rate_then, rates_of_lines, voided

NAMES = ("agency_id", "agency__code", "agency__short_name", "agency__kind")
Places = dict[int, int]


@dataclass(frozen=True)
class Move:
    """One agency's way from place to place: positive steps lead up."""

    code: str
    name: str
    kind: str
    then: int
    now: int
    size: int
    restatement: int
    performance: int
    before: rules.Rate
    after: rules.Rate

    @property
    def whole(self) -> int:
        return self.restatement + self.performance


def _complete(look: Looking, period: Period, at: datetime) -> bool:
    """Whether every return owed had been accepted by the instant; only who reads the city can tell."""
    filed = look.filed(period) if look.reads_city else []
    if not filed or any(state != ReturnState.ACCEPTED for _pk, _name, state in filed):
        return False
    late = Return.objects.accepted().filter(period=period, agency__in=[row[0] for row in filed], accepted_at__gt=at)
    return not late.exists()


def _told(look: Looking) -> tuple[Period, Period] | None:
    """The periods whose ranking was told then and is told now: the last that is due, or complete before it is due."""
    city = int(_top(look).strip("/"))
    sums = Summary.objects.filter(agency=city, tree=True, period=OuterRef("pk"))
    periods = Period.objects.filter(
        Exists(sums), kind=QUARTER, calendar=DEFAULT, due_at__isnull=False, last_day__isnull=False
    )
    periods = list(periods.order_by("-last_day"))

    def last(at: datetime) -> Period | None:
        return next((one for one in periods if one.due_at <= at or _complete(look, one, at)), None)

    now = last(look.now)
    then = last(look.since) if now else None
    return (then, now) if then else None


def _top(look: Looking) -> str:
    """Path of the city: whoever reads one agency's figures is told its place among all of its kind."""
    return f"/{look.root.path.split('/')[1]}/"


def _rows(look: Looking, periods: set[int]) -> dict[int, dict[int, dict]]:
    """Period → agency → its own sums."""
    found = Summary.objects.filter(period__in=periods, tree=False, agency__path__startswith=_top(look))
    if not look.reads_city:
        found = found.filter(agency__kind=look.root.kind)
    rows: dict[int, dict[int, dict]] = defaultdict(dict)
    for row in found.order_by().values("period_id", "lines", *NAMES, *RATE_COLUMNS[look.formula]):
        rows[row["period_id"]][row["agency_id"]] = row
    return rows


def _places(rates: dict[int, rules.Rate], kinds: dict[int, str]) -> Places:
    """Agency → dense place among its kind; nobody without a rate."""
    groups: dict[str, list] = defaultdict(list)
    for pk, rate in rates.items():
        if rate.value is not None:
            groups[kinds[pk]].append((pk, (rate.numerator, rate.denominator)))
    return {pk: place for group in groups.values() for pk, place in rules.dense_places(group).items()}


def _rates_then(
    look: Looking, period: Period, today: dict[int, rules.Rate], kinds: dict[int, str]
) -> dict[int, rules.Rate]:
    """The rates that counted when the person last looked, as they were known; adds the kinds of who counts no more."""
    counted = Return.objects.filter(period=period, state=ReturnState.ACCEPTED, agency__in=today)
    counted = counted.annotate(known_from=Coalesce("accepted_at", "created_at")).filter(known_from__lte=look.since)
    rates = {agency: today[agency] for agency in counted.order_by().values_list("agency_id", flat=True)}
    gone = list(voided(look).filter(period=period, agency__path__startswith=_top(look)))
    of_lines = rates_of_lines(gone, look.formula)
    for item in gone:
        rates[item.agency_id] = of_lines[item.pk]
        kinds.setdefault(item.agency_id, item.agency.kind)
    editions = Edition.objects.filter(pk__in=look.editions, of__period=period).select_related("of")
    for edition in editions.order_by("pk") if look.editions else ():
        if edition.of.agency_id in rates:
            rates[edition.of.agency_id] = rate_then(edition, look.formula)
    return rates


def moves(look: Looking) -> list[Move]:
    """Every agency that had a place then and has one now, in no order; what did not move too."""
    told = _told(look)
    if told is None:
        return []
    period_then, period_now = told
    rows = _rows(look, {period_then.pk, period_now.pk})
    old = {pk: tally.rate_of(row, look.formula) for pk, row in rows[period_then.pk].items()}
    new = {pk: tally.rate_of(row, look.formula) for pk, row in rows[period_now.pk].items()}
    named = rows[period_then.pk] | rows[period_now.pk]
    kinds = {pk: row["agency__kind"] for pk, row in named.items()}
    then = _rates_then(look, period_then, old, kinds)
    first = _places(then, kinds)
    second = _places({pk: rate for pk, rate in old.items() if pk in then}, kinds)
    third = _places(new, kinds)
    sizes: dict[str, int] = defaultdict(int)
    for pk in third:
        sizes[kinds[pk]] += 1
    return [
        Move(
            code=named[pk]["agency__code"],
            name=named[pk]["agency__short_name"],
            kind=kinds[pk],
            then=first[pk],
            now=third[pk],
            size=sizes[kinds[pk]],
            restatement=first[pk] - second[pk],
            performance=second[pk] - third[pk],
            before=then[pk],
            after=new[pk],
        )
        for pk in first
        if pk in second and pk in third
    ]


def _steps(number: int) -> str:
    if not number:
        return _("unchanged")
    values = {"count": format_count(abs(number))}
    return (_("up %(count)s") if number > 0 else _("down %(count)s")) % values


def changed(look: Looking) -> Section:
    """Places that changed, large moves first.

    An agency whose own rate stayed within noise and that others merely passed is not told, unless restated figures
    moved it; whoever reads one agency alone is told each move of it.
    """
    found = [move for move in moves(look) if move.whole]
    if look.reads_city:
        clear = rules.stand_out((move.code, move.before, move.after) for move in found)
        found = [move for move in found if move.restatement or move.code in clear]
    else:
        found = [move for move in found if move.code == look.root.code]
    found.sort(key=lambda move: (-abs(move.whole), move.now, move.name))
    lines = [
        Change(
            text=_("%(agency)s: place %(now)s of %(size)s (%(kind)s), was %(then)s")
            % {
                "agency": move.name,
                "now": format_count(move.now),
                "size": format_count(move.size),
                "kind": AgencyKind(move.kind).label,
                "then": format_count(move.then),
            },
            number=f"{format_count(move.then)} → {format_count(move.now)}",
            basis=_("by performance: %(performance)s; by restated figures: %(restatement)s. %(rates)s")
            % {
                "performance": _steps(move.performance),
                "restatement": _steps(move.restatement),
                "rates": between(move.before, move.after),
            },
            path=reverse("reports:agency_profile", args=[move.code]),
        )
        for move in found[: look.shown]
    ]
    title = _("Places in the ranking (%(formula)s)") % {"formula": look.formula}
    return Section("ranks", title, tuple(lines), len(found))
