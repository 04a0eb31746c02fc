"""What stands with the evidence of a finding or a remedy on its page: where it was taken, and withdrawing it."""

from collections.abc import Iterable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cchc_portal.lib.errors import Refused
from cchc_portal.lib.text import clean_text
from inspections import permissions
from inspections.models import Evidence, Finding, Photo, Recommendation, Shot, Visit
from inspections.workflow import evidence

PEOPLE = ("created_by", "withdrawn_by", "withdrawal_asked_by")
LONGEST_REASON = 2_000


def withdrawable(user, thing: Finding | Recommendation | Visit, kept: Iterable, address: str, *named) -> list:
    """Photos or files, each with what the person may do towards withdrawing it, and where."""
    rows = list(kept)
    for one in rows:
        one.withdraw = evidence.offered(user, thing, one)
        one.withdraw_url = reverse(address, args=[thing.pk, *named, one.pk])
    return rows


def files_of(user, finding: Finding) -> list:
    kept = finding.files.select_related("file", *PEOPLE)
    return withdrawable(user, finding, kept, "inspections:finding_withdraw", "file")


def remedies_of(user, recommendation: Recommendation) -> list:
    """What the agency reported, with its files."""
    files = Prefetch("files", Evidence.objects.select_related("file", "withdrawn_by", "withdrawal_asked_by"))
    rows = list(recommendation.remedies.select_related("reported_by", "judged_by").prefetch_related(files))
    for remedy in rows:
        remedy.shown = withdrawable(user, recommendation, remedy.files.all(), "inspections:evidence_withdraw")
    return rows


def photos_of(user, finding: Finding) -> list[Photo]:
    """Photos, each with where and when its camera says it was taken, for those who may see that and nobody else."""
    # Not through finding.photos: what was fetched beforehand leaves out the withdrawn ones.
    kept = Photo.objects.filter(finding=finding).select_related("picture", *PEOPLE)
    rows = withdrawable(user, finding, kept, "inspections:finding_withdraw", "photo")
    shots = Shot.objects.filter(photo__in=rows, captured__place__isnull=False).select_related("captured__place")
    places = {
        shot.photo_id: shot.captured.place
        for shot in shots
        if permissions.sees_place(user, finding.visit, shot.taken_by_id)
    }
    for photo in rows:
        photo.place_shown = None if photo.withdrawn_at else places.get(photo.pk)
    return rows


def shots_of(user, visit: Visit) -> list[Shot]:
    """Photos of lines and those that stand behind nothing yet, with what the person may do towards withdrawing them."""
    people = [f"captured__{name}" for name in ("withdrawn_by", "withdrawal_asked_by", "place")]
    rows = visit.shots.filter(photo=None, captured__isnull=False).select_related(
        "item", "marked", "taken_by", "captured__picture", "captured__thumbnail", *people
    )
    shots = list(rows.order_by("item__order", "pk"))
    withdrawable(user, visit, (shot.captured for shot in shots), "inspections:photo_withdraw")
    for shot in shots:
        place = getattr(shot.captured, "place", None)
        seen = place and not shot.captured.withdrawn_at and permissions.sees_place(user, visit, shot.taken_by_id)
        shot.place_shown = place if seen else None
    return shots


def _withdraw(request: HttpRequest, thing: Finding | Recommendation | Visit, chosen) -> HttpResponse:
    """The step the person may take, told on the page of what the evidence is about."""
    reason = clean_text(request.POST.get("reason", ""))[:LONGEST_REASON]
    back = reverse("inspections:visit_checklist", args=[thing.pk]) if isinstance(thing, Visit) else thing
    try:
        gone = evidence.withdraw(thing, chosen, by=request.user, reason=reason)
    except Refused as refusal:
        for problem in refusal.problems:
            messages.error(request, problem)
        return redirect(back)
    told = _("It is withdrawn; its hash and the reason stay.") if gone else _("A second person has to confirm it.")
    messages.success(request, told)
    return redirect(back)


@require_POST
def finding_withdraw(request: HttpRequest, pk: int, kind: str, kept: int) -> HttpResponse:
    """Take back, ask to withdraw or confirm the withdrawal of a photo or a file."""
    findings = Finding.objects.visible_to(request.user).select_related("visit__team", "area")
    finding = get_object_or_404(findings, pk=pk)
    user = request.user
    if not permissions.records_findings(user, finding.visit) and not evidence.redacts(user, finding):
        raise PermissionDenied
    rows = {"photo": finding.photos, "file": finding.files}.get(kind)
    if rows is None:
        raise Http404
    return _withdraw(request, finding, get_object_or_404(rows, pk=kept))


@require_POST
def evidence_withdraw(request: HttpRequest, pk: int, kept: int) -> HttpResponse:
    """Take back, ask to withdraw or confirm the withdrawal of a file that shows a remedy."""
    recommendations = Recommendation.objects.visible_to(request.user).for_list()
    recommendation = get_object_or_404(recommendations, pk=pk)
    user = request.user
    if not permissions.reports_remedy(user, recommendation) and not evidence.redacts(user, recommendation):
        raise PermissionDenied
    rows = Evidence.objects.filter(remedy__recommendation=recommendation)
    return _withdraw(request, recommendation, get_object_or_404(rows, pk=kept))


@require_POST
def photo_withdraw(request: HttpRequest, pk: int, kept: int) -> HttpResponse:
    """Take back, ask to withdraw or confirm the withdrawal of a photo taken on site that stands behind no finding."""
    visit = get_object_or_404(Visit.objects.visible_to(request.user).select_related("team"), pk=pk)
    user = request.user
    if not permissions.records_findings(user, visit) and not evidence.redacts(user, visit):
        raise PermissionDenied
    chosen = get_object_or_404(visit.captured.filter(shots__photo=None).distinct(), pk=kept)
    return _withdraw(request, visit, chosen)
