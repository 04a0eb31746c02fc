"""A visit from its plan to its end."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from inspections import checklists, permissions
from inspections.choices import FindingState, RecommendationState, VisitState
from inspections.models import Template, Visit
from inspections.workflow.facts import facts
from records.moves import Machine, Move


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


def _checklists_told(visit: Visit, data: dict) -> dict:
    """Which versions of which checklists the visit works with from now on."""
    taken = Template.objects.filter(taken__visit=visit).distinct()
    return {"checklists": checklists.labels([*taken, *checklists.usual(visit)])}


def _checklists_frozen(visit: Visit, by, data: dict) -> None:
    checklists.freeze(visit, checklists.usual(visit))


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
            tells=_checklists_told,
            follow=_checklists_frozen,
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
