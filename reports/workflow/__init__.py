"""What follows from a day: reminders and weekly briefs; and what a person has seen."""

from reports.workflow.briefs import choose_brief, write_briefs
from reports.workflow.looks import look
from reports.workflow.reminders import reminders_due, write_reminders

__all__ = ["choose_brief", "look", "reminders_due", "write_briefs", "write_reminders"]
