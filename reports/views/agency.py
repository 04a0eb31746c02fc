"""Everything about one agency on one page; outsiders see its register facts only."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.models import Agency
from agencies.permissions import keeps_registers
from agencies.tally import register_facts
from dossiers import rules
from dossiers.choices import FIGURE_LABELS, FORMULA_LABELS
from inspections.permissions import agencies_with_figures_for
from procedures.tally import stated_facts
from reports.tally.overview import trend
from reports.tally.profile import FIGURES_SHOWN, FORMULAS_SHOWN, profile
from reports.views.figures import trend_figure


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
        context["profile"] = profile(agency, request.user, today)
        context["figure_labels"] = [FIGURE_LABELS[name] for name in FIGURES_SHOWN]
        context["formula_labels"] = [(code, FORMULA_LABELS[code]) for code in FORMULAS_SHOWN]
        dated = [row for row in context["profile"].history if row.own and row.period.first_day]
        if dated:
            context["trend"] = trend_figure(
                _("On-time rate of %(agency)s, %(formula)s")
                % {"agency": agency.short_name, "formula": rules.DEFAULT_FORMULA},
                rules.DEFAULT_FORMULA,
                trend(agency, dated[0].period, rules.DEFAULT_FORMULA, tree=False),
            )
    return render(request, "reports/agency_profile.html", context)
