"""Checking: teams, visits, findings with evidence, recommendations and remedies."""

from inspections.models.findings import Area, Finding, Photo
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
from inspections.models.proposals import Proposal, ProposalAddressee
from inspections.models.visits import Plan, Team, TeamMember, Theme, Visit, VisitUnit

__all__ = [
    "Area",
    "ClosingCondition",
    "DueChange",
    "EscalationRule",
    "Evidence",
    "Finding",
    "HandOver",
    "Letter",
    "LetterLine",
    "Photo",
    "Plan",
    "Proposal",
    "ProposalAddressee",
    "Recommendation",
    "Remedy",
    "Team",
    "TeamMember",
    "Theme",
    "Visit",
    "VisitUnit",
]
