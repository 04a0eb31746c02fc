"""Recording on site with a phone: findings so far, and one screen for the next one."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cchc_portal.lib.errors import Conflict
from inspections import permissions
from inspections.forms import CaptureForm
from inspections.models import Finding, Visit
from inspections.views.findings import save_new_finding
from inspections.views.handling import typed


@require_http_methods(["GET", "HEAD", "POST"])
def capture(request: HttpRequest, pk: int) -> HttpResponse:
    """Findings of the visit so far, and the next one with photo and note. Needs a connection, and says so."""
    visit = get_object_or_404(Visit.objects.visible_to(request.user).select_related("agency", "team"), pk=pk)
    if not permissions.records_findings(request.user, visit):
        raise PermissionDenied
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
        "findings": Finding.objects.visible_to(request.user).filter(visit=visit).for_list(),
        "breadcrumb": [(str(visit), back), (_("Record on site"), "")],
    }
    return render(request, "inspections/capture.html", context, status=422 if form.errors else 200)
