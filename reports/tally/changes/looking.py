"""Who looks at what, since when; and what is told: sections of lines, each with its number, its basis and its link."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils import timezone

from agencies.choices import AGENCY_ROLES, OVERSIGHT_ROLES, TEAM_ROLES
from agencies.models import Agency
from agencies.permissions import oversees
from dossiers import rules
from dossiers.models import Edition, Period, Return
from records.models import Event
from reports.models import Look
from reports.tally.overview import top_agencies

# What is told to somebody who looks for the first time.
FIRST_LOOK = timedelta(days=7)
SHOWN = 20


@dataclass(frozen=True)
class Change:
    """One thing that changed: what, the number that says how much, what the number rests on, where it stands."""

    text: str
    number: str
    basis: str
    path: str


@dataclass(frozen=True)
class Section:
    """Changes of one sort, the weightiest first; `total` may exceed the lines told."""

    code: str
    title: str
    lines: tuple[Change, ...]
    total: int


@dataclass
class Looking:
    """A person who looks at an agency and all below it, at what changed after `since` up to `now`.

    Rates and places are those of `formula`, one of `rules.COMPARED_FORMULAS`.
    """

    user: object
    root: Agency
    since: datetime
    now: datetime
    shown: int = SHOWN
    formula: str = rules.DEFAULT_FORMULA

    @cached_property
    def today(self) -> date:
        return timezone.localdate(self.now)

    @cached_property
    def since_day(self) -> date:
        return timezone.localdate(self.since)

    @cached_property
    def reads_city(self) -> bool:
        return oversees(self.user)

    @cached_property
    def reads_figures(self) -> bool:
        return self.reads_city or self.user.has_role(*AGENCY_ROLES)

    @property
    def agencies(self) -> QuerySet[Agency]:
        """Agencies at or below the root whose figures the person may read."""
        return Agency.objects.with_figures_for(self.user).filter(path__startswith=self.root.path).order_by()

    @cached_property
    def steps(self) -> list[Event]:
        """Returns sent back and voided since, newest first; the trail is read from its end."""
        before = Event.objects.filter(at__lte=self.since).order_by("-number").values_list("number", flat=True)[:1]
        last = next(iter(before), 0)
        found = Event.objects.filter(
            number__gt=last, at__lte=self.now, target_kind=Return._meta.label_lower, action__in=("send_back", "void")
        )
        return list(found.order_by("-number"))

    @cached_property
    def editions(self) -> list[int]:
        """Keys of the editions that counted when the person last looked and do no more: one at most of each return."""
        found = Edition.objects.filter(
            known_from__lte=self.since, known_until__gt=self.since, known_until__lte=self.now
        )
        return list(found.order_by().values_list("pk", flat=True))

    @property
    def fresh(self) -> QuerySet[Return]:
        """Returns accepted since, of agencies whose figures the person may read."""
        found = Return.objects.accepted().filter(accepted_at__gt=self.since, accepted_at__lte=self.now)
        return found.filter(agency__in=self.agencies, period__last_day__isnull=False)

    @cached_property
    def arrived(self) -> dict[int, int]:
        """Period → how many of them, the newest period first."""
        counted = self.fresh.order_by("-period__last_day", "-period_id").values("period")
        return dict(counted.annotate(number=Count("pk")).values_list("period", "number"))

    def filed(self, period: Period) -> list[tuple[int, str, str | None]]:
        """Key and name of every agency that owes a return of the period, and its state; None where there is none."""
        kept = self._filed.get(period.pk)
        if kept is None:
            state = Return.objects.current().filter(agency=OuterRef("pk"), period=period).order_by().values("state")
            owing = period.owing().filter(pk__in=self.agencies.values("pk")).annotate(filed=Subquery(state[:1]))
            kept = list(owing.order_by("sort_key", "pk").values_list("pk", "short_name", "filed"))
            self._filed[period.pk] = kept
        return kept

    @cached_property
    def _filed(self) -> dict[int, list]:
        return {}


def scopes(user) -> list[Agency]:
    """What the person may look at: oversight the cities, his own first; others their own agency, teams their city.

    Nothing for those whose work has no changes to tell, such as the administrator.
    """
    home = {int(role.agency.path.split("/")[1]) for role in user.current_roles() if role.code in OVERSIGHT_ROLES}
    if home:
        roots = top_agencies() or list(Agency.objects.filter(pk__in=home).order_by("sort_key", "pk"))
        return sorted(roots, key=lambda root: root.pk not in home)
    own = sorted(user.agencies_as(*AGENCY_ROLES), key=lambda agency: (agency.sort_key, agency.pk))
    if own:
        return own
    roots = {int(agency.path.split("/")[1]) for agency in user.agencies_as(*TEAM_ROLES)}
    return list(Agency.objects.filter(pk__in=roots).order_by("sort_key", "pk"))


def looked_until(user, root: Agency, now: datetime) -> datetime:
    """Up to when the person has seen what changed; a week ago, at midnight, for who never looked."""
    look = Look.objects.visible_to(user).filter(agency=root).values_list("at", flat=True).first()
    if look is not None:
        return look
    return timezone.make_aware(datetime.combine(timezone.localdate(now) - FIRST_LOOK, time()))
