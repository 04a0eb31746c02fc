"""A team from its founding to its end. A closed team writes nothing; what it followed up was handed over before."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cchc_portal.lib.numbers import format_count
from inspections import permissions
from inspections.choices import TeamState, VisitState
from inspections.models import Recommendation, Team
from records.moves import Machine, Move

TEAM_FACTS = (
    "state",
    "name",
    "kind",
    "decision_number",
    "head_title",
    "issuing_agency_id",
    "duties",
    "term",
    "closed_on",
    "closing_note",
)


def team_facts(team: Team) -> dict:
    """What the trail keeps of a team."""
    return {name: getattr(team, name) for name in TEAM_FACTS}


def _work_is_done(team: Team, data: dict) -> list[str]:
    problems = []
    running = team.visits.exclude(state__in=(VisitState.CLOSED, VisitState.CANCELLED)).filter(history=False).count()
    if running:
        problems.append(
            _("%(count)s visits of the team are still open: close or cancel them first.")
            % {"count": format_count(running)}
        )
    followed = Recommendation.objects.followed_by([team.pk]).open().count()
    if followed:
        problems.append(
            _("%(count)s recommendations that the team follows up are still open: hand them over first.")
            % {"count": format_count(followed)}
        )
    if not data.get("text", "").strip():
        problems.append(_("Write the closing note: what was done, what is left to whom."))
    return problems


def _closed(team: Team, by, now: datetime, data: dict) -> dict:
    return {"closed_on": timezone.localdate(now), "closing_note": data["text"].strip()}


def _opened(team: Team, by, now: datetime, data: dict) -> dict:
    return {"closed_on": None}


def _reopens(user, team: Team) -> bool:
    return permissions.sets_teams(user, team)


TEAMS = Machine(
    model=Team,
    snapshot=team_facts,
    moves=(
        Move(
            "close",
            pgettext_lazy("team action", "Close the team"),
            (TeamState.OPEN,),
            TeamState.CLOSED,
            permissions.closes_team,
            guard=_work_is_done,
            changes=_closed,
            confirm=gettext_lazy("Members go on reading until they leave; nobody of the team writes any more."),
        ),
        Move(
            "reopen",
            pgettext_lazy("team action", "Reopen the team"),
            (TeamState.CLOSED,),
            TeamState.OPEN,
            _reopens,
            changes=_opened,
            needs_reason=True,
        ),
    ),
)
