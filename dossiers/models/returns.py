"""The quarterly return: one per agency and period, with its state and who brought it there."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.choices import AGENCY_ROLES, RoleCode
from agencies.models import Agency, Person
from cchc_portal.lib.fields import NfcTextField
from dossiers.choices import SENT_STATES, FormVersion, LineSort, ReturnState
from dossiers.models.period import Extension, Period
from records.models import Source


class ReturnQuerySet(models.QuerySet):
    def visible_to(self, user) -> "ReturnQuerySet":
        """Returns whose existence and figures the person may see.

        An agency role sees every state of its own agency's returns and of what was absorbed into it, and what was sent
        by the agencies below; programme officers and leaders see what was sent; auditors see everything. Drafts of
        others stay with those who write them.
        """
        if not user.is_authenticated:
            return self.none()
        if user.has_role(RoleCode.AUDITOR):
            return self
        own = user.agency_ids_as(*AGENCY_ROLES)
        sent = Q(state__in=SENT_STATES) | Q(state=ReturnState.VOID, approved_at__isnull=False)
        seen = sent & Q(agency__in=Agency.objects.with_figures_for(user))
        if own:
            seen |= Q(agency_id__in=own)
        return self.filter(seen)

    def known_to(self, user) -> "ReturnQuerySet":
        """Returns whose existence and state the person may know of: programme officers know of all, drafts too."""
        if user.is_authenticated and user.has_role(RoleCode.PROGRAMME_OFFICER):
            return self
        return self.visible_to(user)

    def current(self) -> "ReturnQuerySet":
        """Everything but void ones: at most one per agency and period."""
        return self.exclude(state=ReturnState.VOID)

    def accepted(self) -> "ReturnQuerySet":
        return self.filter(state=ReturnState.ACCEPTED)

    def for_list(self) -> "ReturnQuerySet":
        return self.select_related("agency", "period")


class Return(models.Model):
    """What one agency reports for one period. Its figures are locked by the submission and count once accepted."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="returns", verbose_name=_("agency"))
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="returns", verbose_name=_("period"))
    form_version = models.CharField(_("form"), max_length=20, choices=FormVersion, default=FormVersion.II_06A)
    line_sort = models.CharField(_("lines by"), max_length=10, choices=LineSort, default=LineSort.PROCEDURE)
    state = models.CharField(_("state"), max_length=10, choices=ReturnState, default=ReturnState.DRAFT)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = models.BooleanField(_("initial data"), default=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True, related_name="returns")
    includes = models.ManyToManyField(Agency, blank=True, related_name="included_in")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    void_proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    objects = ReturnQuerySet.as_manager()

    class Meta:
        ordering = ["-period__last_day", "agency__sort_key", "pk"]
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "period"], condition=~Q(state=ReturnState.VOID), name="return_once_per_agency_period"
            ),
            models.CheckConstraint(condition=Q(state__in=ReturnState.values), name="return_state_known"),
        ]
        indexes = [models.Index(fields=["period", "state"], name="return_period_state")]

    def __str__(self) -> str:
        return f"{self.agency} · {self.period}"

    def get_absolute_url(self) -> str:
        return reverse("dossiers:return_detail", args=[self.pk])

    @property
    def published(self) -> bool:
        """A row quoted from a publication: what its source states stands beside what its parts give."""
        return self.form_version == FormVersion.PUBLISHED

    def entry_closes_at(self) -> datetime | None:
        """The instant after which figures can no longer be entered: the period's lock or a later extension."""
        until = (
            Extension.objects.filter(agency_id=self.agency_id, period_id=self.period_id)
            .order_by("-until")
            .values_list("until", flat=True)
            .first()
        )
        moments = [moment for moment in (self.period.locks_at, until) if moment is not None]
        return max(moments) if moments else None

    def is_locked(self, now: datetime | None = None) -> bool:
        closes = self.entry_closes_at()
        return closes is None or closes <= (now or timezone.now())


class Remark(models.Model):
    """A word to a return or to one of its lines, written when it is sent back; kept with the return."""

    of = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="remarks")
    line = models.ForeignKey("dossiers.Line", on_delete=models.SET_NULL, null=True, blank=True, related_name="remarks")
    text = NfcTextField(_("remark"))
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    open = models.BooleanField(default=True)

    class Meta:
        ordering = ["-at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]
