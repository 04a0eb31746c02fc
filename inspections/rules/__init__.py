"""Pure rules of supervision: when to remind, how a recount is judged, what is a finding seen before."""

from inspections.rules.closing import (
    DEFAULT_ESCALATION,
    Point,
    breaches,
    goes_up_on,
    holds,
    last_run,
    working_days_between,
)
from inspections.rules.planning import standing
from inspections.rules.recounting import LARGEST_SAMPLE, Interval, clopper_pearson, factor
from inspections.rules.reminding import REMINDED_BEFORE, reminds_of_recommendation
from inspections.rules.repeating import SIMILAR_FROM, similar, similarity
from inspections.rules.scoring import Score, is_needed, score

__all__ = [
    "DEFAULT_ESCALATION",
    "LARGEST_SAMPLE",
    "REMINDED_BEFORE",
    "SIMILAR_FROM",
    "Interval",
    "Point",
    "Score",
    "breaches",
    "clopper_pearson",
    "factor",
    "goes_up_on",
    "holds",
    "is_needed",
    "last_run",
    "reminds_of_recommendation",
    "score",
    "similar",
    "similarity",
    "standing",
    "working_days_between",
]
