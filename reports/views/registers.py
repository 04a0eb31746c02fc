"""What the programme office keeps about published figures: sources, claims, targets."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies.permissions import keeps_registers
from cchc_portal.lib.forms import RegisterForm
from cchc_portal.lib.htmx import vary_on_htmx
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import CONTENT_TYPES, Column, table_response
from records.models import Event, Source
from reports.filters import SourceFilter, TargetFilter
from reports.forms import ClaimForm, SourceForm, TargetForm
from reports.models import Claim, Target

CLAIMS, SOURCES, TARGETS = "reports:claim_list", "reports:source_list", "reports:target_list"
REGISTER_FORM, CLAIM_FORM = "registers/form.html", "reports/claim_form.html"
EVENTS_SHOWN = 50


@require_safe
@vary_on_htmx
def source_list(request: HttpRequest) -> HttpResponse:
    """Publications that figures are quoted from; open to those who keep the registers."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    narrowed = SourceFilter(request.GET, Source.objects.order_by("code"))
    if request.GET.get("format") in CONTENT_TYPES:
        columns = [Column(_("Code")), Column(_("Kind")), Column(_("Publisher"), 40), Column(_("Date"))]
        shown = narrowed.qs.iterator()
        rows = ((row.code, row.get_kind_display(), row.publisher, row.date_text, row.about) for row in shown)
        return table_response(_("Sources"), [*columns, Column(_("About"), 60)], rows, request.GET["format"])
    context = {
        "filter": narrowed,
        "page": page_of(request, narrowed.qs),
        "breadcrumb": [(_("Published figures"), reverse(CLAIMS)), (_("Sources"), None)],
    }
    return render(request, "reports/source_list.html", context)


@require_safe
@vary_on_htmx
def target_list(request: HttpRequest) -> HttpResponse:
    """Targets of the agencies whose figures the person may read, with their deadline and source."""
    targets = Target.objects.visible_to(request.user).for_list()
    narrowed = TargetFilter(request.GET, targets, request=request)
    if request.GET.get("format") in CONTENT_TYPES:
        return _export_targets(narrowed.qs, request.GET["format"])
    context = {
        "filter": narrowed,
        "page": page_of(request, narrowed.qs),
        "may_edit": keeps_registers(request.user),
        "breadcrumb": [(_("Published figures"), reverse(CLAIMS)), (_("Targets"), None)],
    }
    return render(request, "reports/target_list.html", context)


def _export_targets(targets, fmt: str) -> HttpResponse:
    columns = [
        Column(_("Agency")),
        Column(_("Group of agencies")),
        Column(_("Measure"), 30),
        Column(_("Comparator")),
        Column(_("Value")),
        Column(_("Out of")),
        Column(_("Unit")),
        Column(_("Due")),
        Column(_("Source"), 40),
    ]
    rows = (
        (
            row.agency.code if row.agency else None,
            row.agency_kind,
            row.measure,
            row.get_comparator_display(),
            row.value,
            row.of,
            row.unit,
            row.due,
            str(row.source or ""),
        )
        for row in targets
    )
    return table_response(_("Targets"), columns, rows, fmt)


@require_http_methods(["GET", "HEAD", "POST"])
def source_new(request: HttpRequest) -> HttpResponse:
    return _save_or_show(request, SourceForm, None, _("New source"), "create_source", SOURCES)


@require_http_methods(["GET", "HEAD", "POST"])
def source_edit(request: HttpRequest, pk: int) -> HttpResponse:
    source = get_object_or_404(Source, pk=pk)
    return _save_or_show(request, SourceForm, source, str(source), "edit_source", SOURCES)


@require_http_methods(["GET", "HEAD", "POST"])
def claim_new(request: HttpRequest) -> HttpResponse:
    return _save_or_show(request, ClaimForm, None, _("New published figure"), "create_claim", CLAIMS, CLAIM_FORM)


@require_http_methods(["GET", "HEAD", "POST"])
def claim_edit(request: HttpRequest, pk: int) -> HttpResponse:
    claim = get_object_or_404(Claim.objects.visible_to(request.user), pk=pk)
    return _save_or_show(request, ClaimForm, claim, str(claim), "edit_claim", CLAIMS, CLAIM_FORM)


@require_http_methods(["GET", "HEAD", "POST"])
def target_new(request: HttpRequest) -> HttpResponse:
    return _save_or_show(request, TargetForm, None, _("New target"), "create_target", TARGETS)


@require_http_methods(["GET", "HEAD", "POST"])
def target_edit(request: HttpRequest, pk: int) -> HttpResponse:
    target = get_object_or_404(Target.objects.visible_to(request.user), pk=pk)
    return _save_or_show(request, TargetForm, target, str(target), "edit_target", TARGETS)


def _save_or_show(
    request: HttpRequest,
    form_class: type[RegisterForm],
    row,
    title: str,
    action: str,
    back: str,
    template: str = REGISTER_FORM,
) -> HttpResponse:
    """Save the row with one event, or show the form with what was typed and why it was refused."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    form = form_class(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save_checked()
            Event.objects.append(actor=request.user, action=action, **saved)
        messages.success(request, _("Saved: %(name)s.") % {"name": saved["target"]})
        return redirect(back)
    context = {
        "form": form,
        "title": title,
        "back": reverse(back),
        "breadcrumb": [(_("Published figures"), reverse(CLAIMS)), (title, None)],
        "events": Event.objects.about(row).select_related("actor")[:EVENTS_SHOWN] if row else (),
    }
    return render(request, template, context, status=422 if form.errors else 200)
