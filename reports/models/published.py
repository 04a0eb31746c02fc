"""What was published about the figures: claims and targets."""

import re

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.choices import OVERSIGHT_ROLES
from agencies.models import Agency
from cchc_portal.lib.fields import NfcCharField, NfcTextField, SearchKeyField
from dossiers.models import Period
from records.models import Source
from reports.choices import Comparator


class FiguresQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rows about agencies whose figures the person may read."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(*OVERSIGHT_ROLES):
            return self
        return self.filter(agency__in=Agency.objects.with_figures_for(user))

    def for_list(self):
        return self.select_related("agency", "source")


class Claim(models.Model):
    """What an agency or a newspaper stated, as text with its number; the counts stand beside it."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="claims", verbose_name=_("agency"))
    period = models.ForeignKey(
        Period, on_delete=models.PROTECT, null=True, blank=True, related_name="claims", verbose_name=_("period")
    )
    period_text = NfcCharField(_("period as stated"), max_length=80, blank=True, default="")
    text = NfcTextField(_("statement"))
    measure = models.SlugField(_("measure"), max_length=60)
    value = models.CharField(_("value"), max_length=30, blank=True, default="")
    unit = models.CharField(_("unit"), max_length=20, blank=True, default="")
    numerator = models.PositiveBigIntegerField(_("numerator"), null=True, blank=True)
    denominator = models.PositiveBigIntegerField(_("denominator"), null=True, blank=True)
    formula = models.CharField(_("formula"), max_length=20, blank=True, default="")
    # The whole row that the source printed, figures of the form by name; what was not printed is absent.
    row = models.JSONField(_("published row"), null=True, blank=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="claims", verbose_name=_("source"))
    search_key = SearchKeyField(sources=("text", "measure"))

    objects = FiguresQuerySet.as_manager()

    class Meta:
        ordering = ["source__code", "agency", "pk"]
        verbose_name = _("claim")
        verbose_name_plural = _("claims")

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def period_shown(self) -> str:
        """The period in words: its title, or the text kept from the source with its dates the Vietnamese way."""
        if self.period_id:
            return str(self.period)
        found = re.fullmatch(r"as of (\d{4})-(\d{2})-(\d{2})", self.period_text)
        if found:
            return gettext("as of %(day)s") % {"day": "/".join(reversed(found.groups()))}
        return self.period_text.replace(" to ", " – ")


class Target(models.Model):
    """A dated goal for one measure, of one agency or of a kind of agency; never hard-coded."""

    measure = models.SlugField(_("measure"), max_length=60)
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="targets", verbose_name=_("agency")
    )
    agency_kind = models.CharField(_("group of agencies"), max_length=12, blank=True, default="")
    comparator = models.CharField(_("comparator"), max_length=2, choices=Comparator, default=Comparator.AT_LEAST)
    value = models.DecimalField(_("value"), max_digits=12, decimal_places=3)
    of = models.PositiveIntegerField(_("out of"), null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=20)
    due = models.DateField(_("due"))
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True, related_name="targets")

    objects = FiguresQuerySet.as_manager()

    class Meta:
        ordering = ["due", "pk"]
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = [
            models.CheckConstraint(
                condition=Q(agency__isnull=False) | ~Q(agency_kind=""), name="target_has_agency_or_group"
            )
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.comparator} {self.value}"
