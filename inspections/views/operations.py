"""What a device sends from the site and asks for: operations, photos, the state (docs/capture.md)."""

import json
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from inspections import capture, permissions
from inspections.models import Visit
from inspections.photos import PhotoRefused

BAD_REQUEST, SIGNED_OUT, FORBIDDEN, TOO_LARGE, UNPROCESSABLE = 400, 401, 403, 413, 422


def _refused(status: int, message: str, **more) -> JsonResponse:
    return JsonResponse({"message": message, **more}, status=status)


def _too_large() -> JsonResponse:
    message = _("Too much at once. Send it in smaller parts.")
    return _refused(TOO_LARGE, message, most=capture.MOST_OPERATIONS, bytes=capture.LONGEST_REQUEST)


def _of_the_team(request: HttpRequest, pk: int) -> tuple[Visit, JsonResponse | None]:
    """The visit, and why the person may not record on it. Raises Http404 for who does not see it."""
    rows = Visit.objects.visible_to(request.user).select_related("agency", "team", "period")
    visit = get_object_or_404(rows, pk=pk)
    if permissions.records_findings(request.user, visit):
        return visit, None
    return visit, _refused(FORBIDDEN, _("Only members of the team record on a visit."))


def _signed_out(request: HttpRequest) -> JsonResponse | None:
    if request.user.is_authenticated:
        return None
    message = _("You are signed out. What you recorded stays on this device until you sign in again.")
    return _refused(SIGNED_OUT, message, signed_out=True)


def _payload(request: HttpRequest) -> tuple[list, UUID, object]:
    """Operations, device and person of the request. Raises ValueError for anything else."""
    payload = json.loads(request.body)
    if not isinstance(payload, dict) or not isinstance(payload.get("operations"), list):
        raise ValueError("no operations")
    return payload["operations"], UUID(str(payload.get("device"))), payload.get("person")


@login_not_required
@require_POST
def operations(request: HttpRequest, pk: int) -> JsonResponse:
    """Take a batch of operations; every one is answered with a receipt, sent twice it counts once."""
    if refusal := _signed_out(request):
        return refusal
    visit, refusal = _of_the_team(request, pk)
    if refusal:
        return refusal
    try:
        if len(request.body) > capture.LONGEST_REQUEST:
            return _too_large()
        sent, device, person = _payload(request)
    except RequestDataTooBig:
        return _too_large()
    except (ValueError, RecursionError):
        return _refused(BAD_REQUEST, _("The portal did not understand what the page sent. Reload the page."))
    if person != request.user.pk:
        message = _("Somebody else is signed in now. What you recorded stays on this device until you sign in again.")
        return _refused(FORBIDDEN, message, other_person=True)
    if len(sent) > capture.MOST_OPERATIONS:
        return _too_large()
    receipts = capture.take(visit, sent, by=request.user, device=device)
    subjects = {entry["subject"] for entry in sent if isinstance(entry, dict) and isinstance(entry.get("subject"), str)}
    visit.refresh_from_db(fields=["state"])
    told = [{"id": item.id, "outcome": item.outcome, "message": item.message} for item in receipts]
    return JsonResponse({"receipts": told, "state": capture.short_state(visit, subjects)})


@login_not_required
@require_POST
def capture_photo(request: HttpRequest, pk: int, sha256: str) -> JsonResponse:
    """Keep the bytes of a photo of the log, named by their hash; sent twice they are kept once."""
    if refusal := _signed_out(request):
        return refusal
    visit, refusal = _of_the_team(request, pk)
    if refusal:
        return refusal
    upload = request.FILES.get("photo")
    if upload is None:
        return _refused(UNPROCESSABLE, _("The photo is missing."))
    try:
        keep_place = request.POST.get("keep_place") == "1"
        kept, new = capture.keep_photo(visit, sha256, upload, keep_place=keep_place, by=request.user)
    except PhotoRefused as refused:
        return _refused(UNPROCESSABLE, str(refused))
    body = {"sha256": kept.sha256, "width": kept.width, "height": kept.height}
    return JsonResponse(body, status=201 if new else 200)


@login_not_required
@require_safe
def capture_state(request: HttpRequest, pk: int) -> JsonResponse:
    """All that a device needs to record the visit without a connection."""
    if refusal := _signed_out(request):
        return refusal
    visit, refusal = _of_the_team(request, pk)
    return refusal or JsonResponse(capture.full_state(visit, request.user))
