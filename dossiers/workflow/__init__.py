"""What may happen next to a return, and what follows. State is assigned here and nowhere else."""

from dossiers.workflow.moves import RETURNS, Problem, refigure
from dossiers.workflow.opening import (
    ensure_open_for_entry,
    grant_extension,
    lock_sentence,
    offered_procedures,
    open_return,
    owed,
    when,
)

__all__ = [
    "RETURNS",
    "Problem",
    "ensure_open_for_entry",
    "grant_extension",
    "lock_sentence",
    "offered_procedures",
    "open_return",
    "owed",
    "refigure",
    "when",
]
