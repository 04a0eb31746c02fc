"""What surrounds a recommendation: its closing condition, moved deadlines, who follows it up, letters about it."""

from datetime import datetime
from fractions import Fraction

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Person
from cchc_portal.lib.fields import NfcTextField
from dossiers.choices import FORMULA_LABELS, PeriodKind
from dossiers.models import Period
from inspections.choices import Comparison, DayUnit, InspectionKind
from inspections.models.findings import Withdrawable
from inspections.models.followup import Recommendation, Remedy
from inspections.models.visits import Team
from records.models import StoredFile


class ClosingCondition(models.Model):
    """When the figures themselves speak for closing: a rate, a comparison, a threshold, so many periods running.

    The portal only ever proposes: `met_at` says since when the condition is met, on figures up to `met_period`.
    After closing, `relapsed_at` says since when later figures break it; the team answers up to `answered_until`.
    """

    recommendation = models.OneToOneField(Recommendation, on_delete=models.CASCADE, related_name="condition")
    formula = models.CharField(_("rate"), max_length=20, choices=list(FORMULA_LABELS.items()), default="D2")
    comparison = models.CharField(_("comparison"), max_length=2, choices=Comparison, default=Comparison.AT_LEAST)
    threshold = models.DecimalField(_("threshold, in percent"), max_digits=7, decimal_places=4)
    periods = models.PositiveSmallIntegerField(_("consecutive periods"), default=2)
    kind = models.CharField(_("kind of period"), max_length=12, choices=PeriodKind, default=PeriodKind.QUARTER)
    met_at = models.DateTimeField(null=True)
    met_period = models.ForeignKey(Period, on_delete=models.PROTECT, null=True, related_name="+")
    relapsed_at = models.DateTimeField(null=True)
    relapsed_period = models.ForeignKey(Period, on_delete=models.PROTECT, null=True, related_name="+")
    answered_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(threshold__gte=0, threshold__lte=100), name="closing_threshold_percent"),
            models.CheckConstraint(condition=Q(periods__gte=1, periods__lte=12), name="closing_periods_some"),
        ]

    def __str__(self) -> str:
        return f"{self.formula} {self.get_comparison_display()} {self.threshold_printed}"

    @property
    def limit(self) -> Fraction:
        """The threshold as a share of one, exact."""
        return Fraction(self.threshold) / 100

    @property
    def threshold_printed(self) -> str:
        """95,5% with as many decimals as were typed."""
        text = f"{self.threshold.normalize():f}".replace(".", ",")
        return f"{text}%"


class DueChange(models.Model):
    """A deadline that was moved or set after issuing: from when to when, why, and by whom. Never changed."""

    recommendation = models.ForeignKey(Recommendation, on_delete=models.CASCADE, related_name="due_changes")
    before = models.DateField(null=True)
    after = models.DateField()
    reason = NfcTextField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class HandOver(models.Model):
    """Following up passes from one team to the next on a day; the heads and secretaries of the next then verify."""

    recommendation = models.ForeignKey(Recommendation, on_delete=models.CASCADE, related_name="hand_overs")
    from_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    to_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    reason = NfcTextField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-on", "-pk"]

    def __str__(self) -> str:
        return f"{self.from_team_id} → {self.to_team_id}"


class Evidence(Withdrawable):
    """A file that shows what was done. A file of the same name in a later remedy is its next version."""

    remedy = models.ForeignKey(Remedy, on_delete=models.CASCADE, related_name="files")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["remedy", "pk"]

    def __str__(self) -> str:
        return f"{self.file_id} v{self.number}"

    @property
    def created_at(self) -> datetime:
        return self.remedy.reported_at

    @property
    def created_by_id(self) -> int:
        return self.remedy.reported_by_id


class EscalationRule(models.Model):
    """How long after its deadline a recommendation of one kind of inspection goes up, in working or calendar days."""

    kind = models.CharField(_("kind"), max_length=30, choices=InspectionKind, unique=True)
    days = models.PositiveSmallIntegerField(_("days after the deadline"), default=10)
    unit = models.CharField(_("unit"), max_length=10, choices=DayUnit, default=DayUnit.WORKING)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["kind"]

    def __str__(self) -> str:
        return f"{self.kind} {self.days} {self.unit}"


class LetterQuerySet(models.QuerySet):
    def visible_to(self, user) -> "LetterQuerySet":
        """Whoever sees one of the recommendations a letter is about reads the letter, all of one agency."""
        seen = LetterLine.objects.filter(recommendation__in=Recommendation.objects.visible_to(user))
        return self.filter(pk__in=seen.values("letter_id"))


class Letter(models.Model):
    """A letter that urges one agency to carry out what is overdue; its number and date are the registry's."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="letters")
    issuing_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    answer_by = models.DateField(_("answer by"))
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.agency} {self.written_at:%d/%m/%Y}"


class LetterLine(models.Model):
    """One recommendation as the letter tells it: its words, its deadline then, how many working days late it was."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="lines")
    recommendation = models.ForeignKey(Recommendation, on_delete=models.PROTECT, related_name="letter_lines")
    text = NfcTextField()
    origin = NfcTextField()
    due = models.DateField()
    late = models.PositiveIntegerField()

    class Meta:
        ordering = ["letter", "due", "pk"]

    def __str__(self) -> str:
        return f"{self.letter_id} {self.recommendation_id}"
