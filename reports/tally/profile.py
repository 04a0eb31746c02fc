"""Everything about one agency, its history across mergers included."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Q

from agencies.models import Agency, Succession
from dossiers import rules, tally
from dossiers.models import Period, Return, Summary
from inspections.models import Finding, Recommendation, Visit
from reports.models import Claim
from reports.tally.claims import JudgedClaim, judged
from reports.tally.period import days_late, timeliness_of

SHOWN = 20
FORMULAS_SHOWN = ("D2", "D1", "online_share", "overdue_share")
FIGURES_SHOWN = ("received", "resolved", "in_time", "resolved_overdue", "pending", "pending_overdue")


@dataclass(frozen=True)
class HistoryRow:
    """One period of the agency or of a predecessor absorbed whole, as reported then."""

    period: Period
    agency: Agency
    own: bool
    return_id: int | None
    figures: list[int | None]
    rates: list[rules.Rate]
    lines: int
    complete: bool
    adjusted_at: datetime | None = None


def family_of(agency: Agency) -> set[int]:
    """Keys of the agency and of everything that has been absorbed whole into it, however long ago."""
    return {agency.pk, *Succession.objects.steps_into(Q(successor_id=agency.pk))}


def history(agency: Agency, user) -> list[HistoryRow]:
    """Sums as reported, newest first, each with its return where the person may open that.

    Rows of predecessors name them and are not added to the agency's own.
    """
    chosen = family_of(agency)
    rows = list(
        Summary.objects.filter(agency_id__in=chosen, tree=False)
        .select_related("period", "agency")
        .order_by("-period__last_day", "-period__label", "agency_id")
    )
    accepted = Return.objects.visible_to(user).accepted().filter(agency_id__in=chosen).order_by()
    returns = {(of, period): pk for pk, of, period in accepted.values_list("pk", "agency_id", "period_id")}
    adjusted = tally.adjusted_pairs(chosen)
    found = []
    for row in rows:
        found.append(
            HistoryRow(
                period=row.period,
                agency=row.agency,
                own=row.agency_id == agency.pk,
                return_id=returns.get((row.agency_id, row.period_id)),
                figures=[getattr(row, name) for name in FIGURES_SHOWN],
                rates=[tally.rate_of(row, code) for code in FORMULAS_SHOWN],
                lines=row.lines,
                complete=row.complete,
                adjusted_at=adjusted.get((row.agency_id, row.period_id)),
            )
        )
    return found


@dataclass(frozen=True)
class SentReturn:
    """A return of the agency with whether it was sent in time (`reports.tally.period`)."""

    item: Return
    timeliness: str
    days_late: int | None


@dataclass(frozen=True)
class Profile:
    """What the person may see of the agency beyond its register facts."""

    history: list[HistoryRow]
    returns: list[SentReturn]
    visits: list[Visit]
    findings: list[Finding]
    findings_total: int
    recommendations: list[Recommendation]
    open_total: int
    overdue_total: int
    claims: list[JudgedClaim]
    today: date


def profile(agency: Agency, user, today: date) -> Profile:
    """Figures, returns, visits, findings, promises and published statements of the agency and of what it absorbed."""
    family = family_of(agency)
    returns = Return.objects.visible_to(user).current().filter(agency=agency).for_list().order_by("-period__last_day")
    findings = Finding.objects.visible_to(user).filter(visit__agency__in=family)
    promised = Recommendation.objects.visible_to(user).filter(agency__in=family)
    return Profile(
        history=history(agency, user),
        returns=[
            SentReturn(item, timeliness_of(item, item.period), days_late(item, item.period)) for item in returns[:SHOWN]
        ],
        visits=list(Visit.objects.visible_to(user).filter(agency__in=family).for_list()[:SHOWN]),
        findings=list(findings.select_related("area", "visit__team").order_by("-visit__date", "order", "pk")[:SHOWN]),
        findings_total=findings.count(),
        open_total=promised.open().count(),
        overdue_total=promised.overdue(today).count(),
        recommendations=list(promised.open().for_list().order_by(F("due").asc(nulls_last=True), "pk")[:SHOWN]),
        claims=judged(
            list(
                Claim.objects.visible_to(user)
                .filter(agency__in=family)
                .for_list()
                .select_related("period")
                .order_by("agency_id", "pk")[:SHOWN]
            )
        ),
        today=today,
    )
