"""How many: periods, returns with their lines, and the summaries that rates are read from."""

from dossiers.models.adjustment import AdjustedCell, AdjustedWord, Adjustment, Edition
from dossiers.models.consolidation import Consolidation
from dossiers.models.line import Explanation, LateReason, LateReasonCount, Line
from dossiers.models.period import Extension, Period
from dossiers.models.returns import Remark, Return
from dossiers.models.summary import ProcedureSum, RateRun, StaleFigure, Summary
from dossiers.models.unusual import UnusualFlag, UnusualRun, UnusualScan

__all__ = [
    "AdjustedCell",
    "AdjustedWord",
    "Adjustment",
    "Consolidation",
    "Edition",
    "Explanation",
    "Extension",
    "LateReason",
    "LateReasonCount",
    "Line",
    "Period",
    "ProcedureSum",
    "RateRun",
    "Remark",
    "Return",
    "StaleFigure",
    "Summary",
    "UnusualFlag",
    "UnusualRun",
    "UnusualScan",
]
