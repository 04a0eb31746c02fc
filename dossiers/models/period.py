"""Reporting periods and the extensions granted to single agencies."""

from datetime import date, datetime

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Person
from cchc_portal.lib import periods
from cchc_portal.lib.fields import NfcTextField
from dossiers.choices import Calendar, PeriodKind
from procedures.models import AgencyProcedure


class PeriodQuerySet(models.QuerySet):
    def visible_to(self, user) -> "PeriodQuerySet":
        """Periods are open to everyone who is signed in."""
        return self if user.is_authenticated else self.none()

    def latest_first(self) -> "PeriodQuerySet":
        return self.order_by(F("last_day").desc(nulls_last=True), F("first_day").desc(nulls_last=True), "-label")

    def ended(self, day: date) -> "PeriodQuerySet":
        """Periods whose last day has passed."""
        return self.filter(last_day__lt=day)


class Period(models.Model):
    """A reporting period is data: label, kind, calendar, exact days, and two instants, due and locked."""

    label = models.CharField(_("label"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=PeriodKind)
    calendar = models.CharField(_("calendar"), max_length=10, choices=Calendar, default=Calendar.DEFAULT)
    first_day = models.DateField(_("first day"), null=True, blank=True)
    last_day = models.DateField(_("last day"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    locks_at = models.DateTimeField(_("locks"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        ordering = ["-last_day", "label"]
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        constraints = [
            models.CheckConstraint(
                condition=Q(first_day__isnull=True, last_day__isnull=True) | Q(last_day__gte=F("first_day")),
                name="period_days_in_order",
            ),
            models.CheckConstraint(
                condition=Q(due_at__isnull=True) | Q(locks_at__isnull=True) | Q(locks_at__gte=F("due_at")),
                name="period_locks_after_due",
            ),
        ]

    def __str__(self) -> str:
        return periods.title(self.label)

    def owing(self):
        """Agencies that owe a return: valid on the last day, with procedures in the period, marked as reporting."""
        if self.last_day is None:
            return Agency.objects.none()
        handling = AgencyProcedure.objects.valid_within(self.first_day, self.last_day).filter(agency=OuterRef("pk"))
        return Agency.objects.valid_on(self.last_day).filter(Exists(handling), reporting=True)

    def is_locked(self, now: datetime | None = None) -> bool:
        """Past the lock instant; a period without dates (published history) is never open for entry."""
        return self.locks_at is None or self.locks_at <= (now or timezone.now())


class Extension(models.Model):
    """One agency may work on one period after its lock, until an instant, for a reason."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="extensions")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="extensions")
    until = models.DateTimeField(_("until"))
    reason = NfcTextField(_("reason"))
    granted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-until"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="extension_has_reason")]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.period_id}"
