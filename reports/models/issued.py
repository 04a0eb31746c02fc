"""The reports that the portal itself issues, their values kept as they were read."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.choices import OVERSIGHT_ROLES
from agencies.models import Agency, Person
from dossiers.models import Period
from reports.choices import Scope


class ReportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Oversight reads every report; others the pages of agencies whose figures they may read, no city report."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(*OVERSIGHT_ROLES):
            return self
        return self.filter(scope=Scope.AGENCY, agency__in=Agency.objects.with_figures_for(user))


class Report(models.Model):
    """A report that was asked for. Its values are read once, by the worker, and stay as they were from then on.

    PDF, Word file and workbook are all made from `content`; `sha256` is the hash of its canonical JSON and stands in
    each of them. `known_on` tells the figures as they were known at the end of that day; None means when it was made.
    """

    scope = models.CharField(_("kind"), max_length=6, choices=Scope)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="reports", verbose_name=_("agency"))
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="reports", verbose_name=_("period"))
    known_on = models.DateField(_("as known on"), null=True, blank=True)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True)
    content = models.JSONField(null=True)
    sha256 = models.CharField(max_length=64, blank=True, default="")

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("issued report")
        verbose_name_plural = _("issued reports")
        indexes = [models.Index(fields=["agency", "period", "scope"], name="report_of_what")]
        constraints = [
            models.CheckConstraint(condition=Q(scope__in=Scope.values), name="report_scope_known"),
            models.CheckConstraint(
                condition=Q(made_at__isnull=True, content__isnull=True, sha256="")
                | (Q(made_at__isnull=False, content__isnull=False) & ~Q(sha256="")),
                name="report_made_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency} {self.period}"
