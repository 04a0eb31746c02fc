"""Mails that follow a step of a return or an adjustment: at once only for work that came back."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agencies.choices import RoleCode
from agencies.models import Person
from agencies.tally import Staff
from dossiers import permissions
from dossiers.choices import AdjustmentState
from dossiers.models import Adjustment, Return
from dossiers.tally import checking
from records.choices import MailKind
from records.models import Event
from records.workflow import ask_mail


def _reporters(item: Return) -> set[int]:
    """Keys of those who entered it and still may; where none of them is left, of all who may enter it now."""
    entered = {item.created_by_id}
    entered.update(item.lines.order_by().values_list("changed_by", flat=True).distinct())
    entered.update(item.explanations.values_list("by", flat=True))
    events = Event.objects.about(item).filter(action__in=(*permissions.ENTERING_ACTIONS, "submit"))
    entered.update(events.order_by().values_list("actor", flat=True).distinct())
    entering = Staff(timezone.localdate()).of(item.agency_id, RoleCode.REPORTER)
    return entered & entering or entering


def _quoted(text: str) -> str:
    """Words of a person, each line behind a mark, so that they are never taken for the portal's own."""
    return "\n".join(f"> {line}" for line in text.splitlines())


def _words(item: Return) -> list[tuple[str, str]]:
    """The remarks that are open: the name of the line ("" for the whole return) and the quoted words."""
    remarks = item.remarks.filter(open=True).select_related("line__procedure", "line__field").order_by("line", "pk")
    told = []
    for remark in remarks:
        line, name = remark.line, ""
        if line is not None:
            procedure = line.procedure
            code, title = (procedure.code, procedure.name) if procedure else (None, None)
            name = checking.line_name(code, title, line.field.name if line.field else None)
        told.append((name, _quoted(remark.text)))
    return sorted(told, key=lambda words: bool(words[0]))


def tell_returned(item: Return, by: Person) -> None:
    """Write to those who entered the return that it came back, with whose words and until when entry is open."""
    with translation.override(settings.LANGUAGE_CODE), timezone.override(settings.TIME_ZONE):
        subject = _("Sent back to be corrected: return %(period)s of %(agency)s") % {
            "period": item.period,
            "agency": item.agency,
        }
        context = {
            "item": item,
            "by": by,
            "words": _words(item),
            "closes": item.entry_closes_at(),
            "base": settings.BASE_URL,
            "path": reverse("dossiers:grid", args=[item.pk]),
        }
        for person in Person.objects.filter(pk__in=_reporters(item)).exclude(pk=by.pk):
            body = render_to_string("emails/returned.txt", context | {"person": person})
            ask_mail(person, MailKind.RETURNED, subject, body, f"return {item.pk} version {item.version}")


def tell_adjustment_back(adjustment: Adjustment, by: Person) -> None:
    """Write to those who proposed and signed the adjustment that it came back, with the words; others are not told.

    Who proposed it and has left is stood in for by all who may propose another.
    """
    item = adjustment.of
    people = Person.objects.filter(pk__in={adjustment.proposed_by_id, adjustment.signed_by_id} - {None, by.pk})
    staff = Staff(timezone.localdate()).of(item.agency_id, RoleCode.REPORTER, RoleCode.APPROVER)
    if adjustment.proposed_by_id not in staff:
        people |= Person.objects.filter(pk__in=staff - {by.pk})
    with translation.override(settings.LANGUAGE_CODE), timezone.override(settings.TIME_ZONE):
        named = {"number": adjustment.number, "period": item.period, "agency": item.agency}
        refused = adjustment.state == AdjustmentState.REFUSED
        told = (
            _("Refused: adjustment %(number)s of the return %(period)s of %(agency)s")
            if refused
            else _("Withdrawn unsigned: adjustment %(number)s of the return %(period)s of %(agency)s")
        )
        context = {
            "adjustment": adjustment,
            "item": item,
            "by": by,
            "refused": refused,
            "words": _quoted(adjustment.decision_reason),
            "base": settings.BASE_URL,
            "path": adjustment.get_absolute_url(),
        }
        for person in people.filter(is_active=True):
            body = render_to_string("emails/adjustment_back.txt", context | {"person": person})
            ask_mail(person, MailKind.ADJUSTMENT, told % named, body, f"adjustment {adjustment.pk}")
