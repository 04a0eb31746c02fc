"""A self-check report: asked of the agency with a deadline, told by mail, answered with text and files, sent back."""

from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from agencies.choices import AGENCY_ROLES
from agencies.models import Person
from agencies.tally import Staff
from cchc_portal.lib.errors import Refused
from cchc_portal.lib.periods import add_working_days
from inspections import permissions, photos
from inspections.choices import DatePrecision, DayUnit, SelfCheckState, VisitState
from inspections.models import SelfCheck, SelfCheckFile, Visit
from inspections.workflow.facts import keep_new
from inspections.workflow.following import holidays
from records.choices import MailKind
from records.moves import Machine, Move
from records.workflow import ask_mail

SELF_CHECK_FACTS = ("state", "outline", "days", "unit", "due", "state_reason", "answer", "answered_at")


def self_check_facts(item: SelfCheck) -> dict:
    """What the trail keeps of a self-check report."""
    return {name: getattr(item, name) for name in SELF_CHECK_FACTS}


def due_after(day: date, days: int, unit: str) -> date:
    """The deadline so many days after the day; working days follow the holiday table."""
    if unit == DayUnit.WORKING:
        return add_working_days(day, days, holidays())
    return date.fromordinal(day.toordinal() + days)


def _tell(item: SelfCheck, step: str) -> None:
    """Write to everybody who acts for the agency, in Vietnamese; the portal shows the same as a message."""
    with translation.override(settings.LANGUAGE_CODE), timezone.override(settings.TIME_ZONE):
        people = Staff(timezone.localdate()).of(item.agency_id, *AGENCY_ROLES)
        path = reverse("inspections:self_check", args=[item.pk])
        words = {"agency": item.agency, "due": f"{item.due:%d/%m/%Y}"}
        subject = _("Self-check report of %(agency)s, due %(due)s") % words
        for person in Person.objects.filter(pk__in=people, is_active=True):
            context = {"person": person, "item": item, "visit": item.visit, "base": settings.BASE_URL, "path": path}
            body = render_to_string("emails/self_check.txt", context)
            ask_mail(person, MailKind.SELF_CHECK, subject, body, f"{item.pk}:{step}:{item.version}")


def ask_self_check(visit: Visit, *, outline: str, days: int, unit: str, by) -> SelfCheck:
    """Ask the visited agency for a report on itself. Raises Refused where the visit or the deadline stands against it.

    The deadline never lies after the day of the visit, where that day is known.
    """
    due = due_after(timezone.localdate(), days, unit)
    problems = []
    if visit.state not in (VisitState.PLANNED, VisitState.PREPARED):
        problems.append(_("The visit has begun or is over: a report is asked for before it."))
    if visit.date_precision == DatePrecision.DAY and due >= visit.date:
        problems.append(
            _("The report would be due on %(due)s, not before the visit: allow fewer days.")
            % {"due": f"{due:%d/%m/%Y}"}
        )
    with transaction.atomic():
        if (
            Visit.objects.select_for_update()
            .get(pk=visit.pk)
            .self_checks.exclude(state=SelfCheckState.WITHDRAWN)
            .exists()
        ):
            problems.append(_("A report has been asked for already."))
        if problems:
            raise Refused(problems)
        item = SelfCheck.objects.create(
            visit=visit, agency=visit.agency, outline=outline, days=days, unit=unit, due=due, asked_by=by
        )
        keep_new(item, by=by, action="ask_self_check")
        _tell(item, "asked")
    return item


def _answer_given(item: SelfCheck, data: dict) -> list[str]:
    return [] if data.get("text", "").strip() else [_("Write the report, or what the attached file holds.")]


def _answered(item: SelfCheck, by, now: datetime, data: dict) -> dict:
    return {"answer": data["text"].strip(), "answered_at": now, "answered_by": by, "state_reason": ""}


def _told_files(item: SelfCheck, data: dict) -> dict:
    return {"files": [name for name, _content, _type in data.get("evidence", [])]}


def _keep_files(item: SelfCheck, by, data: dict) -> None:
    for name, content, content_type in data.get("evidence", []):
        stored = photos.store(name, content, content_type, by)
        earlier = item.files.filter(file__name=stored.name).count()
        SelfCheckFile.objects.create(of=item, file=stored, number=earlier + 1)


def _sent_back(item: SelfCheck, by, now: datetime, data: dict) -> dict:
    return {"state_reason": data["reason"]}


def _tell_sent_back(item: SelfCheck, by, data: dict) -> None:
    _tell(item, "sent_back")


SELF_CHECKS = Machine(
    model=SelfCheck,
    snapshot=self_check_facts,
    moves=(
        Move(
            "answer",
            pgettext_lazy("self-check action", "Send the report"),
            (SelfCheckState.ASKED,),
            SelfCheckState.ANSWERED,
            permissions.answers_self_check,
            guard=_answer_given,
            changes=_answered,
            tells=_told_files,
            follow=_keep_files,
            primary=True,
        ),
        Move(
            "send_back",
            pgettext_lazy("self-check action", "Send it back"),
            (SelfCheckState.ANSWERED,),
            SelfCheckState.ASKED,
            permissions.handles_self_check,
            changes=_sent_back,
            follow=_tell_sent_back,
            needs_reason=True,
        ),
        Move(
            "withdraw",
            pgettext_lazy("self-check action", "Ask no more"),
            (SelfCheckState.ASKED,),
            SelfCheckState.WITHDRAWN,
            permissions.handles_self_check,
            changes=_sent_back,
            needs_reason=True,
            confirm=gettext_lazy("The agency need not send a report any more; a new one can be asked for."),
        ),
    ),
)
