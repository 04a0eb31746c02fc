"""When a person last looked at what changed, and the weekly brief that tells him of it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Person


class LookQuerySet(models.QuerySet):
    def visible_to(self, user) -> "LookQuerySet":
        """One's own looks and nobody else's, whatever the role."""
        return self.filter(person=user) if user.is_authenticated else self.none()


class Look(models.Model):
    """Up to which instant a person has been shown what changed at an agency and below it. It only ever moves on."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="looks")
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = LookQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "agency"], name="look_once_per_agency")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.agency_id} {self.at:%Y-%m-%d %H:%M}"


class BriefChoice(models.Model):
    """Whether a person wants the weekly brief; without a row he gets it where his role does."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="brief_choice")
    wanted = models.BooleanField(_("weekly brief by mail"), default=True)

    objects = LookQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.person_id} {self.wanted}"


class WeeklyBriefQuerySet(models.QuerySet):
    def visible_to(self, user) -> "WeeklyBriefQuerySet":
        """One's own briefs that say something: each is made of what that person may read."""
        return self.filter(person=user).exclude(sha256="") if user.is_authenticated else self.none()


class WeeklyBrief(models.Model):
    """What changed in a week, for one person, frozen when it was written.

    A week in which nothing changed has a row without content: nothing is written, and the next brief begins there.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="weekly_briefs")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    week = models.DateField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    content = models.JSONField(null=True)
    sha256 = models.CharField(max_length=64, blank=True, default="")

    objects = WeeklyBriefQuerySet.as_manager()

    class Meta:
        ordering = ["-week", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["person", "week"], name="brief_once_per_week"),
            models.CheckConstraint(
                condition=Q(content__isnull=True, sha256="") | (Q(content__isnull=False) & ~Q(sha256="")),
                name="brief_frozen_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.week}"
