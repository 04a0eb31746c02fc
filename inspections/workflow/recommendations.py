"""A recommendation from the draft to the closing by its team."""

import hashlib
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cchc_portal.lib.periods import add_working_days
from cchc_portal.lib.text import search_key
from inspections import permissions
from inspections.choices import OPEN_RECOMMENDATIONS, MemberRole, RecommendationState
from inspections.models import ClosingCondition, Evidence, Recommendation, Remedy
from inspections.photos import store
from inspections.workflow.facts import facts
from inspections.workflow.following import holidays
from records.moves import Machine, Move

CLOSED = (RecommendationState.CLOSED_IMPLEMENTED, RecommendationState.CLOSED_NOT_IMPLEMENTED)


def _on_site(recommendation: Recommendation, data: dict) -> list[str]:
    if recommendation.visit.has_begun:
        return []
    return [_("The visit has not begun: recommendations are issued from what was found on site.")]


def _issued(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    """A deadline counted in working days runs from the day of issuing."""
    if recommendation.due_days is None:
        return {"issued_at": now}
    return {"issued_at": now, "due": due_after(timezone.localdate(now), recommendation.due_days)}


def _with_reason(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    return {"state_reason": data["reason"]}


def _amended(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    """update() passes the search key by, so it is computed here."""
    text, due = data["text"].strip(), _due_given(data, timezone.localdate(now))
    data["due_before"] = recommendation.due
    changed = {"escalated_at": None} if due != recommendation.due else {}
    return {"text": text, "search_key": search_key(text), "due": due, "state_reason": data["reason"]} | changed


def due_after(day: date, days: int) -> date:
    """The `days`-th working day after `day`, by the holiday table."""
    return add_working_days(day, days, holidays())


def _due_given(data: dict, start: date) -> date | None:
    """The deadline as a day, or so many working days after `start`."""
    return due_after(start, data["days"]) if data.get("days") else data.get("due")


def _extended_to(recommendation: Recommendation, data: dict) -> date | None:
    """Working days of an extension run from the old deadline, from today where that has passed or there was none."""
    today = timezone.localdate()
    return _due_given(data, max(recommendation.due or today, today))


def _extension_given(recommendation: Recommendation, data: dict) -> list[str]:
    if bool(data.get("days")) == bool(data.get("due")):
        return [_("Give the new deadline either as a day or in working days.")]
    due = _extended_to(recommendation, data)
    if due < timezone.localdate() or (recommendation.due and due <= recommendation.due):
        return [_("The new deadline has to lie after today's date and after the old one.")]
    return []


def _extended(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    data["due_before"] = recommendation.due
    return {"due": _extended_to(recommendation, data), "escalated_at": None}


def _keep_due_change(recommendation: Recommendation, by, data: dict) -> None:
    """The history of the deadline; the row already carries the new one."""
    if recommendation.due is not None and recommendation.due != data["due_before"]:
        recommendation.due_changes.create(
            before=data["due_before"], after=recommendation.due, reason=data["reason"], by=by
        )


def _next_team_named(recommendation: Recommendation, data: dict) -> list[str]:
    team = data.get("team")
    if team is None:
        return [_("Choose the team that follows up from now on.")]
    if team.pk == recommendation.team_id:
        return [_("This team follows it up already.")]
    leading = team.members.on(timezone.localdate()).filter(role__in=(MemberRole.HEAD, MemberRole.SECRETARY))
    if not leading.exists():
        return [_("That team has no head and no secretary today: nobody could verify.")]
    return []


def _handed_over(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    data["team_before"] = recommendation.team
    return {"follow_team": data["team"]}


def _told_hand_over(recommendation: Recommendation, data: dict) -> dict:
    return {"from_team": data["team_before"].name, "to_team": data["team"].name}


def _keep_hand_over(recommendation: Recommendation, by, data: dict) -> None:
    recommendation.hand_overs.create(
        from_team=data["team_before"], to_team=data["team"], on=timezone.localdate(), reason=data["reason"], by=by
    )


CONDITION_NAMES = ("formula", "comparison", "threshold", "periods", "kind")


def _condition_told(condition: ClosingCondition | None) -> str:
    return f"{condition} × {condition.periods} {condition.kind}" if condition else ""


def _stored_condition(recommendation: Recommendation) -> ClosingCondition | None:
    return ClosingCondition.objects.filter(recommendation=recommendation).first()


def _condition_given(recommendation: Recommendation, data: dict) -> list[str]:
    """Another condition than the one that stands; a blank threshold takes it away."""
    before = _stored_condition(recommendation)
    if data.get("threshold") is None:
        return [] if before else [_("There is no closing condition to remove: give a threshold.")]
    if before and all(getattr(before, name) == data[name] for name in CONDITION_NAMES):
        return [_("Nothing was changed.")]
    return []


def _told_condition(recommendation: Recommendation, data: dict) -> dict:
    """The condition is replaced after the trail's words are gathered, so both are told here."""
    before, after = _stored_condition(recommendation), None
    if data.get("threshold") is not None:
        after = ClosingCondition(**{name: data[name] for name in CONDITION_NAMES})
    return {"condition_before": _condition_told(before), "condition": _condition_told(after)}


def _keep_condition(recommendation: Recommendation, by, data: dict) -> None:
    """A new condition is held against the figures from the beginning."""
    ClosingCondition.objects.filter(recommendation=recommendation).delete()
    if data.get("threshold") is not None:
        given = {name: data[name] for name in CONDITION_NAMES}
        ClosingCondition.objects.create(recommendation=recommendation, **given)


def _has_relapsed(recommendation: Recommendation, data: dict) -> list[str]:
    if ClosingCondition.objects.filter(recommendation=recommendation, relapsed_at__isnull=False).exists():
        return []
    return [_("No figures speak against the closing.")]


def _answer_relapse(recommendation: Recommendation, by, data: dict) -> None:
    """The warning is answered up to the period that raised it; a later one may raise it again."""
    condition = recommendation.condition
    condition.answered_until = condition.relapsed_period.last_day
    condition.relapsed_at = condition.relapsed_period = None
    condition.save(update_fields=["answered_until", "relapsed_at", "relapsed_period"])


def _forget_marks(recommendation: Recommendation, by, data: dict) -> None:
    """After reopening the condition has to be met anew."""
    ClosingCondition.objects.filter(recommendation=recommendation).update(
        met_at=None, met_period=None, relapsed_at=None, relapsed_period=None, answered_until=None
    )


def _text_given(recommendation: Recommendation, data: dict) -> list[str]:
    return [] if data.get("text", "").strip() else [_("Write the text.")]


def _keep_remedy(recommendation: Recommendation, by, data: dict) -> None:
    """`evidence` holds name, bytes and type of each checked file; the same name again is the next version of it."""
    remedy = Remedy.objects.create(recommendation=recommendation, text=data["text"].strip(), reported_by=by)
    earlier = Evidence.objects.filter(remedy__recommendation=recommendation).values_list("file__name", "number")
    numbers = {}
    for name, number in earlier:
        numbers[name] = max(number, numbers.get(name, 0))
    for name, content, content_type in data.get("evidence") or ():
        numbers[name] = numbers.get(name, 0) + 1
        remedy.files.create(file=store(name, content, content_type, by=by), number=numbers[name])


def _told_remedy(recommendation: Recommendation, data: dict) -> dict:
    """The trail keeps the words, and of each file its name and hash."""
    files = [
        {"name": name, "sha256": hashlib.sha256(content).hexdigest()}
        for name, content, _content_type in data.get("evidence") or ()
    ]
    return {"remedy": data["text"].strip()} | ({"evidence": files} if files else {})


def _remedy_reported(recommendation: Recommendation, data: dict) -> list[str]:
    return [] if recommendation.remedies.exists() else [_("No remedy has been reported yet.")]


def _closed(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    return {"closed_at": now, "closed_by": by, "state_reason": data["reason"], "escalated_at": None}


def _reopened(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    return {"closed_at": None, "closed_by": None, "state_reason": data["reason"]}


def _judge_remedy(recommendation: Recommendation, by, data: dict) -> None:
    """The verdict stands with the remedy it is about: the last one reported."""
    last = recommendation.remedies.order_by("-reported_at", "-pk").first()
    if last is not None:
        last.verdict, last.judged_by, last.judged_at = data["reason"], by, timezone.now()
        last.save(update_fields=["verdict", "judged_by", "judged_at"])


RECOMMENDATIONS = Machine(
    model=Recommendation,
    snapshot=facts,
    moves=(
        Move(
            "issue",
            pgettext_lazy("recommendation action", "Issue"),
            (RecommendationState.DRAFT,),
            RecommendationState.ISSUED,
            permissions.issues_recommendation,
            guard=_on_site,
            changes=_issued,
            primary=True,
            confirm=gettext_lazy("The agency in charge will see it and has to answer."),
        ),
        Move(
            "accept",
            pgettext_lazy("recommendation action", "Accept"),
            (RecommendationState.ISSUED,),
            RecommendationState.ACCEPTED,
            permissions.decides_for_agency,
            primary=True,
        ),
        Move(
            "dispute",
            pgettext_lazy("recommendation action", "Dispute"),
            (RecommendationState.ISSUED,),
            RecommendationState.DISPUTED,
            permissions.decides_for_agency,
            changes=_with_reason,
            needs_reason=True,
        ),
        Move(
            "uphold",
            pgettext_lazy("recommendation action", "Uphold"),
            (RecommendationState.DISPUTED,),
            RecommendationState.ISSUED,
            permissions.issues_recommendation,
            changes=_with_reason,
            needs_reason=True,
        ),
        Move(
            "amend",
            pgettext_lazy("recommendation action", "Amend"),
            (RecommendationState.DISPUTED,),
            RecommendationState.ISSUED,
            permissions.issues_recommendation,
            guard=_text_given,
            changes=_amended,
            follow=_keep_due_change,
            needs_reason=True,
        ),
        Move(
            "withdraw",
            pgettext_lazy("recommendation action", "Withdraw"),
            (RecommendationState.DRAFT, RecommendationState.DISPUTED),
            RecommendationState.WITHDRAWN,
            permissions.issues_recommendation,
            changes=_with_reason,
            needs_reason=True,
        ),
        Move(
            "start",
            pgettext_lazy("recommendation action", "Work has begun"),
            (RecommendationState.ACCEPTED,),
            RecommendationState.IN_PROGRESS,
            permissions.reports_remedy,
            primary=True,
        ),
        Move(
            "answer",
            pgettext_lazy("recommendation action", "Report the remedy"),
            (RecommendationState.IN_PROGRESS,),
            RecommendationState.ANSWERED,
            permissions.reports_remedy,
            guard=_text_given,
            tells=_told_remedy,
            follow=_keep_remedy,
            primary=True,
        ),
        Move(
            "close_implemented",
            pgettext_lazy("recommendation action", "Close as implemented"),
            (RecommendationState.ANSWERED,),
            RecommendationState.CLOSED_IMPLEMENTED,
            permissions.verifies_recommendation,
            guard=_remedy_reported,
            changes=_closed,
            follow=_judge_remedy,
            needs_reason=True,
            primary=True,
        ),
        Move(
            "close_not_implemented",
            pgettext_lazy("recommendation action", "Close as not implemented"),
            (RecommendationState.ANSWERED,),
            RecommendationState.CLOSED_NOT_IMPLEMENTED,
            permissions.verifies_recommendation,
            changes=_closed,
            follow=_judge_remedy,
            needs_reason=True,
        ),
        Move(
            "send_back",
            pgettext_lazy("recommendation action", "Return the remedy"),
            (RecommendationState.ANSWERED,),
            RecommendationState.IN_PROGRESS,
            permissions.verifies_recommendation,
            changes=_with_reason,
            follow=_judge_remedy,
            needs_reason=True,
        ),
        Move(
            "reopen",
            pgettext_lazy("recommendation action", "Reopen"),
            CLOSED,
            RecommendationState.IN_PROGRESS,
            permissions.verifies_recommendation,
            changes=_reopened,
            follow=_forget_marks,
            needs_reason=True,
        ),
        Move(
            "keep_closed",
            pgettext_lazy("recommendation action", "Keep closed"),
            (RecommendationState.CLOSED_IMPLEMENTED,),
            None,
            permissions.verifies_recommendation,
            guard=_has_relapsed,
            follow=_answer_relapse,
            needs_reason=True,
        ),
        Move(
            "extend",
            pgettext_lazy("recommendation action", "Move the deadline"),
            OPEN_RECOMMENDATIONS,
            None,
            permissions.extends_deadline,
            guard=_extension_given,
            changes=_extended,
            follow=_keep_due_change,
            needs_reason=True,
        ),
        Move(
            "set_condition",
            pgettext_lazy("recommendation action", "Set the closing condition"),
            OPEN_RECOMMENDATIONS,
            None,
            permissions.extends_deadline,
            guard=_condition_given,
            tells=_told_condition,
            follow=_keep_condition,
            needs_reason=True,
        ),
        Move(
            "hand_over",
            pgettext_lazy("recommendation action", "Hand over"),
            (*OPEN_RECOMMENDATIONS, *CLOSED),
            None,
            permissions.hands_over,
            guard=_next_team_named,
            changes=_handed_over,
            tells=_told_hand_over,
            follow=_keep_hand_over,
            needs_reason=True,
        ),
    ),
)
