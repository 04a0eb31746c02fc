"""The administration's front page: a card for each register and tool that the person may open."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from agencies.permissions import keeps_accounts, keeps_registers, reads_accounts, reads_some_trail


@dataclass(frozen=True)
class Card:
    """One entry of the hub: where it leads, what it is for, and the predicate of those who may open it."""

    url: str
    title: Any
    text: Any
    icon: str
    may: Any


CARDS = (
    Card(
        "agencies:person_list",
        gettext_lazy("People and roles"),
        gettext_lazy("Who signs in, and which dated roles they hold."),
        "user",
        reads_accounts,
    ),
    Card(
        "agencies:token_list",
        gettext_lazy("API tokens"),
        gettext_lazy("Which software acts for whom, until when; take a token back."),
        "shield",
        keeps_accounts,
    ),
    Card(
        "dossiers:period_list",
        gettext_lazy("Reporting periods"),
        gettext_lazy("Days, due dates and locks of both calendars; a whole year in one step."),
        "calendar",
        keeps_registers,
    ),
    Card(
        "procedures:holiday_list",
        gettext_lazy("Holidays"),
        gettext_lazy("Days that no working-day deadline counts."),
        "calendar",
        keeps_registers,
    ),
    Card(
        "dossiers:late_reason_list",
        gettext_lazy("Reasons for lateness"),
        gettext_lazy("The list that reporters choose from for late dossiers."),
        "clock",
        keeps_registers,
    ),
    Card(
        "procedures:field_list",
        gettext_lazy("Fields"),
        gettext_lazy("Fields of work that procedures are grouped by."),
        "list",
        keeps_registers,
    ),
    Card(
        "agencies:succession_list",
        gettext_lazy("Successions"),
        gettext_lazy("Who followed whom when the structure changed."),
        "arrow",
        keeps_registers,
    ),
    Card(
        "agencies:import_menu",
        gettext_lazy("Import from files"),
        gettext_lazy("Agencies, successions and procedures from CSV or XLSX, with a preview."),
        "upload",
        keeps_registers,
    ),
    Card(
        "agencies:trail",
        gettext_lazy("Trail"),
        gettext_lazy("Who did what, when, and what it was before and after."),
        "shield",
        reads_some_trail,
    ),
    Card(
        "dossiers:job_list",
        gettext_lazy("Background jobs"),
        gettext_lazy("What the worker does, and what failed."),
        "queue",
        keeps_accounts,
    ),
)


@require_safe
def administration(request: HttpRequest) -> HttpResponse:
    """Cards of what the person may open; somebody with none has no such page."""
    cards = [card for card in CARDS if card.may(request.user)]
    if not cards:
        raise PermissionDenied
    return render(
        request, "agencies/administration.html", {"cards": cards, "breadcrumb": [(_("Administration"), None)]}
    )


@require_safe
def import_menu(request: HttpRequest) -> HttpResponse:
    """Which register a file is for."""
    if not keeps_registers(request.user):
        raise PermissionDenied
    return render(request, "agencies/import_menu.html", {"title": _("Import from files")})
