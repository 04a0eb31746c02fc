"""Dated rows of a procedure: online levels, decisions, the agencies that handle it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from agencies.permissions import keeps_registers
from procedures.forms import DecisionForm, HandlerForm, OnlineLevelForm, PartForm
from procedures.models import Procedure
from records.models import Event

# Part of the address → form, title, name of the rows at the procedure.
PARTS = {
    "levels": (OnlineLevelForm, gettext_lazy("Online level"), "online_levels"),
    "decisions": (DecisionForm, gettext_lazy("Decision"), "decisions"),
    "handlers": (HandlerForm, gettext_lazy("Handling agency"), "handlers"),
}


def _procedure(request: HttpRequest, code: str, part: str) -> Procedure:
    procedure = get_object_or_404(Procedure.objects.visible_to(request.user), code=code)
    if part not in PARTS:
        raise Http404
    if not keeps_registers(request.user):
        raise PermissionDenied
    return procedure


@require_http_methods(["GET", "HEAD", "POST"])
def part_new(request: HttpRequest, code: str, part: str) -> HttpResponse:
    """Add a dated row to a procedure."""
    procedure = _procedure(request, code, part)
    form = PARTS[part][0](request.POST or None, procedure=procedure)
    return _save_or_show(request, form, procedure, part, "create")


@require_http_methods(["GET", "HEAD", "POST"])
def part_edit(request: HttpRequest, code: str, part: str, pk: int) -> HttpResponse:
    """Correct or end a dated row of a procedure."""
    procedure = _procedure(request, code, part)
    row = get_object_or_404(getattr(procedure, PARTS[part][2]).all(), pk=pk)
    form = PARTS[part][0](request.POST or None, instance=row, procedure=procedure)
    return _save_or_show(request, form, procedure, part, "edit")


def _save_or_show(request: HttpRequest, form: PartForm, procedure: Procedure, part: str, verb: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save_checked()
            saved["after"]["procedure"] = procedure.code
            action = f"{verb}_{saved['target']._meta.model_name}"
            Event.objects.append(actor=request.user, action=action, **saved)
        messages.success(request, _("Saved: %(name)s.") % {"name": procedure.name})
        return redirect("procedures:procedure_detail", code=procedure.code)
    back = reverse("procedures:procedure_detail", args=[procedure.code])
    title = PARTS[part][1]
    context = {
        "form": form,
        "title": title,
        "back": back,
        "breadcrumb": [
            (_("Procedures"), reverse("procedures:procedure_list")),
            (procedure.code, back),
            (title, None),
        ],
    }
    return render(request, "registers/form.html", context, status=422 if form.errors else 200)
