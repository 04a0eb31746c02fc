"""One procedure in one period: every agency that reported on it, most overdue first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import hand_out_table, wants_table
from procedures.models import Procedure
from reports.tally.overview import days_of_change
from reports.tally.procedure import procedure_profile as profile_of
from reports.views.figures import trend_figure
from reports.views.slices import (
    LONGEST,
    chosen_slice,
    kind_choices,
    latest_told,
    rows_table,
    slice_context,
    tables_beside,
)


@require_safe
def procedure_profile(request: HttpRequest, code: str) -> HttpResponse:
    """Counts, rates under every formula, trend and the agencies; narrowed to the agencies whose figures one reads."""
    procedure = get_object_or_404(Procedure.objects.visible_to(request.user).select_related("field"), code=code)
    chosen = chosen_slice(request)
    kind, profile = request.GET.get("kind", "")[:LONGEST], None
    if chosen:
        chosen, profile = latest_told(request, chosen, lambda one: profile_of(procedure, one, kind=kind))
    context = {
        "procedure": procedure,
        "chosen": chosen,
        "breadcrumb": [
            (_("Procedures"), reverse("procedures:procedure_list")),
            (procedure.code, reverse("procedures:procedure_detail", args=[procedure.code])),
            (_("Figures"), None),
        ],
    }
    if profile is None:
        return render(request, "reports/procedure_profile.html", context)
    if wants_table(request):
        tables = {"": lambda: rows_table(chosen.period, [(_("Agencies"), profile.rows)])}
        tables |= tables_beside(chosen, profile.total, profile.trend)
        return hand_out_table(request, procedure.code, tables)
    context |= slice_context(chosen, profile.total)
    context |= {"profile": profile, "page": page_of(request, profile.rows), "kinds": kind_choices(profile.kinds)}
    context["kind"] = kind
    if chosen.period.first_day:
        context["trend"] = trend_figure(procedure.code, chosen.formula, profile.trend, changed=days_of_change())
    return render(request, "reports/procedure_profile.html", context)
