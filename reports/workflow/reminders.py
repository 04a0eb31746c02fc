"""What follows from a day: the reminders that are written to each person, in one mail."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agencies.models import Person
from cchc_portal.lib.numbers import format_count
from records.choices import MailKind
from records.models import ClockSlot
from records.workflow import ask_mail
from reports.tally.reminders import Day, Item, reminders_for

CLOCK_ENTRY = "send_reminders"
MADE_GOOD = timedelta(days=7)


def _last_slot() -> ClockSlot | None:
    return ClockSlot.objects.filter(name=CLOCK_ENTRY, done_at__isnull=False).order_by("-due_at").first()


def told_until(today: date) -> datetime | None:
    """When the clock last finished the reminders of an earlier day, at most a week ago; None where it did not."""
    last = _last_slot()
    if last is None or not today - MADE_GOOD <= timezone.localdate(last.due_at) < today:
        return None
    return last.done_at


def missed_days(today: date) -> tuple[date, ...]:
    """Days since the clock last finished the reminders, at most a week back; none where it never ran."""
    last = _last_slot()
    if last is None:
        return ()
    first = max(timezone.localdate(last.due_at) + timedelta(days=1), today - MADE_GOOD)
    return tuple(first + timedelta(days=step) for step in range((today - first).days))


def reminders_due(now: datetime) -> list[tuple[Person, list[Item]]]:
    """Whom the portal reminds of what now, in Vietnamese; nobody who has nothing to do."""
    with translation.override(settings.LANGUAGE_CODE), timezone.override(settings.TIME_ZONE):
        today = timezone.localdate(now)
        found = reminders_for(Day(now, missed_days(today), told_until(today)))
    people = Person.objects.filter(pk__in=found, is_active=True)
    return [(person, found[person.pk]) for person in people]


def write_reminders(now: datetime) -> int:
    """Write today's mail to everybody who has something due, one a day; returns how many were new."""
    written = 0
    due = reminders_due(now)
    with translation.override(settings.LANGUAGE_CODE), timezone.override(settings.TIME_ZONE):
        today = timezone.localdate(now)
        for person, items in due:
            subject = _("Reminders of %(day)s: %(count)s items") % {
                "day": f"{today:%d/%m/%Y}",
                "count": format_count(len(items)),
            }
            context = {"person": person, "items": items, "day": today, "base": settings.BASE_URL}
            body = render_to_string("emails/reminders.txt", context)
            written += ask_mail(person, MailKind.REMINDERS, subject, body, today.isoformat()) is not None
    return written
