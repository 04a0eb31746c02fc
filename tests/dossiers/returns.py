"""What the tests of returns share: a return with lines, brought to a state by the hands it takes."""

import json

from django.urls import reverse

from dossiers.models import Return
from dossiers.workflow import RETURNS, open_return

# A line whose figures keep every identity.
SOUND = {
    "received_online": 8,
    "received_direct": 4,
    "carried_over": 0,
    "resolved_early": 3,
    "resolved_on_time": 6,
    "resolved_overdue": 0,
    "pending_within": 2,
    "pending_overdue": 0,
    "withdrawn": 1,
    "resolved_overdue_with_apology": 0,
    "pending_overdue_with_apology": 0,
}


def sound_return(cast, period, state: str = "draft") -> Return:
    """Lan's return of the quarter with sound figures, in a state reached by the workflow itself."""
    item, _opened = open_return(cast.khcn, period, by=cast.lan)
    item.lines.update(**SOUND, changed_by=cast.lan)
    steps = [("submit", cast.lan), ("approve", cast.minh), ("accept", cast.quan)]
    reached = {"draft": 0, "submitted": 1, "approved": 2, "accepted": 3, "void": 0}[state]
    for action, person in steps[:reached]:
        RETURNS.perform(item, action, by=person)
    if state == "void":
        RETURNS.perform(item, "propose_void", by=cast.quan, reason="Nhập nhầm kỳ")
        RETURNS.perform(item, "void", by=cast.mai, reason="Nhập nhầm kỳ")
    return item


def save(client, item, *lines):
    """Send changed lines as the entry page does."""
    url = reverse("dossiers:save_lines", args=[item.pk])
    return client.post(url, json.dumps({"lines": list(lines)}), content_type="application/json")


def edit(line, **cells) -> dict:
    """An edit of a line as the page saw it."""
    return {"id": line.pk, "version": line.version, "cells": cells}
