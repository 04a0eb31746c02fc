"""Who keeps the registers and the accounts, and who reads what of an agency."""

from django.db.models import Q, QuerySet

from agencies.choices import OVERSIGHT_ROLES, RoleCode
from agencies.models import Agency, Person
from records.models import Event


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


def reads_accounts(user: Person) -> bool:
    """People and their roles are read by the programme office and auditors too (security.md §3 rows 1 and 8)."""
    return keeps_accounts(user) or (
        user.is_authenticated and user.has_role(RoleCode.PROGRAMME_OFFICER, RoleCode.AUDITOR)
    )


# Things whose history each office reads; drafts of returns and team notes are in neither list.
SYSTEM_KINDS = (
    "agencies.person",
    "agencies.role",
    "agencies.apitoken",
    "records.document",
    "records.mail",
    "dossiers.raterun",
)
REGISTER_KINDS = (
    "agencies.agency",
    "agencies.officialcode",
    "agencies.succession",
    "procedures.procedure",
    "procedures.field",
    "procedures.onlinelevel",
    "procedures.decision",
    "procedures.agencyprocedure",
    "procedures.statedlevelcount",
    "procedures.holiday",
    "dossiers.period",
    "dossiers.latereason",
)
# Actions on many rows at once, which have no single target.
REGISTER_BATCHES = ("import_agencies", "import_successions", "import_procedures", "generate_periods")


def reads_some_trail(user: Person) -> bool:
    """Auditors read the whole trail, administrators that of accounts and jobs, the programme office its registers'."""
    return user.is_authenticated and user.has_role(RoleCode.AUDITOR, RoleCode.ADMINISTRATOR, RoleCode.PROGRAMME_OFFICER)


def readable_events(user: Person) -> QuerySet[Event]:
    """The events that the person may read, by the roles held today (security.md §3 row 56)."""
    if may_read_trail(user):
        return Event.objects.all()
    seen = Q(pk__in=[])
    if keeps_accounts(user):
        seen |= Q(target_kind__in=SYSTEM_KINDS)
    if keeps_registers(user):
        seen |= Q(target_kind__in=REGISTER_KINDS) | Q(action__in=REGISTER_BATCHES)
    return Event.objects.filter(seen)
