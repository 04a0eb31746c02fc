"""API tokens: who acts through a programme, until when, and taking that back."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from agencies.models import ApiToken
from agencies.permissions import keeps_accounts
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import Column, table_response, wants_table
from records.models import Event


@require_safe
def token_list(request: HttpRequest) -> HttpResponse:
    """Every token ever issued, the newest first; their secrets are known to nobody."""
    if not keeps_accounts(request.user):
        raise PermissionDenied
    if wants_table(request):
        return _export(request.GET["format"])
    context = {
        "page": page_of(request, ApiToken.objects.for_list()),
        "breadcrumb": [(_("Administration"), reverse("agencies:administration")), (_("API tokens"), None)],
    }
    return render(request, "agencies/token_list.html", context)


def _export(fmt: str) -> HttpResponse:
    columns = [Column(_("Person"), 30), _("Agency code"), Column(_("Agency"), 30), pgettext("token", "Scope")]
    columns += [Column(pgettext("token", "Issued"), 18), Column(_("Issued by"), 30)]
    columns += [Column(pgettext("token", "Last used"), 18), Column(_("Expires"), 18), Column(_("Revoked"), 18)]
    rows = (
        (
            token.person.full_name,
            token.agency.code,
            token.agency.name,
            token.get_scope_display(),
            token.created_at,
            token.created_by.full_name if token.created_by else "",
            token.last_used_at,
            token.expires_at,
            token.revoked_at,
        )
        for token in ApiToken.objects.for_list()
    )
    return table_response(_("API tokens"), columns, rows, fmt)


@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a token back at once and for good; doing it twice is doing it once."""
    if not keeps_accounts(request.user):
        raise PermissionDenied
    token = get_object_or_404(ApiToken.objects.for_list(), pk=pk)
    now = timezone.now()
    with transaction.atomic():
        revoked = ApiToken.objects.filter(pk=pk, revoked_at=None).update(revoked_at=now, revoked_by=request.user)
        if revoked:
            told = {"person": token.person.username, "agency": token.agency.code, "scope": token.scope}
            Event.objects.append(
                actor=request.user, action="revoke_token", target=token, before=told, after={"revoked_at": now}
            )
    return redirect("agencies:token_list")
