"""Recompute the audit chain."""

from django.core.management.base import BaseCommand

from records import rules
from records.models import ChainHead, Event


def first_bad_event() -> int | None:
    """Number of the first event that is not what was written, or that is missing; None where the chain holds.

    Events that are appended meanwhile are no breach: each moves the head in its own transaction.
    """
    head = _head()
    seen = 0

    def counted():
        nonlocal seen
        for event in Event.objects.filter(number__lte=head.number).chain():
            yield event
            seen += 1

    try:
        bad = rules.first_bad_number(counted(), head.number, head.hash)
    except Exception:  # a stored value that cannot even be read back, such as an instant that is none
        bad = seen + 1
    if bad is not None:
        return bad
    beyond = Event.objects.filter(number__gt=head.number).order_by("number").values_list("number", flat=True).first()
    if beyond is not None and _head().number < beyond:
        return beyond
    return None


def _head() -> ChainHead:
    return ChainHead.objects.filter(pk=1).first() or ChainHead()


class Command(BaseCommand):
    help = "Recomputes the audit chain; says `bad event NUMBER` and ends with 1 where it is broken."

    def handle(self, *args, **options):
        bad = first_bad_event()
        if bad is not None:
            self.stdout.write(f"bad event {bad}")
            raise SystemExit(1)
