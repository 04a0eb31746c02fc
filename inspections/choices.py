"""Kinds and states of supervision, with the groups that pages and rules ask for."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Kinds of document that a visit has.
INSPECTION_MINUTES = "inspection_minutes"
INSPECTION_REPORT = "inspection_report"
# Kind of document that urges an agency about what is overdue.
FOLLOW_UP_LETTER = "follow_up_letter"
CONCLUSION_NOTICE = "conclusion_notice"

# Kinds of document of a yearly plan, of a team at its beginning and its end, and of what is known before a visit.
INSPECTION_PLAN = "inspection_plan"
TEAM_FOUNDING = "team_founding"
TEAM_CLOSING = "team_closing"
AGENCY_BRIEF = "agency_brief"


class InspectionKind(models.TextChoices):
    ADMINISTRATIVE = "administrative_inspection", _("Inspection of administrative reform")
    COUNCIL = "council_supervision", _("Supervision by the People's Council")
    PARTY = "party_supervision", _("Supervision by the Party committee")
    SELF = "self_inspection", _("Self-inspection")
    WORKING_SESSION = "working_session", _("Working session")


class DatePrecision(models.TextChoices):
    DAY = "day", pgettext_lazy("date precision", "exact day")
    MONTH = "month", pgettext_lazy("date precision", "month only")
    YEAR = "year", pgettext_lazy("date precision", "year only")


class PlanState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("plan state", "draft")
    ISSUED = "issued", pgettext_lazy("plan state", "issued")
    CLOSED = "closed", pgettext_lazy("plan state", "closed")


class UnitStanding(models.TextChoices):
    """Where a unit of a plan stands on a day; derived from its month and its visit, never stored."""

    NOT_DUE = "not_due", pgettext_lazy("unit of a plan", "not due yet")
    PLANNED = "planned", pgettext_lazy("unit of a plan", "visit planned")
    DONE = "done", pgettext_lazy("unit of a plan", "visited")
    DONE_LATE = "done_late", pgettext_lazy("unit of a plan", "visited late")
    LATE = "late", pgettext_lazy("unit of a plan", "late")
    MISSED = "missed", pgettext_lazy("unit of a plan", "missed")
    CANCELLED = "cancelled", pgettext_lazy("unit of a plan", "visit cancelled")
    LEFT_OUT = "left_out", pgettext_lazy("unit of a plan", "taken out")


class TeamState(models.TextChoices):
    OPEN = "open", pgettext_lazy("team state", "at work")
    CLOSED = "closed", pgettext_lazy("team state", "closed")


class SelfCheckState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("self-check state", "asked for")
    ANSWERED = "answered", pgettext_lazy("self-check state", "report received")
    WITHDRAWN = "withdrawn", pgettext_lazy("self-check state", "withdrawn")


class MemberRole(models.TextChoices):
    HEAD = "head", pgettext_lazy("team", "head")
    SECRETARY = "secretary", pgettext_lazy("team", "secretary")
    MEMBER = "member", pgettext_lazy("team", "member")


class VisitState(models.TextChoices):
    PLANNED = "planned", pgettext_lazy("visit state", "planned")
    PREPARED = "prepared", pgettext_lazy("visit state", "prepared")
    UNDER_WAY = "under_way", pgettext_lazy("visit state", "under way")
    RECORDED = "recorded", pgettext_lazy("visit state", "minutes recorded")
    REPORTED = "reported", pgettext_lazy("visit state", "result reported")
    CONCLUDED = "concluded", pgettext_lazy("visit state", "concluded")
    CLOSED = "closed", pgettext_lazy("visit state", "closed")
    CANCELLED = "cancelled", pgettext_lazy("visit state", "cancelled")


WRITABLE_VISIT_STATES = (VisitState.PLANNED, VisitState.PREPARED, VisitState.UNDER_WAY, VisitState.RECORDED)
SHOWN_TO_AGENCY = (VisitState.PREPARED, VisitState.UNDER_WAY, VisitState.RECORDED, VisitState.REPORTED,
                   VisitState.CONCLUDED, VisitState.CLOSED)  # fmt: skip


class FindingKind(models.TextChoices):
    STRENGTH = "strength", pgettext_lazy("finding kind", "Strength")
    LIMITATION = "limitation", pgettext_lazy("finding kind", "Limitation")
    VIOLATION = "violation", pgettext_lazy("finding kind", "Violation")


class Severity(models.TextChoices):
    LOW = "low", pgettext_lazy("severity", "low")
    MEDIUM = "medium", pgettext_lazy("severity", "medium")
    HIGH = "high", pgettext_lazy("severity", "high")


class FindingState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("finding state", "draft")
    FINAL = "final", pgettext_lazy("finding state", "final")
    RELEASED = "released", pgettext_lazy("finding state", "released to the agency")
    ANSWERED = "answered", pgettext_lazy("finding state", "answered")
    WITHDRAWN = "withdrawn", pgettext_lazy("finding state", "withdrawn")


RELEASED_FINDINGS = (FindingState.RELEASED, FindingState.ANSWERED)


class RecommendationState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("recommendation state", "draft")
    ISSUED = "issued", pgettext_lazy("recommendation state", "issued")
    ACCEPTED = "accepted", pgettext_lazy("recommendation state", "accepted by the agency")
    DISPUTED = "disputed", pgettext_lazy("recommendation state", "disputed")
    IN_PROGRESS = "in_progress", pgettext_lazy("recommendation state", "in progress")
    ANSWERED = "answered", pgettext_lazy("recommendation state", "remedy reported")
    CLOSED_IMPLEMENTED = "closed_implemented", pgettext_lazy("recommendation state", "closed, implemented")
    CLOSED_NOT_IMPLEMENTED = (
        "closed_not_implemented",
        pgettext_lazy("recommendation state", "closed, not implemented"),
    )
    WITHDRAWN = "withdrawn", pgettext_lazy("recommendation state", "withdrawn")


OPEN_RECOMMENDATIONS = (
    RecommendationState.ISSUED,
    RecommendationState.ACCEPTED,
    RecommendationState.DISPUTED,
    RecommendationState.IN_PROGRESS,
    RecommendationState.ANSWERED,
)


class ProposalState(models.TextChoices):
    RECORDED = "recorded", pgettext_lazy("proposal state", "recorded")
    FORWARDED = "forwarded", pgettext_lazy("proposal state", "forwarded")
    ANSWERED = "answered", pgettext_lazy("proposal state", "answered")


class Comparison(models.TextChoices):
    """How a rate is held against the threshold of a closing condition."""

    AT_LEAST = "ge", pgettext_lazy("comparison", "at least")
    ABOVE = "gt", pgettext_lazy("comparison", "above")
    AT_MOST = "le", pgettext_lazy("comparison", "at most")
    BELOW = "lt", pgettext_lazy("comparison", "below")


class DayUnit(models.TextChoices):
    """A clock names its unit as data."""

    WORKING = "working", pgettext_lazy("day unit", "working days")
    CALENDAR = "calendar", pgettext_lazy("day unit", "calendar days")


class ItemKind(models.TextChoices):
    """How an item of a checklist is answered."""

    RESULT = "result", pgettext_lazy("item kind", "result")
    NUMBER = "number", pgettext_lazy("item kind", "number")


class Result(models.TextChoices):
    CONFORM = "conform", pgettext_lazy("result", "Conforms")
    PARTLY = "partly", pgettext_lazy("result", "Conforms in part")
    NOT = "not", pgettext_lazy("result", "Does not conform")
    NOT_APPLICABLE = "not_applicable", pgettext_lazy("result", "Not applicable")
    NOT_CHECKED = "not_checked", pgettext_lazy("result", "Not checked")


class Needed(models.TextChoices):
    """When an answer needs a note or a photo."""

    NEVER = "never", pgettext_lazy("needed", "never")
    NOT_MET = "not_met", pgettext_lazy("needed", "when it does not (fully) conform")
    ALWAYS = "always", pgettext_lazy("needed", "whenever it was checked")


class OperationKind(models.TextChoices):
    """What one step of recording on site is about."""

    ANSWER = "answer", pgettext_lazy("operation", "answer")
    NOTE = "note", pgettext_lazy("operation", "note")
    ITEM = "item", pgettext_lazy("operation", "added item")
    FINDING = "finding", pgettext_lazy("operation", "finding")
    PHOTO = "photo", pgettext_lazy("operation", "photo")
    RECOUNT = "recount", pgettext_lazy("operation", "recount")
    RESOLVE = "resolve", pgettext_lazy("operation", "decision between two values")


class Outcome(models.TextChoices):
    """What became of an operation: every one that was acknowledged is kept, whatever became of it."""

    APPLIED = "applied", pgettext_lazy("outcome", "taken over")
    BESIDE = "beside", pgettext_lazy("outcome", "kept beside another value")
    REFUSED = "refused", pgettext_lazy("outcome", "refused")
    LATE = "late", pgettext_lazy("outcome", "came after the result was reported")


class SampleMethod(models.TextChoices):
    RANDOM = "random", pgettext_lazy("sample", "drawn at random")
    SYSTEMATIC = "systematic", pgettext_lazy("sample", "every n-th dossier from a random start")
    ALL = "all", pgettext_lazy("sample", "all dossiers")
    CHOSEN = "chosen", pgettext_lazy("sample", "chosen by the team")
