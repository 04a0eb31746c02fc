"""What: procedures, their fields and online levels, who handles what, and the holiday table of working-day clocks."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cchc_portal.lib.fields import NfcCharField, NfcTextField, SearchKeyField, SortKeyField, once_with_null
from procedures.choices import Counting, DecisionKind, ProcedureLevel, Scale
from records.models import Source


class DatedQuerySet(models.QuerySet):
    """Rows with `valid_from` and `valid_to` (the last day); an unknown bound is open."""

    def valid_on(self, day: date):
        return self.valid_within(day, day)

    def valid_within(self, first: date, last: date):
        """Rows valid on at least one day of the span."""
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=last), Q(valid_to__isnull=True) | Q(valid_to__gte=first)
        )


class Field(models.Model):
    """A field of government work (lĩnh vực) that procedures are grouped by."""

    code = NfcCharField(_("code"), max_length=40, unique=True)
    name = NfcCharField(_("name"), max_length=200)
    sort_key = SortKeyField(source="name")
    search_key = SearchKeyField(sources=("code", "name"))

    class Meta:
        ordering = ["sort_key", "pk"]
        verbose_name = _("field")
        verbose_name_plural = _("fields")

    def __str__(self) -> str:
        return self.name


class ProcedureQuerySet(DatedQuerySet):
    def visible_to(self, user) -> "ProcedureQuerySet":
        """The register of procedures is open to everyone who is signed in."""
        return self if user.is_authenticated else self.none()

    def handled_by(self, agency: Agency, first: date, last: date) -> "ProcedureQuerySet":
        """Procedures that the agency handled on at least one day of the span, in the order of a return."""
        links = AgencyProcedure.objects.filter(agency=agency).valid_within(first, last)
        return self.valid_within(first, last).filter(pk__in=links.values("procedure_id")).for_list()

    def for_list(self) -> "ProcedureQuerySet":
        return self.select_related("field").order_by("field__sort_key", "sort_key", "pk")


class Procedure(models.Model):
    """An administrative procedure. Its code is text: leading digits matter and `1.004194` is no number."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = NfcCharField(_("name"), max_length=500)
    field = models.ForeignKey(Field, on_delete=models.PROTECT, related_name="procedures", verbose_name=_("field"))
    level = models.CharField(_("level"), max_length=10, choices=ProcedureLevel)
    statutory_days = models.PositiveSmallIntegerField(_("statutory working days"), null=True, blank=True)
    fee = models.BooleanField(_("fee"), null=True, blank=True)
    legal_basis = NfcTextField(_("legal basis"), blank=True, default="")
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to (last day)"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    sort_key = SortKeyField(source="name")
    search_key = SearchKeyField(sources=("code", "name"))

    objects = ProcedureQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "pk"]
        verbose_name = _("procedure")
        verbose_name_plural = _("procedures")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="procedure_dates_in_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class OnlineLevel(models.Model):
    """Where a procedure stands on one of the three scales, for a span of days."""

    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="online_levels")
    scale = models.CharField(_("scale"), max_length=16, choices=Scale)
    value = models.CharField(_("level"), max_length=12)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to (last day)"), null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["procedure", "scale", "valid_from"]
        constraints = once_with_null("procedure", "scale", nullable="valid_from", name="online_level_once")

    def __str__(self) -> str:
        return f"{self.scale} {self.value}"


class Decision(models.Model):
    """A dated decision that published, amended or abolished a procedure. The number belongs to the registry."""

    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="decisions")
    kind = models.CharField(_("kind"), max_length=10, choices=DecisionKind)
    number = NfcCharField(_("decision number"), max_length=60, blank=True, default="")
    date = models.DateField(_("date"))

    class Meta:
        ordering = ["date", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.date}"


class AgencyProcedure(models.Model):
    """Which agency handles which procedure, from when to when."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="handled")
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="handlers")
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to (last day)"), null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["agency", "procedure"]
        constraints = once_with_null("agency", "procedure", nullable="valid_from", name="agency_procedure_once")

    def __str__(self) -> str:
        return f"{self.agency_id} {self.procedure_id}"


class StatedLevelCount(models.Model):
    """How many procedures a source states at one level of one scale on a date, and how it counted."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="stated_level_counts")
    as_of = models.DateField(_("as of"))
    scale = models.CharField(_("scale"), max_length=16, choices=Scale)
    value = models.CharField(_("level"), max_length=12)
    procedures = models.PositiveIntegerField(_("procedures at the level"))
    of = models.PositiveIntegerField(_("procedures in all"))
    counting = models.CharField(_("counting"), max_length=10, choices=Counting)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["agency", "as_of", "scale", "value"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "as_of", "scale", "value"], name="stated_level_count_once"),
            models.CheckConstraint(condition=Q(procedures__lte=F("of")), name="stated_level_count_within_all"),
        ]

    def __str__(self) -> str:
        return f"{self.scale} {self.value}: {self.procedures}/{self.of}"


class DocumentReview(models.Model):
    """Legal documents an agency reviewed in a span, and how many it proposed to repeal, amend or replace."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="document_reviews")
    period_text = NfcCharField(_("period"), max_length=80)
    reviewed = models.PositiveIntegerField(_("reviewed"), null=True, blank=True)
    proposed_repeal = models.PositiveIntegerField(_("proposed for repeal"), null=True, blank=True)
    proposed_amendment = models.PositiveIntegerField(_("proposed for amendment"), null=True, blank=True)
    proposed_replacement = models.PositiveIntegerField(_("proposed for replacement"), null=True, blank=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["agency", "pk"]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.period_text}"


class Holiday(models.Model):
    """A day that does not count as a working day; the table is kept for each year by the programme office."""

    day = models.DateField(_("day"), unique=True)
    name = NfcCharField(_("name"), max_length=120)

    class Meta:
        ordering = ["day"]
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y} {self.name}"
