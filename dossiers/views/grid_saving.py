"""Saving from the entry page: changed cells, each line with the version it was typed over, once for every key.

A key stands for one batch of the page: sent again because its answer got lost, it has no second effect and gets the
first answer. Only what had an effect is kept under its key, so that a batch refused as a whole may be sent again.
"""

import hashlib
import json

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cchc_portal.lib.errors import Conflict
from dossiers import rules
from dossiers.imports.cells import CellErrors, LineEdit, Malformed, Reader
from dossiers.imports.saving import NotOpen, Outcome, Stored
from dossiers.imports.saving import save_lines as save
from dossiers.models import Return
from dossiers.tally import checking
from dossiers.views.grid import to_enter
from dossiers.workflow import ensure_open_for_entry, when
from records.models import IdempotencyKey

LONGEST_REQUEST = 2_000_000
LONGEST_KEY = 255
BAD_REQUEST, FORBIDDEN, CONFLICT, UNPROCESSABLE = 400, 403, 409, 422


def _judged(line: Stored, before: dict) -> dict:
    """A saved line's answer: its new version, and which identities do not hold now; the page words them by itself."""
    broken = rules.broken(line.figures, previous_pending=before.get(line.key), late_reasons=line.late)
    return {"id": line.pk, "version": line.version, "breaches": broken}


def _both(edit: LineEdit, line: Stored) -> dict:
    """A refused line: what stands there and who wrote it when, beside what was sent."""
    mine = {name: "NA" if value is rules.NA else value for name, value in edit.cells.items()}
    reasons = None if edit.reasons is None else {key: {"count": n, "text": t} for key, (n, t) in edit.reasons.items()}
    return {
        "id": line.pk,
        "version": line.version,
        "who": line.changed_by or "",
        "at": when(line.changed_at),
        "theirs": line.figures.to_json()
        | {
            "note": line.note,
            "late_reasons": {key: {"count": n, "text": t} for key, (n, t) in line.reasons.items()},
            "explanations": line.explanations,
        },
        "mine": mine | {"note": edit.note, "late_reasons": reasons, "explanations": edit.explanations},
    }


def _answer(item: Return, outcome: Outcome) -> JsonResponse:
    before = checking.previous_pending(item) if outcome.saved else {}
    body = {
        "version": outcome.version,
        "saved_at": f"{timezone.localtime(outcome.at):%H:%M}",
        "lines": [_judged(line, before) for line in outcome.saved],
        "conflicts": [_both(edit, line) for edit, line in outcome.conflicts],
    }
    return JsonResponse(body, status=CONFLICT if outcome.conflicts else 200)


def _refused(status: int, message: str, **more) -> JsonResponse:
    return JsonResponse({"message": message, **more}, status=status)


def _saved(item: Return, payload: dict, by) -> JsonResponse:
    edits = Reader().read(payload)
    ensure_open_for_entry(item)
    return _answer(item, save(item, edits, by=by))


def _once(request: HttpRequest, key: str, item: Return, payload: dict) -> HttpResponse:
    """The save under its key: key, effect and answer in one transaction; a repetition gets the answer kept."""
    if len(key) > LONGEST_KEY or not key.isascii():
        raise Malformed("no key of a page")
    hashed = hashlib.sha256(f"{request.method}\n{request.path}\n".encode() + request.body).hexdigest()
    with transaction.atomic():
        row, new = IdempotencyKey.objects.claim(person=request.user, key=key, request_hash=hashed)
        if not new:
            if row.request_hash != hashed:
                raise Malformed("the key stands for another save")
            return HttpResponse(row.body, status=row.status, content_type="application/json")
        response = _saved(item, payload, request.user)
        row.answer(status=response.status_code, headers={}, body=response.content.decode())
    return response


@require_POST
def save_lines(request: HttpRequest, pk: int) -> HttpResponse:
    """Save changed cells. 200: all saved; 409: some lines were refused with both values, or the return is no draft;
    422: what was typed is no count, nothing was saved; 403: typed by another person than is signed in now; 400: not
    what the page sends."""
    item = to_enter(request, pk)
    key = request.headers.get("Idempotency-Key", "")
    try:
        if len(request.body) > LONGEST_REQUEST:
            raise Malformed
        payload = json.loads(request.body)
        if isinstance(payload, dict) and payload.get("person") not in (None, request.user.pk):
            told = _("Somebody else is signed in now. What you typed stays on this device until you sign in again.")
            return _refused(FORBIDDEN, told, other_person=True)
        return _once(request, key, item, payload) if key else _saved(item, payload, request.user)
    except Conflict as conflict:
        return _refused(CONFLICT, conflict.message, closed=True)
    except NotOpen:
        return _refused(CONFLICT, _("The return is no draft any more; your entry was not saved."), closed=True)
    except CellErrors as wrong:
        return _refused(UNPROCESSABLE, _("Some cells hold no count; nothing was saved."), errors=wrong.errors)
    except (Malformed, ValueError, RecursionError):
        return _refused(BAD_REQUEST, _("The portal did not understand what the page sent. Reload the page."))
