"""What every page's frame shows: the menu entries the person may open."""

from functools import partial
from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

import cchc_portal
from agencies.choices import AGENCY_ROLES, OVERSIGHT_ROLES, TEAM_ROLES, RoleCode
from agencies.permissions import keeps_accounts
from inspections.permissions import reads_figures
from records.models import Mail

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


ADMINISTRATION = ("agencies:administration", _("Administration"), "gear", "/admin/", None)
SHOWN_AS = {name: (label, icon) for name, label, icon, _start, _roles in (*ENTRIES, ADMINISTRATION)}


class Entry(NamedTuple):
    """One entry of the left navigation, known by what tells one page's navigation from another's."""

    name: str
    active: bool

    @property
    def url(self) -> str:
        return reverse(self.name)

    @property
    def label(self):
        return SHOWN_AS[self.name][0]

    @property
    def icon(self) -> str:
        return SHOWN_AS[self.name][1]


def _navigation(request: HttpRequest) -> tuple[Entry, ...]:
    """The entries the person may open."""
    user, path = request.user, request.path
    offered = [entry for entry in ENTRIES if entry[-1] is None or user.has_role(*entry[-1])]
    if keeps_accounts(user) or user.has_role(RoleCode.PROGRAMME_OFFICER, RoleCode.AUDITOR):
        offered.append(ADMINISTRATION)
    return tuple(
        Entry(name, path == "/" if start == "/" else path.startswith(start))
        for name, _label, _icon, start, _roles in offered
    )


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
        "navigation": partial(_navigation, request),
        "unread_messages": partial(_unread_messages, request),
        "reads_figures": partial(_reads_figures, request),
        "portal_version": cchc_portal.__version__,
    }
