"""What the clock does with recommendations: proposes closing, warns of relapses, sends what is long overdue up.

Nothing here closes anything. Running twice has the effect of once: each step is one conditional update with one event
of the trail, written by nobody.
"""

from datetime import datetime

from django.db import models, transaction
from django.utils import timezone

from inspections.choices import OPEN_RECOMMENDATIONS, RecommendationState
from inspections.models import ClosingCondition, EscalationRule, Recommendation
from inspections.rules import DEFAULT_ESCALATION, breaches, goes_up_on, working_days_between
from inspections.tally import Reading, readings, run_of
from procedures.models import Holiday
from records.models import Event


def holidays() -> frozenset:
    """The days off of the yearly table."""
    return frozenset(Holiday.objects.values_list("day", flat=True))


def _told(condition: ClosingCondition, found: list[Reading]) -> dict:
    return {
        "condition": str(condition),
        "figures": {one.period.label: one.rate.basis if one.rate else None for one in found},
    }


def _mark(condition: ClosingCondition, action: str, where: dict, values: dict, told: dict) -> bool:
    """Change the condition's marks when they still stand as `where`, and tell the trail."""
    with transaction.atomic():
        if ClosingCondition.objects.filter(pk=condition.pk, **where).update(**values) != 1:
            return False
        Event.objects.append(actor=None, action=action, target=condition.recommendation, after=told)
    return True


def settle_condition(condition: ClosingCondition, now: datetime) -> str:
    """Hold one condition against today's accepted figures; returns the action the trail was told, or ""."""
    item, found = condition.recommendation, readings(condition)
    if item.state in OPEN_RECOMMENDATIONS:
        run = run_of(condition, found)
        if len(run) >= condition.periods and condition.met_at is None:
            values = {"met_at": now, "met_period": run[-1].period}
            told = _told(condition, run)
            return "propose_closing" * _mark(condition, "propose_closing", {"met_at": None}, values, told)
        if len(run) < condition.periods and condition.met_at is not None:
            values = {"met_at": None, "met_period": None}
            told = _told(condition, found)
            return "drop_closing" * _mark(condition, "drop_closing", {"met_at": condition.met_at}, values, told)
        return ""
    if item.state != RecommendationState.CLOSED_IMPLEMENTED or item.closed_at is None:
        return ""
    rested = condition.met_period.last_day if condition.met_period else timezone.localdate(item.closed_at)
    after = max(rested, condition.answered_until or rested)
    points = breaches([one.point for one in found], condition.comparison, condition.limit, after)
    if points and condition.relapsed_at is None:
        last = next(one for one in found if one.period.pk == points[-1].key)
        values = {"relapsed_at": now, "relapsed_period": last.period}
        told = _told(condition, [last])
        return "warn_relapse" * _mark(condition, "warn_relapse", {"relapsed_at": None}, values, told)
    if not points and condition.relapsed_at is not None:
        values = {"relapsed_at": None, "relapsed_period": None}
        where = {"relapsed_at": condition.relapsed_at}
        return "drop_relapse" * _mark(condition, "drop_relapse", where, values, _told(condition, found))
    return ""


def settle_conditions(now: datetime) -> dict[str, int]:
    """Hold every condition of an open or implemented recommendation against the figures; how often what was told."""
    told: dict[str, int] = {}
    states = (*OPEN_RECOMMENDATIONS, RecommendationState.CLOSED_IMPLEMENTED)
    rows = ClosingCondition.objects.filter(recommendation__state__in=states).select_related(
        "recommendation__agency", "recommendation__visit", "met_period"
    )
    for condition in rows.order_by("pk"):
        if action := settle_condition(condition, now):
            told[action] = told.get(action, 0) + 1
    return told


def escalation_rules() -> dict[str, tuple[int, str]]:
    """Days and unit by kind of inspection; a kind without a row of its own follows the default."""
    return {rule.kind: (rule.days, rule.unit) for rule in EscalationRule.objects.all()}


def escalate(now: datetime) -> int:
    """Send what is overdue by more than its kind allows up to the leaders and the programme office."""
    today, days_off, rules = timezone.localdate(now), holidays(), escalation_rules()
    late = Recommendation.objects.overdue(today).filter(escalated_at=None).select_related("visit")
    raised = 0
    for item in late.order_by("due", "pk"):
        days, unit = rules.get(item.visit.kind, DEFAULT_ESCALATION)
        if today < goes_up_on(item.due, days, unit, days_off):
            continue
        told = {"escalated_at": now, "due": item.due, "working_days": working_days_between(item.due, today, days_off)}
        with transaction.atomic():
            still = Recommendation.objects.filter(pk=item.pk, escalated_at=None, due=item.due, state=item.state)
            if still.update(escalated_at=now) == 1:
                Event.objects.append(actor=None, action="escalate", target=item, after=told)
                raised += 1
    return raised


def condition_of(recommendation: models.Model) -> ClosingCondition | None:
    """The closing condition, or None."""
    return (
        ClosingCondition.objects.filter(recommendation=recommendation)
        .select_related("met_period", "relapsed_period", "recommendation__agency", "recommendation__visit")
        .first()
    )
