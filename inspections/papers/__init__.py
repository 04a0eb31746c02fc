"""Documents of what precedes and follows visits: the yearly plan, the founding and closing of a team, the brief."""

from django.utils.translation import gettext_lazy as _

from inspections.choices import AGENCY_BRIEF, INSPECTION_PLAN, TEAM_CLOSING, TEAM_FOUNDING
from inspections.papers.brief import build_brief, visible_briefs
from inspections.papers.plans import build_plan, visible_plans
from inspections.papers.teams import build_closing, build_founding, closing_title, founding_title, visible_teams
from records.registry import Kind, register

__all__ = ["closing_title", "founding_title"]

register(Kind(INSPECTION_PLAN, _("Inspection plan"), build_plan, visible_plans))
register(Kind(TEAM_FOUNDING, _("Decision that founds a team"), build_founding, visible_teams))
register(Kind(TEAM_CLOSING, _("Closing report of a team"), build_closing, visible_teams))
register(Kind(AGENCY_BRIEF, _("Brief on an agency"), build_brief, visible_briefs))
