"""Pure rules of supervision: when to remind, how a recount is judged, what is a finding seen before."""

from inspections.rules.recounting import LARGEST_SAMPLE, Interval, clopper_pearson, factor
from inspections.rules.reminding import REMINDED_BEFORE, reminds_of_recommendation
from inspections.rules.repeating import SIMILAR_FROM, similar, similarity

__all__ = [
    "LARGEST_SAMPLE",
    "REMINDED_BEFORE",
    "SIMILAR_FROM",
    "Interval",
    "clopper_pearson",
    "factor",
    "reminds_of_recommendation",
    "similar",
    "similarity",
]
