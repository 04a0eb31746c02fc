"""Recording on site with a phone: the page, the worker that opens it without a connection, files handed in."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cchc_portal.lib.errors import Conflict
from inspections import permissions
from inspections.forms import CaptureForm
from inspections.models import Finding, Visit
from inspections.views.capture_words import capture_words
from inspections.views.findings import save_new_finding
from inspections.views.handling import typed

WORKER = settings.BASE_DIR / "static" / "js/capture_worker.js"


def visit_to_record(request: HttpRequest, pk: int) -> Visit:
    """The visit; 404 where it is invisible, 403 for whoever is not of its team."""
    visit = get_object_or_404(Visit.objects.visible_to(request.user).select_related("agency", "team"), pk=pk)
    if not permissions.records_findings(request.user, visit):
        raise PermissionDenied
    return visit


def capture_data(request: HttpRequest, visit: Visit) -> dict:
    """What the page's scripts begin with: whose log it is, where it is sent, the words."""
    detail = reverse("inspections:visit_detail", args=[visit.pk])
    return {
        "person": request.user.pk,
        "visit": visit.pk,
        "file": f"{visit.agency.code}-{visit.date:%Y-%m-%d}-{request.user.username}",
        "urls": {
            "page": reverse("inspections:capture", args=[visit.pk]),
            "state": f"{detail}capture/state/",
            "operations": f"{detail}operations/",
            "photos": f"{detail}photos/",
            "worker": reverse("inspections:capture_worker"),
            "login": reverse("login"),
        },
        "words": capture_words(),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def capture(request: HttpRequest, pk: int) -> HttpResponse:
    """The page used on site. Its scripts keep everything on the phone first; without them a form sends one finding."""
    visit = visit_to_record(request, pk)
    form = CaptureForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and not visit.is_writable:
        raise Conflict(_("The result has been reported: findings can no longer be added."), mine=typed(form))
    if request.method == "POST" and form.is_valid():
        save_new_finding(form, visit, by=request.user)
        messages.success(request, _("The finding is recorded."))
        return redirect("inspections:capture", pk=visit.pk)
    back = reverse("inspections:visit_detail", args=[visit.pk])
    context = {
        "visit": visit,
        "form": form,
        "data": capture_data(request, visit),
        "findings": Finding.objects.visible_to(request.user).filter(visit=visit).for_list(),
        "breadcrumb": [(str(visit), back), (_("Record on site"), "")],
    }
    return render(request, "inspections/capture.html", context, status=422 if form.errors else 200)


@login_not_required
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker of /visits/: from this address, since a worker governs what lies beside and below it."""
    return HttpResponse(WORKER.read_text(encoding="utf-8"), content_type="text/javascript; charset=utf-8")
