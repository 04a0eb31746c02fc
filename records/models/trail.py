"""The trail: one event per saved thing or action, chained by hashes so that a silent change is found."""

import json
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone

from cchc_portal.lib.fields import NfcTextField
from cchc_portal.lib.sql import fetch, marks, write
from records import rules


def as_text(value: Any) -> str:
    """What the trail stores of a value: nothing for None, text as it is, everything else as JSON with sorted keys."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, cls=DjangoJSONEncoder)


def instant_text(at: datetime) -> str:
    """The instant as the hash sees it: UTC, microseconds, ISO 8601."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class ChainHead(models.Model):
    """The one row that says where the chain ends; taking it in turn is what keeps the numbers without gaps."""

    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=rules.GENESIS)

    def __str__(self) -> str:
        return f"{self.number} {self.hash[:12]}"


_HEAD = f"SELECT number, hash FROM {ChainHead._meta.db_table} WHERE id = 1"
_MOVE_HEAD = f"UPDATE {ChainHead._meta.db_table} SET number = %s, hash = %s WHERE id = 1"
_STORED = (
    "number",
    "at",
    "actor_id",
    "action",
    "target_kind",
    "target_id",
    "before",
    "after",
    "reason",
    "previous_hash",
    "hash",
)
_ADD = f"INSERT INTO records_event ({', '.join(_STORED)}) VALUES ({marks(_STORED)}) RETURNING id"
# PostgreSQL does both in one journey, of which every other write waits for the end.
_MOVE_HEAD_AND_ADD = f"WITH moved AS ({_MOVE_HEAD}) {_ADD}"


def _taken_head(connection) -> tuple[int, str]:
    """Number and hash of the last event, the head's row locked until the transaction ends.

    By hand, because every write of the portal waits for it.
    """
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    rows = fetch(_HEAD + lock)
    if not rows:
        ChainHead.objects.get_or_create(pk=1)
        rows = fetch(_HEAD + lock)
    return rows[0]


class EventQuerySet(models.QuerySet):
    """Reading of the trail. Rows are only ever appended."""

    def about(self, target: models.Model) -> "EventQuerySet":
        """Events of one thing, newest first."""
        return self.filter(target_kind=target._meta.label_lower, target_id=str(target.pk)).order_by("-number")

    def chain(self):
        """Stored fields of every event in order, shaped for `rules.first_bad_number`."""
        rows = self.order_by("number").values_list(*_STORED)
        for number, at, actor, action, kind, target, before, after, reason, previous, own in rows.iterator(2000):
            yield {
                "number": number,
                "at": instant_text(at),
                "actor": "" if actor is None else str(actor),
                "action": action,
                "target_kind": kind,
                "target_id": target,
                "before": before,
                "after": after,
                "reason": reason,
                "previous_hash": previous,
                "hash": own,
            }

    def append(
        self,
        *,
        actor,
        action: str,
        target: models.Model | None = None,
        before: Any = None,
        after: Any = None,
        reason: str = "",
        at: datetime | None = None,
    ) -> "Event":
        """Add one event to the chain, inside the caller's transaction.

        `actor` is a person or None (the clock, an import of history). `before` and `after` are text or anything JSON
        can hold; they carry all that changed. Raises TransactionManagementError outside `atomic()`: an event belongs
        to the change that it tells of.
        """
        connection = transaction.get_connection(self.db)
        if not connection.in_atomic_block:
            raise transaction.TransactionManagementError("An event is written in the transaction of its change.")
        event = Event(
            actor_id=None if actor is None else actor.pk,
            action=action,
            target_kind="" if target is None else target._meta.label_lower,
            target_id="" if target is None else str(target.pk),
            before=as_text(before),
            after=as_text(after),
            reason=reason,
        )
        event.tidy()
        # From here on every other write waits; the instant is taken now, so that the numbers are in the order of time.
        number, event.previous_hash = _taken_head(connection)
        event.number, event.at = number + 1, at or timezone.now()
        event.seal()
        values = {name: getattr(event, name) for name in _STORED}
        values["at"] = connection.ops.adapt_datetimefield_value(event.at)
        moved = [event.number, event.hash]
        if connection.vendor == "postgresql":
            [(event.pk,)] = fetch(_MOVE_HEAD_AND_ADD, [*moved, *values.values()])
        else:
            write(_MOVE_HEAD, moved)
            [(event.pk,)] = fetch(_ADD, values.values())
        event._state.adding, event._state.db = False, self.db
        return event

    def update(self, **kwargs):
        raise TypeError("The trail is only ever added to.")

    def delete(self):
        raise TypeError("The trail is only ever added to.")


class Event(models.Model):
    """One thing that happened: who, when, to what, before, after, why. Never changed, never deleted."""

    number = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=60)
    target_kind = models.CharField(max_length=60)
    target_id = models.CharField(max_length=60)
    before = NfcTextField()
    after = NfcTextField()
    reason = NfcTextField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["target_kind", "target_id"], name="event_target")]

    def __str__(self) -> str:
        return f"{self.number} {self.action}"

    def save(self, *args, **kwargs):
        raise TypeError("Events are written by Event.objects.append.")

    def tidy(self) -> None:
        """Bring the texts to their stored form."""
        for name in ("before", "after", "reason"):
            field = self._meta.get_field(name)
            setattr(self, name, field.get_prep_value(getattr(self, name)))

    def seal(self) -> None:
        """Set the hash over what is stored; the texts are tidy."""
        self.hash = rules.event_hash(
            number=self.number,
            at=instant_text(self.at),
            actor="" if self.actor_id is None else str(self.actor_id),
            action=self.action,
            target_kind=self.target_kind,
            target_id=self.target_id,
            before=self.before,
            after=self.after,
            reason=self.reason,
            previous_hash=self.previous_hash,
        )

    def delete(self, *args, **kwargs):
        raise TypeError("The trail is only ever added to.")
