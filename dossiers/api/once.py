"""One intention, one effect: a write of the API is done once for its key, and a repetition gets the first answer."""

import hashlib
import re
from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from cchc_portal.lib.api import Problem, problem_of
from records.models import IdempotencyKey

KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_HEADERS = ("Content-Type", "ETag", "Retry-After")
# A server's failure is no answer to keep: the same key may try again.
FAILURE = 500


def request_hash(request: HttpRequest) -> str:
    """What a key stands for: method, path and body. `If-Match` is left out: a repetition may name what it has read."""
    head = f"{request.method}\n{request.path}\n".encode()
    return hashlib.sha256(head + request.body).hexdigest()


def _replayed(row: IdempotencyKey, hashed: str) -> HttpResponse:
    if row.request_hash != hashed:
        detail = _("This key stands for another request. Use a new key for a new request.")
        raise Problem(422, "key_reused", detail)
    return HttpResponse(row.body, status=row.status, headers=row.headers)


def once(request: HttpRequest, work: Callable[[], HttpResponse]) -> HttpResponse:
    """Do `work` under the request's `Idempotency-Key` and keep its answer, an error too, or give the answer kept.

    Key, effect and answer are stored in one transaction: after a crash either all three are there or none. Raises
    Problem: 400 without a key, 422 where the key stands for another request.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if not KEY.fullmatch(key):
        detail = _("Send an Idempotency-Key of 1 to 255 printable ASCII characters without blanks.")
        raise Problem(400, "key_missing" if not key else "key_malformed", detail)
    hashed = request_hash(request)
    with transaction.atomic():
        row, new = IdempotencyKey.objects.claim(person=request.user, key=key, request_hash=hashed)
        if not new:
            return _replayed(row, hashed)
        try:
            with transaction.atomic():
                response = work()
        except Exception as error:
            problem = problem_of(error)
            if problem is None or problem.status >= FAILURE:
                raise
            response = problem.response()
        headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        row.answer(status=response.status_code, headers=headers, body=response.content.decode())
    return response
