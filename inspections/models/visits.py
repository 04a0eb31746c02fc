"""Teams and visits."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.choices import OVERSIGHT_ROLES
from agencies.models import Agency, Person
from cchc_portal.lib.fields import NfcCharField, NfcTextField, SearchKeyField
from dossiers.models import Period
from inspections.choices import (
    SHOWN_TO_AGENCY,
    WRITABLE_VISIT_STATES,
    DatePrecision,
    InspectionKind,
    MemberRole,
    TeamState,
    VisitState,
)
from inspections.models.plans import Plan
from inspections.models.seeing import seen_by
from records.models import Source


class TeamQuerySet(models.QuerySet):
    def visible_to(self, user) -> "TeamQuerySet":
        """Oversight sees every team, a person the teams he or she belongs or belonged to."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(*OVERSIGHT_ROLES):
            return self
        return self.filter(pk__in=TeamMember.objects.filter(person=user).values("team_id"))

    def for_list(self) -> "TeamQuerySet":
        return self.select_related("issuing_agency").prefetch_related("members__person")


class Team(models.Model):
    """A team and its members. A team known from a publication has no persons, only the title of its head.

    A closed team still reads what it did, between joining and leaving, and writes nothing more.
    """

    name = NfcCharField(_("name"), max_length=250)
    kind = models.CharField(_("kind"), max_length=30, choices=InspectionKind)
    decision_number = NfcCharField(_("decision number"), max_length=60, blank=True, default="")
    head_title = NfcCharField(_("title of the head"), max_length=200, blank=True, default="")
    issuing_agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="teams", verbose_name=_("issuing agency")
    )
    duties = NfcTextField(_("duties"), blank=True, default="")
    term = NfcCharField(_("how long it works"), max_length=200, blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=TeamState, default=TeamState.OPEN)
    closed_on = models.DateField(null=True)
    closing_note = NfcTextField(_("closing note"), blank=True, default="")
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    search_key = SearchKeyField(sources=("name", "head_title"))

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("team")
        constraints = [
            models.CheckConstraint(
                condition=Q(state=TeamState.OPEN, closed_on__isnull=True)
                | Q(state=TeamState.CLOSED, closed_on__isnull=False),
                name="team_closed_on_a_day",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("inspections:team_detail", args=[self.pk])

    def roles_of(self, user, day: date | None = None) -> set[str]:
        """Roles the person holds in the team on the day (today when none is given)."""
        if not user.is_authenticated:
            return set()
        return set(self.members.on(day or timezone.localdate()).filter(person=user).values_list("role", flat=True))


class TeamMemberQuerySet(models.QuerySet):
    def on(self, day: date) -> "TeamMemberQuerySet":
        """Members between joining and leaving; `left_on` is the last day."""
        return self.filter(Q(left_on__isnull=True) | Q(left_on__gte=day), joined_on__lte=day)

    def writing_on(self, day: date) -> "TeamMemberQuerySet":
        """Members of teams that are not closed: only these write."""
        return self.on(day).filter(team__state=TeamState.OPEN)


class TeamMember(models.Model):
    """Somebody's part in a team, from joining to leaving; rights last as long."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=MemberRole, default=MemberRole.MEMBER)
    joined_on = models.DateField(_("from"))
    left_on = models.DateField(_("to (last day)"), null=True, blank=True)

    objects = TeamMemberQuerySet.as_manager()

    class Meta:
        ordering = ["team", "role", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["team", "person", "joined_on"], name="team_member_once"),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gte=F("joined_on")), name="member_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.role}"


class VisitQuerySet(models.QuerySet):
    def visible_to(self, user) -> "VisitQuerySet":
        """Oversight sees every visit, a team its own between joining and leaving, the visited agency once prepared."""
        shown = Q(state__in=SHOWN_TO_AGENCY)
        return seen_by(user, self, teams=("team_id",), agency="agency", shown=shown)

    def for_list(self) -> "VisitQuerySet":
        return self.select_related("agency", "team").order_by("-date", "-pk")


class Visit(models.Model):
    """One visit of a team to an agency. The date may be known only to the month or the year."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="visits", verbose_name=_("agency"))
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="visits", verbose_name=_("team"))
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="visits")
    kind = models.CharField(_("kind"), max_length=30, choices=InspectionKind)
    date = models.DateField(_("date"))
    date_precision = models.CharField(
        _("date known to"), max_length=6, choices=DatePrecision, default=DatePrecision.DAY
    )
    last_day = models.DateField(_("last day"), null=True, blank=True)
    period = models.ForeignKey(
        Period, on_delete=models.PROTECT, null=True, blank=True, related_name="visits", verbose_name=_("period covered")
    )
    one_stop_desk_inspected = models.BooleanField(_("one-stop desk inspected"), null=True, blank=True)
    place = NfcCharField(_("place"), max_length=250, blank=True, default="")
    state = models.CharField(_("state"), max_length=12, choices=VisitState, default=VisitState.PLANNED)
    cancel_reason = NfcTextField(blank=True, default="")
    situation = NfcTextField(_("how the work is organised"), blank=True, default="")
    assessment = NfcTextField(_("general assessment"), blank=True, default="")
    history = models.BooleanField(_("initial data"), default=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True, related_name="visits")
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    search_key = SearchKeyField(sources=("place", "situation", "assessment"))

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["-date", "-pk"]
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=VisitState.values), name="visit_state_known"),
            models.CheckConstraint(
                condition=Q(last_day__isnull=True) | Q(last_day__gte=F("date")), name="visit_dates_in_order"
            ),
            models.CheckConstraint(
                condition=~Q(state=VisitState.CANCELLED) | ~Q(cancel_reason=""), name="visit_cancelled_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency} · {self.date_text}"

    def get_absolute_url(self) -> str:
        return reverse("inspections:visit_detail", args=[self.pk])

    @property
    def date_text(self) -> str:
        """The date as far as it is known: the day (or days), the month, or the year."""
        if self.date_precision == DatePrecision.YEAR:
            return gettext("in %(year)s") % {"year": self.date.year}
        if self.date_precision == DatePrecision.MONTH:
            return f"{self.date:%m/%Y}"
        if self.last_day and self.last_day != self.date:
            return f"{self.date:%d/%m/%Y} – {self.last_day:%d/%m/%Y}"
        return f"{self.date:%d/%m/%Y}"

    @property
    def is_writable(self) -> bool:
        """Facts and findings change until the result is reported."""
        return self.state in WRITABLE_VISIT_STATES

    @property
    def has_begun(self) -> bool:
        """The team has been on site, so there is something to report."""
        return self.state not in (VisitState.PLANNED, VisitState.PREPARED, VisitState.CANCELLED)

    @property
    def takes_recommendations(self) -> bool:
        """Recommendations are drafted until the visit is closed or cancelled."""
        return self.state not in (VisitState.CLOSED, VisitState.CANCELLED)


class Theme(models.Model):
    """What a visit is about, in the words of its plan."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="themes")
    text = NfcCharField(_("theme"), max_length=300)
    order = models.PositiveSmallIntegerField(default=0)
    search_key = SearchKeyField(sources=("text",))

    class Meta:
        ordering = ["visit", "order", "pk"]

    def __str__(self) -> str:
        return self.text


class VisitUnit(models.Model):
    """A unit inside the agency that the visit looked at (a self-inspection names its divisions)."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="units")
    name = NfcCharField(_("unit"), max_length=250)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["visit", "order", "pk"]

    def __str__(self) -> str:
        return self.name
