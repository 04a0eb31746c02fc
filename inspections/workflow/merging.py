"""Bringing findings of several members together: one new finding, the originals as they were, linked to it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from cchc_portal.lib.errors import Conflict
from inspections import permissions, repeats
from inspections.choices import FindingState, Severity
from inspections.models import Finding, Visit
from inspections.workflow.facts import facts, keep_new
from records.moves import Machine, Move

# From the lightest to the gravest; blank is none.
GRAVITY = ("", *Severity.values)


def _into(finding: Finding, by, now: datetime, data: dict) -> dict:
    return {"merged_into": data["into"], "withdraw_reason": _("Merged into another finding.")}


# Apart from the moves that a finding's page offers: merging begins on the visit, with several findings at once.
MERGING = Machine(
    model=Finding,
    snapshot=facts,
    moves=(
        Move(
            "merge",
            pgettext_lazy("finding action", "Merge"),
            (FindingState.DRAFT,),
            FindingState.WITHDRAWN,
            lambda user, finding: permissions.merges_findings(user, finding.visit),
            changes=_into,
            tells=lambda finding, data: {"merged_into": data["into"].pk},
        ),
    ),
)


def _joined(findings: list[Finding], name: str) -> str:
    """The different texts one below the other, each once."""
    texts = dict.fromkeys(getattr(finding, name).strip() for finding in findings)
    return "\n".join(text for text in texts if text)


def merge(visit: Visit, findings: list[Finding], *, by) -> Finding:
    """A new draft that says what the drafts say, with the gravest kind and severity, all photos and all files.

    The drafts are withdrawn, unchanged, and point to it. Raises PermissionDenied, or Conflict when one of them was
    moved on meanwhile; nothing is then merged.
    """
    with transaction.atomic():
        visit = Visit.objects.select_for_update().get(pk=visit.pk)
        if not visit.is_writable:
            raise Conflict(_("The result has been reported: findings can no longer be added."))
        kinds = ("strength", "limitation", "violation")
        first = findings[0]
        merged = Finding(
            visit=visit,
            kind=max((finding.kind for finding in findings), key=kinds.index),
            area=first.area,
            severity=max((finding.severity for finding in findings), key=GRAVITY.index),
            text=_joined(findings, "text"),
            cause=_joined(findings, "cause"),
            evidence=_joined(findings, "evidence"),
            legal_basis=_joined(findings, "legal_basis"),
            item_code=first.item_code,
            template_code=first.template_code,
            order=visit.findings.count(),
            created_by=by,
        )
        merged.repeats = repeats.earlier(merged)
        merged.save()
        numbers: dict[str, int] = {}
        for finding in findings:
            for photo in finding.photos.standing():
                photo.pk, photo.finding = None, merged
                photo._state.adding = True
                photo.save()
            for file in finding.files.standing().order_by("name", "number"):
                file.pk, file.finding = None, merged
                file._state.adding = True
                file.number = numbers[file.name] = numbers.get(file.name, 0) + 1
                file.save()
            MERGING.perform(finding, "merge", by=by, version=finding.version, into=merged)
        originals = [finding.pk for finding in findings]
        keep_new(merged, by=by, action="merge_findings", after={"merged_from": originals})
    return merged
