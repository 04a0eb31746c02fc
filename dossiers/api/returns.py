"""The API of a return: read it, replace a draft's lines, submit it (order of the checks: docs/api/README.md)."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router

from agencies.choices import AGENCY_ROLES
from agencies.models import Agency
from cchc_portal.lib.api import Problem, fault, json_response, read_json
from cchc_portal.lib.errors import Conflict, Refused
from dossiers import permissions, workflow
from dossiers.api import shapes
from dossiers.api.describing import PUT_EXTRA, READ_EXTRA, SUBMIT_EXTRA
from dossiers.api.once import once
from dossiers.api.shapes import Place, ReturnOut, etag_of, represent
from dossiers.choices import LineSort
from dossiers.imports.payload import Payload, PayloadErrors
from dossiers.imports.replacing import replace_lines
from dossiers.imports.saving import NotOpen
from dossiers.models import Line, Period, Return
from dossiers.workflow import RETURNS

router = Router(tags=["returns"])


def find(request: HttpRequest, agency: str, period: str) -> Place:
    """The place that the address names. 404 where the token's person may not know of it, as if it did not exist."""
    if "\0" in agency + period:
        raise Http404
    owner = get_object_or_404(Agency.objects.visible_to(request.user), code=agency)
    when = get_object_or_404(Period.objects.visible_to(request.user), label=period)
    item = Return.objects.visible_to(request.user).current().for_list().filter(agency=owner, period=when).first()
    place = Place(owner, when, item)
    if item is None and not (permissions.acts_for(request.user, owner.pk, *AGENCY_ROLES) and place.offered()):
        raise Http404
    return place


def require_entry(request: HttpRequest, place: Place) -> None:
    """403 unless token and person may enter the figures of this agency."""
    if not request.auth.may_write:
        detail = _("This token only reads. Ask for one with the scope returns.")
        raise Problem(403, "scope", detail, headers={"WWW-Authenticate": 'Bearer error="insufficient_scope"'})
    if not permissions.may_open(request.user, place.agency.pk):
        raise Problem(403, "forbidden", _("The person of this token enters no figures for this agency."))


def locked(place: Place) -> Place:
    """The place as it stands now; nobody else moves its return before this transaction ends."""
    rows = Return.objects.current().filter(agency=place.agency, period=place.period)
    return Place(place.agency, place.period, rows.order_by("pk").select_for_update().first())


def answer(place: Place) -> HttpResponse:
    shown = represent(place)
    return json_response(shown, headers={"ETag": etag_of(place, shown)})


def require_current(request: HttpRequest, place: Place) -> None:
    """412 unless `If-Match` names the return as it stands. `*` names no version and is refused like its absence."""
    named = [tag.strip() for tag in request.headers.get("If-Match", "").split(",") if tag.strip()]
    if not named or "*" in named:
        detail = _("Send If-Match with the ETag of the return as you last read it.")
        raise Problem(428, "if_match_missing", detail)
    tag = etag_of(place, represent(place))
    if tag not in named:
        detail = _("The return was changed since you read it. Read it again, then send your figures.")
        raise Problem(412, "stale", detail, sent=", ".join(named), current=tag)


@router.get("/returns/{agency}/{period}", response=ReturnOut, operation_id="read_return", openapi_extra=READ_EXTRA)
def read_return(request: HttpRequest, agency: str, period: str):
    """The return with a line for every procedure it offers, blank ones too. Nobody has opened it: `not_opened`."""
    return answer(find(request, agency, period))


@router.put("/returns/{agency}/{period}", response=ReturnOut, operation_id="replace_return", openapi_extra=PUT_EXTRA)
def replace_return(request: HttpRequest, agency: str, period: str):
    """Replace the lines of a draft, all or nothing; where there is no return yet, open it with these lines.

    A procedure that is not named, and a figure that is not named, becomes blank.
    """
    place = find(request, agency, period)
    require_entry(request, place)
    return once(request, lambda: _replace(request, locked(place)))


def _replace(request: HttpRequest, place: Place) -> HttpResponse:
    require_current(request, place)
    item, opened = place.item, False
    if item is None:
        try:
            item, opened = workflow.open_return(place.agency, place.period, by=request.user, tell=False)
        except Refused as error:
            raise Problem(409, "cannot_open", " ".join(map(str, error.problems))) from error
    workflow.ensure_open_for_entry(item)
    if item.line_sort != LineSort.PROCEDURE:
        raise Conflict(_("The lines of this return are not by procedure; the API cannot replace them."))
    try:
        wanted = Payload(place.known(), shapes.late_reasons()).read(read_json(request.body))
        item = replace_lines(item, wanted, by=request.user, opened=opened)
    except PayloadErrors as error:
        detail = _("The figures were refused; nothing was saved.")
        raise Problem(422, "invalid_figures", detail, errors=error.errors) from error
    except NotOpen as error:
        raise Conflict(_("Somebody else was faster. Read the return again.")) from error
    return answer(Place(place.agency, place.period, item))


@router.post(
    "/returns/{agency}/{period}/submit", response=ReturnOut, operation_id="submit_return", openapi_extra=SUBMIT_EXTRA
)
def submit_return(request: HttpRequest, agency: str, period: str):
    """Submit the draft to the approver of the agency; `If-Match` is checked where it is sent."""
    place = find(request, agency, period)
    require_entry(request, place)
    return once(request, lambda: _submit(request, locked(place)))


def _submit(request: HttpRequest, place: Place) -> HttpResponse:
    if "If-Match" in request.headers:
        require_current(request, place)
    if place.item is None:
        raise Problem(409, "not_opened", _("There is no return yet. Send its lines first."))
    try:
        RETURNS.perform(place.item, "submit", by=request.user)
    except Refused as error:
        detail = _("The return cannot be submitted as it is; nothing was changed.")
        raise Problem(422, "cannot_submit", detail, errors=_breaches(place.item, error)) from error
    return answer(place)


def _breaches(item: Return, error: Refused) -> list[dict]:
    """What stops the submission, by procedure: the identity's code and the first of its cells."""
    codes = dict(Line.objects.filter(of=item).values_list("pk", "procedure__code"))
    faults = []
    for problem in error.problems:
        cells = getattr(problem, "cells", ())
        line = codes.get(getattr(problem, "line", None))
        message = getattr(problem, "text", None) or str(problem)
        code = getattr(problem, "code", "") or "refused"
        faults.append(fault(code, message, line=line, field=cells[0] if cells else None))
    return faults
