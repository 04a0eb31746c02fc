"""What may happen next to a visit, a finding and a recommendation. State is assigned here and nowhere else."""

from inspections.workflow.facts import facts, keep_edit, keep_new
from inspections.workflow.findings import FINDINGS
from inspections.workflow.recommendations import RECOMMENDATIONS
from inspections.workflow.visits import VISITS

__all__ = ["FINDINGS", "RECOMMENDATIONS", "VISITS", "facts", "keep_edit", "keep_new"]
