"""A proposal of the agency from writing it down to the last answer."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from inspections import permissions
from inspections.choices import ProposalState
from inspections.models import Proposal, ProposalAddressee
from inspections.workflow.facts import facts
from records.moves import Machine, Move


def _addressee(proposal: Proposal, data: dict) -> ProposalAddressee | None:
    return proposal.addressees.filter(pk=data.get("addressee") or 0).first()


def _has_addressees(proposal: Proposal, data: dict) -> list[str]:
    if proposal.addressees.exists() or data.get("names"):
        return []
    return [_("Name at least one addressee.")]


def _keep_forwarded(proposal: Proposal, by, data: dict) -> None:
    known = set(proposal.addressees.values_list("name", flat=True))
    for name in data.get("names") or ():
        if name not in known:
            proposal.addressees.create(name=name)
    day = data.get("day") or timezone.localdate()
    proposal.addressees.filter(forwarded_on=None).update(forwarded_on=day, recorded_by=by)


def _told_forwarded(proposal: Proposal, data: dict) -> dict:
    names = [*proposal.addressees.values_list("name", flat=True), *(data.get("names") or ())]
    return {"addressees": list(dict.fromkeys(names)), "forwarded_on": data.get("day") or timezone.localdate()}


def _answer_given(proposal: Proposal, data: dict) -> list[str]:
    problems, found = [], _addressee(proposal, data)
    if found is None:
        problems.append(_("Choose who answered."))
    if not data.get("text", "").strip():
        problems.append(_("Write the answer."))
    day = data.get("day")
    if day and day > timezone.localdate():
        problems.append(_("The day of the answer lies in the future."))
    if found and day and found.forwarded_on and day < found.forwarded_on:
        problems.append(_("The answer lies before the day of forwarding."))
    return problems


def _answered(proposal: Proposal, by, now: datetime, data: dict) -> dict:
    """Answered once the last addressee has answered."""
    waiting = proposal.addressees.filter(answered_at=None).exclude(pk=data["addressee"])
    return {"state": ProposalState.FORWARDED if waiting.exists() else ProposalState.ANSWERED}


def _told_answer(proposal: Proposal, data: dict) -> dict:
    return {
        "addressee": _addressee(proposal, data).name,
        "answer": data["text"].strip(),
        "answered_at": data.get("day") or timezone.localdate(),
    }


def _keep_answer(proposal: Proposal, by, data: dict) -> None:
    found = _addressee(proposal, data)
    found.answer, found.answered_at = data["text"].strip(), data.get("day") or timezone.localdate()
    found.recorded_by = by
    found.save(update_fields=["answer", "answered_at", "recorded_by"])


PROPOSALS = Machine(
    model=Proposal,
    snapshot=facts,
    moves=(
        Move(
            "forward",
            pgettext_lazy("proposal action", "Forward"),
            (ProposalState.RECORDED, ProposalState.FORWARDED),
            ProposalState.FORWARDED,
            permissions.handles_proposal,
            guard=_has_addressees,
            tells=_told_forwarded,
            follow=_keep_forwarded,
            primary=True,
        ),
        Move(
            "answer",
            pgettext_lazy("proposal action", "Write down an answer"),
            (ProposalState.FORWARDED, ProposalState.ANSWERED),
            None,
            permissions.handles_proposal,
            guard=_answer_given,
            changes=_answered,
            tells=_told_answer,
            follow=_keep_answer,
            primary=True,
        ),
    ),
)
