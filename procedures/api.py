"""The API's list of procedures."""

from datetime import date

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router, Schema

from cchc_portal.lib.api import PageOut, Paging, page_of
from procedures.choices import ProcedureLevel
from procedures.models import AgencyProcedure, Procedure

router = Router(tags=["registers"])


class ProcedureOut(Schema):
    """A procedure as the register has it. The code is text; `statutory_days` are working days."""

    code: str
    name: str
    field: str
    field_name: str
    level: ProcedureLevel
    statutory_days: int | None
    fee: bool | None
    valid_from: date | None
    valid_to: date | None


class ProcedurePage(PageOut):
    items: list[ProcedureOut]


def shaped(procedure: Procedure) -> dict:
    return {
        "code": procedure.code,
        "name": procedure.name,
        "field": procedure.field.code,
        "field_name": procedure.field.name,
        "level": procedure.level,
        "statutory_days": procedure.statutory_days,
        "fee": procedure.fee,
        "valid_from": procedure.valid_from,
        "valid_to": procedure.valid_to,
    }


@router.get("/procedures", response=ProcedurePage, operation_id="list_procedures")
def list_procedures(request: HttpRequest, paging: Query[Paging], agency: str | None = None, on: date | None = None):
    """Procedures in the order of their codes; with `agency` those it handles, with `on` those valid on that day."""
    rows = Procedure.objects.visible_to(request.user).select_related("field").order_by("code")
    if on:
        rows = rows.valid_on(on)
    if agency is not None:
        links = AgencyProcedure.objects.filter(agency__code=agency.replace("\0", ""))
        rows = rows.filter(Q(pk__in=(links.valid_on(on) if on else links).values("procedure_id")))
    return page_of(rows, paging, shaped)
