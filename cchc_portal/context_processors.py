"""What every page's frame shows: the menu entries the person may open."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

import cchc_portal
from agencies.choices import AGENCY_ROLES, OVERSIGHT_ROLES, TEAM_ROLES, RoleCode
from agencies.permissions import keeps_accounts
from inspections.permissions import reads_figures
from records.models import Mail


@dataclass(frozen=True)
class Entry:
    """One entry of the left navigation."""

    url: str
    label: Any
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


class Navigation:
    """The entries one person may open; as text it names them and the active one, and the frame is kept under that."""

    def __init__(self, request: HttpRequest):
        self.request = request

    @cached_property
    def _shown(self) -> list[tuple]:
        user, path = self.request.user, self.request.path
        shown = [
            (name, label, icon, path == "/" if start == "/" else path.startswith(start))
            for name, label, icon, start, roles in ENTRIES
            if roles is None or user.has_role(*roles)
        ]
        if keeps_accounts(user) or user.has_role(RoleCode.PROGRAMME_OFFICER, RoleCode.AUDITOR):
            shown.append(("agencies:administration", _("Administration"), "gear", path.startswith("/admin/")))
        return shown

    def __str__(self) -> str:
        return " ".join(f"{name}*" if active else name for name, _label, _icon, active in self._shown)

    @property
    def entries(self) -> list[Entry]:
        return [Entry(reverse(name), label, icon, active) for name, label, icon, active in self._shown]


def _unread_messages(request: HttpRequest) -> int:
    """Mails not read yet; counted once a request, however often a page asks."""
    known = getattr(request, "_unread_messages", None)
    if known is None:
        known = request._unread_messages = Mail.objects.number_unread(request.user.pk)
    return known


def _reads_figures(request: HttpRequest) -> bool:
    """Whether links to pages of figures lead anywhere for the person; worked out once a request."""
    known = getattr(request, "_reads_figures", None)
    if known is None:
        known = request._reads_figures = reads_figures(request.user)
    return known


def frame(request: HttpRequest) -> dict:
    """Navigation, unread mails and who reads figures (worked out only when a template asks), and the version."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"portal_version": cchc_portal.__version__}
    return {
        "navigation": Navigation(request),
        "unread_messages": partial(_unread_messages, request),
        "reads_figures": partial(_reads_figures, request),
        "portal_version": cchc_portal.__version__,
    }
