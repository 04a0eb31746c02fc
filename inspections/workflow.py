"""What may happen next to a visit, a finding and a recommendation, and how their facts are saved.

State is assigned here and nowhere else. The states are those of domain.md §6.
"""

import hashlib
from datetime import datetime

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cchc_portal.lib.errors import Conflict
from cchc_portal.lib.text import search_key
from inspections import permissions
from inspections.choices import FindingState, RecommendationState, VisitState
from inspections.models import Finding, Recommendation, Remedy, Visit
from inspections.photos import store
from records.models import Event
from records.moves import Machine, Move

VISIT_FACTS = (
    "state",
    "agency_id",
    "team_id",
    "kind",
    "date",
    "date_precision",
    "last_day",
    "period_id",
    "one_stop_desk_inspected",
    "place",
    "situation",
    "assessment",
    "cancel_reason",
)
FINDING_FACTS = (
    "state",
    "kind",
    "area_id",
    "severity",
    "text",
    "evidence",
    "legal_basis",
    "withdraw_reason",
    "answer",
)
RECOMMENDATION_FACTS = ("state", "agency_id", "finding_id", "text", "due", "state_reason")


def facts(thing: models.Model) -> dict:
    """What the trail keeps of a visit, a finding or a recommendation."""
    names = {Visit: VISIT_FACTS, Finding: FINDING_FACTS, Recommendation: RECOMMENDATION_FACTS}.get(type(thing))
    return {name: getattr(thing, name) for name in names or [field.attname for field in thing._meta.concrete_fields]}


# Visits


def _has_findings(visit: Visit, data: dict) -> list[str]:
    if visit.findings.exclude(state=FindingState.WITHDRAWN).exists():
        return []
    return [_("Record at least one finding first.")]


def _findings_settled(visit: Visit, data: dict) -> list[str]:
    drafts = visit.findings.filter(state=FindingState.DRAFT).count()
    if not drafts:
        return []
    return [_("%(count)s findings are still drafts: finalise or withdraw them first.") % {"count": drafts}]


def _recommendations_issued(visit: Visit, data: dict) -> list[str]:
    drafts = visit.recommendations.filter(state=RecommendationState.DRAFT).count()
    if not drafts:
        return []
    return [_("%(count)s recommendations are still drafts: issue or withdraw them first.") % {"count": drafts}]


def _cancelled(visit: Visit, by, now: datetime, data: dict) -> dict:
    return {"cancel_reason": data["reason"]}


VISITS = Machine(
    model=Visit,
    snapshot=facts,
    moves=(
        Move(
            "prepare",
            pgettext_lazy("visit action", "Prepared"),
            (VisitState.PLANNED,),
            VisitState.PREPARED,
            permissions.moves_visit,
            primary=True,
        ),
        Move(
            "start",
            pgettext_lazy("visit action", "Start the visit"),
            (VisitState.PREPARED,),
            VisitState.UNDER_WAY,
            permissions.moves_visit,
            primary=True,
        ),
        Move(
            "record",
            pgettext_lazy("visit action", "Minutes are signed"),
            (VisitState.UNDER_WAY,),
            VisitState.RECORDED,
            permissions.moves_visit,
            guard=_has_findings,
            primary=True,
        ),
        Move(
            "report",
            pgettext_lazy("visit action", "Report the result"),
            (VisitState.RECORDED,),
            VisitState.REPORTED,
            permissions.moves_visit,
            guard=_findings_settled,
            primary=True,
            confirm=gettext_lazy("Findings and facts of the visit can no longer be changed after this."),
        ),
        Move(
            "conclude",
            pgettext_lazy("visit action", "Conclude"),
            (VisitState.REPORTED,),
            VisitState.CONCLUDED,
            permissions.concludes_visit,
            primary=True,
        ),
        Move(
            "close",
            pgettext_lazy("visit action", "Close the visit"),
            (VisitState.CONCLUDED,),
            VisitState.CLOSED,
            permissions.concludes_visit,
            guard=_recommendations_issued,
            confirm=gettext_lazy("No further recommendation can be added after this. Follow-up goes on."),
        ),
        Move(
            "cancel",
            pgettext_lazy("visit action", "Cancel the visit"),
            (VisitState.PLANNED, VisitState.PREPARED, VisitState.UNDER_WAY),
            VisitState.CANCELLED,
            permissions.cancels_visit,
            changes=_cancelled,
            needs_reason=True,
            confirm=gettext_lazy("The visit is cancelled for good; what was recorded stays readable."),
        ),
    ),
)


# Findings


def _finding_withdrawn(finding: Finding, by, now: datetime, data: dict) -> dict:
    return {"withdraw_reason": data["reason"]}


def _answer_given(finding: Finding, data: dict) -> list[str]:
    return [] if data.get("text", "").strip() else [_("Write the answer.")]


def _finding_answered(finding: Finding, by, now: datetime, data: dict) -> dict:
    return {"answer": data["text"].strip()}


FINDINGS = Machine(
    model=Finding,
    snapshot=facts,
    moves=(
        Move(
            "finalise",
            pgettext_lazy("finding action", "Finalise"),
            (FindingState.DRAFT,),
            FindingState.FINAL,
            permissions.finalises_finding,
            primary=True,
        ),
        Move(
            "release",
            pgettext_lazy("finding action", "Release to the agency"),
            (FindingState.FINAL,),
            FindingState.RELEASED,
            permissions.releases_finding,
            primary=True,
            confirm=gettext_lazy("The agency will see this finding and its photos. It cannot be withdrawn after this."),
        ),
        Move(
            "answer",
            pgettext_lazy("finding action", "Answer"),
            (FindingState.RELEASED,),
            FindingState.ANSWERED,
            permissions.answers_finding,
            guard=_answer_given,
            changes=_finding_answered,
            primary=True,
        ),
        Move(
            "withdraw",
            pgettext_lazy("finding action", "Withdraw"),
            (FindingState.DRAFT, FindingState.FINAL),
            FindingState.WITHDRAWN,
            permissions.withdraws_finding,
            changes=_finding_withdrawn,
            needs_reason=True,
        ),
    ),
)


# Recommendations

CLOSED = (RecommendationState.CLOSED_IMPLEMENTED, RecommendationState.CLOSED_NOT_IMPLEMENTED)


def _on_site(recommendation: Recommendation, data: dict) -> list[str]:
    if recommendation.visit.has_begun:
        return []
    return [_("The visit has not begun: recommendations are issued from what was found on site.")]


def _issued(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    return {"issued_at": now}


def _with_reason(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    return {"state_reason": data["reason"]}


def _amended(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    """update() passes the search key by, so it is computed here."""
    text = data["text"].strip()
    return {"text": text, "search_key": search_key(text), "due": data.get("due"), "state_reason": data["reason"]}


def _text_given(recommendation: Recommendation, data: dict) -> list[str]:
    return [] if data.get("text", "").strip() else [_("Write the text.")]


def _keep_remedy(recommendation: Recommendation, by, data: dict) -> None:
    """`evidence` is the name, bytes and type of one checked file."""
    evidence = data.get("evidence")
    Remedy.objects.create(
        recommendation=recommendation,
        text=data["text"].strip(),
        evidence=store(*evidence, by=by) if evidence else None,
        reported_by=by,
    )


def _told_remedy(recommendation: Recommendation, data: dict) -> dict:
    """The trail keeps the words, and of a file its name and hash."""
    told = {"remedy": data["text"].strip()}
    if data.get("evidence"):
        name, content, _content_type = data["evidence"]
        told["evidence"] = {"name": name, "sha256": hashlib.sha256(content).hexdigest()}
    return told


def _remedy_reported(recommendation: Recommendation, data: dict) -> list[str]:
    return [] if recommendation.remedies.exists() else [_("No remedy has been reported yet.")]


def _closed(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    return {"closed_at": now, "closed_by": by, "state_reason": data["reason"]}


def _reopened(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    return {"closed_at": None, "closed_by": None, "state_reason": data["reason"]}


def _judge_remedy(recommendation: Recommendation, by, data: dict) -> None:
    """The verdict stands with the remedy it is about: the last one reported."""
    last = recommendation.remedies.order_by("-reported_at", "-pk").first()
    if last is not None:
        last.verdict, last.judged_by, last.judged_at = data["reason"], by, timezone.now()
        last.save(update_fields=["verdict", "judged_by", "judged_at"])


RECOMMENDATIONS = Machine(
    model=Recommendation,
    snapshot=facts,
    moves=(
        Move(
            "issue",
            pgettext_lazy("recommendation action", "Issue"),
            (RecommendationState.DRAFT,),
            RecommendationState.ISSUED,
            permissions.issues_recommendation,
            guard=_on_site,
            changes=_issued,
            primary=True,
            confirm=gettext_lazy("The agency in charge will see it and has to answer."),
        ),
        Move(
            "accept",
            pgettext_lazy("recommendation action", "Accept"),
            (RecommendationState.ISSUED,),
            RecommendationState.ACCEPTED,
            permissions.decides_for_agency,
            primary=True,
        ),
        Move(
            "dispute",
            pgettext_lazy("recommendation action", "Dispute"),
            (RecommendationState.ISSUED,),
            RecommendationState.DISPUTED,
            permissions.decides_for_agency,
            changes=_with_reason,
            needs_reason=True,
        ),
        Move(
            "uphold",
            pgettext_lazy("recommendation action", "Uphold"),
            (RecommendationState.DISPUTED,),
            RecommendationState.ISSUED,
            permissions.issues_recommendation,
            changes=_with_reason,
            needs_reason=True,
        ),
        Move(
            "amend",
            pgettext_lazy("recommendation action", "Amend"),
            (RecommendationState.DISPUTED,),
            RecommendationState.ISSUED,
            permissions.issues_recommendation,
            guard=_text_given,
            changes=_amended,
            needs_reason=True,
        ),
        Move(
            "withdraw",
            pgettext_lazy("recommendation action", "Withdraw"),
            (RecommendationState.DRAFT, RecommendationState.DISPUTED),
            RecommendationState.WITHDRAWN,
            permissions.issues_recommendation,
            changes=_with_reason,
            needs_reason=True,
        ),
        Move(
            "start",
            pgettext_lazy("recommendation action", "Work has begun"),
            (RecommendationState.ACCEPTED,),
            RecommendationState.IN_PROGRESS,
            permissions.reports_remedy,
            primary=True,
        ),
        Move(
            "answer",
            pgettext_lazy("recommendation action", "Report the remedy"),
            (RecommendationState.IN_PROGRESS,),
            RecommendationState.ANSWERED,
            permissions.reports_remedy,
            guard=_text_given,
            tells=_told_remedy,
            follow=_keep_remedy,
            primary=True,
        ),
        Move(
            "close_implemented",
            pgettext_lazy("recommendation action", "Close as implemented"),
            (RecommendationState.ANSWERED,),
            RecommendationState.CLOSED_IMPLEMENTED,
            permissions.verifies_recommendation,
            guard=_remedy_reported,
            changes=_closed,
            follow=_judge_remedy,
            needs_reason=True,
            primary=True,
        ),
        Move(
            "close_not_implemented",
            pgettext_lazy("recommendation action", "Close as not implemented"),
            (RecommendationState.ANSWERED,),
            RecommendationState.CLOSED_NOT_IMPLEMENTED,
            permissions.verifies_recommendation,
            changes=_closed,
            follow=_judge_remedy,
            needs_reason=True,
        ),
        Move(
            "send_back",
            pgettext_lazy("recommendation action", "Return the remedy"),
            (RecommendationState.ANSWERED,),
            RecommendationState.IN_PROGRESS,
            permissions.verifies_recommendation,
            changes=_with_reason,
            follow=_judge_remedy,
            needs_reason=True,
        ),
        Move(
            "reopen",
            pgettext_lazy("recommendation action", "Reopen"),
            CLOSED,
            RecommendationState.IN_PROGRESS,
            permissions.verifies_recommendation,
            changes=_reopened,
            needs_reason=True,
        ),
    ),
)


# Facts


def keep_new(thing: models.Model, *, by, action: str, after: dict | None = None) -> None:
    """Tell the trail of a new row; call it in the transaction that made it."""
    Event.objects.append(actor=by, action=action, target=thing, after=facts(thing) | (after or {}))


def keep_edit(thing: models.Model, *, by, seen: int, names: list[str], extra: dict | None = None) -> None:
    """Save the changed fields `names` of a versioned row, when it still has the version `seen`, and tell the trail.

    Raises Conflict when somebody saved meanwhile; the row in the database is then untouched.
    """
    model = type(thing)
    with transaction.atomic():
        moved = model._default_manager.filter(pk=thing.pk, version=seen, state=thing.state).update(
            version=F("version") + 1
        )
        if moved != 1:
            raise Conflict(_("Somebody else has changed it meanwhile."))
        before = facts(model._default_manager.get(pk=thing.pk))
        keys = [field.name for field in thing._meta.concrete_fields if field.name == "search_key"]
        if names:
            thing.save(update_fields=[*names, *keys])
        thing.version = seen + 1
        Event.objects.append(actor=by, action="edit", target=thing, before=before, after=facts(thing) | (extra or {}))
