"""A recommendation from the draft to the closing by its team."""

import hashlib
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cchc_portal.lib.text import search_key
from inspections import permissions
from inspections.choices import RecommendationState
from inspections.models import Evidence, Recommendation, Remedy
from inspections.photos import store
from inspections.workflow.facts import facts
from records.moves import Machine, Move

CLOSED = (RecommendationState.CLOSED_IMPLEMENTED, RecommendationState.CLOSED_NOT_IMPLEMENTED)


def _on_site(recommendation: Recommendation, data: dict) -> list[str]:
    if recommendation.visit.has_begun:
        return []
    return [_("The visit has not begun: recommendations are issued from what was found on site.")]


def _issued(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    return {"issued_at": now}


def _with_reason(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    return {"state_reason": data["reason"]}


def _amended(recommendation: Recommendation, by, now: datetime, data: dict) -> dict:
    """update() passes the search key by, so it is computed here."""
    text = data["text"].strip()
    return {"text": text, "search_key": search_key(text), "due": data.get("due"), "state_reason": data["reason"]}


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
    return {"closed_at": now, "closed_by": by, "state_reason": data["reason"]}


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
            needs_reason=True,
        ),
    ),
)
