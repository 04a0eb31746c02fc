"""Findings of a visit and the photos behind them."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.models import Person
from cchc_portal.lib.fields import NfcCharField, NfcTextField, SearchKeyField
from inspections.choices import RELEASED_FINDINGS, FindingKind, FindingState, Severity
from inspections.models.seeing import seen_by
from inspections.models.visits import Visit
from records.models import StoredFile


class AreaQuerySet(models.QuerySet):
    def in_force(self) -> "AreaQuerySet":
        """Areas of the newest version of the list."""
        newest = Area.objects.order_by("-list_version").values_list("list_version", flat=True).first()
        return self.filter(list_version=newest).order_by("order")


class Area(models.Model):
    """One of the areas of administrative reform, in one version of the list."""

    code = models.SlugField(_("code"), max_length=40)
    list_version = models.CharField(_("version of the list"), max_length=20, default="2021-2030")
    name = NfcCharField(_("name"), max_length=200)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    objects = AreaQuerySet.as_manager()

    class Meta:
        ordering = ["list_version", "order"]
        constraints = [models.UniqueConstraint(fields=["code", "list_version"], name="area_once_per_version")]

    def __str__(self) -> str:
        return self.name


class FindingQuerySet(models.QuerySet):
    def visible_to(self, user) -> "FindingQuerySet":
        """Oversight and the team see every finding of the visit, the visited agency those released to it."""
        shown = Q(state__in=RELEASED_FINDINGS)
        return seen_by(user, self, teams=("visit__team_id",), agency="visit__agency", shown=shown)

    def for_list(self) -> "FindingQuerySet":
        photos = models.Prefetch("photos", Photo.objects.standing().select_related("thumbnail"))
        return self.select_related("area", "visit__agency").prefetch_related(photos).order_by("order", "pk")


class Finding(models.Model):
    """A strength, a limitation or a violation, with what it rests on."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(_("kind"), max_length=10, choices=FindingKind)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="findings", verbose_name=_("area"))
    severity = models.CharField(_("severity"), max_length=8, choices=Severity, blank=True, default="")
    text = NfcTextField(_("finding"))
    evidence = NfcTextField(_("evidence"), blank=True, default="")
    legal_basis = NfcTextField(_("legal basis"), blank=True, default="")
    cause = NfcTextField(_("cause"), blank=True, default="")
    # What was raised on site has the key that its device gave it, and says up to which version it came from there.
    client_id = models.UUIDField(null=True, unique=True, editable=False)
    captured_version = models.PositiveIntegerField(null=True, editable=False)
    item_code = models.CharField(_("line of the checklist"), max_length=40, blank=True, default="", editable=False)
    template_code = models.CharField(max_length=40, blank=True, default="", editable=False)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="merged_from", editable=False
    )
    repeats = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="repeated_by", editable=False
    )
    state = models.CharField(_("state"), max_length=10, choices=FindingState, default=FindingState.DRAFT)
    withdraw_reason = NfcTextField(blank=True, default="")
    answer = NfcTextField(_("answer of the agency"), blank=True, default="")
    order = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    search_key = SearchKeyField(sources=("text", "evidence"))

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["visit", "order", "pk"]
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints = [models.CheckConstraint(condition=Q(state__in=FindingState.values), name="finding_state_known")]

    def __str__(self) -> str:
        return self.text[:80]

    def get_absolute_url(self) -> str:
        return reverse("inspections:finding_detail", args=[self.pk])

    @property
    def is_editable(self) -> bool:
        """A draft is edited as long as its visit is open."""
        return self.state == FindingState.DRAFT and self.visit.is_writable


class EvidenceQuerySet(models.QuerySet):
    def standing(self) -> "EvidenceQuerySet":
        """What was not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)


class Withdrawable(models.Model):
    """Evidence that can be withdrawn: its hash and the reason stay, its bytes are handed out to nobody any more.

    `withdrawal_asked_by` asked for it with `withdraw_reason`; until a second person confirms, all stays as it is.
    """

    withdrawal_asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    withdraw_reason = NfcTextField(blank=True, default="")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        abstract = True


class Photo(Withdrawable):
    """A picture behind a finding: re-encoded, without location, with a thumbnail."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="photos")
    picture = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    thumbnail = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    caption = NfcCharField(_("caption"), max_length=200, blank=True, default="")
    # SHA-256 of the bytes as the camera wrote them, where the photo came from a device's log.
    original_sha256 = models.CharField(max_length=64, blank=True, default="")
    # A copy with the marks that were drawn over it; the picture itself stays as it is.
    marked = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["finding", "pk"]

    def __str__(self) -> str:
        return self.caption or str(self.pk)


class EvidenceFile(Withdrawable):
    """A file behind a finding. A better one becomes the next version; the ones before it stay readable."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="files")
    name = NfcCharField(_("what it is"), max_length=200)
    number = models.PositiveSmallIntegerField(_("version"), default=1)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    received_sha256 = models.CharField(max_length=64)  # of the bytes that came in, before a photo is re-encoded
    note = NfcTextField(_("note"), blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["finding", "name", "-number"]
        verbose_name = _("evidence file")
        constraints = [models.UniqueConstraint(fields=["finding", "name", "number"], name="evidence_version_once")]

    def __str__(self) -> str:
        return self.name
