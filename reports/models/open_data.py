"""Sets of figures that the city gives away: proposed by one officer, published by another, kept as they were."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.choices import RoleCode
from agencies.models import Person
from cchc_portal.lib.fields import NfcCharField, NfcTextField
from dossiers.models import Period
from reports.choices import OpenDataState

KEEPERS = (RoleCode.PROGRAMME_OFFICER, RoleCode.AUDITOR)


class OpenDataQuerySet(models.QuerySet):
    def visible_to(self, user) -> "OpenDataQuerySet":
        """What was published is for everyone who signs in; the programme office and auditors see the rest as well."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(*KEEPERS):
            return self
        return self.filter(state__in=(OpenDataState.PUBLISHED, OpenDataState.WITHDRAWN))

    def readable_by(self, user) -> "OpenDataQuerySet":
        """Those whose files the person may read: withdrawn ones stay with those who keep them."""
        seen = self.visible_to(user)
        return seen if user.is_authenticated and user.has_role(*KEEPERS) else seen.published()

    def published(self) -> "OpenDataQuerySet":
        return self.filter(state=OpenDataState.PUBLISHED)

    def for_list(self) -> "OpenDataQuerySet":
        return self.select_related("period", "proposed_by", "decided_by", "withdrawn_by")


class OpenDataSet(models.Model):
    """Rates and counts of one period, agency by agency, as they stood when they were proposed.

    Its files are made once and never change, so whoever decides decides on exactly what is given away. `content_hash`
    is the SHA-256 over the names and hashes of all files.
    """

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="open_data", verbose_name=_("period"))
    number = models.PositiveSmallIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=9, choices=OpenDataState, default=OpenDataState.PROPOSED)
    licence = NfcCharField(_("licence"), max_length=120)
    note = NfcTextField(_("note"), blank=True, default="")
    data_hash = models.CharField(max_length=64)
    content_hash = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    reason = NfcTextField(blank=True, default="")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = OpenDataQuerySet.as_manager()

    class Meta:
        ordering = ["-period__last_day", "period__label", "-number"]
        verbose_name = _("open data set")
        verbose_name_plural = _("open data")
        constraints = [
            models.UniqueConstraint(fields=["period", "number"], name="open_data_number_once"),
            models.UniqueConstraint(
                fields=["period"], condition=Q(state=OpenDataState.PROPOSED), name="open_data_one_proposed"
            ),
            models.CheckConstraint(condition=Q(state__in=OpenDataState.values), name="open_data_state_known"),
            models.CheckConstraint(
                condition=Q(state=OpenDataState.REFUSED) | ~Q(decided_by=models.F("proposed_by")),
                name="open_data_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state=OpenDataState.WITHDRAWN) | ~Q(reason=""), name="open_data_withdrawn_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return str(_("Open data %(period)s, version %(number)s") % {"period": self.period, "number": self.number})

    def get_absolute_url(self) -> str:
        return reverse("reports:open_data_detail", args=[self.pk])


class OpenDataFile(models.Model):
    """One file of a set, byte for byte."""

    of = models.ForeignKey(OpenDataSet, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=40)
    content_type = models.CharField(max_length=60)
    content = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["of", "pk"]
        constraints = [models.UniqueConstraint(fields=["of", "name"], name="open_data_file_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def data(self) -> bytes:
        return self.content.encode()
