"""Who is told what changed, who gets the weekly brief, who gives data away."""

from agencies.choices import AGENCY_ROLES, OVERSIGHT_ROLES, TEAM_ROLES, RoleCode
from agencies.models import Person

BRIEFED = (RoleCode.LEADER, RoleCode.PROGRAMME_OFFICER)


def is_told_changes(user: Person) -> bool:
    """Whoever reads figures or follows up recommendations; the administrator's work has no changes to tell."""
    return user.is_authenticated and user.has_role(*OVERSIGHT_ROLES, *AGENCY_ROLES, *TEAM_ROLES)


def gets_brief(user: Person) -> bool:
    """Leaders and programme officers get the weekly brief unless they switch it off."""
    return user.is_authenticated and user.has_role(*BRIEFED)


def keeps_open_data(user: Person) -> bool:
    """The programme office proposes, publishes and takes down."""
    return user.is_authenticated and user.has_role(RoleCode.PROGRAMME_OFFICER)


def may_publish(user: Person, item) -> bool:
    """Publishing takes two: never the officer who proposed it."""
    return keeps_open_data(user) and item.proposed_by_id != user.pk


def may_refuse(user: Person, item) -> bool:
    """Either officer: who proposed may take the proposal back himself."""
    return keeps_open_data(user)


def may_take_down(user: Person, item) -> bool:
    """One person is enough, an administrator too: what should not be out there goes at once."""
    return keeps_open_data(user) or (user.is_authenticated and user.has_role(RoleCode.ADMINISTRATOR))
