"""What was published about the figures, each statement beside what the counts give; targets with their source."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.permissions import keeps_registers
from cchc_portal.lib.htmx import vary_on_htmx
from cchc_portal.lib.paging import long_page_of, page_of
from cchc_portal.lib.tables import Column, table_response, wants_table
from reports.filters import ClaimFilter, ContradictionFilter
from reports.models import Claim, Target
from reports.tally.claims import JudgedClaim, judged
from reports.tally.contradictions import contradictions
from reports.views.slices import Table

TARGETS_SHOWN = 10


@require_safe
@vary_on_htmx
def claim_list(request: HttpRequest) -> HttpResponse:
    """The register of published statements with their verdicts."""
    claims = Claim.objects.visible_to(request.user).for_list().select_related("period")
    claims = claims.order_by("source__code", "agency__sort_key", "pk")
    narrowed = ClaimFilter(request.GET, queryset=claims, request=request)
    if wants_table(request):
        return table_response("claims", *claims_table(judged(list(narrowed.qs))), request.GET["format"])
    page = long_page_of(request, narrowed.qs)
    targets = Target.objects.visible_to(request.user).for_list()[:TARGETS_SHOWN]
    context = {
        "filter": narrowed,
        "page": page,
        "rows": judged(list(page.object_list)),
        "targets": targets,
        "may_edit": keeps_registers(request.user),
    }
    return render(request, "reports/claim_list.html", context)


def claims_table(claims: Iterable[JudgedClaim]) -> Table:
    """Published statements, each with its verdict and what that rests on."""
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
            "; ".join(row.sentences + row.gaps),
            str(row.claim.source),
        )
        for row in claims
    )
    return columns, rows


@require_safe
@vary_on_htmx
def contradiction_list(request: HttpRequest) -> HttpResponse:
    """Published figures that cannot be true: against the counts, against each other, against their own row."""
    claims = Claim.objects.visible_to(request.user).for_list().select_related("period")
    claims = claims.order_by("source__code", "agency__sort_key", "pk")
    narrowed = ContradictionFilter(request.GET, queryset=claims, request=request)
    found = narrowed.chosen(contradictions(list(claims))) if narrowed.is_valid() else []
    if wants_table(request):
        return _export_contradictions(found, request.GET["format"])
    context = {
        "filter": narrowed,
        "page": page_of(request, found),
        "breadcrumb": [(_("Published figures"), reverse("reports:claim_list")), (_("Contradictions"), None)],
    }
    return render(request, "reports/contradiction_list.html", context)


def _export_contradictions(found, fmt: str) -> HttpResponse:
    columns = [
        Column(_("What speaks against it"), 30),
        Column(_("Agency")),
        Column(_("Period")),
        Column(_("Statement"), 40),
        Column(_("Value")),
        Column(_("Unit")),
        Column(_("Formula")),
        Column(_("Why"), 60),
        Column(_("Source"), 40),
    ]
    rows = (
        (
            str(one.kind.label),
            one.row.claim.agency.code,
            one.row.claim.period.label if one.row.claim.period else one.row.claim.period_text,
            one.row.claim.text,
            one.row.claim.value,
            one.row.claim.unit,
            one.row.claim.formula,
            "; ".join(one.why),
            str(one.row.claim.source),
        )
        for one in found
    )
    return table_response("contradictions", columns, rows, fmt)
