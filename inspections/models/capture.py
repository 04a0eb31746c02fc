"""What was recorded on site, step by step: operations as they came, photos as they were taken."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.models import Person
from cchc_portal.lib.fields import NfcCharField
from inspections.choices import OperationKind, Outcome
from inspections.models.checklists import VisitItem
from inspections.models.findings import Photo, Withdrawable
from inspections.models.visits import Visit
from records.models import StoredFile


class OperationQuerySet(models.QuerySet):
    def standing(self) -> "OperationQuerySet":
        """Values that no later operation followed or settled: one of each subject, more where people disagree."""
        return self.filter(stands=True)


class Operation(models.Model):
    """One step of recording: who, on which device, over which value. Kept as it came, never changed or removed.

    What stands of a subject does not depend on the order of arrival: an operation stands until another one names it
    as the one it was based on, or settles it by a decision.
    """

    uuid = models.UUIDField(unique=True)
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="operations")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    device = models.UUIDField()
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(_("kind"), max_length=10, choices=OperationKind)
    subject = models.CharField(max_length=100)
    base = models.UUIDField(null=True)
    settles = models.JSONField(default=list)
    value = models.JSONField(default=dict)
    body_hash = models.CharField(max_length=64)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome)
    message = models.CharField(max_length=300, blank=True, default="")
    stands = models.BooleanField(default=False)

    objects = OperationQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("operation")
        indexes = [models.Index(fields=["visit", "subject"], name="operation_subject")]
        constraints = [
            models.CheckConstraint(
                condition=Q(stands=False) | Q(outcome__in=(Outcome.APPLIED, Outcome.BESIDE)), name="operation_stands"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class CapturedPhoto(Withdrawable):
    """A photo of a visit as it came from a device, named by the SHA-256 of the bytes that the device kept."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="captured")
    sha256 = models.CharField(max_length=64)
    picture = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    thumbnail = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    received_at = models.DateTimeField(default=timezone.now)
    received_from = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["visit", "sha256"], name="captured_photo_once")]

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def created_at(self) -> datetime:
        return self.received_at

    @property
    def created_by_id(self) -> int:
        return self.received_from_id


class CapturePlace(models.Model):
    """Where and when a camera says that a photo was taken; kept only where the team asked for it, seen by few."""

    captured = models.OneToOneField(CapturedPhoto, on_delete=models.CASCADE, related_name="place")
    latitude = models.DecimalField(max_digits=9, decimal_places=6)
    longitude = models.DecimalField(max_digits=9, decimal_places=6)
    taken_text = models.CharField(max_length=40, blank=True, default="")

    def __str__(self) -> str:
        return str(self.pk)


class ShotQuerySet(models.QuerySet):
    def standing(self) -> "ShotQuerySet":
        """Those whose photo was not withdrawn; one whose bytes have not arrived yet stands."""
        return self.filter(captured__withdrawn_at__isnull=True)


class Shot(models.Model):
    """A photo put to a finding or to a line of the checklist, with its caption and the marks drawn over it."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="shots")
    subject = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    captured = models.ForeignKey(CapturedPhoto, on_delete=models.PROTECT, null=True, related_name="shots")
    item = models.ForeignKey(VisitItem, on_delete=models.PROTECT, null=True, related_name="shots")
    photo = models.OneToOneField(Photo, on_delete=models.PROTECT, null=True, related_name="shot")
    marked = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    caption = NfcCharField(_("caption"), max_length=200, blank=True, default="")
    marks = models.JSONField(default=list)
    taken_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()

    objects = ShotQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["visit", "subject"], name="shot_once")]

    def __str__(self) -> str:
        return self.caption or self.sha256[:12]
