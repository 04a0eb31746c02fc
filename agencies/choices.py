"""Kinds of agency, ways of succession, roles and their groups."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AgencyKind(models.TextChoices):
    CITY = "city", pgettext_lazy("agency kind", "City or province")
    DEPARTMENT = "department", pgettext_lazy("agency kind", "Department")
    DISTRICT = "district", pgettext_lazy("agency kind", "District")
    COMMUNE = "commune", pgettext_lazy("agency kind", "Commune")
    DIVISION = "division", pgettext_lazy("agency kind", "Division")


class SuccessionKind(models.TextChoices):
    """`merge`: absorbed whole; `split`: divided among several; `dissolved`: nobody follows."""

    MERGE = "merge", pgettext_lazy("succession", "absorbed whole")
    SPLIT = "split", pgettext_lazy("succession", "divided")
    RENAME = "rename", pgettext_lazy("succession", "renamed")
    TRANSFER = "transfer", pgettext_lazy("succession", "moved under another agency")
    DISSOLVED = "dissolved", pgettext_lazy("succession", "dissolved")


ABSORBED_WHOLE = (SuccessionKind.MERGE, SuccessionKind.RENAME)


class RoleCode(models.TextChoices):
    REPORTER = "reporter", _("Reporter")
    APPROVER = "approver", _("Approver")
    PROGRAMME_OFFICER = "programme_officer", _("Programme officer")
    TEAM_HEAD = "team_head", _("Team head")
    TEAM_SECRETARY = "team_secretary", _("Team secretary")
    TEAM_MEMBER = "team_member", _("Team member")
    LEADER = "leader", _("City leader")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


AGENCY_ROLES = (RoleCode.REPORTER, RoleCode.APPROVER)
TEAM_ROLES = (RoleCode.TEAM_HEAD, RoleCode.TEAM_SECRETARY, RoleCode.TEAM_MEMBER)
OVERSIGHT_ROLES = (RoleCode.PROGRAMME_OFFICER, RoleCode.LEADER, RoleCode.AUDITOR)


class TokenScope(models.TextChoices):
    """What a machine may do with a token: read what its person may read, or also enter and submit returns."""

    RETURNS = "returns", pgettext_lazy("token scope", "Read, enter and submit returns")
    READ = "read", pgettext_lazy("token scope", "Read only")
