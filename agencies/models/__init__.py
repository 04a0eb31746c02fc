"""Who: agencies, who followed whom, people and their dated roles."""

from agencies.models.agency import Agency, OfficialCode, Succession
from agencies.models.person import Person, Role

__all__ = ["Agency", "OfficialCode", "Person", "Role", "Succession"]
