"""What stands with the photos and files of a finding on its page: where they were taken, and withdrawing them."""

from collections.abc import Iterable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cchc_portal.lib.errors import Refused
from cchc_portal.lib.text import clean_text
from inspections import permissions
from inspections.models import Finding, Photo, Shot
from inspections.workflow import evidence

PEOPLE = ("created_by", "withdrawn_by", "withdrawal_asked_by")
LONGEST_REASON = 2_000


def withdrawable(user, finding: Finding, kept: Iterable) -> list:
    """Photos or files, each with what the person may do towards withdrawing it."""
    rows = list(kept)
    for one in rows:
        one.withdraw = evidence.offered(user, finding, one)
    return rows


def files_of(user, finding: Finding) -> list:
    return withdrawable(user, finding, finding.files.select_related("file", *PEOPLE))


def photos_of(user, finding: Finding) -> list[Photo]:
    """Photos, each with where and when its camera says it was taken, for those who may see that and nobody else."""
    # Not through finding.photos: what was fetched beforehand leaves out the withdrawn ones.
    kept = Photo.objects.filter(finding=finding).select_related("picture", *PEOPLE)
    rows = withdrawable(user, finding, kept)
    shots = Shot.objects.filter(photo__in=rows, captured__place__isnull=False).select_related("captured__place")
    places = {
        shot.photo_id: shot.captured.place
        for shot in shots
        if permissions.sees_place(user, finding.visit, shot.taken_by_id)
    }
    for photo in rows:
        photo.place_shown = None if photo.withdrawn_at else places.get(photo.pk)
    return rows


def _finding_of(request: HttpRequest, pk: int) -> Finding:
    return get_object_or_404(Finding.objects.visible_to(request.user).select_related("visit__team", "area"), pk=pk)


@require_POST
def finding_withdraw(request: HttpRequest, pk: int, kind: str, kept: int) -> HttpResponse:
    """Take back, ask to withdraw or confirm the withdrawal of a photo or a file."""
    finding = _finding_of(request, pk)
    user = request.user
    if not permissions.records_findings(user, finding.visit) and not permissions.redacts_evidence(user, finding):
        raise PermissionDenied
    rows = {"photo": finding.photos, "file": finding.files}.get(kind)
    if rows is None:
        raise Http404
    chosen = get_object_or_404(rows, pk=kept)
    try:
        gone = evidence.withdraw(
            finding, chosen, by=request.user, reason=clean_text(request.POST.get("reason", ""))[:LONGEST_REASON]
        )
    except Refused as refusal:
        for problem in refusal.problems:
            messages.error(request, problem)
        return redirect(finding)
    told = _("It is withdrawn; its hash and the reason stay.") if gone else _("A second person has to confirm it.")
    messages.success(request, told)
    return redirect(finding)
