"""What may happen next to a visit, a finding and a recommendation. State is assigned here and nowhere else."""

from inspections.workflow.facts import facts, keep_edit, keep_new
from inspections.workflow.findings import FINDINGS
from inspections.workflow.following import condition_of, escalate, escalation_rules, holidays, settle_conditions
from inspections.workflow.letters import write_letters
from inspections.workflow.plans import PLANS
from inspections.workflow.proposals import PROPOSALS
from inspections.workflow.recommendations import RECOMMENDATIONS
from inspections.workflow.self_checks import SELF_CHECKS, ask_self_check
from inspections.workflow.teams import TEAMS
from inspections.workflow.visits import VISITS

__all__ = [
    "FINDINGS",
    "PLANS",
    "PROPOSALS",
    "RECOMMENDATIONS",
    "SELF_CHECKS",
    "TEAMS",
    "VISITS",
    "ask_self_check",
    "condition_of",
    "escalate",
    "escalation_rules",
    "facts",
    "holidays",
    "keep_edit",
    "keep_new",
    "settle_conditions",
    "write_letters",
]
