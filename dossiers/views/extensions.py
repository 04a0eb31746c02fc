"""Letting one agency work on one period after its lock."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cchc_portal.lib.tables import Column, table_response, wants_table
from dossiers import permissions
from dossiers.forms import ExtensionForm
from dossiers.models import Extension
from dossiers.workflow import grant_extension, when

SHOWN = 30


@require_http_methods(["GET", "HEAD", "POST"])
def extension_new(request: HttpRequest) -> HttpResponse:
    """Grant an extension to one agency for one period, with a reason; those granted before stand below, all of them in
    the file of ?format=."""
    if not permissions.may_extend(request.user):
        raise PermissionDenied
    granted = Extension.objects.select_related("agency", "period", "granted_by").order_by("-granted_at", "-pk")
    if wants_table(request):
        return _export(granted, request.GET["format"])
    initial = {"agency": request.GET.get("agency"), "period": request.GET.get("period")}
    form = ExtensionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        extension = grant_extension(form.save(commit=False), by=request.user)
        told = {"agency": extension.agency, "period": extension.period, "when": when(extension.until)}
        messages.success(request, _("%(agency)s may work on %(period)s until %(when)s.") % told)
        return redirect("dossiers:review")
    context = {
        "form": form,
        "granted": granted[:SHOWN],
        "total": granted.count(),
        "breadcrumb": [(_("Review of returns"), reverse("dossiers:review")), (_("Extension"), None)],
    }
    return render(request, "dossiers/extension_new.html", context, status=422 if form.errors else 200)


def _export(granted, fmt: str) -> HttpResponse:
    columns = [_("Agency code"), Column(_("Agency"), 40), _("Period"), Column(_("Until"), 18), Column(_("Reason"), 60)]
    columns += [Column(_("Granted by"), 30), Column(_("Granted at"), 18)]
    rows = (
        (one.agency.code, one.agency.name, one.period.label, one.until, one.reason, str(one.granted_by), one.granted_at)
        for one in granted
    )
    return table_response(_("Extensions of periods"), columns, rows, fmt)
