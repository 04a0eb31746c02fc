"""Figures of a return that are unlike what was to be expected of it, and what people said about them."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.models import Person
from cchc_portal.lib.fields import NfcTextField
from dossiers.choices import AgencySays, FlagState, ReturnState, UnusualDirection, UnusualMeasure
from dossiers.models.period import Period
from dossiers.models.returns import Return
from records.models import Job


class UnusualScan(models.Model):
    """That a return was looked through: when, and how many judgements were made of it."""

    of = models.OneToOneField(Return, on_delete=models.CASCADE, related_name="unusual_scan")
    judgements = models.PositiveSmallIntegerField()
    scanned_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.of_id}: {self.judgements}"


class UnusualFlagQuerySet(models.QuerySet):
    def visible_to(self, user) -> "UnusualFlagQuerySet":
        """Flags of returns that the person may read, without those of void ones."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(of__in=Return.objects.visible_to(user).current().order_by().values("pk"))

    def told(self) -> "UnusualFlagQuerySet":
        """What is shown: told under the control of wrong findings, or answered by the office or the agency."""
        said = Q(state=FlagState.OPEN) & ~Q(agency_says="")
        return self.filter(Q(listed=True) | said | ~Q(state=FlagState.OPEN) & ~Q(state=FlagState.CLEARED))

    def waiting(self, day: date | None = None) -> "UnusualFlagQuerySet":
        """Told and not answered; what was put aside until a day waits again after it."""
        over = Q(state=FlagState.IGNORED, ignored_until__lt=day or timezone.localdate())
        return self.filter(Q(state=FlagState.OPEN) | over, listed=True).exclude(of__state=ReturnState.VOID)

    def for_list(self) -> "UnusualFlagQuerySet":
        read = ("of__agency", "of__period", "answered_by", "agency_said_by", "remembered__of__period")
        return self.select_related(*read).order_by("-of__period__last_day", "chance", "pk")


class UnusualFlag(models.Model):
    """One measure of a return outside its expected range.

    `line_name` is empty for the whole return. A share counts `value`, `low` and `high` out of `base`; what repeats or
    vanished counts lines. `chance` orders the list and is compared over all returns of the period (`listed`). `parts`
    are the lines that stand behind it: [{"line", "value", "base", "low", "high"}]. `remembered` is the earlier flag
    whose answer holds for this one too. What the agency says (`agency_says`, its words, who, when) stands beside the
    state and never changes it: the programme office decides.
    """

    of = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="unusual_flags")
    measure = models.CharField(_("measure"), max_length=12, choices=UnusualMeasure)
    direction = models.CharField(max_length=4, choices=UnusualDirection)
    line_name = models.CharField(max_length=200, blank=True, default="")
    value = models.PositiveIntegerField()
    base = models.PositiveIntegerField(null=True)
    low = models.PositiveIntegerField()
    high = models.PositiveIntegerField()
    chance = models.FloatField()
    own_periods = models.PositiveSmallIntegerField()
    same_quarter = models.PositiveSmallIntegerField()
    peers = models.PositiveSmallIntegerField()
    parts = models.JSONField(default=list)
    found = models.BooleanField(default=True)
    listed = models.BooleanField(default=False)
    state = models.CharField(_("state"), max_length=10, choices=FlagState, default=FlagState.OPEN)
    found_at = models.DateTimeField(default=timezone.now)
    note = NfcTextField(_("answer"), blank=True, default="")
    answered_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    ignored_until = models.DateField(null=True)
    agency_says = models.CharField(max_length=10, choices=AgencySays, blank=True, default="")
    agency_words = NfcTextField(blank=True, default="")
    agency_said_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    agency_said_at = models.DateTimeField(null=True)
    remembered = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = UnusualFlagQuerySet.as_manager()

    class Meta:
        ordering = ["chance", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["of", "measure"], name="unusual_flag_once_per_measure"),
            models.CheckConstraint(condition=Q(state__in=FlagState.values), name="unusual_flag_state_known"),
            models.CheckConstraint(
                condition=Q(agency_says__in=["", *AgencySays.values]), name="unusual_flag_agency_says_known"
            ),
            models.CheckConstraint(condition=Q(low__lte=models.F("high")), name="unusual_flag_range_in_order"),
        ]
        indexes = [models.Index(fields=["state", "listed"], name="unusual_flag_waiting")]

    def __str__(self) -> str:
        return f"{self.get_measure_display()} · {self.of}"

    def get_absolute_url(self) -> str:
        return reverse("dossiers:unusual_detail", args=[self.pk])


class UnusualRun(Job):
    """A search for what is unusual: in one return, or in all that count in a period."""

    task = "dossiers.tasks.run_unusual"

    of = models.ForeignKey(Return, on_delete=models.CASCADE, null=True, related_name="+")
    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="+")
    returns = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.state} {self.asked_at:%Y-%m-%d %H:%M}"
