"""One period: who has reported and when, totals, fields, what was restated since."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from agencies.choices import AgencyKind
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import Column, hand_out_table, wants_table
from dossiers.models import Period
from reports.tally import period as tally
from reports.tally.field import by_field
from reports.tally.overview import days_of_change
from reports.tally.slices import Slice, agencies_read_by, periods_read
from reports.views.figures import trend_figure
from reports.views.slices import (
    Table,
    basis_columns,
    basis_of,
    chosen_formula,
    figure_columns,
    figures_of,
    kind_choices,
    rows_table,
    slice_context,
    tables_beside,
)

# Timeliness → its label and the badge it is shown with.
TIMELINESS = {
    tally.ON_TIME: (pgettext_lazy("return", "sent on time"), "done"),
    tally.LATE: (pgettext_lazy("return", "sent late"), "warning"),
    tally.NOT_SENT: (pgettext_lazy("return", "not sent yet"), "missing"),
    tally.NOT_KNOWN: (pgettext_lazy("return", "sent, time not known"), "open"),
}


@require_safe
def period_page(request: HttpRequest, label: str) -> HttpResponse:
    """Everything of one period to the row, as far as one reads the agencies' figures."""
    period = get_object_or_404(Period.objects.visible_to(request.user), label=label)
    agencies = agencies_read_by(request.user)
    if agencies is not None and not agencies.exists():
        raise PermissionDenied
    chosen = Slice(period, periods_read(agencies), chosen_formula(request), agencies)
    kind, only = request.GET.get("kind", "")[:40], request.GET.get("only", "")[:40]
    kind, only = kind if kind in AgencyKind.values else "", only if only in TIMELINESS else ""
    profile = tally.period_profile(request.user, chosen, kind=kind, only=only)
    fields, procedures = by_field(period, agencies, chosen.formula)
    if wants_table(request):
        tables = {
            "": lambda: _reported_table(chosen, profile.rows),
            "fields": lambda: rows_table(chosen.period, [(_("Fields"), fields)]),
            "procedures": lambda: rows_table(chosen.period, [(_("Procedures"), procedures)]),
        }
        tables |= tables_beside(chosen, profile.total, profile.trend)
        return hand_out_table(request, period.label, tables)
    page = page_of(request, profile.rows)
    context = slice_context(chosen, profile.total) | {
        "period": period,
        "profile": profile,
        "fields": fields,
        "procedures": [row for row in procedures if row.late][:10],
        "page": page,
        "shown": [(row, *TIMELINESS[row.timeliness]) for row in page.object_list],
        "timeliness": [(name, text, badge, profile.counts[name]) for name, (text, badge) in TIMELINESS.items()],
        "kinds": kind_choices(AgencyKind.values),
        "kind": kind,
        "only": only,
        "breadcrumb": [(_("Reporting periods"), reverse("dossiers:period_list")), (str(period), None)],
    }
    if period.first_day and profile.trend:
        context["trend"] = trend_figure(
            _("up to this period"), chosen.formula, profile.trend, comparable=profile.whole, changed=days_of_change()
        )
    return render(request, "reports/period_page.html", context)


def _reported_table(chosen: Slice, rows: list[tally.ReportedRow]) -> Table:
    """Who has reported and when, with the figures."""
    heads = [
        Column(_("Period")),
        Column(_("Code"), 18),
        Column(_("Agency"), 50),
        Column(_("State")),
        Column(_("Sent"), 20),
    ]
    heads += [Column(_("Timeliness"), 20), Column(_("Days late")), Column(_("Accepted"), 20)]
    lines = (
        (
            chosen.period.label,
            row.agency.code,
            row.agency.name,
            row.item.get_state_display() if row.item else "",
            row.sent_at,
            str(TIMELINESS[row.timeliness][0]),
            row.days_late,
            row.item.accepted_at if row.item else None,
            *figures_of(row.sums),
            *basis_of(row.rate),
        )
        for row in rows
    )
    return [*heads, *figure_columns(), *basis_columns()], lines
