"""Who keeps the registers and the accounts, and who reads what of an agency."""

from agencies.choices import OVERSIGHT_ROLES, RoleCode
from agencies.models import Agency, Person


def keeps_registers(user: Person) -> bool:
    """Agencies, procedures, periods, holidays and reasons are kept by the programme office."""
    return user.is_authenticated and user.has_role(RoleCode.PROGRAMME_OFFICER)


def keeps_accounts(user: Person) -> bool:
    """Accounts and roles are kept by the administrator, who holds no business role."""
    return user.is_authenticated and user.has_role(RoleCode.ADMINISTRATOR)


def oversees(user: Person) -> bool:
    """Reads the whole city: programme office, leaders, auditors."""
    return user.is_authenticated and user.has_role(*OVERSIGHT_ROLES)


def may_read_figures(user: Person, agency: Agency) -> bool:
    """May the person read this agency's figures? The list form is `Agency.objects.with_figures_for`."""
    return Agency.objects.with_figures_for(user).filter(pk=agency.pk).exists()


def may_read_trail(user: Person) -> bool:
    """The whole trail is read by auditors."""
    return user.is_authenticated and user.has_role(RoleCode.AUDITOR)
