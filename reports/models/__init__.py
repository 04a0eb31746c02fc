"""What was published, what the portal issued, and what a person has looked at."""

from reports.models.issued import Report
from reports.models.looks import BriefChoice, Look, WeeklyBrief
from reports.models.open_data import OpenDataFile, OpenDataSet
from reports.models.published import Claim, Target

__all__ = ["BriefChoice", "Claim", "Look", "OpenDataFile", "OpenDataSet", "Report", "Target", "WeeklyBrief"]
