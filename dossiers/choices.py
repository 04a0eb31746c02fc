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
# Counted in views marked "tạm tính" as well.
PROVISIONAL_STATES = SENT_STATES
EDITABLE_STATES = (ReturnState.DRAFT,)
# Figures are locked and must not break a blocking identity.
LOCKED_STATES = (ReturnState.SUBMITTED, ReturnState.APPROVED, ReturnState.ACCEPTED)


class AdjustmentState(models.TextChoices):
    """The way of a change to an accepted return."""

    PROPOSED = "proposed", pgettext_lazy("adjustment state", "proposed")
    SIGNED = "signed", pgettext_lazy("adjustment state", "signed")
    ACCEPTED = "accepted", pgettext_lazy("adjustment state", "accepted")
    REFUSED = "refused", pgettext_lazy("adjustment state", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("adjustment state", "withdrawn")


OPEN_ADJUSTMENTS = (AdjustmentState.PROPOSED, AdjustmentState.SIGNED)


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


class UnusualMeasure(models.TextChoices):
    """What of a return is compared with what was to be expected (`rules.unusual.MEASURES`)."""

    RECEIVED = "received", pgettext_lazy("unusual", "Received in the period")
    RESOLVED = "resolved", pgettext_lazy("unusual", "Resolved")
    OVERDUE = "overdue", pgettext_lazy("unusual", "Resolved overdue")
    PENDING = "pending", pgettext_lazy("unusual", "Pending")
    LATE_SHARE = "late_share", pgettext_lazy("unusual", "Share resolved overdue")
    ONLINE_SHARE = "online_share", pgettext_lazy("unusual", "Share received online")
    REPEATED = "repeated", pgettext_lazy("unusual", "Lines that repeat the period before")
    VANISHED = "vanished", pgettext_lazy("unusual", "Lines that fell to nothing")


class UnusualDirection(models.TextChoices):
    HIGH = "high", pgettext_lazy("unusual", "higher")
    LOW = "low", pgettext_lazy("unusual", "lower")
    SAME = "same", pgettext_lazy("unusual", "the same")


class FlagState(models.TextChoices):
    """What became of an unusual figure; `cleared`: a later look no longer found it."""

    OPEN = "open", pgettext_lazy("flag state", "not answered")
    EXPLAINED = "explained", pgettext_lazy("flag state", "explained")
    CORRECTED = "corrected", pgettext_lazy("flag state", "wrong and corrected")
    IGNORED = "ignored", pgettext_lazy("flag state", "put aside")
    CLEARED = "cleared", pgettext_lazy("flag state", "no longer unusual")


class AgencySays(models.TextChoices):
    """What the agency itself answers to an unusual figure of its return; the programme office decides."""

    RIGHT = "right", pgettext_lazy("unusual", "as it really was")
    WILL_CORRECT = "correct", pgettext_lazy("unusual", "will be corrected")


ANSWERED_FLAGS = (FlagState.EXPLAINED, FlagState.CORRECTED, FlagState.IGNORED)

# Figures of a line by their names in `rules`, in the order of the form.
FIGURE_LABELS = {
    "received": _("Received, total"),
    "received_online": _("Received online in the period"),
    "received_direct": _("Received directly or by post in the period"),
    "carried_over": _("Carried over from the previous period"),
    "resolved": _("Resolved, total"),
    "resolved_early": _("Resolved early"),
    "resolved_on_time": _("Resolved on time"),
    "resolved_overdue": _("Resolved overdue"),
    "in_time": _("Resolved early and on time"),
    "pending": _("Pending, total"),
    "pending_within": _("Pending within the time limit"),
    "pending_overdue": _("Pending overdue"),
    "withdrawn": _("Returned, withdrawn or stopped"),
    "resolved_overdue_with_apology": _("Resolved overdue with an apology letter"),
    "pending_overdue_with_apology": _("Pending overdue with an apology letter"),
    "stated_received": _("Received, total as stated by the source"),
    "stated_in_time": _("Resolved early and on time, as stated by the source"),
    "stated_resolved": _("Resolved, total as stated by the source"),
    "stated_pending": _("Pending, total as stated by the source"),
}

# What a breach says, by `Breach.key`; the placeholders are `Breach.params`, printed as counts.
IDENTITY_MESSAGES = {
    "R1": _("Received is stated as %(total)s, its parts add up to %(parts)s: a difference of %(excess)s."),
    "R2": _("Resolved is stated as %(total)s, its parts add up to %(parts)s: a difference of %(excess)s."),
    "R2.in_time": _("Early and on time is stated as %(total)s, its parts add up to %(parts)s."),
    "R3": _("Pending is stated as %(total)s, its parts add up to %(parts)s: a difference of %(excess)s."),
    "R4": _("Received is %(total)s, resolved, pending and withdrawn together are %(parts)s: unclassified %(gap)s."),
    "R5": _("Carried over is %(total)s, the return before ended with %(parts)s pending."),
    "R7": _("A count is a whole number from 0 to %(maximum)s."),
    "R8.resolved": _("Apology letters for %(parts)s dossiers resolved overdue, but only %(total)s were overdue."),
    "R8.pending": _("Apology letters for %(parts)s dossiers pending overdue, but only %(total)s are overdue."),
    "R9.in_time": _("Resolved early and on time (%(parts)s) is more than resolved (%(total)s)."),
    "R9.resolved": _("Resolved (%(parts)s) is more than received (%(total)s)."),
    "R9.in_time_received": _("Resolved early and on time (%(parts)s) is more than received (%(total)s)."),
    "R9.online": _("Received online (%(parts)s) is more than received (%(total)s)."),
    "R10": _("Reasons are given for %(total)s late dossiers, there are %(parts)s."),
}

FORMULA_LABELS = {
    "D2": _("early and on time ÷ resolved"),
    "D1": _("early and on time ÷ received"),
    "D3": _("pending within the time limit ÷ pending"),
    "D4": _("(early and on time + pending within the time limit) ÷ received"),
    "D5": _("early and on time ÷ (resolved + pending overdue)"),
    "D2c": _("early and on time ÷ (early + on time + overdue)"),
    "online_share": _("received online ÷ (online + direct)"),
    "overdue_share": _("resolved overdue ÷ resolved"),
    "apology_share": _("with an apology letter ÷ (resolved overdue + pending overdue)"),
}

# Formulas that pages call by words; D1 to D5 are called by their codes.
FORMULA_NAMES = {
    "online_share": _("Share online"),
    "overdue_share": _("Share overdue"),
    "apology_share": _("Share with an apology"),
}

# Gaps that a reason may explain, as the pages call them.
EXPLAINED_LABELS = {
    "R4": _("Explanation: dossiers that are unclassified (R4)"),
    "R5": _("Explanation: carried over differs from the return before (R5)"),
    "R10": _("Explanation: late reasons do not add up (R10)"),
}
