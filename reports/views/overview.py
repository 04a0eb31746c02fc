"""The overview for leaders: one screen, one printed page, everything drills down."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.choices import AgencyKind
from agencies.permissions import oversees
from cchc_portal.lib.htmx import vary_on_htmx, wants_fragment
from cchc_portal.lib.tables import hand_out_table, wants_table
from dossiers import rules
from reports.tally import overview as tally
from reports.views.overview_export import tables_of
from reports.views.overview_parts import Choice, overview_parts, ranking_context

KEPT_FOR = 3600
ATTEMPTS = 3


@dataclass(frozen=True)
class Screen:
    """The finished page under the frame, kept as long as nothing it shows has changed."""

    title: str
    lead: str
    html: str


def _asked(request: HttpRequest) -> dict[str, str]:
    """What the URL asks for, cut to the length of the longest name there is."""
    return {name: request.GET.get(name, "")[:40] for name in ("city", "period", "formula", "kind")}


def _home(request: HttpRequest) -> str:
    """Key of the root above the person's own agency: the city that is shown when none is asked for."""
    return min(role.agency.path.split("/")[1] for role in request.user.current_roles())


def _chosen(asked: dict[str, str], home: str) -> Choice | None:
    """The chosen city, period, formula and group; defaults are the latest period with sums, D2 and departments.

    Raises Http404 for a period or formula that does not exist.
    """
    roots = tally.top_agencies()
    if not roots:
        return None
    own = next((root for root in roots if str(root.pk) == home), roots[0])
    root = next((root for root in roots if root.code == asked["city"]), own)
    city = tally.city(root)
    periods = city.periods_with_sums
    if not periods:
        return None
    period = next((item for item in periods if item.label == asked["period"]), periods[0])
    if asked["period"] and period.label != asked["period"]:
        raise Http404
    formula = asked["formula"] or rules.DEFAULT_FORMULA
    if formula not in rules.FORMULAS:
        raise Http404
    kinds = tally.kinds_below(root, period)
    names = [kind for kind, _number in kinds]
    default = AgencyKind.DEPARTMENT if AgencyKind.DEPARTMENT in names else (names[0] if names else "")
    return Choice(city, period, formula, asked["kind"] if asked["kind"] in names else default, roots, kinds)


def _screen(request: HttpRequest) -> Screen | None:
    """The finished screen for what the URL asks, made anew when anything it shows has changed; None without sums.

    Sums that arrive while it is being made would tear it, old ranks beside a new total: then it is made once more.
    """
    asked, home, today = _asked(request), _home(request), timezone.localdate()
    screen = None
    for _attempt in range(ATTEMPTS):
        version = tally.data_version()
        key = "overview:" + ":".join((version, today.isoformat(), request.LANGUAGE_CODE, home, urlencode(asked)))
        kept = cache.get(key)
        if kept is not None:
            return kept
        screen = _made(request, asked, home, today)
        if screen is None:
            return None
        if tally.data_version() == version:
            cache.set(key, screen, KEPT_FOR)
            break
    return screen


def _made(request: HttpRequest, asked: dict[str, str], home: str, today: date) -> Screen | None:
    """The screen as the data are now; None without sums."""
    choice = _chosen(asked, home)
    if choice is None:
        return None
    # Rendered without the request: what is kept must not carry anything of the one who asked first.
    html = render_to_string("reports/_overview.html", {"parts": overview_parts(choice, today)})
    return Screen(title=str(choice.period), lead=tally.span(choice.period, choice.root), html=html)


@require_safe
@vary_on_htmx
def overview(request: HttpRequest) -> HttpResponse:
    """Are we on time, who is not, what changed, what is promised and late, who has not reported."""
    if not oversees(request.user):
        raise PermissionDenied
    if request.GET.get("ranking") == "all" and wants_fragment(request):
        choice = _chosen(_asked(request), _home(request))
        if choice is None:
            raise Http404
        return render(request, "reports/_overview_ranking.html", ranking_context(choice, everything=True))
    if wants_table(request):
        choice = _chosen(_asked(request), _home(request))
        if choice is None:
            raise Http404
        name = f"{_('Overview')} {choice.period.label} {choice.formula}"
        return hand_out_table(request, name, tables_of(choice))
    parts = request.GET.copy()
    presented = parts.pop("present", [""])[-1] == "1"
    context = {"screen": _screen(request), "presented": presented, "other_view": parts.urlencode()}
    return render(request, "reports/overview.html", context)
