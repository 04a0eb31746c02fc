"""The register of procedures: list as of any day, one procedure with everything dated, and its edit pages."""

from datetime import date
from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Prefetch
from django.db.models.lookups import In
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies.permissions import keeps_registers
from cchc_portal.lib.asked import Asked, Counted, Statement, one_page, page_slots
from cchc_portal.lib.htmx import vary_on_htmx, wants_fragment
from cchc_portal.lib.kept import Address, kept
from cchc_portal.lib.numbers import NONE_PRINTED, format_count, format_day
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import CONTENT_TYPES, Column, hand_out_table, table_response, wants_table
from procedures.choices import ProcedureLevel, Scale, level_name
from procedures.filters import ProcedureFilter
from procedures.forms import ProcedureForm
from procedures.imports import COLUMNS
from procedures.models import OnlineLevel, Procedure
from records.models import Event

PRINTED = ("pk", "code", "name", "field__name", "level", "statutory_days", "valid_to")


@require_safe
@vary_on_htmx
def procedure_list(request: HttpRequest) -> HttpResponse:
    """The register as of a day with the level on each scale; fragment for HTMX, CSV or XLSX with ?format=."""
    asked = Asked(request, ProcedureFilter, partial(_narrowed, request))
    if request.GET.get("format") in CONTENT_TYPES:
        return _export(_with_levels(asked.filter.qs, asked.filter.day), request.GET["format"])
    day, procedures, levels = asked.worked_out(_listed)
    page = page_of(request, procedures.now(asked.known))
    found = levels.fetch(values=one_page([procedure.pk for procedure in page.object_list])) if page.object_list else []
    context = {
        "filter": asked.filter,
        "page": page,
        "rows": SimpleLazyObject(partial(_printed, page.object_list, found)),
        "day": day,
        "may_edit": keeps_registers(request.user),
        "scales": Scale.choices,
        "breadcrumb": [(_("Procedures"), None)],
    }
    told = (asked.told, page.paginator.count, page.number, page.object_list, found)
    table = kept("procedures/_procedure_table.html", told, context, Address.of(request))
    if wants_fragment(request):
        return HttpResponse(table)
    bar = kept("includes/_filter_bar.html", asked.told, context, Address.of_list(request))
    return render(request, "procedures/procedure_list.html", context | {"bar": bar, "table": table})


def _narrowed(request: HttpRequest) -> ProcedureFilter:
    return ProcedureFilter(request.GET, Procedure.objects.visible_to(request.user).for_list())


def _listed(narrowed: ProcedureFilter) -> tuple[date | None, Counted, Statement]:
    """The day of the list, what it asks of the database, and the levels of a page. Everyone sees the same register."""
    levels = _levels_of(narrowed.day).filter(In(F("procedure_id"), page_slots(Procedure._meta.pk)))
    return narrowed.day, Counted(narrowed.qs, PRINTED), Statement(levels, ("procedure_id", "scale", "value"))


def _printed(procedures, levels) -> list[tuple]:
    """Rows of the list as they are printed; the levels of the day in the order of their scales."""
    shown: dict[int, dict[str, str]] = {procedure.pk: {} for procedure in procedures}
    for pk, scale, value in levels:
        shown[pk][scale] = str(level_name(scale, value))
    kinds = {code: str(label) for code, label in ProcedureLevel.choices}
    return [
        (
            procedure.code,
            procedure.name,
            procedure.field__name,
            kinds.get(procedure.level, procedure.level),
            format_count(procedure.statutory_days),
            [shown[procedure.pk].get(scale) or NONE_PRINTED for scale in Scale.values],
            format_day(procedure.valid_to),
        )
        for procedure in procedures
    ]


def _levels_of(day):
    levels = OnlineLevel.objects.order_by("valid_from", "pk")
    return levels.valid_on(day) if day else levels


def _with_levels(procedures, day):
    return procedures.prefetch_related(Prefetch("online_levels", queryset=_levels_of(day), to_attr="levels_shown"))


def _export(procedures, fmt: str) -> HttpResponse:
    """The columns of the import, so that a download can be corrected and read in again."""
    widths = {"name": 60, "field": 30}
    rows = (
        (
            procedure.code,
            procedure.name,
            procedure.field.name,
            procedure.level,
            procedure.statutory_days,
            procedure.fee,
            *({row.scale: row.value for row in procedure.levels_shown}.get(scale) for scale in Scale.values),
            procedure.valid_from,
            procedure.valid_to,
        )
        for procedure in procedures
    )
    return table_response(_("Procedures"), [Column(name, widths.get(name, 14)) for name in COLUMNS], rows, fmt)


@require_safe
def procedure_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Everything dated about one procedure: levels on three separate scales, decisions, who handles it; ?rows=&format=
    hands one of them out."""
    procedure = get_object_or_404(Procedure.objects.visible_to(request.user).for_list(), code=code)
    rows = list(procedure.online_levels.order_by("valid_from", "pk"))
    for row in rows:
        row.printed = level_name(row.scale, row.value)
    handlers = procedure.handlers.select_related("agency").order_by("agency__sort_key", "valid_from")
    if wants_table(request):
        return hand_out_table(request, procedure.code, _parts(procedure, rows, handlers))
    context = {
        "procedure": procedure,
        "scales": [(label, [row for row in rows if row.scale == scale]) for scale, label in Scale.choices],
        "levels_known": bool(rows),
        "decisions": procedure.decisions.all(),
        "handlers": handlers,
        "today": timezone.localdate(),
        "may_edit": keeps_registers(request.user),
        "breadcrumb": [(_("Procedures"), reverse("procedures:procedure_list")), (procedure.code, None)],
    }
    return render(request, "procedures/procedure_detail.html", context)


def _parts(procedure: Procedure, levels: list, handlers) -> dict:
    """The tables of the page of a procedure, each by its name in the address."""
    dates = [_("Valid from"), _("Valid to (last day)")]
    return {
        "levels": lambda: (
            [Column(_("Scale"), 40), Column(_("Level"), 30), *dates],
            ((row.get_scale_display(), str(row.printed), row.valid_from, row.valid_to) for row in levels),
        ),
        "handlers": lambda: (
            [_("Agency code"), Column(_("Agency"), 50), *dates],
            ((row.agency.code, row.agency.name, row.valid_from, row.valid_to) for row in handlers),
        ),
        "decisions": lambda: (
            [_("Date"), Column(_("Decision"), 40), Column(_("Number"), 30)],
            ((row.date, row.get_kind_display(), row.number) for row in procedure.decisions.all()),
        ),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def procedure_new(request: HttpRequest) -> HttpResponse:
    """A new procedure of the register."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    return _save_or_show(request, ProcedureForm(request.POST or None), _("New procedure"), "create_procedure")


@require_http_methods(["GET", "HEAD", "POST"])
def procedure_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Correct a procedure; its code stays."""
    procedure = get_object_or_404(Procedure.objects.visible_to(request.user).for_list(), code=code)
    if not keeps_registers(request.user):
        raise PermissionDenied
    form = ProcedureForm(request.POST or None, instance=procedure)
    return _save_or_show(request, form, code, "edit_procedure")


def _save_or_show(request: HttpRequest, form: ProcedureForm, title: str, action: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save_checked()
            Event.objects.append(actor=request.user, action=action, **saved)
        messages.success(request, _("Saved: %(name)s.") % {"name": saved["target"].name})
        return redirect("procedures:procedure_detail", code=saved["target"].code)
    back = reverse("procedures:procedure_list")
    context = {"form": form, "title": title, "back": back, "breadcrumb": [(_("Procedures"), back), (title, None)]}
    return render(request, "registers/form.html", context, status=422 if form.errors else 200)
