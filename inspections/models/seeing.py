"""Which rows of supervision a person sees: one rule for visits and for all that hangs on them."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies.choices import AGENCY_ROLES, OVERSIGHT_ROLES
from agencies.models import Agency


def seen_by(user, rows: QuerySet, *, teams: tuple[str, ...], agency: str, shown: Q) -> QuerySet:
    """The oversight sees all, a team its own between joining and leaving, the agency what is shown to it.

    `teams` are the paths to the keys of the teams, `agency` is the path to the agency (its divisions and what it
    absorbed count as its own), `shown` says what of it an agency is shown.
    """
    if not user.is_authenticated:
        return rows.none()
    roles = user.current_roles()
    if any(role.code in OVERSIGHT_ROLES for role in roles):
        return rows
    today = user.memberships.on(timezone.localdate()).values("team_id")
    seen = Q()
    for path in teams:
        seen |= Q(**{f"{path}__in": today})
    own = [role.agency_id for role in roles if role.code in AGENCY_ROLES]
    if own:
        seen |= shown & Q(**{f"{agency}__in": Agency.objects.below(own)})
    return rows.filter(seen)
