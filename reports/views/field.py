"""One field of work in one period: its procedures and the agencies that work in it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cchc_portal.lib.tables import hand_out_table, wants_table
from procedures.models import Field
from reports.tally.field import field_profile as profile_of
from reports.tally.overview import days_of_change
from reports.views.figures import trend_figure
from reports.views.slices import chosen_slice, latest_told, rows_table, slice_context, tables_beside


@require_safe
def field_profile(request: HttpRequest, pk: int) -> HttpResponse:
    """Counts, rates under every formula, trend, procedures and agencies, as far as one reads the agencies' figures."""
    field = get_object_or_404(Field, pk=pk)
    chosen = chosen_slice(request)
    profile = None
    if chosen:
        chosen, profile = latest_told(request, chosen, lambda one: profile_of(field, one))
    breadcrumb = [(_("Procedures"), reverse("procedures:procedure_list")), (field.name, None)]
    context = {"field": field, "chosen": chosen, "breadcrumb": breadcrumb}
    if profile is None:
        return render(request, "reports/field_profile.html", context)
    if wants_table(request):
        parts = [(_("Procedures"), profile.procedures), (_("Agencies"), profile.agencies)]
        tables = {"": lambda: rows_table(chosen.period, parts)} | tables_beside(chosen, profile.total, profile.trend)
        return hand_out_table(request, field.name, tables)
    context |= slice_context(chosen, profile.total) | {"profile": profile}
    if chosen.period.first_day:
        context["trend"] = trend_figure(field.name, chosen.formula, profile.trend, changed=days_of_change())
    return render(request, "reports/field_profile.html", context)
