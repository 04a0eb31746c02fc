"""Letting one agency work on one period after its lock."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dossiers import permissions
from dossiers.forms import ExtensionForm
from dossiers.models import Extension
from dossiers.workflow import grant_extension, when

SHOWN = 30


@require_http_methods(["GET", "HEAD", "POST"])
def extension_new(request: HttpRequest) -> HttpResponse:
    """Grant an extension to one agency for one period, with a reason; those granted before stand below."""
    if not permissions.may_extend(request.user):
        raise PermissionDenied
    initial = {"agency": request.GET.get("agency"), "period": request.GET.get("period")}
    form = ExtensionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        extension = grant_extension(form.save(commit=False), by=request.user)
        told = {"agency": extension.agency, "period": extension.period, "when": when(extension.until)}
        messages.success(request, _("%(agency)s may work on %(period)s until %(when)s.") % told)
        return redirect("dossiers:review")
    context = {
        "form": form,
        "granted": Extension.objects.select_related("agency", "period", "granted_by").order_by("-granted_at")[:SHOWN],
        "breadcrumb": [(_("Review of returns"), reverse("dossiers:review")), (_("Extension"), None)],
    }
    return render(request, "dossiers/extension_new.html", context, status=422 if form.errors else 200)
