"""Versions of a return on its page: figures as known on a day, and what was corrected since it came back."""

from dataclasses import dataclass
from datetime import date, datetime

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from cchc_portal.lib.numbers import format_count
from dossiers import permissions, rules, tally
from dossiers.choices import LOCKED_STATES
from dossiers.models import Return
from dossiers.tally.changes import ChangedCell, since_sent_back
from records.models import Event


@dataclass(frozen=True)
class Known:
    """What is shown of an earlier day: the edition and its instants; `figures` None means those in the lines."""

    day: date
    number: int
    since: datetime
    until: datetime | None
    figures: dict[int, rules.Figures] | None


def known_on(request: HttpRequest, item: Return) -> Known | None:
    """The edition that `?known_on=` asks for (2026-10-01, or 01/10/2026 as typed); None where nothing is asked.

    Raises Http404 for a day that is none, that is still to come, or on which the return was not accepted yet.
    """
    asked = request.GET.get("known_on")
    if asked is None:
        return None
    try:
        day = datetime.strptime(asked, "%d/%m/%Y").date() if "/" in asked else date.fromisoformat(asked)
    except ValueError as error:
        raise Http404 from error
    if day > timezone.localdate() or not tally.was_known(item, day):
        raise Http404
    edition = tally.edition_on(item, day)
    if edition is not None:
        figures = tally.figures_of(edition, published=item.published)
        return Known(day, edition.number, edition.known_from, edition.known_until, figures)
    last = item.editions.order_by("number").last()
    return Known(day, last.number + 1 if last else 1, last.known_until if last else item.accepted_at, None, None)


@dataclass(frozen=True)
class CorrectionShown:
    """The table "changed since it was sent back"."""

    sent_back: Event
    rows: list[dict]


def _row(cell: ChangedCell) -> dict:
    note = cell.label is None
    return {
        "line": cell.line,
        "name": cell.line_name,
        "label": _("Note") if note else cell.label,
        "old": (cell.old or "–") if note else format_count(cell.old),
        "new": (cell.new or "–") if note else format_count(cell.new),
    }


def correction(user, item: Return) -> CorrectionShown | None:
    """What was changed since the return came back, for its agency and the office; None before it is submitted again."""
    if item.state not in LOCKED_STATES or not permissions.may_read_trail_of(user, item):
        return None
    found = since_sent_back(item, by_office=permissions.is_officer(user))
    return CorrectionShown(found.sent_back, [_row(cell) for cell in found.cells]) if found else None
