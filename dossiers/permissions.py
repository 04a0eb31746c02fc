"""May this person do this to this return: one predicate per action, none of which changes anything.

Entering does not flow down the tree: it belongs to the reporters of exactly that agency, or of the agency that absorbed
it whole. Nobody approves what he entered (domain.md §1).
"""

from agencies.choices import AGENCY_ROLES, OVERSIGHT_ROLES, RoleCode
from agencies.models import Person
from dossiers.choices import ReturnState
from dossiers.models import Adjustment, Explanation, Line, Return, UnusualFlag
from records.models import Event

# Actions in the trail of a return by which somebody puts figures into it.
ENTERING_ACTIONS = ("open_return", "save_lines", "import_return", "replace_lines")


def acts_for(user: Person, agency_id: int, *codes: str) -> bool:
    """Does the person hold one of these roles at that agency, or at the one that absorbed it whole?"""
    if not user.is_authenticated:
        return False
    return user.has_role(*codes, agency_id=agency_id) or agency_id in user.agency_ids_as(*codes)


def is_officer(user: Person) -> bool:
    return user.is_authenticated and user.has_role(RoleCode.PROGRAMME_OFFICER)


def has_entered(user: Person, item: Return) -> bool:
    """Did the person put anything into this return: a figure, an explanation, an import, or the opening of it?"""
    return (
        item.created_by_id == user.pk
        or Line.objects.filter(of=item, changed_by=user).exists()
        or Explanation.objects.filter(of=item, by=user).exists()
        or Event.objects.about(item).filter(actor=user, action__in=ENTERING_ACTIONS).exists()
    )


def may_open(user: Person, agency_id: int) -> bool:
    """Open a return of the agency for a period."""
    return acts_for(user, agency_id, RoleCode.REPORTER)


def may_enter(user: Person, item: Return) -> bool:
    """Type figures, explanations and late reasons."""
    return acts_for(user, item.agency_id, RoleCode.REPORTER)


def may_submit(user: Person, item: Return) -> bool:
    return acts_for(user, item.agency_id, RoleCode.REPORTER)


def may_approve(user: Person, item: Return) -> bool:
    """Sign off and send: the approver of the agency who entered none of it."""
    return acts_for(user, item.agency_id, RoleCode.APPROVER) and not has_entered(user, item)


def may_accept(user: Person, item: Return) -> bool:
    """Accept what was sent: a programme officer who entered none of it."""
    return is_officer(user) and not has_entered(user, item)


def may_send_back(user: Person, item: Return) -> bool:
    """The approver gives back what was submitted to him, the officer what was sent to the programme office."""
    if item.state == ReturnState.SUBMITTED:
        return acts_for(user, item.agency_id, RoleCode.APPROVER)
    if item.state == ReturnState.APPROVED:
        return is_officer(user)
    return is_officer(user) or acts_for(user, item.agency_id, RoleCode.APPROVER)


def may_withdraw(user: Person, item: Return) -> bool:
    """Take back before acceptance: the approver of the agency."""
    return acts_for(user, item.agency_id, RoleCode.APPROVER)


def may_propose_void(user: Person, item: Return) -> bool:
    """The first of the two officers; while one has proposed it, nobody proposes it again."""
    return is_officer(user) and item.void_proposed_by_id is None


def may_confirm_void(user: Person, item: Return) -> bool:
    """The second officer: another person than the one who proposed it."""
    return is_officer(user) and item.void_proposed_by_id not in (None, user.pk)


def may_drop_void(user: Person, item: Return) -> bool:
    """Any officer may drop the proposal, the proposer too."""
    return is_officer(user) and item.void_proposed_by_id is not None


def may_propose_adjustment(user: Person, item: Return) -> bool:
    """Ask for other figures in an accepted return; one quoted from a publication stays as it was published."""
    return not item.published and acts_for(user, item.agency_id, RoleCode.REPORTER)


def may_sign_adjustment(user: Person, adjustment: Adjustment) -> bool:
    """Sign: an approver of the agency who neither proposed it nor entered anything of the return."""
    return (
        adjustment.proposed_by_id != user.pk
        and acts_for(user, adjustment.of.agency_id, RoleCode.APPROVER)
        and not has_entered(user, adjustment.of)
    )


def may_decide_adjustment(user: Person, adjustment: Adjustment) -> bool:
    """Accept or refuse: a programme officer who neither proposed nor signed it nor entered anything of the return."""
    return (
        is_officer(user)
        and user.pk not in (adjustment.proposed_by_id, adjustment.signed_by_id)
        and not has_entered(user, adjustment.of)
    )


def may_withdraw_adjustment(user: Person, adjustment: Adjustment) -> bool:
    """Take back before it is signed: whoever reports for the agency, or the approver who will not sign it."""
    return acts_for(user, adjustment.of.agency_id, RoleCode.REPORTER, RoleCode.APPROVER)


def may_extend(user: Person) -> bool:
    """Let one agency work on one period after its lock."""
    return is_officer(user)


def may_consolidate(user: Person) -> bool:
    """Take workbooks of many agencies over into their drafts; who did so accepts none of those returns."""
    return is_officer(user)


def may_review(user: Person) -> bool:
    """Read the review page: programme officers, who work there, and auditors."""
    return user.is_authenticated and user.has_role(RoleCode.PROGRAMME_OFFICER, RoleCode.AUDITOR)


def may_list_unusual(user: Person) -> bool:
    """Read the list of unusual figures over all agencies."""
    return user.is_authenticated and user.has_role(*OVERSIGHT_ROLES)


def may_look_for_unusual(user: Person, item: Return) -> bool:
    """Have a return looked through again: those who enter or sign it, and the programme office."""
    return is_officer(user) or acts_for(user, item.agency_id, *AGENCY_ROLES)


def may_answer_unusual(user: Person, flag: UnusualFlag) -> bool:
    """Decide what became of an unusual figure: a programme officer who entered none of the return and did not speak
    for the agency."""
    return is_officer(user) and flag.agency_said_by_id != user.pk and not has_entered(user, flag.of)


def may_speak_of_unusual(user: Person, flag: UnusualFlag) -> bool:
    """Answer for the agency to an unusual figure of its own return: whoever enters or signs there."""
    return acts_for(user, flag.of.agency_id, *AGENCY_ROLES)


def may_read_trail_of(user: Person, item: Return) -> bool:
    """Who did what to this return: its own agency, the programme office and the auditor."""
    return may_review(user) or acts_for(user, item.agency_id, *AGENCY_ROLES)
