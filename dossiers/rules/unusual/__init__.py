"""What is unusual in a return: the whole of it against its own past and peers (`judging`), how many of many findings
are told (`control`), and the range of a single count while it is typed (`ranges`). Pure."""

from dossiers.rules.unusual.control import CANDIDATE, MOST_PER_HUNDRED, WRONG_SHARE, listed
from dossiers.rules.unusual.expecting import Counts, Peers, peers_from
from dossiers.rules.unusual.judging import Finding, Judged, Part, judge
from dossiers.rules.unusual.measures import COUNTED, HIGH, LOW, MEASURES, REPEATED, SAME, SHARES, VANISHED
from dossiers.rules.unusual.ranges import FEWEST_PERIODS, usual_range

__all__ = [
    "CANDIDATE",
    "COUNTED",
    "FEWEST_PERIODS",
    "HIGH",
    "LOW",
    "MEASURES",
    "MOST_PER_HUNDRED",
    "REPEATED",
    "SAME",
    "SHARES",
    "VANISHED",
    "WRONG_SHARE",
    "Counts",
    "Finding",
    "Judged",
    "Part",
    "Peers",
    "judge",
    "listed",
    "peers_from",
    "usual_range",
]
