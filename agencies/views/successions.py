"""Who followed whom: the register of successions."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies.filters import SuccessionFilter
from agencies.forms import SuccessionForm
from agencies.models import Succession
from agencies.permissions import keeps_registers
from agencies.tally import forest_changed
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import CONTENT_TYPES, Column, table_response
from records.models import Event


def _breadcrumb(title: str | None = None) -> list:
    steps = [(_("Administration"), reverse("agencies:administration"))]
    if title is None:
        return [*steps, (_("Successions"), None)]
    return [*steps, (_("Successions"), reverse("agencies:succession_list")), (title, None)]


@require_safe
def succession_list(request: HttpRequest) -> HttpResponse:
    """All steps, newest first, with filters and export."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    steps = Succession.objects.select_related("predecessor", "successor").order_by(
        "-effective_date", "predecessor__code", "pk"
    )
    narrowed = SuccessionFilter(request.GET, steps)
    if request.GET.get("format") in CONTENT_TYPES:
        columns = [Column("predecessor"), Column("successor"), Column("effective_date"), Column("kind")]
        rows = (
            (step.predecessor.code, step.successor.code if step.successor else None, step.effective_date, step.kind)
            for step in narrowed.qs
        )
        return table_response(_("Successions"), columns, rows, request.GET["format"])
    context = {"filter": narrowed, "page": page_of(request, narrowed.qs), "breadcrumb": _breadcrumb()}
    return render(request, "agencies/succession_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def succession_new(request: HttpRequest) -> HttpResponse:
    """Record who follows a unit, and from which day."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    return _save_or_show(request, SuccessionForm(request.POST or None), "create_succession")


@require_http_methods(["GET", "HEAD", "POST"])
def succession_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a recorded step."""
    step = get_object_or_404(Succession.objects.select_related("predecessor", "successor"), pk=pk)
    if not keeps_registers(request.user):
        raise PermissionDenied
    return _save_or_show(request, SuccessionForm(request.POST or None, instance=step), "edit_succession")


def _save_or_show(request: HttpRequest, form: SuccessionForm, action: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            Event.objects.append(actor=request.user, action=action, **form.save_checked())
            forest_changed()
        messages.success(request, _("The succession is saved."))
        return redirect("agencies:succession_list")
    title = _("Succession")
    context = {
        "form": form,
        "title": title,
        "back": reverse("agencies:succession_list"),
        "breadcrumb": _breadcrumb(title),
    }
    return render(request, "registers/form.html", context, status=422 if form.errors else 200)
