"""What every address of the API shares: problem details (RFC 9457), strict JSON, pages of a list."""

import json
from http import HTTPStatus

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from ninja import Schema
from ninja.errors import HttpError, ValidationError
from pydantic import Field

from cchc_portal.lib.errors import Conflict, Refused

PROBLEM_TYPE = "application/problem+json"
PAGE_SIZE = 1_000
LAST_PAGE = 100_000


class Problem(Exception):
    """An error of the API: `code` for programmes, `detail` for people, `errors` for the places in what was sent.

    `extra` are further members of the answer, `headers` go with it.
    """

    def __init__(self, status: int, code: str, detail: str, *, errors=(), headers=None, **extra):
        super().__init__(detail)
        self.status = int(status)
        self.code = code
        self.detail = detail
        self.errors = list(errors)
        self.headers = headers or {}
        self.extra = extra

    def response(self) -> HttpResponse:
        """The answer as problem details; `about:blank` says that the title is that of the status."""
        body = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": str(self.detail),
            "errors": self.errors,
            **self.extra,
        }
        return HttpResponse(json.dumps(body), status=self.status, content_type=PROBLEM_TYPE, headers=self.headers)


def fault(code: str, message: str, *, line: str | None = None, field: str | None = None, pointer: str = "") -> dict:
    """One entry of `errors`: the line (a procedure's code, or #3 for the third), its field, a code and a sentence."""
    return {"line": line, "field": field, "code": code, "message": str(message), "pointer": pointer}


def problem_of(error: Exception) -> Problem | None:
    """The problem that an exception of a rule, of Django or of the framework stands for; None for a bug."""
    match error:
        case Problem():
            return error
        case Conflict():
            return Problem(409, "conflict", error.message)
        case Refused():
            faults = [fault("refused", problem) for problem in error.problems]
            return Problem(422, "refused", _("The figures cannot be taken as they are."), errors=faults)
        case PermissionDenied():
            return Problem(403, "forbidden", _("This token may not do this."))
        case Http404():
            return Problem(404, "not_found", _("There is nothing here, or nothing this token may see."))
        case RequestDataTooBig():
            return Problem(413, "too_large", _("The request is too large."))
        case ValidationError():
            return _invalid_parameters(error)
        case HttpError() if error.status_code == 401:
            detail = _("Send a valid token: Authorization: Bearer …")
            return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": 'Bearer realm="api"'})
        case HttpError():
            return Problem(error.status_code, "refused", error.message)
        case OperationalError():
            detail = _("The database is busy. Send the same request again, with the same key.")
            return Problem(503, "busy", detail, headers={"Retry-After": "5"})
    return None


def _invalid_parameters(error: ValidationError) -> Problem:
    """What the framework refuses of the address's parameters."""
    faults = [
        fault(one["type"], one["msg"], field=str(one["loc"][-1]), pointer="/".join(map(str, one["loc"])))
        for one in error.errors
    ]
    return Problem(422, "invalid_parameters", _("A parameter of the address is not as it should be."), errors=faults)


def _no_constant(name: str):
    raise ValueError(name)


def _unique_keys(pairs: list[tuple]) -> dict:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def read_json(body: bytes):
    """The JSON value of a request's body. Raises Problem (400) for what is none, for NaN and for a key named twice."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_unique_keys)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "malformed_json", _("The request is not valid JSON in UTF-8.")) from error


def json_response(value, *, status: int = 200, headers=None) -> HttpResponse:
    """An answer whose bytes are the same for the same value."""
    return HttpResponse(json.dumps(value), status=status, content_type="application/json", headers=headers)


class Paging(Schema):
    """Which page of a list is wanted."""

    page: int = Field(1, ge=1, le=LAST_PAGE)
    page_size: int = Field(PAGE_SIZE, ge=1, le=PAGE_SIZE)


def page_of(rows, wanted: Paging, shape) -> dict:
    """One page of a queryset, each row through `shape`; `count` rows in all. A page past the end is empty."""
    first = (wanted.page - 1) * wanted.page_size
    return {
        "items": [shape(row) for row in rows[first : first + wanted.page_size]],
        "count": rows.count(),
        "page": wanted.page,
        "page_size": wanted.page_size,
    }


class PageOut(Schema):
    """What every page of a list has beside its items."""

    count: int
    page: int
    page_size: int
