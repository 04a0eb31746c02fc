"""Who: agencies, who followed whom, people and their dated roles."""

from agencies.models.agency import Agency, OfficialCode, Succession
from agencies.models.person import HELD, Person, Role
from agencies.models.sign_in import SignInAttempt
from agencies.models.token import ApiToken

__all__ = ["HELD", "Agency", "ApiToken", "OfficialCode", "Person", "Role", "SignInAttempt", "Succession"]
