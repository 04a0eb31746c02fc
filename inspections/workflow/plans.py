"""A yearly plan from its draft to its end, its units, and the visits that are made of them in one step."""

from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from agencies.models import Agency
from inspections import permissions
from inspections.choices import DatePrecision, PlanState
from inspections.models import Plan, PlanUnit, Visit
from inspections.workflow.facts import keep_new
from records.moves import Machine, Move

PLAN_FACTS = (
    "state",
    "year",
    "kind",
    "title",
    "decision_number",
    "issuing_agency_id",
    "head_title",
    "purpose",
    "content",
    "carrying_out",
)
OPEN = (PlanState.DRAFT, PlanState.ISSUED)


def plan_facts(plan: Plan) -> dict:
    """What the trail keeps of a plan."""
    return {name: getattr(plan, name) for name in PLAN_FACTS}


def _has_units(plan: Plan, data: dict) -> list[str]:
    return [] if plan.units.filter(left_out="").exists() else [_("Name at least one unit first.")]


def _issued(plan: Plan, by, now: datetime, data: dict) -> dict:
    return {"issued_at": now}


def _closed(plan: Plan, by, now: datetime, data: dict) -> dict:
    return {"closed_at": now}


def _units_new(plan: Plan, data: dict) -> list[str]:
    agencies = list(data["agencies"])
    if not agencies:
        return [_("Choose at least one agency.")]
    already = plan.units.filter(agency__in=agencies).select_related("agency")
    problems = [_("%(agency)s is in the plan already.") % {"agency": unit.agency} for unit in already]
    if plan.state == PlanState.ISSUED and not data["reason"]:
        problems.append(_("The plan is issued: write why it is changed."))
    return problems


def _told_units(plan: Plan, data: dict) -> dict:
    team = data.get("team")
    return {
        "agencies": [agency.code for agency in data["agencies"]],
        "month": data.get("month"),
        "team": team.name if team else "",
    }


def _add_units(plan: Plan, by, data: dict) -> None:
    for agency in data["agencies"]:
        plan.units.create(agency=agency, month=data.get("month"), team=data.get("team"), note=data.get("note", ""))


def _unit_free(plan: Plan, data: dict) -> list[str]:
    unit = data["unit"]
    problems = []
    if unit.left_out:
        problems.append(_("It has been taken out of the plan."))
    if unit.visit_id:
        problems.append(_("Its visit is made: change the date or cancel it there."))
    if plan.state == PlanState.ISSUED and not data["reason"]:
        problems.append(_("The plan is issued: write why it is changed."))
    return problems


def _told_unit(plan: Plan, data: dict) -> dict:
    team = data.get("team")
    return {
        "agency": data["unit"].agency.code,
        "month": data.get("month"),
        "team": team.name if team else "",
        "note": data.get("note", ""),
    }


def _change_unit(plan: Plan, by, data: dict) -> None:
    unit = data["unit"]
    unit.month, unit.team, unit.note = data.get("month"), data.get("team"), data.get("note", "")
    unit.save(update_fields=["month", "team", "note"])


def _leave_out(plan: Plan, by, data: dict) -> None:
    """From a draft a unit goes without a trace but the event's; of an issued plan it stays with the reason."""
    unit = data["unit"]
    if plan.state == PlanState.DRAFT:
        unit.delete()
        return
    unit.left_out = data["reason"]
    unit.save(update_fields=["left_out"])


def waiting_units(plan: Plan) -> list[PlanUnit]:
    """Units that have no visit yet and stay in the plan."""
    rows = plan.units.filter(visit=None, left_out="").select_related("agency", "team", "plan")
    return list(rows)


def first_day_of(unit: PlanUnit) -> date:
    return date(unit.plan.year, unit.month or 1, 1)


def _stands_on(agency: Agency, unit: PlanUnit) -> bool:
    """Does the agency exist on some day of the month (or year) it is to be visited in?"""
    return agency.is_valid_on(first_day_of(unit)) or agency.is_valid_on(unit.last_day)


def _can_become_visits(plan: Plan, data: dict) -> list[str]:
    units = waiting_units(plan)
    if not units:
        return [_("Every unit has its visit already.")]
    problems = [_("%(agency)s has no team yet.") % {"agency": unit.agency} for unit in units if unit.team is None]
    problems += [
        _("%(agency)s is not there any more in its month: take it out and name the agency that followed it.")
        % {"agency": unit.agency}
        for unit in units
        if not _stands_on(unit.agency, unit)
    ]
    closed = {unit.team.name for unit in units if unit.team and unit.team.state == "closed"}
    return problems + [_("The team is closed: %(team)s.") % {"team": name} for name in sorted(closed)]


def _make_visits(plan: Plan, by, data: dict) -> None:
    """A visit for every unit, its date known to the month, its themes those of the plan."""
    themes = [line.strip(" -•") for line in plan.content.splitlines() if line.strip(" -•")]
    for unit in waiting_units(plan):
        visit = Visit.objects.create(
            agency=unit.agency,
            team=unit.team,
            plan=plan,
            kind=plan.kind,
            date=first_day_of(unit),
            date_precision=DatePrecision.MONTH if unit.month else DatePrecision.YEAR,
            created_by=by,
        )
        for order, text in enumerate(themes):
            visit.themes.create(text=text[:300], order=order)
        unit.visit = visit
        unit.save(update_fields=["visit"])
        keep_new(visit, by=by, action="plan_visit", after={"themes": themes, "units": [], "plan": plan.pk})


def _told_visits(plan: Plan, data: dict) -> dict:
    return {"visits": [unit.agency.code for unit in waiting_units(plan)]}


PLANS = Machine(
    model=Plan,
    snapshot=plan_facts,
    moves=(
        Move(
            "issue",
            pgettext_lazy("plan action", "Issue the plan"),
            (PlanState.DRAFT,),
            PlanState.ISSUED,
            permissions.keeps_plans,
            guard=_has_units,
            changes=_issued,
            primary=True,
            confirm=gettext_lazy("Units change only with a reason after this, and teams see the plan."),
        ),
        Move(
            "make_visits",
            pgettext_lazy("plan action", "Make visits of all units"),
            (PlanState.ISSUED,),
            None,
            permissions.keeps_plans,
            guard=_can_become_visits,
            tells=_told_visits,
            follow=_make_visits,
            primary=True,
            confirm=gettext_lazy("Every unit without a visit gets one, planned in its month for its team."),
        ),
        Move(
            "add_units",
            pgettext_lazy("plan action", "Add units"),
            OPEN,
            None,
            permissions.keeps_plans,
            guard=_units_new,
            tells=_told_units,
            follow=_add_units,
        ),
        Move(
            "change_unit",
            pgettext_lazy("plan action", "Change the unit"),
            OPEN,
            None,
            permissions.keeps_plans,
            guard=_unit_free,
            tells=_told_unit,
            follow=_change_unit,
        ),
        Move(
            "leave_out",
            pgettext_lazy("plan action", "Take the unit out"),
            OPEN,
            None,
            permissions.keeps_plans,
            guard=_unit_free,
            tells=_told_unit,
            follow=_leave_out,
        ),
        Move(
            "close",
            pgettext_lazy("plan action", "Close the plan"),
            (PlanState.ISSUED,),
            PlanState.CLOSED,
            permissions.keeps_plans,
            changes=_closed,
            confirm=gettext_lazy("Units that were not visited are then shown as missed."),
        ),
    ),
)
# Moves that the page of a plan offers as buttons; those of a unit have pages of their own.
OF_THE_PLAN = ("issue", "make_visits", "close")
