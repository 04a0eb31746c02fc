"""Which agencies are covered: visited in the year and in the years before, never visited, with a plan of their own."""

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from cchc_portal.lib import tables
from cchc_portal.lib.numbers import Rate
from cchc_portal.lib.paging import page_of
from inspections import permissions
from inspections.models import OwnPlan
from inspections.plan_forms import FIRST_YEAR, LAST_YEAR, CoverageForm, OwnPlanForm
from inspections.tally import Covered, coverage
from inspections.views.plans import trail_to_plans
from inspections.workflow import keep_new

YEARS = 3
BADGES = {"year": "done", "span": "done", "before": "due_soon", "never": "missing"}


def _state_words(row: Covered) -> str:
    return {
        "year": pgettext("coverage", "visited in the year"),
        "span": pgettext("coverage", "visited in the years before"),
        "before": pgettext("coverage", "longer ago"),
        "never": pgettext("coverage", "never visited"),
    }[row.state]


def _as_of(year: int) -> date:
    """Today, or the last day of a year that is over."""
    return min(timezone.localdate(), date(year, 12, 31))


def _asked(request: HttpRequest) -> dict:
    """What the URL asks for; what it leaves out or gets wrong is this year, over three years, everything."""
    standing = {"year": timezone.localdate().year, "years": YEARS, "agency_kind": "", "kind": "", "only": ""}
    form = CoverageForm(standing | request.GET.dict())
    form.is_valid()
    for name, value in standing.items():
        form.cleaned_data.setdefault(name, value)
    return form.cleaned_data | {"form": form}


def _shown(rows: list[Covered], only: str) -> list[Covered]:
    kept = {
        "never": lambda row: not row.days,
        "not_in_year": lambda row: not row.in_year,
        "no_plan": lambda row: row.own_plan is None,
    }.get(only)
    return [row for row in rows if kept(row)] if kept else rows


def _share(part: int, whole: int) -> Rate:
    return Rate(part, whole, "")


@require_safe
def coverage_page(request: HttpRequest) -> HttpResponse:
    """How many agencies of today were visited, which were not, and whether all have a plan of the year."""
    if not permissions.reads_coverage(request.user):
        raise PermissionDenied
    asked = _asked(request)
    as_of = _as_of(asked["year"])
    known = coverage(asked["year"], asked["years"], as_of, kind=asked["kind"], agency_kind=asked["agency_kind"])
    rows = _shown(known.rows, asked["only"])
    if request.GET.get("format") in (tables.CSV, tables.XLSX):
        columns = [_("code"), _("agency"), _("kind"), _("last visit"), _("visits in the year"), _("visits in the span")]
        columns += [_("in an issued plan"), _("plan of its own"), _("number of the plan")]
        lines = (
            [
                row.agency.code,
                row.agency.name,
                row.agency.get_kind_display(),
                row.last,
                row.in_year,
                row.in_span,
                row.planned,
                bool(row.own_plan),
                row.own_plan.number if row.own_plan else "",
            ]
            for row in rows
        )
        return tables.table_response(_("Coverage"), columns, lines, request.GET["format"])
    page = page_of(request, rows)
    for row in page:
        row.badge, row.words = BADGES[row.state], _state_words(row)
    context = {
        "form": asked["form"],
        "known": known,
        "page": page,
        "in_year": _share(known.covered_in_year, known.total),
        "in_span": _share(known.covered_in_span, known.total),
        "with_plan": _share(known.with_plan, known.total),
        "may_keep": permissions.keeps_plans(request.user),
        "breadcrumb": trail_to_plans((_("Coverage"), "")),
    }
    return render(request, "inspections/plan_coverage.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def own_plans(request: HttpRequest, year: int) -> HttpResponse:
    """Write down which agencies have made their own plan of the year."""
    if not permissions.keeps_plans(request.user):
        raise PermissionDenied
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    known = coverage(year, YEARS, _as_of(year))
    form = OwnPlanForm(request.POST or None, known=known)
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in ("number", "issued_on")}
        with transaction.atomic():
            for agency in form.cleaned_data["agencies"]:
                plan, fresh = OwnPlan.objects.get_or_create(
                    year=year, agency=agency, defaults=values | {"recorded_by": request.user}
                )
                if fresh:
                    keep_new(plan, by=request.user, action="record_own_plan")
        messages.success(request, _("Saved."))
        return redirect(f"{reverse('inspections:plan_coverage')}?year={year}")
    title = _("Plans that agencies made for %(year)s") % {"year": year}
    back = f"{reverse('inspections:plan_coverage')}?year={year}"
    context = {"form": form, "title": title, "back": back}
    context["breadcrumb"] = trail_to_plans((_("Coverage"), back), (title, ""))
    return render(request, "inspections/plan_units.html", context, status=422 if form.errors else 200)
