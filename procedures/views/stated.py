"""How many procedures sources state at each level: stated counts, never computed, each with its date and source."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies.permissions import keeps_registers
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import CONTENT_TYPES, Column, table_response
from procedures.filters import StatedLevelFilter
from procedures.forms import StatedLevelForm
from procedures.models import StatedLevelCount
from procedures.tally import named
from records.models import Event


def _breadcrumb(title: str | None = None) -> list:
    steps = [(_("Procedures"), reverse("procedures:procedure_list"))]
    if title is None:
        return [*steps, (_("Stated level counts"), None)]
    return [*steps, (_("Stated level counts"), reverse("procedures:stated_level_list")), (title, None)]


@require_safe
def stated_level_list(request: HttpRequest) -> HttpResponse:
    """Stated level counts of every agency, latest first; open to everyone who is signed in."""
    counts = StatedLevelCount.objects.select_related("agency", "source")
    narrowed = StatedLevelFilter(request.GET, counts.order_by("-as_of", "agency__sort_key", "scale", "value"))
    if request.GET.get("format") in CONTENT_TYPES:
        return _export(narrowed.qs, request.GET["format"])
    page = page_of(request, narrowed.qs)
    context = {
        "filter": narrowed,
        "page": page,
        "rows": named(page.object_list),
        "may_edit": keeps_registers(request.user),
        "breadcrumb": _breadcrumb(),
    }
    return render(request, "procedures/stated_level_list.html", context)


def _export(counts, fmt: str) -> HttpResponse:
    names = ("agency", "as_of", "scale", "value", "procedures", "of", "counting", "source")
    rows = (
        (row.agency.code, row.as_of, row.scale, row.value, row.procedures, row.of, row.counting, row.source)
        for row in counts
    )
    return table_response(_("Stated level counts"), [Column(name) for name in names], rows, fmt)


@require_http_methods(["GET", "HEAD", "POST"])
def stated_level_new(request: HttpRequest) -> HttpResponse:
    """A new row of the register."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    return _save_or_show(
        request, StatedLevelForm(request.POST or None), _("New stated level count"), "create_stated_level"
    )


@require_http_methods(["GET", "HEAD", "POST"])
def stated_level_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a row of the register."""
    row = get_object_or_404(StatedLevelCount, pk=pk)
    if not keeps_registers(request.user):
        raise PermissionDenied
    return _save_or_show(request, StatedLevelForm(request.POST or None, instance=row), str(row), "edit_stated_level")


def _save_or_show(request: HttpRequest, form: StatedLevelForm, title: str, action: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save_checked()
            Event.objects.append(actor=request.user, action=action, **saved)
        messages.success(request, _("Saved: %(name)s.") % {"name": saved["target"]})
        return redirect("procedures:stated_level_list")
    back = reverse("procedures:stated_level_list")
    context = {"form": form, "title": title, "back": back, "breadcrumb": _breadcrumb(title)}
    return render(request, "registers/form.html", context, status=422 if form.errors else 200)
