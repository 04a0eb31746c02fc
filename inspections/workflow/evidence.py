"""Withdrawing what a finding or a remedy rests on: its hash and the reason stay, its bytes are handed out no more.

Whoever added it takes it back within a quarter of an hour, as long as nobody judged by it: the finding is a draft, the
remedy has no verdict. Later one person asks and a second one confirms, both of them head of the team or of the
programme office.
"""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cchc_portal.lib.errors import Conflict, Refused
from inspections import permissions
from inspections.choices import FindingState
from inspections.models import (
    Answer,
    CapturedPhoto,
    Evidence,
    EvidenceFile,
    Finding,
    Photo,
    Recommendation,
    Shot,
    Visit,
)
from records.models import Event, StoredFile

OWN_FOR = timedelta(minutes=15)
Kept = Photo | EvidenceFile | Evidence | CapturedPhoto
Shown = Finding | Recommendation | Visit


def redacts(user, thing: Shown) -> bool:
    """Asks for a withdrawal later on, or confirms it."""
    if isinstance(thing, Recommendation):
        return permissions.redacts_remedy_evidence(user, thing)
    if isinstance(thing, Visit):
        return permissions.redacts_photos(user, thing)
    return permissions.redacts_evidence(user, thing)


def takes_back(user, thing: Shown, kept: Kept) -> bool:
    """One's own, just added, and nobody judged by it."""
    if kept.created_by_id != user.pk or timezone.now() - kept.created_at > OWN_FOR:
        return False
    if isinstance(kept, Evidence):
        return kept.remedy.judged_at is None and permissions.reports_remedy(user, thing)
    if isinstance(kept, CapturedPhoto):
        return thing.is_writable and permissions.records_findings(user, thing)
    return thing.state == FindingState.DRAFT and permissions.records_findings(user, thing.visit)


def offered(user, thing: Shown, kept: Kept) -> str:
    """What the person may do towards withdrawing it, in words; blank for nothing."""
    if kept.withdrawn_at:
        return ""
    if takes_back(user, thing, kept):
        return _("Take it back")
    if not redacts(user, thing):
        return ""
    if kept.withdrawal_asked_by_id is None:
        return _("Ask to withdraw it")
    return _("Confirm the withdrawal") if kept.withdrawal_asked_by_id != user.pk else ""


def _stored(kept: Kept) -> StoredFile:
    return kept.picture if isinstance(kept, Photo | CapturedPhoto) else kept.file


def _step_wherever_it_stands(kept: Kept, **step) -> None:
    """Findings that were merged, and lines of the checklist, may rest on the same stored file."""
    if not isinstance(kept, Photo | CapturedPhoto):
        type(kept).objects.standing().filter(file=_stored(kept)).update(**step)
        return
    for model in (Photo, CapturedPhoto):
        model.objects.standing().filter(picture=_stored(kept)).update(**step)
    for item in Shot.objects.filter(captured__picture=_stored(kept), item__isnull=False).values_list("item", flat=True):
        Answer.objects.filter(item=item).update(photos=Shot.objects.standing().filter(item=item).count())


def withdraw(thing: Shown, kept: Kept, *, by, reason: str) -> bool:
    """Take the step that the person may take; True once it is withdrawn. One event says which step it was."""
    with transaction.atomic():
        kept = type(kept).objects.select_for_update(of=("self",)).get(pk=kept.pk)
        if kept.withdrawn_at:
            raise Conflict(_("It has been withdrawn meanwhile."), url=thing.get_absolute_url())
        own = takes_back(by, thing, kept)
        if not own and not redacts(by, thing):
            raise PermissionDenied
        if not own and kept.withdrawal_asked_by_id == by.pk:
            raise Refused([_("A second person has to confirm: another head or the programme office.")])
        asking = not own and kept.withdrawal_asked_by_id is None
        reason = reason.strip() or ("" if own or asking else kept.withdraw_reason)
        if not reason:
            raise Refused([_("Give the reason.")])
        step = {"withdrawal_asked_by": by} if asking else {"withdrawn_at": timezone.now(), "withdrawn_by": by}
        _step_wherever_it_stands(kept, withdraw_reason=reason, **step)
        stored = _stored(kept)
        told = {"name": stored.name, "sha256": stored.sha256}
        action = "ask_withdrawal" if asking else "withdraw_evidence"
        Event.objects.append(actor=by, action=action, target=thing, after=told, reason=reason)
    return not asking
