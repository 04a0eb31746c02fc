"""What every page's frame shows: the menu entries the person may open."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

import cchc_portal
from agencies.choices import AGENCY_ROLES, OVERSIGHT_ROLES, TEAM_ROLES, RoleCode
from agencies.permissions import keeps_accounts
from records.models import Mail


@dataclass(frozen=True)
class Entry:
    """One entry of the left navigation."""

    url: str
    label: Any = field(repr=False)  # the frame keeps the finished list under what this prints
    icon: str
    active: bool


BUSINESS = (*AGENCY_ROLES, *TEAM_ROLES, *OVERSIGHT_ROLES)
# URL name, label, icon, first part of the paths it stands for, roles that have such a page (None: everyone)
ENTRIES = (
    ("home", _("My work"), "home", "/", None),
    ("reports:overview", _("Overview"), "chart", "/overview/", OVERSIGHT_ROLES),
    ("dossiers:return_list", _("Returns"), "table", "/returns/", BUSINESS),
    ("dossiers:review", _("Review of returns"), "check", "/review/", (RoleCode.PROGRAMME_OFFICER, RoleCode.AUDITOR)),
    ("procedures:procedure_list", _("Procedures"), "list", "/procedures/", None),
    ("inspections:visit_list", _("Supervision and inspection"), "search", "/visits/", BUSINESS),
    ("inspections:recommendation_list", _("Recommendations"), "flag", "/recommendations/", BUSINESS),
    ("reports:claim_list", _("Published figures"), "quote", "/claims/", BUSINESS),
    ("reports:document_list", _("Documents"), "file", "/documents/", BUSINESS),
    ("reports:open_data_list", _("Open data"), "download", "/open-data/", None),
    ("agencies:agency_list", _("Agencies"), "building", "/agencies/", None),
)


def _navigation(request: HttpRequest) -> list[Entry]:
    user, path = request.user, request.path
    shown = [
        Entry(reverse(name), label, icon, path == "/" if start == "/" else path.startswith(start))
        for name, label, icon, start, roles in ENTRIES
        if roles is None or user.has_role(*roles)
    ]
    if keeps_accounts(user) or user.has_role(RoleCode.PROGRAMME_OFFICER, RoleCode.AUDITOR):
        start = "/admin/"
        shown.append(Entry(reverse("agencies:administration"), _("Administration"), "gear", path.startswith(start)))
    return shown


def _unread_messages(request: HttpRequest) -> int:
    """Mails not read yet; counted once a request, however often a page asks."""
    known = getattr(request, "_unread_messages", None)
    if known is None:
        known = request._unread_messages = Mail.objects.visible_to(request.user).unread().count()
    return known


def frame(request: HttpRequest) -> dict:
    """Navigation and unread mails (worked out only when a template asks), and the version in the footer."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": (), "portal_version": cchc_portal.__version__}
    return {
        "navigation": SimpleLazyObject(partial(_navigation, request)),
        "unread_messages": partial(_unread_messages, request),
        "portal_version": cchc_portal.__version__,
    }
