"""Periods and reasons for lateness: lists for everyone, kept by the programme office."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies.permissions import keeps_registers
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import CONTENT_TYPES, Column, table_response
from dossiers.filters import PeriodFilter
from dossiers.forms import LateReasonForm, PeriodForm, YearForm
from dossiers.models import LateReason, Period
from procedures.models import Holiday
from records.models import Event


def _administration(name: str, label: str, title: str | None = None) -> list:
    steps = [(_("Administration"), reverse("agencies:administration"))]
    return [*steps, (label, None)] if title is None else [*steps, (label, reverse(name)), (title, None)]


def _periods(title: str | None = None) -> list:
    return _administration("dossiers:period_list", _("Reporting periods"), title)


@require_safe
def period_list(request: HttpRequest) -> HttpResponse:
    """Every period of both calendars and the published ones, latest first."""
    narrowed = PeriodFilter(request.GET, Period.objects.visible_to(request.user).latest_first())
    if request.GET.get("format") in CONTENT_TYPES:
        names = ("label", "kind", "calendar", "first_day", "last_day", "due_at", "locks_at")
        rows = ([getattr(period, name) for name in names] for period in narrowed.qs)
        return table_response(_("Reporting periods"), [Column(name, 20) for name in names], rows, request.GET["format"])
    context = {
        "filter": narrowed,
        "page": page_of(request, narrowed.qs),
        "now": timezone.now(),
        "today": timezone.localdate(),
        "may_edit": keeps_registers(request.user),
        "breadcrumb": [(_("Reporting periods"), None)],
    }
    return render(request, "dossiers/period_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def period_new(request: HttpRequest) -> HttpResponse:
    """A single period, such as a published one without dates."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    return _save_period(request, PeriodForm(request.POST or None), _("New period"), "create_period")


@require_http_methods(["GET", "HEAD", "POST"])
def period_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Days (while no return exists), due and lock of a period."""
    period = get_object_or_404(Period.objects.visible_to(request.user), pk=pk)
    if not keeps_registers(request.user):
        raise PermissionDenied
    form = PeriodForm(request.POST or None, instance=period)
    return _save_period(request, form, str(period), "edit_period")


def _save_period(request: HttpRequest, form: PeriodForm, title: str, action: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save_checked()
            reason = form.cleaned_data.get("reason", "")
            Event.objects.append(actor=request.user, action=action, reason=reason, **saved)
        messages.success(request, _("Saved: %(name)s.") % {"name": saved["target"]})
        return redirect("dossiers:period_list")
    back = reverse("dossiers:period_list")
    context = {"form": form, "title": title, "back": back, "breadcrumb": _periods(title)}
    return render(request, "registers/form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def period_generate(request: HttpRequest) -> HttpResponse:
    """All periods of a year of one calendar in one step; those that exist stay as they are."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    form = YearForm(request.POST or None, initial={"year": timezone.localdate().year + 1})
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            made = form.made(set(Holiday.objects.values_list("day", flat=True)))
            existing = set(Period.objects.filter(label__in=[row.label for row in made]).values_list("label", flat=True))
            new = [row for row in made if row.label not in existing]
            Period.objects.bulk_create(new)
            if new:
                after = {row.label: [row.first_day, row.last_day, row.due_at, row.locks_at] for row in new}
                Event.objects.append(actor=request.user, action="generate_periods", after=after)
        messages.success(
            request,
            _("%(new)s periods made; %(old)s were there already and stay as they are.")
            % {"new": len(new), "old": len(existing)},
        )
        return redirect(f"{reverse('dossiers:period_list')}?year={form.cleaned_data['year']}")
    title = _("Periods of a year")
    context = {"form": form, "title": title, "breadcrumb": _periods(title)}
    return render(request, "dossiers/period_generate.html", context, status=422 if form.errors else 200)


def _reasons(title: str | None = None) -> list:
    return _administration("dossiers:late_reason_list", _("Reasons for lateness"), title)


@require_safe
def late_reason_list(request: HttpRequest) -> HttpResponse:
    """The reasons in the order in which reporters see them."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    reasons = LateReason.objects.order_by("order", "code")
    if request.GET.get("format") in CONTENT_TYPES:
        names = ("code", "name", "order", "needs_text", "active")
        rows = ([getattr(reason, name) for name in names] for reason in reasons)
        return table_response(
            _("Reasons for lateness"), [Column(name, 20) for name in names], rows, request.GET["format"]
        )
    context = {"page": page_of(request, reasons), "breadcrumb": _reasons()}
    return render(request, "dossiers/late_reason_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def late_reason_new(request: HttpRequest) -> HttpResponse:
    """A new reason at the end of the list."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    return _save_reason(request, LateReasonForm(request.POST or None), _("New reason"), "create_late_reason")


@require_http_methods(["GET", "HEAD", "POST"])
def late_reason_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, order and use of a reason; its code stays with the counts made under it."""
    reason = get_object_or_404(LateReason, pk=pk)
    if not keeps_registers(request.user):
        raise PermissionDenied
    return _save_reason(request, LateReasonForm(request.POST or None, instance=reason), reason.name, "edit_late_reason")


def _save_reason(request: HttpRequest, form: LateReasonForm, title: str, action: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save_checked()
            Event.objects.append(actor=request.user, action=action, **saved)
        messages.success(request, _("Saved: %(name)s.") % {"name": saved["target"]})
        return redirect("dossiers:late_reason_list")
    back = reverse("dossiers:late_reason_list")
    context = {"form": form, "title": title, "back": back, "breadcrumb": _reasons(title)}
    return render(request, "registers/form.html", context, status=422 if form.errors else 200)
