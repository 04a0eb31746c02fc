"""The overview for leaders: one screen, one printed page, everything drills down."""

from dataclasses import dataclass

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.choices import AgencyKind
from agencies.models import Agency
from agencies.permissions import oversees
from cchc_portal.lib.htmx import vary_on_htmx, wants_fragment
from dossiers import rules
from dossiers.choices import FIGURE_LABELS, FORMULA_LABELS
from dossiers.models import Period
from dossiers.tally import period_before
from reports.tally import overview as tally
from reports.views.figures import trend_figure

KEPT_FOR = 3600


@dataclass(frozen=True)
class Choice:
    """What the page is about; every part of it stands in the URL."""

    root: Agency
    period: Period
    formula: str
    kind: str
    periods: list[Period]
    kinds: list[tuple[str, int]]


def _chosen(request: HttpRequest) -> Choice | None:
    """The chosen city, period, formula and group; defaults are the latest period with sums, D2 and departments."""
    roots = tally.top_agencies()
    if not roots:
        return None
    by_code = {root.code: root for root in roots}
    own = {role.agency.path.split("/")[1] for role in request.user.current_roles()}
    home = next((root for root in roots if str(root.pk) in own), roots[0])
    root = by_code.get(request.GET.get("city", ""), home)
    periods = tally.periods_with_sums(root)
    if not periods:
        return None
    label = request.GET.get("period")
    period = next((item for item in periods if item.label == label), periods[0])
    if label and period.label != label:
        raise Http404
    formula = request.GET.get("formula", rules.DEFAULT_FORMULA)
    if formula not in rules.FORMULAS:
        raise Http404
    kinds = tally.kinds_below(root, period)
    names = [kind for kind, _number in kinds]
    default = AgencyKind.DEPARTMENT if AgencyKind.DEPARTMENT in names else (names[0] if names else "")
    kind = request.GET.get("kind", default)
    return Choice(root, period, formula, kind if kind in names else default, periods, kinds)


def _ranking_context(choice: Choice, everything: bool) -> dict:
    ranking = tally.ranking(choice.period, choice.root, choice.kind, choice.formula, everything=everything)
    return {"choice": choice, "ranking": ranking, "kind_label": AgencyKind(choice.kind).label if choice.kind else ""}


def _body(request: HttpRequest, choice: Choice) -> str:
    """The finished screen under the filters; kept as long as nothing it shows has changed."""
    today = timezone.localdate()
    key = ":".join(
        (
            "overview",
            tally.data_version(),
            today.isoformat(),
            choice.root.code,
            choice.period.label,
            choice.formula,
            choice.kind,
            request.LANGUAGE_CODE,
        )
    )
    body = cache.get(key)
    if body is None:
        summary, rates = tally.city_rates(choice.period, choice.root)
        previous = period_before(choice.period)
        earlier = tally.city_rates(previous, choice.root)[1] if previous else {}
        rate = rates[choice.formula]
        completeness = tally.completeness(choice.period, choice.root)
        whole = completeness.everyone_counts
        context = _ranking_context(choice, everything=False) | {
            "summary": summary,
            "rates": [(code, FORMULA_LABELS[code], found) for code, found in rates.items()],
            "counts": [(FIGURE_LABELS[name], summary[name]) for name in ("received", "resolved", "pending")],
            "online": rates["online_share"],
            "headline": tally.compare(rate, earlier.get(choice.formula), comparable=whole),
            "formula_label": FORMULA_LABELS[choice.formula],
            "previous": previous,
            "completeness": completeness,
            "promises": tally.promises(request.user, choice.root, today),
            "visits": tally.visits(request.user, choice.root, choice.period),
            "today": today,
        }
        if choice.period.first_day:
            context["trend"] = trend_figure(
                _("On-time rate of %(agency)s, %(formula)s")
                % {"agency": choice.root.short_name, "formula": choice.formula},
                choice.formula,
                tally.trend(choice.root, choice.period, choice.formula),
                comparable=whole,
            )
        body = render_to_string("reports/_overview.html", context, request)
        cache.set(key, str(body), KEPT_FOR)
    return mark_safe(body)


@require_safe
@vary_on_htmx
def overview(request: HttpRequest) -> HttpResponse:
    """Are we on time, who is not, what changed, what is promised and late, who has not reported."""
    if not oversees(request.user):
        raise PermissionDenied
    choice = _chosen(request)
    if choice is None:
        return render(request, "reports/overview.html", {"choice": None})
    if wants_fragment(request) and request.GET.get("ranking") == "all":
        return render(request, "reports/_overview_ranking.html", _ranking_context(choice, everything=True))
    context = {
        "choice": choice,
        "formulas": [(code, FORMULA_LABELS[code]) for code in rules.FORMULAS],
        "kinds": [(kind, AgencyKind(kind).label, number) for kind, number in choice.kinds],
        "roots": tally.top_agencies(),
        "body": _body(request, choice),
    }
    return render(request, "reports/overview.html", context)
