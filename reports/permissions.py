"""Who is told what changed, and who gets the weekly brief."""

from agencies.choices import AGENCY_ROLES, OVERSIGHT_ROLES, TEAM_ROLES, RoleCode
from agencies.models import Person

BRIEFED = (RoleCode.LEADER, RoleCode.PROGRAMME_OFFICER)


def is_told_changes(user: Person) -> bool:
    """Whoever reads figures or follows up recommendations; the administrator's work has no changes to tell."""
    return user.is_authenticated and user.has_role(*OVERSIGHT_ROLES, *AGENCY_ROLES, *TEAM_ROLES)


def gets_brief(user: Person) -> bool:
    """Leaders and programme officers get the weekly brief unless they switch it off."""
    return user.is_authenticated and user.has_role(*BRIEFED)
