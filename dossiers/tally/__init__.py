"""What the sums are: the summary of accepted returns, kept right (`refill`), read (`reading`), audited (`breaches`).

Accepting, voiding or restating a return calls `mark_stale` in its transaction; `dossiers.tasks.request_run` then has
the worker sum the pair, everything above it and its procedures again.
"""

from dossiers.tally.breaches import BrokenLine, broken_lines
from dossiers.tally.by_procedure import LATE, counted_lines, grouped, late_of, procedure_sums
from dossiers.tally.known import (
    adjusted_pairs,
    changed_since,
    edition_on,
    end_of,
    figures_of,
    known_on,
    restated_since,
    was_known,
)
from dossiers.tally.reading import (
    RankedAgency,
    RankedGroup,
    added,
    period_before,
    ranking,
    rate_of,
    standings,
    summary_rows,
    trend,
)
from dossiers.tally.refill import (
    differences,
    mark_stale,
    procedure_differences,
    recompute,
    recompute_all,
    recompute_period,
    recompute_stale,
    run,
)
from dossiers.tally.statements import RATE_COLUMNS

__all__ = [
    "LATE",
    "RATE_COLUMNS",
    "BrokenLine",
    "RankedAgency",
    "RankedGroup",
    "added",
    "adjusted_pairs",
    "broken_lines",
    "changed_since",
    "counted_lines",
    "differences",
    "edition_on",
    "end_of",
    "figures_of",
    "grouped",
    "known_on",
    "late_of",
    "mark_stale",
    "period_before",
    "procedure_differences",
    "procedure_sums",
    "ranking",
    "rate_of",
    "recompute",
    "recompute_all",
    "recompute_period",
    "recompute_stale",
    "restated_since",
    "run",
    "standings",
    "summary_rows",
    "trend",
    "was_known",
]
