"""Everything about one agency on one page; outsiders see its register facts only."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.models import Agency
from agencies.permissions import keeps_registers
from agencies.tally import register_facts
from cchc_portal.lib.tables import Column, hand_out_table, wants_table
from dossiers.choices import FIGURE_LABELS, FORMULA_LABELS
from dossiers.models import Period, Return
from dossiers.tally.flags import told_of
from inspections.permissions import agencies_with_figures_for
from procedures.tally import stated_facts
from reports.tally.agency_period import AgencyPeriod, agency_period
from reports.tally.overview import days_of_change, trend
from reports.tally.profile import FIGURES_SHOWN, FORMULAS_SHOWN, Profile, profile
from reports.tally.slices import Slice
from reports.views.claims import claims_table
from reports.views.figures import trend_figure
from reports.views.period import TIMELINESS
from reports.views.series import profile_context
from reports.views.slices import (
    LONGEST,
    Table,
    basis_columns,
    basis_of,
    chosen_formula,
    rows_table,
    slice_context,
    tables_beside,
)


@require_safe
def agency_profile(request: HttpRequest, code: str) -> HttpResponse:
    """Register facts for everyone; figures, visits and promises for those who may read them."""
    agency = get_object_or_404(Agency.objects.visible_to(request.user).select_related("parent"), code=code)
    today = timezone.localdate()
    context = {
        "agency": agency,
        "facts": register_facts(agency, today),
        "stated": stated_facts(agency),
        "may_edit": keeps_registers(request.user),
    }
    if agencies_with_figures_for(request.user).filter(pk=agency.pk).exists():
        found = profile(agency, request.user, today)
        context["profile"] = found
        context["returns"] = [(row, *TIMELINESS[row.timeliness]) for row in found.returns]
        context["history_labels"] = [FIGURE_LABELS[name] for name in FIGURES_SHOWN]
        context["formula_labels"] = [(code, FORMULA_LABELS[code]) for code in FORMULAS_SHOWN]
        if any(not row.own for row in found.history):
            context |= profile_context(request, agency)
        periods = [row.period for row in found.history if row.own]
        chosen = _chosen(request, agency, periods)
        reported = agency_period(agency, chosen.period, chosen.formula) if chosen else None
        if wants_table(request):
            return hand_out_table(request, agency.code, _tables(agency, found, chosen, reported))
        context |= {"chosen": chosen, "reported": reported}
        if reported:
            figure = _trend_figure(agency, chosen)
            context |= slice_context(chosen, reported.total) | {"narrowed": False, "trend": figure}
            context |= _unusual(request.user, reported)
    return render(request, "reports/agency_profile.html", context)


def _unusual(user, reported: AgencyPeriod) -> dict:
    """What of the return is unusual, for whoever reads its figures; pages to open for whoever may open the return."""
    may_open = Return.objects.visible_to(user).filter(pk=reported.item.pk).exists()
    return {"flags": told_of(reported.item), "may_open_return": may_open}


def _chosen(request: HttpRequest, agency: Agency, periods: list[Period]) -> Slice | None:
    """The period of the URL, else the agency's latest with exact days; None where nothing was accepted.

    A period in which the agency reported nothing is shown as that. Raises Http404 for one that does not exist.
    """
    formula, asked = chosen_formula(request), request.GET.get("period", "")[:LONGEST]
    period = next((one for one in periods if one.label == asked), None)
    if asked and period is None:
        period = Period.objects.visible_to(request.user).filter(label=asked).first()
        if period is None:
            raise Http404
        periods = [period, *periods]
    if period is None and periods:
        period = next((one for one in periods if one.first_day), periods[0])
    return Slice(period, periods, formula, [agency.pk]) if period else None


def _trend_figure(agency: Agency, chosen: Slice):
    """The agency's own rate over the last periods; nothing for a publication without days."""
    if chosen.period.first_day is None:
        return None
    points, changed = trend(agency, chosen.period, chosen.formula), days_of_change(of=agency)
    return trend_figure(agency.short_name, chosen.formula, points, changed=changed, parted=True)


def _tables(agency: Agency, found: Profile, chosen: Slice | None, reported: AgencyPeriod | None) -> dict:
    """The page's tables by the names in its links; those of the period only where it was reported on."""
    tables = {"history": lambda: _history_table(found), "claims": lambda: claims_table(found.claims)}
    if reported:
        parts = [(part.field.label, part.lines) for part in reported.fields]
        points = trend(agency, chosen.period, chosen.formula) if chosen.period.first_day else []
        tables |= {"": lambda: rows_table(chosen.period, parts)} | tables_beside(chosen, reported.total, points)
    return tables


def _history_table(found: Profile) -> Table:
    """Each period as reported then, a row for every formula that the page shows."""
    heads = [Column(_("Period")), Column(_("Code"), 18), Column(_("Reported by"), 50)]
    figures = [Column(FIGURE_LABELS[name]) for name in FIGURES_SHOWN]
    rows = (
        (row.period.label, row.agency.code, row.agency.name, *row.figures, row.lines, not row.complete, *basis_of(rate))
        for row in found.history
        for rate in row.rates
    )
    return [*heads, *figures, Column(_("Lines")), Column(_("not complete")), *basis_columns()], rows
