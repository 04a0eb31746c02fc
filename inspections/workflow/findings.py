"""A finding from the draft to the agency's answer."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from inspections import permissions
from inspections.choices import FindingState
from inspections.models import Finding
from inspections.workflow.facts import facts
from records.moves import Machine, Move


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
