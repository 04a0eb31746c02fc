"""The API's lists of periods and of late reasons."""

from datetime import date, datetime

from django.http import HttpRequest
from ninja import Router, Schema

from dossiers.choices import Calendar, PeriodKind
from dossiers.models import LateReason, Period

router = Router(tags=["registers"])


class PeriodOut(Schema):
    """A period; days are inclusive, `due_at` and `locks_at` are instants. Published periods may have neither."""

    label: str
    kind: PeriodKind
    calendar: Calendar
    first_day: date | None
    last_day: date | None
    due_at: datetime | None
    locks_at: datetime | None


class PeriodList(Schema):
    items: list[PeriodOut]


@router.get("/periods", response=PeriodList, operation_id="list_periods")
def list_periods(request: HttpRequest):
    """Every period, the latest first."""
    columns = list(PeriodOut.model_fields)
    return {"items": list(Period.objects.visible_to(request.user).latest_first().values(*columns))}


class LateReasonOut(Schema):
    """A reason for late dossiers; a return that gives one which `needs_text` is not submitted without its text."""

    code: str
    name: str
    needs_text: bool


class LateReasonList(Schema):
    items: list[LateReasonOut]


@router.get("/late-reasons", response=LateReasonList, operation_id="list_late_reasons")
def list_late_reasons(request: HttpRequest):
    """The late reasons in use, in the order of the form."""
    return {"items": list(LateReason.objects.filter(active=True).values("code", "name", "needs_text"))}
