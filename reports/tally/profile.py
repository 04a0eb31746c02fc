"""Everything about one agency, its history across mergers included."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Q

from agencies.models import Agency, Succession
from dossiers import rules, tally
from dossiers.models import Period, Return, Summary
from inspections.models import Recommendation, Visit
from reports.models import Claim
from reports.tally.claims import JudgedClaim, judged

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


def history(agency: Agency) -> list[HistoryRow]:
    """Sums as reported, newest first; rows of predecessors name them and are not added to the agency's own."""
    chosen = family_of(agency)
    rows = list(
        Summary.objects.filter(agency_id__in=chosen, tree=False)
        .select_related("period", "agency")
        .order_by("-period__last_day", "-period__label", "agency_id")
    )
    accepted = Return.objects.accepted().filter(agency_id__in=chosen)
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
class Profile:
    """What the person may see of the agency beyond its register facts."""

    history: list[HistoryRow]
    returns: list[Return]
    visits: list[Visit]
    recommendations: list[Recommendation]
    claims: list[JudgedClaim]
    today: date


def profile(agency: Agency, user, today: date) -> Profile:
    """Figures, returns in work, visits, promises and published statements of the agency and of what it absorbed."""
    family = family_of(agency)
    return Profile(
        history=history(agency),
        returns=list(
            Return.objects.visible_to(user).filter(agency=agency).for_list().order_by("-period__last_day")[:SHOWN]
        ),
        visits=list(Visit.objects.visible_to(user).filter(agency__in=family).for_list()[:SHOWN]),
        recommendations=list(
            Recommendation.objects.visible_to(user)
            .open()
            .filter(agency__in=family)
            .for_list()
            .order_by(F("due").asc(nulls_last=True), "pk")[:SHOWN]
        ),
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
