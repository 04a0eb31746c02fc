"""What was published about the figures, each statement beside what the counts give; targets with their source."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.permissions import keeps_registers
from cchc_portal.lib.htmx import vary_on_htmx
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import Column, table_response
from reports.filters import ClaimFilter
from reports.models import Claim, Target
from reports.tally.claims import judged

TARGETS_SHOWN = 10


@require_safe
@vary_on_htmx
def claim_list(request: HttpRequest) -> HttpResponse:
    """The register of published statements with their verdicts."""
    claims = Claim.objects.visible_to(request.user).for_list().select_related("period")
    narrowed = ClaimFilter(request.GET, queryset=claims, request=request)
    if request.GET.get("format") in ("csv", "xlsx"):
        return _export(narrowed.qs, request.GET["format"])
    page = page_of(request, narrowed.qs)
    targets = Target.objects.visible_to(request.user).for_list()[:TARGETS_SHOWN]
    context = {
        "filter": narrowed,
        "page": page,
        "rows": judged(list(page.object_list)),
        "targets": targets,
        "may_edit": keeps_registers(request.user),
    }
    return render(request, "reports/claim_list.html", context)


def _export(claims, fmt: str) -> HttpResponse:
    columns = [
        Column(_("Agency")),
        Column(_("Period")),
        Column(_("Statement")),
        Column(_("Value")),
        Column(_("Unit")),
        Column(_("Formula")),
        Column(_("Numerator")),
        Column(_("Denominator")),
        Column(_("Verdict")),
        Column(_("What it rests on")),
        Column(_("Source")),
    ]
    rows = (
        (
            row.claim.agency.code,
            row.claim.period.label if row.claim.period else row.claim.period_text,
            row.claim.text,
            row.claim.value,
            row.claim.unit,
            row.claim.formula,
            row.claim.numerator,
            row.claim.denominator,
            str(row.verdict.label),
            "; ".join(row.sentences),
            str(row.claim.source),
        )
        for row in judged(list(claims))
    )
    return table_response("claims", columns, rows, fmt)
