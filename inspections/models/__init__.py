"""Checking: teams, visits, findings with evidence, recommendations and remedies."""

from inspections.models.findings import Area, Finding, Photo
from inspections.models.followup import Proposal, ProposalAddressee, Recommendation, Remedy
from inspections.models.visits import Plan, Team, TeamMember, Theme, Visit, VisitUnit

__all__ = [
    "Area",
    "Finding",
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
