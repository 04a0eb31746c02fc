"""Words of periods and returns, and the groups of states that rules ask for."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PeriodKind(models.TextChoices):
    MONTH = "month", pgettext_lazy("period kind", "Month")
    QUARTER = "quarter", pgettext_lazy("period kind", "Quarter")
    HALF = "half", pgettext_lazy("period kind", "Half-year")
    NINE_MONTHS = "nine_months", pgettext_lazy("period kind", "Nine months")
    YEAR = "year", pgettext_lazy("period kind", "Year")


class Calendar(models.TextChoices):
    """Figures of different calendars are never put in one series (domain.md §4)."""

    DEFAULT = "default", _("Reporting calendar (Decree 09/2019)")
    CALENDAR = "calendar", _("Calendar quarters")
    PUBLISHED = "published", _("As published, dates not known")


class ReturnState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("return state", "draft")
    SUBMITTED = "submitted", pgettext_lazy("return state", "submitted")
    APPROVED = "approved", pgettext_lazy("return state", "approved")
    ACCEPTED = "accepted", pgettext_lazy("return state", "accepted")
    VOID = "void", pgettext_lazy("return state", "void")


SENT_STATES = (ReturnState.APPROVED, ReturnState.ACCEPTED)
OPEN_STATES = (ReturnState.DRAFT, ReturnState.SUBMITTED, ReturnState.APPROVED)
COUNTED_STATES = (ReturnState.ACCEPTED,)


class LineSort(models.TextChoices):
    """A return holds lines of one of these sorts, never a mix."""

    PROCEDURE = "procedure", pgettext_lazy("line sort", "by procedure")
    FIELD = "field", pgettext_lazy("line sort", "by field")
    AGENCY = "agency", pgettext_lazy("line sort", "whole agency")


class FormVersion(models.TextChoices):
    """The form a return was filed under; old returns are never moved to a new form."""

    II_06A = "II.06a", _("Form II.06a/VPCP/KSTT")
    BTP_07A = "07a", _("Form 07a/BTP")
    PUBLISHED = "published", _("Quoted from a publication")


class Severity(models.TextChoices):
    """What a broken identity does: stops the submission, asks for a reason, or is only shown."""

    BLOCK = "block", pgettext_lazy("severity", "blocks")
    EXPLAIN = "explain", pgettext_lazy("severity", "needs a reason")
    SHOW = "show", pgettext_lazy("severity", "is shown")
