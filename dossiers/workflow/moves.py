"""The table of moves of a return (domain.md §5, "Life of a return"), their guards and what follows them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cchc_portal.lib.errors import Conflict
from dossiers import permissions, rules, tally, tasks
from dossiers.choices import OPEN_STATES, ReturnState
from dossiers.models import Extension, LateReasonCount, Line, Remark, Return
from dossiers.tally import checking
from dossiers.workflow.opening import hold_period, lock_sentence
from dossiers.workflow.telling import tell_returned
from records.moves import Machine, Move

DRAFT, SUBMITTED, APPROVED = ReturnState.DRAFT, ReturnState.SUBMITTED, ReturnState.APPROVED
ACCEPTED, VOID = ReturnState.ACCEPTED, ReturnState.VOID
LIVE_STATES = (*OPEN_STATES, ACCEPTED)


@dataclass(frozen=True)
class Problem:
    """What stops a submission, with the place: the line's key and the cells to look at."""

    text: str
    line: int
    name: str
    cells: tuple[str, ...] = ()
    code: str = ""

    def __str__(self) -> str:
        return _("%(line)s: %(problem)s") % {"line": self.name, "problem": self.text}


def _submit_problems(item: Return, data: dict) -> list:
    hold_period(item)
    if sentence := lock_sentence(item):
        raise Conflict(sentence)
    lines = checking.check_return(item)
    if not lines:
        return [_("The return has no line.")]
    if not any(line.figures.known(name) for line in lines for name in rules.CELL_NAMES):
        return [_("No figure has been entered yet. Enter what is known; a cell that nobody knows may stay blank.")]
    problems = []
    for line in lines:
        for breach in line.blocking:
            text = f"{breach.code}: {checking.message(breach)}"
            problems.append(Problem(text, line.pk, line.name, breach.cells, breach.code))
        for breach in line.unexplained:
            text = _("%(code)s: %(breach)s Correct the figures or write the reason.") % {
                "code": breach.code,
                "breach": checking.message(breach),
            }
            problems.append(Problem(text, line.pk, line.name, breach.cells, breach.code))
    names = {line.pk: line.name for line in lines}
    wordless = LateReasonCount.objects.filter(line__of=item, reason__needs_text=True, text="", count__gt=0)
    for line_id, reason in wordless.values_list("line_id", "reason__name").order_by("line__position"):
        text = _("The late reason “%(reason)s” needs a text.") % {"reason": reason}
        problems.append(Problem(text, line_id, names[line_id], (), "R10"))
    return problems


def _approve_problems(item: Return, data: dict) -> list:
    """A return that was submitted before its figures were restated elsewhere is still free of blocking breaches."""
    return [
        Problem(f"{breach.code}: {checking.message(breach)}", line.pk, line.name, breach.cells, breach.code)
        for line in checking.check_return(item)
        for breach in line.blocking
    ]


def _send_back_problems(item: Return, data: dict) -> list:
    problems = []
    words = data.get("words") or {}
    if not data.get("reason") and not any(words.values()):
        problems.append(_("Write a word to the whole return or to one of its lines: what is to be corrected?"))
    if lock_sentence(item) and not (data.get("until") and data["until"] > timezone.now()):
        problems.append(_("Entry is locked: say until when the agency may correct it."))
    return problems


def _told_back(item: Return, data: dict) -> dict:
    told = {"words": {str(line): text for line, text in (data.get("words") or {}).items() if text}}
    if data.get("until"):
        told["until"] = data["until"].isoformat()
    return told


def _sent_back(item: Return, by, data: dict) -> None:
    item.remarks.filter(open=True).update(open=False)
    if data["reason"]:
        Remark.objects.create(of=item, text=data["reason"], by=by)
    words = data.get("words") or {}
    own = set(Line.objects.filter(of=item, pk__in=words).values_list("pk", flat=True))
    Remark.objects.bulk_create(
        Remark(of=item, line_id=line, text=text, by=by) for line, text in words.items() if text and line in own
    )
    if data.get("until"):
        reason = data["reason"] or _("Sent back to be corrected")
        Extension.objects.create(
            agency=item.agency, period=item.period, until=data["until"], reason=reason, granted_by=by
        )
    tell_returned(item, by)


def _opened_again(item: Return, by, now: datetime, data: dict) -> dict:
    """A draft has no signatures; who signed before stays in the trail."""
    return {"submitted_at": None, "submitted_by": None, "approved_at": None, "approved_by": None}


def _answered(item: Return, by, data: dict) -> None:
    item.remarks.filter(open=True).update(open=False)


def refigure(agency_id: int, period_id: int) -> None:
    """Say that the sums of the agency in the period are stale, and have the worker told once this is committed."""
    tally.mark_stale(agency_id, period_id)
    tasks.request_run()


def _sent(item: Return, by, data: dict) -> None:
    """What is unusual in it is looked for before the programme office opens it."""
    tasks.request_unusual(item)


def _counted(item: Return, by, data: dict) -> None:
    refigure(item.agency_id, item.period_id)
    tasks.request_unusual(item)


def _voided(item: Return, by, data: dict) -> None:
    if item.accepted_at is not None:
        refigure(item.agency_id, item.period_id)


def _signed(role: str):
    """Who took the step and when, as columns `<role>_by` and `<role>_at`."""

    def changes(item: Return, by, now: datetime, data: dict) -> dict:
        return {f"{role}_by": by, f"{role}_at": now}

    return changes


def _void_proposed(item: Return, by, now: datetime, data: dict) -> dict:
    return {"void_proposed_by": by}


def _void_dropped(item: Return, by, now: datetime, data: dict) -> dict:
    return {"void_proposed_by": None}


RETURNS = Machine(
    model=Return,
    snapshot=lambda item: {"state": item.state, "void_proposed_by": item.void_proposed_by_id},
    moves=(
        Move(
            "submit",
            pgettext_lazy("return action", "Submit to the approver"),
            (DRAFT,),
            SUBMITTED,
            permissions.may_submit,
            guard=_submit_problems,
            changes=_signed("submitted"),
            follow=_answered,
            primary=True,
            confirm=gettext_lazy("The figures are locked while the leader of your agency looks at them."),
        ),
        Move(
            "approve",
            pgettext_lazy("return action", "Approve and send"),
            (SUBMITTED,),
            APPROVED,
            permissions.may_approve,
            guard=_approve_problems,
            changes=_signed("approved"),
            follow=_sent,
            primary=True,
            confirm=gettext_lazy("The return is sent to the programme office."),
        ),
        Move(
            "accept",
            pgettext_lazy("return action", "Accept"),
            (APPROVED,),
            ACCEPTED,
            permissions.may_accept,
            changes=_signed("accepted"),
            follow=_counted,
            primary=True,
            confirm=gettext_lazy("The figures count in every rate from now on."),
        ),
        Move(
            "send_back",
            pgettext_lazy("return action", "Send back"),
            (SUBMITTED, APPROVED),
            DRAFT,
            permissions.may_send_back,
            guard=_send_back_problems,
            changes=_opened_again,
            tells=_told_back,
            follow=_sent_back,
        ),
        Move(
            "withdraw",
            pgettext_lazy("return action", "Withdraw"),
            (SUBMITTED, APPROVED),
            DRAFT,
            permissions.may_withdraw,
            changes=_opened_again,
            confirm=gettext_lazy("The return becomes a draft again and has to be submitted and approved anew."),
        ),
        Move(
            "propose_void",
            pgettext_lazy("return action", "Propose to void"),
            LIVE_STATES,
            None,
            permissions.may_propose_void,
            changes=_void_proposed,
            needs_reason=True,
            confirm=gettext_lazy(
                "A second programme officer has to confirm it. A void return counts nowhere, for good."
            ),
        ),
        Move(
            "void",
            pgettext_lazy("return action", "Confirm: void the return"),
            LIVE_STATES,
            VOID,
            permissions.may_confirm_void,
            follow=_voided,
            needs_reason=True,
            confirm=gettext_lazy("This is final. The return stays readable; a new one may be opened."),
        ),
        Move(
            "drop_void",
            pgettext_lazy("return action", "Drop the proposal to void"),
            LIVE_STATES,
            None,
            permissions.may_drop_void,
            changes=_void_dropped,
        ),
    ),
)
