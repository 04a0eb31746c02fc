"""The API's list of agencies."""

from datetime import date

from django.http import HttpRequest
from ninja import Query, Router, Schema

from agencies.choices import AgencyKind
from agencies.models import Agency
from cchc_portal.lib.api import PageOut, Paging, page_of

router = Router(tags=["registers"])


class AgencyOut(Schema):
    """An agency as the register has it; an empty day is open or unknown, `valid_to` is the last day."""

    code: str
    name: str
    short_name: str
    kind: AgencyKind
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    reporting: bool


class AgencyPage(PageOut):
    items: list[AgencyOut]


def shaped(agency: Agency) -> dict:
    return {
        "code": agency.code,
        "name": agency.name,
        "short_name": agency.short_name,
        "kind": agency.kind,
        "parent": agency.parent.code if agency.parent else None,
        "valid_from": agency.valid_from,
        "valid_to": agency.valid_to,
        "reporting": agency.reporting,
    }


@router.get("/agencies", response=AgencyPage, operation_id="list_agencies")
def list_agencies(request: HttpRequest, paging: Query[Paging], on: date | None = None):
    """Agencies in the order of their codes; with `on` those that exist on that day."""
    rows = Agency.objects.visible_to(request.user).select_related("parent").order_by("code")
    return page_of(rows.valid_on(on) if on else rows, paging, shaped)
