"""Units of a plan: named several at once, moved to another month or team, taken out."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cchc_portal.lib.errors import Conflict, Refused
from inspections import permissions
from inspections.models import Plan
from inspections.plan_forms import LeaveOutForm, UnitForm, UnitsForm
from inspections.tally import coverage
from inspections.views.plans import plan_of, trail_to_plans
from inspections.workflow import PLANS
from records.moves import tell_both

SPAN = 3


def _kept_plan(request: HttpRequest, pk: int) -> Plan:
    plan = plan_of(request, pk)
    if not permissions.keeps_plans(request.user, plan):
        raise PermissionDenied
    return plan


def _moved(request: HttpRequest, plan: Plan, action: str, form, **data) -> bool:
    """Make the move that the form describes; its problems stand at the form where it is refused."""
    if not form.is_valid():
        form.renew_version(plan.version)
        return False
    cleaned = dict(form.cleaned_data) | data
    try:
        PLANS.perform(
            plan, action, by=request.user, version=cleaned.pop("version"), reason=cleaned.pop("reason", ""), **cleaned
        )
    except Refused as refusal:
        form.add_error(None, refusal.problems)
        return False
    except Conflict as conflict:
        raise tell_both(conflict, plan, PLANS.move(action).label, form) from conflict
    messages.success(request, _("Saved."))
    return True


def _refuse_closed(plan: Plan) -> None:
    if not plan.takes_units:
        raise Conflict(_("The plan is closed: its units can no longer be changed."), url=plan.get_absolute_url())


@require_http_methods(["GET", "HEAD", "POST"])
def units_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Name agencies, with a month and a team for all of them; those never visited stand first."""
    plan = _kept_plan(request, pk)
    _refuse_closed(plan)
    today = timezone.localdate()
    known = coverage(plan.year, SPAN, today, kind=plan.kind)
    form = UnitsForm(request.POST or None, plan=plan, known=known, initial={"version": plan.version})
    if request.method == "POST" and _moved(request, plan, "add_units", form):
        return redirect("inspections:plan_detail", pk=plan.pk)
    title = _("Name units")
    context = {"form": form, "title": title, "plan": plan, "back": plan.get_absolute_url()}
    context["breadcrumb"] = trail_to_plans((plan.title, plan.get_absolute_url()), (title, ""))
    return render(request, "inspections/plan_units.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def unit_edit(request: HttpRequest, pk: int, unit: int) -> HttpResponse:
    """Another month or team for one unit, or no place in the plan any more."""
    plan = _kept_plan(request, pk)
    found = get_object_or_404(plan.units.select_related("agency", "team"), pk=unit)
    _refuse_closed(plan)
    leaving = request.method == "POST" and "leave_out" in request.POST
    changing = request.method == "POST" and not leaving
    initial = {"version": plan.version, "month": found.month, "team": found.team, "note": found.note}
    form = UnitForm(request.POST if changing else None, plan=plan, initial=initial)
    out = LeaveOutForm(request.POST if leaving else None, plan=plan, initial={"version": plan.version}, prefix=None)
    if (changing and _moved(request, plan, "change_unit", form, unit=found)) or (
        leaving and _moved(request, plan, "leave_out", out, unit=found)
    ):
        return redirect("inspections:plan_detail", pk=plan.pk)
    out.auto_id = "out-%s"
    context = {"form": form, "out": out, "unit": found, "plan": plan, "back": plan.get_absolute_url()}
    context["breadcrumb"] = trail_to_plans((plan.title, plan.get_absolute_url()), (str(found.agency), ""))
    return render(request, "inspections/plan_unit.html", context, status=422 if request.method == "POST" else 200)
