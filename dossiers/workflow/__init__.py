"""What may happen next to a return, and what follows. State is assigned here and nowhere else."""

from dossiers.workflow.adjusted_words import EXPLAINED, Words, late_changes, stored_words, words_of
from dossiers.workflow.adjusting import ADJUSTMENTS, changes_of, ensure_accepted, propose_adjustment
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
from dossiers.workflow.unusual import FLAGS

__all__ = [
    "ADJUSTMENTS",
    "EXPLAINED",
    "FLAGS",
    "RETURNS",
    "Problem",
    "Words",
    "changes_of",
    "ensure_accepted",
    "ensure_open_for_entry",
    "grant_extension",
    "late_changes",
    "lock_sentence",
    "offered_procedures",
    "open_return",
    "owed",
    "propose_adjustment",
    "refigure",
    "stored_words",
    "when",
    "words_of",
]
