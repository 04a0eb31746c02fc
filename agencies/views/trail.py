"""The trail: events the person may read, newest first, with what changed in readable form."""

import json

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.choices import ACTION_LABELS, KIND_LABELS
from agencies.filters import TrailFilter
from agencies.permissions import readable_events, reads_some_trail
from cchc_portal.lib.paging import long_page_of
from cchc_portal.lib.tables import CONTENT_TYPES, Column, table_response

# An import batch holds thousands of values; the page shows the first and says how many more there are.
SHOWN_CHANGES = 30


@require_safe
def trail(request: HttpRequest) -> HttpResponse:
    """Number, instant, actor, action, thing, before and after; filters by each, export of what is shown."""
    if not reads_some_trail(request.user):
        raise PermissionDenied
    events = readable_events(request.user).select_related("actor").order_by("-number")
    narrowed = TrailFilter(request.GET, events)
    if request.GET.get("format") in CONTENT_TYPES:
        return _export(narrowed.qs, request.GET["format"])
    page = long_page_of(request, narrowed.qs)
    for event in page.object_list:
        event.changed, event.more = changes_of(event.before, event.after)
        event.changes_count = len(event.changed) + event.more
        event.action_label = ACTION_LABELS.get(event.action, event.action)
        event.kind_label = KIND_LABELS.get(event.target_kind, event.target_kind)
    breadcrumb = [(_("Administration"), reverse("agencies:administration")), (_("Trail"), None)]
    return render(request, "agencies/trail.html", {"filter": narrowed, "page": page, "breadcrumb": breadcrumb})


def changes_of(before: str, after: str) -> tuple[list[tuple[str, str, str]], int]:
    """(name, old, new) of what an event changed, and how many more there are than are shown."""
    old, new = _flat(before), _flat(after)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    rows = [(name, old.get(name, "–"), new.get(name, "–")) for name in names[:SHOWN_CHANGES]]
    return rows, len(names) - len(rows)


def _flat(text: str) -> dict[str, str]:
    """A stored text as name → value: JSON objects opened level by level, anything else under an empty name."""
    if not text:
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        return {"": text}
    found: dict[str, str] = {}

    def open_up(name: str, part) -> None:
        if isinstance(part, dict) and part:
            for key, inner in part.items():
                open_up(f"{name} · {key}" if name else str(key), inner)
        else:
            found[name] = (
                "–" if part is None else part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)
            )

    open_up("", value)
    return found


def _export(events, fmt: str) -> HttpResponse:
    columns = [
        Column(_("Number")),
        Column(_("Instant"), 20),
        Column(_("User name")),
        Column(_("Action"), 20),
        Column(_("Kind of thing"), 24),
        Column(_("Number of the thing")),
        Column(_("Before"), 40),
        Column(_("After"), 40),
        Column(_("Reason"), 30),
        Column(_("Fingerprint"), 40),
    ]
    rows = (
        (
            event.number,
            event.at,
            event.actor.username if event.actor_id else None,
            event.action,
            event.target_kind,
            event.target_id,
            event.before,
            event.after,
            event.reason,
            event.hash,
        )
        for event in events.iterator(1000)
    )
    return table_response(_("Trail"), columns, rows, fmt)
