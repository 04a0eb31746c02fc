"""The holiday table that working-day deadlines leave out; kept for each year by the programme office."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.permissions import keeps_registers
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import CONTENT_TYPES, Column, table_response
from procedures.filters import HolidayFilter
from procedures.forms import HolidayForm
from procedures.models import Holiday
from records.models import Event


def _breadcrumb(title: str | None = None) -> list:
    steps = [(_("Administration"), reverse("agencies:administration"))]
    if title is None:
        return [*steps, (_("Holidays"), None)]
    return [*steps, (_("Holidays"), reverse("procedures:holiday_list")), (title, None)]


@require_safe
def holiday_list(request: HttpRequest) -> HttpResponse:
    """The holidays, latest first, by year."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    narrowed = HolidayFilter(request.GET, Holiday.objects.order_by("-day"))
    if request.GET.get("format") in CONTENT_TYPES:
        columns = [Column(_("Day")), Column(_("Name"), 40)]
        rows = ((holiday.day, holiday.name) for holiday in narrowed.qs)
        return table_response(_("Holidays"), columns, rows, request.GET["format"])
    context = {"filter": narrowed, "page": page_of(request, narrowed.qs), "breadcrumb": _breadcrumb()}
    return render(request, "procedures/holiday_list.html", context)


@require_POST
def holiday_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a day out of the table; the trail keeps it. Deadlines that were set stay as they are."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    with transaction.atomic():
        holiday = get_object_or_404(Holiday.objects.select_for_update(), pk=pk)
        before = {"day": holiday.day, "name": holiday.name}
        Event.objects.append(actor=request.user, action="remove_holiday", target=holiday, before=before)
        holiday.delete()
    messages.success(request, _("The day counts as a working day again."))
    return redirect("procedures:holiday_list")


@require_http_methods(["GET", "HEAD", "POST"])
def holiday_new(request: HttpRequest) -> HttpResponse:
    """A new row of the register."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    return _save_or_show(request, HolidayForm(request.POST or None), _("New holiday"), "create_holiday")


@require_http_methods(["GET", "HEAD", "POST"])
def holiday_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a row of the register."""
    row = get_object_or_404(Holiday, pk=pk)
    if not keeps_registers(request.user):
        raise PermissionDenied
    return _save_or_show(request, HolidayForm(request.POST or None, instance=row), str(row), "edit_holiday")


def _save_or_show(request: HttpRequest, form: HolidayForm, title: str, action: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save_checked()
            Event.objects.append(actor=request.user, action=action, **saved)
        messages.success(request, _("Saved: %(name)s.") % {"name": saved["target"]})
        return redirect("procedures:holiday_list")
    back = reverse("procedures:holiday_list")
    context = {"form": form, "title": title, "back": back, "breadcrumb": _breadcrumb(title)}
    return render(request, "registers/form.html", context, status=422 if form.errors else 200)
