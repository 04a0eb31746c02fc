"""Upload pages of the agency forest and of successions."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.imports import agency, succession
from agencies.permissions import keeps_registers
from cchc_portal.lib.import_page import import_page


def _breadcrumb(title: str) -> list:
    return [
        (_("Administration"), reverse("agencies:administration")),
        (_("Import from files"), reverse("agencies:import_menu")),
        (title, None),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def import_agencies(request: HttpRequest) -> HttpResponse:
    """Agencies from a file, with preview."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    title = _("Import agencies")
    return import_page(request, agency, title=title, back="agencies:agency_list", breadcrumb=_breadcrumb(title))


@require_http_methods(["GET", "HEAD", "POST"])
def import_successions(request: HttpRequest) -> HttpResponse:
    """Successions from a file, with preview."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    title = _("Import successions")
    return import_page(request, succession, title=title, back="agencies:succession_list", breadcrumb=_breadcrumb(title))
