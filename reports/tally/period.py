"""One period: who has reported and when, what it adds up to, what was restated since."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agencies.models import Agency
from dossiers import rules, tally
from dossiers.choices import SENT_STATES
from dossiers.models import Edition, Period, Return
from reports.tally.slices import FIGURES_SHOWN, Slice, trend_of

ON_TIME, LATE, NOT_SENT, NOT_KNOWN = "on_time", "late", "not_sent", "not_known"
DAY = timedelta(days=1)


def timeliness_of(item: Return | None, period: Period) -> str:
    """Whether the return was sent by the due instant; not known where it was loaded without its instants."""
    if item is None or item.state not in SENT_STATES:
        return NOT_SENT
    if item.approved_at is None or period.due_at is None or item.history:
        return NOT_KNOWN
    return ON_TIME if item.approved_at <= period.due_at else LATE


def days_late(item: Return | None, period: Period) -> int | None:
    """Begun days between the due instant and the sending; None where it was not late."""
    if timeliness_of(item, period) != LATE:
        return None
    return -((period.due_at - item.approved_at) // DAY)


@dataclass(frozen=True)
class ReportedRow:
    """An agency that owes a return or filed one: the return as far as the person may know of it, and its sums.

    `readable` says whether the return may be opened; of a draft an officer knows without reading it.
    """

    agency: Agency
    item: Return | None
    timeliness: str
    days_late: int | None
    sums: dict | None
    rate: rules.Rate | None
    readable: bool

    @property
    def figures(self) -> list[int | None]:
        return [self.sums[name] if self.sums else None for name in FIGURES_SHOWN]

    @property
    def sent_at(self) -> datetime | None:
        """When it was signed off and sent; None where that is not known, as of a return loaded later."""
        return self.item.approved_at if self.timeliness in (ON_TIME, LATE) else None


@dataclass(frozen=True)
class RestatedRow:
    """An adjustment that superseded accepted figures of the period."""

    item: Return
    at: datetime
    reason: str
    number: int


@dataclass(frozen=True)
class PeriodProfile:
    """`counts` says how many of the agencies shown stand in each timeliness; `total` sums what was accepted; `trend` is
    the rate over the last periods, and `whole` says whether everybody who owes a return of this one is in it.
    """

    rows: list[ReportedRow]
    counts: dict[str, int]
    total: dict
    trend: list[tuple[Period, rules.Rate | None]]
    whole: bool
    restated: list[RestatedRow]


def period_profile(user, chosen: Slice, *, kind: str = "", only: str = "") -> PeriodProfile:
    """What the person reads of the period. A constant number of queries."""
    period, agencies = chosen.period, chosen.agencies
    returns = {item.agency_id: item for item in Return.objects.known_to(user).current().filter(period=period)}
    readable = set(Return.objects.visible_to(user).filter(period=period).values_list("pk", flat=True))
    wanted = Agency.objects.filter(pk__in=period.owing().values("pk")) | Agency.objects.filter(pk__in=list(returns))
    if agencies is not None:
        wanted = wanted.filter(pk__in=agencies.values("pk"))
    if kind:
        wanted = wanted.filter(kind=kind)
    sums = {row["agency_id"]: row for row in tally.summary_rows(period, agencies=agencies)}
    rows = []
    for agency in wanted.order_by("sort_key", "pk"):
        item, found = returns.get(agency.pk), sums.get(agency.pk)
        rows.append(
            ReportedRow(
                agency=agency,
                item=item,
                timeliness=timeliness_of(item, period),
                days_late=days_late(item, period),
                sums=found,
                rate=tally.rate_of(found, chosen.formula) if found else None,
                readable=item is not None and item.pk in readable,
            )
        )
    accepted = tally.procedure_sums(chosen.trend_periods, agencies)
    counts = {name: sum(row.timeliness == name for row in rows) for name in (ON_TIME, LATE, NOT_SENT, NOT_KNOWN)}
    return PeriodProfile(
        rows=[row for row in rows if only in ("", row.timeliness)],
        counts=counts,
        total=tally.added([row for row in accepted if row["period_id"] == period.pk]),
        trend=trend_of(accepted, chosen.trend_periods, chosen.formula),
        whole=all(row.sums for row in rows),
        restated=restated_in(user, period),
    )


def restated_in(user, period: Period) -> list[RestatedRow]:
    """Adjustments accepted since, latest first."""
    found = Edition.objects.filter(of__period=period, of__in=Return.objects.visible_to(user).values("pk"))
    return [
        RestatedRow(one.of, one.known_until, one.adjustment.reason, one.adjustment_id)
        for one in found.select_related("of__agency", "adjustment").order_by("-known_until", "-pk")
    ]
