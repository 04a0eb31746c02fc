"""What supervision adds up: the figures behind closing conditions, the follow-up board, proposals by addressee."""

from inspections.tally.closing import Reading, readings, run_of
from inspections.tally.coverage import Coverage, Covered, coverage, heirs, with_standing
from inspections.tally.recording import Unfinished, unfinished

__all__ = [
    "Coverage",
    "Covered",
    "Reading",
    "Unfinished",
    "coverage",
    "heirs",
    "readings",
    "run_of",
    "unfinished",
    "with_standing",
]
