"""The leaders' screen: are we on time, who is not, what changed, what is promised and late, who has not reported."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.db.models import Case, Count, When
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from agencies.choices import AgencyKind, SuccessionKind
from agencies.models import Agency, Succession
from cchc_portal.lib import numbers
from cchc_portal.lib.asked import Statement
from cchc_portal.lib.sql import fetch, instances, values
from dossiers import rules, tally
from dossiers.models import Period, RateRun, StaleFigure, Summary
from inspections.choices import VisitState
from inspections.models import Recommendation, Visit
from records.choices import JobState
from records.models import ChainHead

TREND_PERIODS = 8
ROWS_AT_ONCE = 20
LATE_SHOWN = 6
TO_COME = (VisitState.PLANNED, VisitState.PREPARED)
HEADLINE = ("received", "resolved", "pending")


# One statement, because every page that is kept asks it first.
_VERSION = f"""SELECT (SELECT number FROM {ChainHead._meta.db_table} WHERE id = 1),
(SELECT hash FROM {ChainHead._meta.db_table} WHERE id = 1),
(SELECT MAX(finished_at) FROM {RateRun._meta.db_table} WHERE state = '{JobState.READY}'),
(SELECT COUNT(*) FROM {StaleFigure._meta.db_table}), (SELECT MAX(id) FROM {StaleFigure._meta.db_table})"""


def data_version() -> str:
    """Changes whenever anything that a page adds up has changed: the head of the trail and the sums.

    New sums take away the marks of what was stale in the same transaction, before their run is finished.
    """
    [(number, digest, run, waiting, last)] = fetch(_VERSION)
    marks = f"-{waiting}-{last}" if waiting else ""
    return f"{number or 0}-{(digest or '')[:12]}-{run or 0}{marks}".replace(" ", "T")


@dataclass(frozen=True)
class Compared:
    """A rate beside the one of the period before: the difference in words and whether it is more than chance."""

    rate: rules.Rate
    before: rules.Rate | None
    direction: str
    points: str


def compare(rate: rules.Rate, before: rules.Rate | None, *, comparable: bool = True) -> Compared:
    """`direction` is rise, fall, same or undefined (rules.change).

    Where the two do not rest on the same agencies (`comparable` False) neither a direction nor a difference is told.
    """
    if before is None or not comparable:
        return Compared(rate, None, rules.UNDEFINED, numbers.NONE_PRINTED)
    return _compared(rate, before, get_language())


@lru_cache(maxsize=8_192)  # as many as `rules.change` keeps: a ranking compares the same rates until one has changed
def _compared(rate: rules.Rate, before: rules.Rate, _language: str) -> Compared:
    return Compared(rate, before, rules.change(before, rate), numbers.points_change(before, rate))


class RankedRow(NamedTuple):
    """What one row of the ranking of a group tells, and nothing else: equal rows are drawn alike.

    `width` is the printed rate in tenths of a percent, for its bar. `best` and `worst` are its places under the
    formulas compared; `flips` tells that its order to another agency turns with the formula. `direction` and `points`
    are the change (`compare`).
    """

    place: int
    code: str
    name: str
    printed: str
    numerator: int
    denominator: int
    few: bool
    width: int
    best: int | None
    worst: int | None
    flips: bool
    direction: str
    points: str


@dataclass(frozen=True)
class GroupRanking:
    """The ranking of one kind of agency: the rows, the size of the group, and who has no rate."""

    rows: list[RankedRow]
    size: int
    apart: list[tuple[str, str]]

    @property
    def shown_all(self) -> bool:
        return len(self.rows) == self.size


def ranking(period: Period, root: Agency | None, kind: str, code: str, *, everything: bool = False) -> GroupRanking:
    """Agencies of one kind below the root (None: of the whole forest), by one formula, with the change to before.

    Only the first rows are compared and returned unless `everything` is asked for: comparing costs an exact test each.
    """
    inside = None if root is None else list(Agency.objects.under(root).values_list("pk", flat=True))
    groups = tally.ranking(period, code, kinds=[kind], agencies=inside)
    if not groups:
        return GroupRanking([], 0, [])
    ranked = groups[0].ranked
    shown = ranked if everything else ranked[:ROWS_AT_ONCE]
    standings = tally.standings(groups[0], period, code)
    rows = [_ranked_row(row, standings[row.agency_id]) for row in shown]
    return GroupRanking(rows, len(ranked), [(row.code, row.name) for row in groups[0].apart])


def _ranked_row(row: tally.RankedAgency, standing: rules.Standing) -> RankedRow:
    rate, before = row.rate, row.before
    change = compare(rate, before)
    return RankedRow(
        row.place,
        row.code,
        row.name,
        rate.printed,
        rate.numerator,
        rate.denominator,
        rules.is_few(rate),
        rate.tenths or 0,
        standing.best,
        standing.worst,
        standing.flips,
        change.direction,
        change.points,
    )


def trend(agency: Agency, period: Period, code: str) -> list[tuple[Period, rules.Rate | None]]:
    """The agency's own rate in the last periods like this one up to it, oldest first; a missing one is a gap."""
    last = Period.objects.filter(kind=period.kind, calendar=period.calendar, last_day__lte=period.last_day)
    return tally.trend(agency, code, reversed(list(last.order_by("-last_day")[:TREND_PERIODS])))


# A new name, or another agency above, changes nothing in what an agency's figures are of.
_KINDS = ", ".join(f"'{kind}'" for kind in (SuccessionKind.MERGE, SuccessionKind.SPLIT, SuccessionKind.DISSOLVED))
_CHANGED = f"""FROM {Succession._meta.db_table} t WHERE t.kind IN ({_KINDS}) AND ({{which}})
GROUP BY t.effective_date ORDER BY t.effective_date"""
_BELOW = f"EXISTS (SELECT 1 FROM {Agency._meta.db_table} a WHERE a.id = t.predecessor_id AND a.path LIKE %s)"


def days_of_change(*, below: Agency | None = None, of: Agency | None = None) -> list[date]:
    """Days on which agencies merged, split or were dissolved: all, those below one, or those of one alone."""
    which, parameters = "TRUE", []
    if of is not None:
        which, parameters = "t.predecessor_id = %s OR t.successor_id = %s", [of.pk, of.pk]
    elif below is not None:
        which, parameters = _BELOW, [f"{below.path}%"]
    return [
        row["effective_date"]
        for row in values(Succession, ["effective_date"], _CHANGED.format(which=which), parameters)
    ]


@dataclass(frozen=True)
class Promises:
    """Recommendations: how many are open, how many overdue, and the ones overdue longest."""

    open: int
    overdue: int
    longest: list[tuple[int, str, str, date]]


@lru_cache(maxsize=200)
def _promised(path: str, today: date) -> tuple[Statement, Statement]:
    """Open recommendations below a root, counted and the late ones named; worked out once, asked every time."""
    found = Recommendation.objects.filter(agency__path__startswith=path)
    is_late = Case(When(due__lt=today, then=True), default=False)
    counted = found.open().order_by().annotate(late=is_late).values("late").annotate(number=Count("pk"))
    late = found.overdue(today).order_by("due", "pk")
    return Statement(counted, ["late", "number"]), Statement(late, ["pk", "text", "agency__short_name", "due"])


def promises(root: Agency, today: date) -> Promises:
    """Open and overdue recommendations below a root, as those see them who oversee everything."""
    counted, late = _promised(root.path, today)
    numbers = dict(counted.fetch())
    overdue = numbers.get(True, 0)
    return Promises(
        open=overdue + numbers.get(False, 0),
        overdue=overdue,
        longest=[tuple(row) for row in late.fetch(LATE_SHOWN)] if overdue else [],
    )


@dataclass(frozen=True)
class Visits:
    done: int
    planned: int
    latest: list[tuple[int, str, date, str]]


@lru_cache(maxsize=200)
def _visited(path: str, first_day: date | None, last_day: date | None) -> Statement:
    found = Visit.objects.filter(agency__path__startswith=path).exclude(state=VisitState.CANCELLED)
    if first_day:
        found = found.filter(date__gte=first_day, date__lte=last_day)
    return Statement(found.order_by("-date", "-pk"), ["pk", "agency__short_name", "date", "state"])


def visits(root: Agency, period: Period) -> Visits:
    """Visits within the period's days, done and to come, and the latest, as those see them who oversee everything."""
    rows = _visited(root.path, period.first_day, period.last_day).fetch()
    planned = sum(state in TO_COME for *_row, state in rows)
    latest = [(pk, name, day, VisitState(state)) for pk, name, day, state in rows[:LATE_SHOWN]]
    return Visits(len(rows) - planned, planned, latest)


@dataclass(frozen=True)
class City:
    """A root of the forest with the sums of its whole tree in every period, read once for all that is shown of it."""

    root: Agency
    periods: list[Period]
    sums: dict[int, dict]

    @property
    def periods_with_sums(self) -> list[Period]:
        """Newest first."""
        return [period for period in self.periods if period.pk in self.sums]

    def before(self, period: Period) -> Period | None:
        """As `tally.period_before`, without asking the database again."""
        if period.first_day is None:
            return None
        last_day = period.first_day - timedelta(days=1)
        ending = (one for one in self._alike(period) if one.last_day == last_day)
        return min(ending, key=lambda one: one.label, default=None)

    def rates(self, period: Period | None) -> dict[str, rules.Rate]:
        """The rate under every formula; empty where nothing was accepted."""
        row = self.sums.get(period.pk) if period else None
        return {code: tally.rate_of(row, code) for code in rules.FORMULAS} if row else {}

    def trend(self, period: Period, code: str) -> list[tuple[Period, rules.Rate | None]]:
        """The last periods of the same kind and calendar up to this one, oldest first; a missing one is a gap."""
        last = [one for one in self._alike(period) if one.last_day <= period.last_day][:TREND_PERIODS]
        return [
            (one, tally.rate_of(self.sums[one.pk], code) if one.pk in self.sums else None) for one in reversed(last)
        ]

    def _alike(self, period: Period) -> list[Period]:
        alike = period.kind, period.calendar
        return [one for one in self.periods if one.last_day and (one.kind, one.calendar) == alike]


# As `Period.objects.latest_first`.
_PERIODS = (
    f"FROM {Period._meta.db_table} t ORDER BY t.last_day DESC NULLS LAST, t.first_day DESC NULLS LAST, t.label DESC"
)
_PERIOD_COLUMNS = ("id", "label", "kind", "calendar", "first_day", "last_day")
_CITY_COLUMNS = (
    "period_id",
    "returns",
    "lines",
    *HEADLINE,
    *(name for three in tally.RATE_COLUMNS.values() for name in three),
)


@lru_cache(maxsize=1_000)
def _period(*columns) -> Period:
    """The same object for the same row; nobody changes it. Making forty takes longer than reading their rows."""
    return Period.from_db("default", _PERIOD_COLUMNS, columns)


def city(root: Agency) -> City:
    """The root's sums: the counts behind every rate and the figures of the headline. Two queries."""
    tail = f"FROM {Summary._meta.db_table} t WHERE t.agency_id = %s AND t.tree = TRUE"
    rows = values(Summary, _CITY_COLUMNS, tail, [root.pk])
    periods = [_period(*row.values()) for row in values(Period, _PERIOD_COLUMNS, _PERIODS)]
    return City(root, periods, {row["period_id"]: row for row in rows})


def computed_at(root: Agency, period: Period) -> datetime:
    """When the root's sums of a period, which it has, were computed."""
    tail = f"FROM {Summary._meta.db_table} t WHERE t.agency_id = %s AND t.period_id = %s AND t.tree = TRUE"
    [row] = values(Summary, ("computed_at",), tail, [root.pk, period.pk])
    return row["computed_at"]


def spread(rates: dict[str, rules.Rate]) -> tuple[rules.Rate, rules.Rate] | None:
    """The lowest and the highest of the on-time rates that sources compare; None where fewer than two are defined."""
    defined = [rates[code] for code in rules.COMPARED_FORMULAS if code in rates and rates[code].value is not None]
    if len(defined) < 2:
        return None
    return min(defined, key=lambda rate: rate.value), max(defined, key=lambda rate: rate.value)


def span(period: Period, root: Agency) -> str:
    """Whose figures, from which day to which."""
    if period.first_day is None:
        days = _("published figures, exact days not known")
    else:
        days = _("from %(first)s to %(last)s") % {
            "first": f"{period.first_day:%d/%m/%Y}",
            "last": f"{period.last_day:%d/%m/%Y}",
        }
    return f"{root.name} · {days}"


def kinds_below(root: Agency, period: Period) -> list[tuple[str, int]]:
    """Kinds of agency that have sums in the period, with how many: the groups one may rank."""
    counted = f"""SELECT a.kind, COUNT(*) FROM {Summary._meta.db_table} s JOIN {Agency._meta.db_table} a
    ON a.id = s.agency_id WHERE s.period_id = %s AND s.tree = FALSE AND a.path LIKE %s GROUP BY a.kind"""
    rows = dict(fetch(counted, [period.pk, f"{root.path}%"]))
    return [(kind.value, rows[kind]) for kind in AgencyKind if kind in rows]


def top_agencies() -> list[Agency]:
    """Roots of the forest that have sums: the cities one may look at."""
    tail = f"""FROM {Agency._meta.db_table} a WHERE a.parent_id IS NULL AND EXISTS (
    SELECT 1 FROM {Summary._meta.db_table} s WHERE s.agency_id = a.id AND s.tree) ORDER BY a.sort_key, a.id"""
    return [agency for (agency,) in instances(tail, a=Agency)]
