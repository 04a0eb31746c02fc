"""Checking: teams, visits, findings with evidence, recommendations and remedies."""

from inspections.models.capture import CapturedPhoto, CapturePlace, Operation, Shot
from inspections.models.checklists import Answer, Recount, Template, TemplateItem, VisitItem
from inspections.models.findings import Area, EvidenceFile, Finding, Photo
from inspections.models.following import (
    ClosingCondition,
    DueChange,
    EscalationRule,
    Evidence,
    HandOver,
    Letter,
    LetterLine,
)
from inspections.models.followup import Recommendation, Remedy
from inspections.models.plans import OwnPlan, Plan, PlanUnit
from inspections.models.preparing import Brief, SelfCheck, SelfCheckFile
from inspections.models.proposals import Proposal, ProposalAddressee
from inspections.models.visits import Team, TeamMember, Theme, Visit, VisitUnit

__all__ = [
    "Answer",
    "Area",
    "Brief",
    "CapturePlace",
    "CapturedPhoto",
    "ClosingCondition",
    "DueChange",
    "EscalationRule",
    "Evidence",
    "EvidenceFile",
    "Finding",
    "HandOver",
    "Letter",
    "LetterLine",
    "Operation",
    "OwnPlan",
    "Photo",
    "Plan",
    "PlanUnit",
    "Proposal",
    "ProposalAddressee",
    "Recommendation",
    "Recount",
    "Remedy",
    "SelfCheck",
    "SelfCheckFile",
    "Shot",
    "Team",
    "TeamMember",
    "Template",
    "TemplateItem",
    "Theme",
    "Visit",
    "VisitItem",
    "VisitUnit",
]
