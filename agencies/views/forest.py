"""The agency forest: list and tree as of any day, and the pages on which the programme office keeps it."""

from datetime import date
from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies.choices import AgencyKind
from agencies.filters import AgencyFilter
from agencies.forms import AgencyForm
from agencies.models import Agency
from agencies.permissions import keeps_registers
from agencies.tally import forest_changed, with_children_count
from cchc_portal.lib.asked import Asked, Counted
from cchc_portal.lib.htmx import vary_on_htmx, wants_fragment
from cchc_portal.lib.kept import Address, kept
from cchc_portal.lib.numbers import NONE_PRINTED, format_count, format_day
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import CONTENT_TYPES, Column, table_response
from records.models import Event

PRINTED = ("code", "name", "kind", "parent__short_name", "children_count", "valid_from", "valid_to")


@require_safe
@vary_on_htmx
def agency_list(request: HttpRequest) -> HttpResponse:
    """The register as of a day: list or tree, fragment of the table for HTMX, CSV or XLSX with ?format=."""
    asked = Asked(request, AgencyFilter, partial(_narrowed, request))
    if request.GET.get("format") in CONTENT_TYPES:
        return _export(asked.filter.qs, request.GET["format"])
    context = {
        "filter": asked.filter,
        "may_edit": keeps_registers(request.user),
        "breadcrumb": [(_("Agencies"), None)],
        "tree": request.GET.get("view") == "tree",
    }
    if context["tree"]:
        day = asked.filter.day
        return render(request, "agencies/agency_tree.html", context | {"day": day} | _roots(day))
    context["day"], rows = asked.worked_out(_listed)
    context["page"] = page = page_of(request, rows.now(asked.known))
    context["rows"] = SimpleLazyObject(partial(_printed, page.object_list))
    told = (asked.told, page.paginator.count, page.number, page.object_list)
    table = kept("agencies/_agency_table.html", told, context, Address.of(request))
    if wants_fragment(request):
        return HttpResponse(table)
    bar = kept("agencies/_agency_bar.html", asked.told, context, Address.of(request))
    return render(request, "agencies/agency_list.html", context | {"bar": bar, "table": table})


def _narrowed(request: HttpRequest) -> AgencyFilter:
    return AgencyFilter(request.GET, Agency.objects.visible_to(request.user).for_list())


def _listed(narrowed: AgencyFilter) -> tuple[date | None, Counted]:
    """The day of the list and what it asks of the database. Everyone who is signed in sees the same register."""
    return narrowed.day, Counted(with_children_count(narrowed.qs, narrowed.day), PRINTED)


def _printed(agencies) -> list[tuple[str, ...]]:
    """Rows of the list as they are printed."""
    kinds = {code: str(label) for code, label in AgencyKind.choices}
    return [
        (
            agency.code,
            agency.name,
            kinds.get(agency.kind, agency.kind),
            agency.parent__short_name or NONE_PRINTED,
            format_count(agency.children_count),
            format_day(agency.valid_from),
            format_day(agency.valid_to),
        )
        for agency in agencies
    ]


def _roots(day) -> dict:
    """The first two steps of the tree: the roots, each with the units directly below; deeper ones are asked for."""
    rows = Agency.objects.valid_on(day) if day else Agency.objects.all()
    below: dict[int, list[Agency]] = {}
    shown = with_children_count(rows.filter(parent__parent__isnull=True), day).order_by("kind", "sort_key", "pk")
    roots = []
    for agency in shown:
        (below.setdefault(agency.parent_id, []) if agency.parent_id else roots).append(agency)
    return {"roots": [(root, below.get(root.pk, [])) for root in roots]}


@require_safe
def agency_children(request: HttpRequest, code: str) -> HttpResponse:
    """The units directly below one as of ?on=: a branch of the tree, loaded when it is opened."""
    agency = get_object_or_404(Agency.objects.visible_to(request.user), code=code)
    day = AgencyFilter(request.GET, Agency.objects.none()).day
    rows = agency.children.valid_on(day) if day else agency.children.all()
    children = with_children_count(rows, day).order_by("sort_key", "pk")
    return render(request, "agencies/_branch.html", {"agency": agency, "children": children, "day": day})


def _export(agencies, fmt: str) -> HttpResponse:
    columns = [
        Column(_("Code")),
        Column(_("Name"), 50),
        Column(_("Short name"), 30),
        Column(_("Kind")),
        Column(_("Parent")),
        Column(_("Valid from")),
        Column(_("Valid to (last day)")),
        Column(_("Statistical code")),
        Column(_("Reports dossiers")),
    ]
    rows = (
        (
            agency.code,
            agency.name,
            agency.short_name,
            agency.get_kind_display(),
            agency.parent.code if agency.parent_id else None,
            agency.valid_from,
            agency.valid_to,
            agency.gso_code,
            agency.reporting,
        )
        for agency in agencies
    )
    return table_response(_("Agencies"), columns, rows, fmt)


@require_http_methods(["GET", "HEAD", "POST"])
def agency_new(request: HttpRequest) -> HttpResponse:
    """A new unit of the forest."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    form = AgencyForm(
        request.POST or None, initial={"parent": _named_parent(request), "valid_from": timezone.localdate()}
    )
    return _save_or_show(request, form, _("New agency"), "create_agency")


def _named_parent(request: HttpRequest):
    return Agency.objects.filter(code=request.GET.get("parent", "")).first()


@require_http_methods(["GET", "HEAD", "POST"])
def agency_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Correct or close a unit; its code stays, and what follows it is recorded as a succession."""
    agency = get_object_or_404(Agency.objects.visible_to(request.user).select_related("parent"), code=code)
    if not keeps_registers(request.user):
        raise PermissionDenied
    form = AgencyForm(request.POST or None, instance=agency)
    return _save_or_show(request, form, agency.short_name, "edit_agency", agency)


def _save_or_show(request: HttpRequest, form: AgencyForm, title: str, action: str, agency=None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save_checked()
            Event.objects.append(actor=request.user, action=action, **saved)
            if "parent" in form.changed_data:
                forest_changed()
        messages.success(request, _("Saved: %(name)s.") % {"name": saved["target"].name})
        return redirect("reports:agency_profile", code=saved["target"].code)
    back = reverse("agencies:agency_list")
    if agency:
        agency.refresh_from_db(fields=["code"])
        back = reverse("reports:agency_profile", args=[agency.code])
    context = {"form": form, "title": title, "back": back, "breadcrumb": [(_("Agencies"), back), (title, None)]}
    return render(request, "registers/form.html", context, status=422 if form.errors else 200)
