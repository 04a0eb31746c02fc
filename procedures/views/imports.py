"""Upload page of the register of procedures."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.permissions import keeps_registers
from cchc_portal.lib.import_page import import_page
from procedures import imports


@require_http_methods(["GET", "HEAD", "POST"])
def import_procedures(request: HttpRequest) -> HttpResponse:
    """Procedures from a file, with preview."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    title = _("Import procedures")
    breadcrumb = [
        (_("Administration"), reverse("agencies:administration")),
        (_("Import from files"), reverse("agencies:import_menu")),
        (title, None),
    ]
    return import_page(request, imports, title=title, back="procedures:procedure_list", breadcrumb=breadcrumb)
