"""Yearly plans of visits, the units they name by month, and the plans that agencies made for themselves."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.choices import OVERSIGHT_ROLES
from agencies.models import Agency, Person
from cchc_portal.lib.fields import NfcCharField, NfcTextField, SearchKeyField
from inspections.choices import InspectionKind, PlanState


class PlanQuerySet(models.QuerySet):
    def visible_to(self, user) -> "PlanQuerySet":
        """Oversight sees every plan, whoever belongs to a team today those that are issued."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(*OVERSIGHT_ROLES):
            return self
        if user.memberships.on(timezone.localdate()).exists():
            return self.exclude(state=PlanState.DRAFT)
        return self.none()

    def for_list(self) -> "PlanQuerySet":
        return self.select_related("issuing_agency").order_by("-year", "kind", "title", "pk")


class Plan(models.Model):
    """A yearly plan of visits of one kind. Its decision number is given by the registry."""

    year = models.PositiveSmallIntegerField(_("year"))
    kind = models.CharField(_("kind"), max_length=30, choices=InspectionKind)
    title = NfcCharField(_("title"), max_length=250)
    decision_number = NfcCharField(_("decision number"), max_length=60, blank=True, default="")
    issuing_agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("issuing agency")
    )
    head_title = NfcCharField(_("who is in charge"), max_length=200, blank=True, default="")
    purpose = NfcTextField(_("purpose and requirements"), blank=True, default="")
    content = NfcTextField(_("what is inspected"), blank=True, default="")
    carrying_out = NfcTextField(_("who does what"), blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=PlanState, default=PlanState.DRAFT)
    issued_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    search_key = SearchKeyField(sources=("title", "decision_number"))

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "kind"]
        verbose_name = _("plan")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("inspections:plan_detail", args=[self.pk])

    @property
    def is_editable(self) -> bool:
        """Its words are changed while it is a draft."""
        return self.state == PlanState.DRAFT

    @property
    def takes_units(self) -> bool:
        """Units are added, moved and taken out until it is closed; after issuing with a reason."""
        return self.state != PlanState.CLOSED


class PlanUnit(models.Model):
    """An agency of the plan, the month it is due in (none: some time in the year), the team that goes there.

    A unit that was taken out of an issued plan stays, with the reason.
    """

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="units")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", verbose_name=_("agency"))
    month = models.PositiveSmallIntegerField(_("month"), null=True, blank=True)
    team = models.ForeignKey(
        "inspections.Team",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="planned_units",
        verbose_name=_("team"),
    )
    note = NfcCharField(_("note"), max_length=250, blank=True, default="")
    visit = models.OneToOneField(
        "inspections.Visit", on_delete=models.SET_NULL, null=True, related_name="planned_as", editable=False
    )
    left_out = NfcTextField(_("why it was taken out"), blank=True, default="", editable=False)

    class Meta:
        ordering = ["plan", models.F("month").asc(nulls_last=True), "agency__sort_key", "pk"]
        verbose_name = _("unit of a plan")
        constraints = [
            models.UniqueConstraint(fields=["plan", "agency"], name="plan_unit_once"),
            models.CheckConstraint(
                condition=Q(month__isnull=True) | Q(month__gte=1, month__lte=12), name="plan_unit_month"
            ),
        ]

    def __str__(self) -> str:
        return str(self.agency)

    @property
    def last_day(self) -> date:
        """The last day of the month it is due in, of the year where no month is named."""
        month = self.month or 12
        following = date(self.plan.year + month // 12, month % 12 + 1, 1)
        return date.fromordinal(following.toordinal() - 1)


class OwnPlan(models.Model):
    """That an agency has made its own plan for the year, as it told the programme office; number and date are its."""

    year = models.PositiveSmallIntegerField(_("year"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="own_plans", verbose_name=_("agency"))
    number = NfcCharField(_("number of the plan"), max_length=60, blank=True, default="")
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-year", "agency__sort_key"]
        constraints = [models.UniqueConstraint(fields=["year", "agency"], name="own_plan_once")]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.year}"
