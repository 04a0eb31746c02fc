"""Lines of a return and what explains them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.models import Person
from cchc_portal.lib.fields import NfcCharField, NfcTextField, once_with_null
from dossiers.models.returns import Return
from procedures.choices import ProcedureLevel
from procedures.models import Field, Procedure


class Line(models.Model):
    """One line of a return: a procedure, a field at a level, or the whole agency.

    A blank cell is NULL. A cell that does not apply holds 0 with its bit set in `not_applicable` (bit i is figure i of
    `rules.FIGURES`), so it adds nothing to a sum and stays apart from a typed zero. Derived figures are not stored; a
    source that publishes only totals has them in the `stated_…` columns.
    """

    of = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(default=0)
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, null=True, blank=True, related_name="lines")
    field = models.ForeignKey(Field, on_delete=models.PROTECT, null=True, blank=True, related_name="lines")
    level = models.CharField(max_length=10, choices=ProcedureLevel, blank=True, default="")
    received_online = models.PositiveIntegerField(null=True, blank=True)
    received_direct = models.PositiveIntegerField(null=True, blank=True)
    carried_over = models.PositiveIntegerField(null=True, blank=True)
    resolved_early = models.PositiveIntegerField(null=True, blank=True)
    resolved_on_time = models.PositiveIntegerField(null=True, blank=True)
    resolved_overdue = models.PositiveIntegerField(null=True, blank=True)
    pending_within = models.PositiveIntegerField(null=True, blank=True)
    pending_overdue = models.PositiveIntegerField(null=True, blank=True)
    withdrawn = models.PositiveIntegerField(null=True, blank=True)
    resolved_overdue_with_apology = models.PositiveIntegerField(null=True, blank=True)
    pending_overdue_with_apology = models.PositiveIntegerField(null=True, blank=True)
    stated_received = models.PositiveIntegerField(null=True, blank=True)
    stated_in_time = models.PositiveIntegerField(null=True, blank=True)
    stated_resolved = models.PositiveIntegerField(null=True, blank=True)
    stated_pending = models.PositiveIntegerField(null=True, blank=True)
    not_applicable = models.PositiveSmallIntegerField(default=0)
    note = NfcTextField(_("note"), blank=True, default="")
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["of", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["of", "procedure"], condition=Q(procedure__isnull=False), name="line_once_per_procedure"
            ),
            models.UniqueConstraint(
                fields=["of", "field", "level"], condition=Q(field__isnull=False), name="line_once_per_field_level"
            ),
            models.UniqueConstraint(
                fields=["of"], condition=Q(procedure__isnull=True, field__isnull=True), name="line_once_per_agency"
            ),
            models.CheckConstraint(
                condition=Q(procedure__isnull=True) | Q(field__isnull=True), name="line_is_of_one_sort"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.of_id}/{self.position}"


class LateReason(models.Model):
    """A reason for late dossiers; the list is the portal's own and kept by the programme office."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = NfcCharField(_("name"), max_length=200)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    needs_text = models.BooleanField(_("needs a text"), default=False)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("late reason")
        verbose_name_plural = _("late reasons")

    def __str__(self) -> str:
        return self.name


class LateReasonCount(models.Model):
    """How many late dossiers of a line have one reason (R10)."""

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="late_reasons")
    reason = models.ForeignKey(LateReason, on_delete=models.PROTECT, related_name="+")
    count = models.PositiveIntegerField()
    text = NfcTextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "reason"], name="late_reason_once_per_line")]

    def __str__(self) -> str:
        return f"{self.reason_id}: {self.count}"


class Explanation(models.Model):
    """The reporter's reason for a gap that an identity asks to explain; a return is submitted only with it."""

    of = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="explanations")
    line = models.ForeignKey(Line, on_delete=models.CASCADE, null=True, blank=True, related_name="explanations")
    identity = models.CharField(max_length=4)
    text = NfcTextField(_("reason"))
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            *once_with_null("of", "identity", nullable="line", name="explanation_once"),
            models.CheckConstraint(condition=~Q(text=""), name="explanation_has_text"),
        ]

    def __str__(self) -> str:
        return f"{self.identity}: {self.text[:40]}"
