"""What precedes a visit: the brief on the agency, frozen, and the self-check report it is asked for."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.choices import OVERSIGHT_ROLES
from agencies.models import Agency, Person
from cchc_portal.lib.fields import NfcTextField
from inspections.choices import DayUnit, SelfCheckState
from inspections.models.seeing import seen_by
from inspections.models.visits import Visit
from records.models import StoredFile


class BriefQuerySet(models.QuerySet):
    def visible_to(self, user) -> "BriefQuerySet":
        """Oversight sees every brief, a team those of its visits between joining and leaving; the agency none."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(*OVERSIGHT_ROLES):
            return self
        return self.filter(visit__team_id__in=user.memberships.on(timezone.localdate()).values("team_id"))


class Brief(models.Model):
    """What the portal knew of the agency at one instant, as plain values; never changed, a new one is made instead.

    `sha256` is the hash of `content` in its canonical form (`records.registry.content_hash`).
    """

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="briefs")
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    objects = BriefQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = _("brief")

    def __str__(self) -> str:
        return f"{self.visit_id} {self.made_at:%d/%m/%Y}"

    def get_absolute_url(self) -> str:
        return reverse("inspections:brief", args=[self.pk])


class SelfCheckQuerySet(models.QuerySet):
    def visible_to(self, user) -> "SelfCheckQuerySet":
        """Oversight, the team of the visit between joining and leaving, and the agency that is asked."""
        return seen_by(user, self, teams=("visit__team_id",), agency="agency", shown=Q())

    def awaited(self) -> "SelfCheckQuerySet":
        return self.filter(state=SelfCheckState.ASKED)

    def for_list(self) -> "SelfCheckQuerySet":
        return self.select_related("agency", "visit__agency", "visit__team").order_by("due", "pk")


class SelfCheck(models.Model):
    """A report on itself that the agency is asked for before a visit: the outline, the deadline, what came back."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="self_checks")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="self_checks")
    outline = NfcTextField(_("outline of the report"))
    days = models.PositiveSmallIntegerField(_("days to answer"), default=10)
    unit = models.CharField(_("unit"), max_length=10, choices=DayUnit, default=DayUnit.WORKING)
    due = models.DateField(_("due"))
    state = models.CharField(_("state"), max_length=10, choices=SelfCheckState, default=SelfCheckState.ASKED)
    state_reason = NfcTextField(blank=True, default="")
    answer = NfcTextField(_("report of the agency"), blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = SelfCheckQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("self-check report")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=SelfCheckState.values), name="self_check_state_known"),
            models.UniqueConstraint(
                fields=["visit"], condition=~Q(state=SelfCheckState.WITHDRAWN), name="self_check_once_a_visit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency} {self.due:%d/%m/%Y}"

    def get_absolute_url(self) -> str:
        return reverse("inspections:self_check", args=[self.pk])

    def is_overdue(self, day: date | None = None) -> bool:
        """Derived from the date, never stored."""
        return self.state == SelfCheckState.ASKED and self.due < (day or timezone.localdate())


class SelfCheckFile(models.Model):
    """A file that came with the report. A file of the same name in a later answer is its next version."""

    of = models.ForeignKey(SelfCheck, on_delete=models.CASCADE, related_name="files")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["of", "pk"]

    def __str__(self) -> str:
        return f"{self.file_id} v{self.number}"
