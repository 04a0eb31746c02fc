"""What supervision adds up: the figures behind closing conditions, the follow-up board, proposals by addressee."""

from inspections.tally.closing import Reading, readings, run_of

__all__ = ["Reading", "readings", "run_of"]
