"""Official codes of an agency: optional, dated, never invented."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.forms import OfficialCodeForm
from agencies.models import Agency
from agencies.permissions import keeps_registers
from records.models import Event


@require_http_methods(["GET", "HEAD", "POST"])
def code_new(request: HttpRequest, code: str) -> HttpResponse:
    """Record an official code from a day on."""
    agency = get_object_or_404(Agency.objects.visible_to(request.user), code=code)
    if not keeps_registers(request.user):
        raise PermissionDenied
    form = OfficialCodeForm(request.POST or None, agency=agency)
    return _save_or_show(request, form, agency, "create_officialcode")


@require_http_methods(["GET", "HEAD", "POST"])
def code_edit(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Correct or end an official code."""
    agency = get_object_or_404(Agency.objects.visible_to(request.user), code=code)
    if not keeps_registers(request.user):
        raise PermissionDenied
    row = get_object_or_404(agency.official_codes.all(), pk=pk)
    form = OfficialCodeForm(request.POST or None, instance=row, agency=agency)
    return _save_or_show(request, form, agency, "edit_officialcode")


def _save_or_show(request: HttpRequest, form: OfficialCodeForm, agency: Agency, action: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save_checked()
            saved["after"]["agency"] = agency.code
            Event.objects.append(actor=request.user, action=action, **saved)
        messages.success(request, _("Saved: %(name)s.") % {"name": agency.name})
        return redirect("reports:agency_profile", code=agency.code)
    back = reverse("reports:agency_profile", args=[agency.code])
    title = _("Official code")
    context = {
        "form": form,
        "title": title,
        "back": back,
        "breadcrumb": [(_("Agencies"), reverse("agencies:agency_list")), (agency.short_name, back), (title, None)],
    }
    return render(request, "registers/form.html", context, status=422 if form.errors else 200)
