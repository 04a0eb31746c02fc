"""The register of fields (lĩnh vực) that procedures are grouped by."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies.permissions import keeps_registers
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import CONTENT_TYPES, Column, table_response
from procedures.filters import FieldFilter
from procedures.forms import FieldForm
from procedures.models import Field
from records.models import Event


def _breadcrumb(title: str | None = None) -> list:
    steps = [(_("Administration"), reverse("agencies:administration"))]
    if title is None:
        return [*steps, (_("Fields"), None)]
    return [*steps, (_("Fields"), reverse("procedures:field_list")), (title, None)]


@require_safe
def field_list(request: HttpRequest) -> HttpResponse:
    """All fields with the number of their procedures."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    narrowed = FieldFilter(request.GET, Field.objects.annotate(number=Count("procedures")).order_by("sort_key", "pk"))
    if request.GET.get("format") in CONTENT_TYPES:
        columns = [Column(_("Code")), Column(_("Name"), 50), Column(_("Procedures"))]
        rows = ((field.code, field.name, field.number) for field in narrowed.qs)
        return table_response(_("Fields"), columns, rows, request.GET["format"])
    context = {"filter": narrowed, "page": page_of(request, narrowed.qs), "breadcrumb": _breadcrumb()}
    return render(request, "procedures/field_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def field_new(request: HttpRequest) -> HttpResponse:
    """A new row of the register."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    return _save_or_show(request, FieldForm(request.POST or None), _("New field"), "create_field")


@require_http_methods(["GET", "HEAD", "POST"])
def field_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a row of the register."""
    row = get_object_or_404(Field, pk=pk)
    if not keeps_registers(request.user):
        raise PermissionDenied
    return _save_or_show(request, FieldForm(request.POST or None, instance=row), str(row), "edit_field")


def _save_or_show(request: HttpRequest, form: FieldForm, title: str, action: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save_checked()
            Event.objects.append(actor=request.user, action=action, **saved)
        messages.success(request, _("Saved: %(name)s.") % {"name": saved["target"]})
        return redirect("procedures:field_list")
    back = reverse("procedures:field_list")
    context = {"form": form, "title": title, "back": back, "breadcrumb": _breadcrumb(title)}
    return render(request, "registers/form.html", context, status=422 if form.errors else 200)
