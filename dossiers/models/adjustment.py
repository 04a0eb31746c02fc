"""Adjustments of accepted returns, and the figures they superseded."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.choices import AGENCY_ROLES, RoleCode
from agencies.models import Person
from cchc_portal.lib.fields import NfcTextField, once_with_null
from dossiers.choices import OPEN_ADJUSTMENTS, AdjustmentState
from dossiers.models.line import LateReason, Line
from dossiers.models.returns import Return
from dossiers.rules import CELL_NAMES, NA


class AdjustmentQuerySet(models.QuerySet):
    def visible_to(self, user) -> "AdjustmentQuerySet":
        """Adjustments the person may read: the agency its own, others those that were signed, auditors all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(RoleCode.AUDITOR):
            return self
        seen = Q(signed_at__isnull=False, of__in=Return.objects.visible_to(user).values("pk"))
        if own := user.agency_ids_as(*AGENCY_ROLES):
            seen |= Q(of__agency_id__in=own)
        return self.filter(seen)

    def open(self) -> "AdjustmentQuerySet":
        """Not decided yet; at most one per return."""
        return self.filter(state__in=OPEN_ADJUSTMENTS)

    def for_list(self) -> "AdjustmentQuerySet":
        return self.select_related("of__agency", "of__period", "proposed_by", "signed_by", "decided_by")


class Adjustment(models.Model):
    """A wish to change figures of an accepted return; until it is accepted, the figures that stand count."""

    of = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="adjustments")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(_("state"), max_length=10, choices=AdjustmentState, default=AdjustmentState.PROPOSED)
    reason = NfcTextField(_("reason"))
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    signed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = NfcTextField(blank=True, default="")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = AdjustmentQuerySet.as_manager()

    class Meta:
        ordering = ["of", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["of", "number"], name="adjustment_number_once"),
            models.UniqueConstraint(fields=["of"], condition=Q(state__in=OPEN_ADJUSTMENTS), name="adjustment_one_open"),
            models.CheckConstraint(condition=Q(state__in=AdjustmentState.values), name="adjustment_state_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="adjustment_has_reason"),
        ]

    def __str__(self) -> str:
        return str(_("Adjustment %(number)s of %(return)s") % {"number": self.number, "return": self.of})

    def get_absolute_url(self) -> str:
        return reverse("dossiers:adjustment_detail", args=[self.pk])


class AdjustedCell(models.Model):
    """One figure of one line, before and after. As on the line: blank is NULL, not applicable is 0 with its mark."""

    adjustment = models.ForeignKey(Adjustment, on_delete=models.CASCADE, related_name="cells")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="adjusted_cells")
    figure = models.CharField(max_length=32)
    old = models.PositiveIntegerField(null=True)
    old_not_applicable = models.BooleanField(default=False)
    new = models.PositiveIntegerField(null=True)
    new_not_applicable = models.BooleanField(default=False)

    class Meta:
        ordering = ["adjustment", "line__position", "line", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["adjustment", "line", "figure"], name="adjusted_cell_once"),
            models.CheckConstraint(condition=Q(figure__in=CELL_NAMES), name="adjusted_cell_of_a_figure"),
            models.CheckConstraint(
                condition=Q(old_not_applicable=False) | Q(old=0, old__isnull=False), name="adjusted_cell_old_na_is_0"
            ),
            models.CheckConstraint(
                condition=Q(new_not_applicable=False) | Q(new=0, new__isnull=False), name="adjusted_cell_new_na_is_0"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.figure}: {self.before} → {self.after}"

    @property
    def before(self):
        """The cell as it stood: a count, None, or `rules.NA`."""
        return NA if self.old_not_applicable else self.old

    @property
    def after(self):
        return NA if self.new_not_applicable else self.new


class AdjustedWord(models.Model):
    """A late reason or an explanation of one line, before and after; what was or will not be there is blank."""

    adjustment = models.ForeignKey(Adjustment, on_delete=models.CASCADE, related_name="words")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="adjusted_words")
    late_reason = models.ForeignKey(LateReason, on_delete=models.PROTECT, null=True, related_name="+")
    identity = models.CharField(max_length=4, blank=True, default="")
    old_count = models.PositiveIntegerField(null=True)
    new_count = models.PositiveIntegerField(null=True)
    old_text = NfcTextField(blank=True, default="")
    new_text = NfcTextField(blank=True, default="")

    class Meta:
        ordering = ["adjustment", "line__position", "line", "late_reason__order", "pk"]
        constraints = [
            *once_with_null("adjustment", "line", "identity", nullable="late_reason", name="adjusted_word_once"),
            models.CheckConstraint(
                condition=Q(late_reason__isnull=False, identity="")
                | (Q(late_reason__isnull=True, old_count__isnull=True, new_count__isnull=True) & ~Q(identity="")),
                name="adjusted_word_is_of_one_sort",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.late_reason_id or self.identity}"

    @property
    def before(self) -> tuple[int | None, str]:
        """Count (None where it was not there, and for explanations) and text as they stood."""
        return self.old_count, self.old_text

    @property
    def after(self) -> tuple[int | None, str]:
        return self.new_count, self.new_text


class EditionQuerySet(models.QuerySet):
    """Editions are only ever added."""

    def update(self, **kwargs):
        raise TypeError("What was known stays as it was.")

    def delete(self):
        raise TypeError("What was known stays as it was.")


class Edition(models.Model):
    """Figures of a return that an adjustment superseded: every line, known from one instant until another.

    `lines` is a list of {"line": key, "cells": {name: count, null or "NA"}}. The lines themselves hold the edition that
    stands, known since the last `known_until`.
    """

    of = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="editions")
    number = models.PositiveSmallIntegerField()
    lines = models.JSONField()
    known_from = models.DateTimeField()
    known_until = models.DateTimeField()
    adjustment = models.OneToOneField(Adjustment, on_delete=models.PROTECT, related_name="superseded")

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering = ["of", "number"]
        constraints = [
            models.UniqueConstraint(fields=["of", "number"], name="edition_number_once"),
            models.CheckConstraint(
                condition=Q(known_until__gte=models.F("known_from")), name="edition_instants_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.of_id}/{self.number}"
