"""Yearly plans: the list, one plan with its calendar, its units, and which agencies are covered."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cchc_portal.lib import tables
from cchc_portal.lib.errors import Conflict
from cchc_portal.lib.paging import page_of
from inspections import permissions
from inspections.choices import INSPECTION_PLAN, PlanState, UnitStanding
from inspections.models import Plan
from inspections.plan_forms import PlanFilter, PlanForm
from inspections.tally import with_standing
from inspections.views.handling import both_values, moves_for, try_move, typed, with_version
from inspections.workflow import PLANS, keep_edit, keep_new
from inspections.workflow.plans import OF_THE_PLAN, plan_facts
from records.models import Document
from records.workflow import ask_document

# What a unit's standing is shown as: the code of a badge.
BADGES = {
    UnitStanding.NOT_DUE: "not_due",
    UnitStanding.PLANNED: "planned",
    UnitStanding.DONE: "done",
    UnitStanding.DONE_LATE: "done",
    UnitStanding.LATE: "overdue",
    UnitStanding.MISSED: "missing",
    UnitStanding.CANCELLED: "cancelled",
    UnitStanding.LEFT_OUT: "withdrawn",
}
BEHIND = (UnitStanding.LATE, UnitStanding.MISSED)


def trail_to_plans(*further) -> list[tuple[str, str]]:
    """The breadcrumb of a page about plans."""
    plans = (_("Inspection plans"), reverse("inspections:plan_list") if further else "")
    return [(_("Supervision and inspection"), reverse("inspections:visit_list")), plans, *further]


def units_of(plan: Plan) -> list:
    """The plan's units with their agency, team and visit, each told where it stands today."""
    rows = plan.units.select_related("agency", "team", "visit", "plan")
    told = with_standing(rows, plan, timezone.localdate())
    for unit in told:
        unit.standing_label = UnitStanding(unit.standing).label
        unit.badge = BADGES[unit.standing]
    return told


def _rows(user):
    kept = Count("units", filter=Q(units__left_out=""))
    begun = Count(
        "units", filter=~Q(units__visit__state__in=("planned", "prepared", "cancelled")) & Q(units__visit__isnull=False)
    )
    return Plan.objects.visible_to(user).for_list().annotate(size=kept, visited=begun)


@require_safe
def plan_list(request: HttpRequest) -> HttpResponse:
    """Every plan the person may see, the newest year first."""
    plans = PlanFilter(request.GET, queryset=_rows(request.user), request=request)
    if request.GET.get("format") in (tables.CSV, tables.XLSX):
        columns = [
            _("year"),
            _("kind"),
            _("title"),
            _("issuing agency"),
            _("decision number"),
            _("state"),
            _("units"),
            _("visited"),
        ]
        rows = (
            [
                plan.year,
                plan.get_kind_display(),
                plan.title,
                str(plan.issuing_agency or ""),
                plan.decision_number,
                plan.get_state_display(),
                plan.size,
                plan.visited,
            ]
            for plan in plans.qs
        )
        return tables.table_response(_("Inspection plans"), columns, rows, request.GET["format"])
    context = {
        "filter": plans,
        "page": page_of(request, plans.qs),
        "may_keep": permissions.keeps_plans(request.user),
        "may_cover": permissions.reads_coverage(request.user),
        "breadcrumb": trail_to_plans(),
    }
    return render(request, "inspections/plan_list.html", context)


def plan_of(request: HttpRequest, pk: int) -> Plan:
    return get_object_or_404(Plan.objects.visible_to(request.user).select_related("issuing_agency"), pk=pk)


def _months(units: list) -> list[dict]:
    """The calendar: each month with its units, and those without a month at the end."""
    months = [{"number": number, "units": [u for u in units if u.month == number]} for number in range(1, 13)]
    loose = [unit for unit in units if unit.month is None]
    return [*months, {"number": None, "units": loose}] if loose else months


def _page(request: HttpRequest, plan: Plan, *, tried=None, action: str = "", status: int = 200) -> HttpResponse:
    units = units_of(plan)
    kept = [unit for unit in units if unit.standing != UnitStanding.LEFT_OUT]
    offered = [one for one in moves_for(request, PLANS, plan, {}, tried, action) if one["move"].action in OF_THE_PLAN]
    waiting = [unit for unit in kept if unit.visit is None]
    context = {
        "plan": plan,
        "units": units,
        "months": _months(kept),
        "total": len(kept),
        "done": sum(1 for unit in kept if unit.standing in (UnitStanding.DONE, UnitStanding.DONE_LATE)),
        "behind": [unit for unit in kept if unit.standing in BEHIND],
        "moves": [one for one in offered if one["move"].action != "make_visits" or waiting],
        "moves_url": reverse("inspections:plan_detail", args=[plan.pk]),
        "may_keep": permissions.keeps_plans(request.user, plan),
        "documents": Document.objects.visible_to(request.user).filter(kind=INSPECTION_PLAN, subject_id=plan.pk)[:5],
        "breadcrumb": trail_to_plans((plan.title, "")),
    }
    return render(request, "inspections/plan_detail.html", context, status=status)


@require_safe
def plan_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One plan: how far it is, its calendar by month, its units, its documents."""
    plan = plan_of(request, pk)
    if request.GET.get("format") not in (tables.CSV, tables.XLSX):
        return _page(request, plan)
    columns = [
        _("agency"),
        _("month"),
        _("team"),
        _("where it stands"),
        _("visit"),
        _("note"),
        _("why it was taken out"),
    ]
    rows = (
        [
            unit.agency.name,
            unit.month,
            unit.team.name if unit.team else "",
            unit.standing_label,
            unit.visit.date_text if unit.visit else "",
            unit.note,
            unit.left_out,
        ]
        for unit in units_of(plan)
    )
    return tables.table_response(plan.title, columns, rows, request.GET["format"])


@require_POST
def plan_action(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Move a plan on: issue it, make its visits, close it."""
    plan = plan_of(request, pk)
    problems = try_move(request, PLANS, plan, action if action in OF_THE_PLAN else "", {})
    if problems is not None:
        return _page(request, plan, tried=problems, action=action, status=422)
    done = {"make_visits": _("The visits are planned."), "close": _("The plan is closed.")}
    messages.success(request, done.get(action, _("The plan is issued.")))
    return redirect("inspections:plan_detail", pk=plan.pk)


def _form_page(request, form: PlanForm, plan: Plan | None, *, both=(), status=None) -> HttpResponse:
    title = _("Edit the plan") if plan else _("New plan")
    back = plan.get_absolute_url() if plan else reverse("inspections:plan_list")
    further = [(plan.title, back)] if plan else []
    context = {"form": form, "title": title, "both": both, "back": back}
    context["breadcrumb"] = trail_to_plans(*further, (title, ""))
    failed = form.is_bound and form.errors
    return render(request, "inspections/form.html", context, status=status or (422 if failed else 200))


@require_http_methods(["GET", "HEAD", "POST"])
def plan_new(request: HttpRequest) -> HttpResponse:
    """Draw up a plan; its units are named on its own page."""
    if not permissions.keeps_plans(request.user):
        raise PermissionDenied
    form = PlanForm(request.POST or None, initial={"year": timezone.localdate().year})
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.instance.created_by = request.user
            plan = form.save()
            keep_new(plan, by=request.user, action="draft_plan", after=plan_facts(plan))
        messages.success(request, _("The plan is drawn up. Name its units now."))
        return redirect("inspections:plan_detail", pk=plan.pk)
    return _form_page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def plan_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the words of a draft plan."""
    plan = plan_of(request, pk)
    if not permissions.keeps_plans(request.user, plan):
        raise PermissionDenied
    form = PlanForm(request.POST or None, instance=plan)
    if not plan.is_editable:
        raise Conflict(_("The plan is issued: its words can no longer be changed."), mine=typed(form))
    if request.method == "POST" and form.is_valid():
        try:
            keep_edit(plan, by=request.user, seen=form.cleaned_data["seen"], names=form.changed_columns)
        except Conflict:
            current = plan_of(request, pk)
            both = both_values(form, current)
            again = PlanForm(with_version(request, current.version), instance=current)
            return _form_page(request, again, current, both=both or True, status=409)
        messages.success(request, _("Saved."))
        return redirect("inspections:plan_detail", pk=plan.pk)
    return _form_page(request, form, plan)


@require_POST
def ask_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the plan made as a PDF and as a Word file by the worker."""
    plan = plan_of(request, pk)
    if not permissions.keeps_plans(request.user, plan):
        raise PermissionDenied
    address = request.build_absolute_uri("/").rstrip("/")
    ask_document(
        INSPECTION_PLAN,
        plan.pk,
        title=plan.title,
        by=request.user,
        draft=plan.state == PlanState.DRAFT,
        address=address,
    )
    return redirect(plan.get_absolute_url() + "#documents")
