"""Keys by which a client names one intention, so that a request sent twice has one effect and one answer."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from cchc_portal.lib.sql import fetch

KEPT = timedelta(days=7)
PURGED_AT_ONCE = 500
# A key that is kept no longer is taken over; where one stands that still is, no row comes back.
_CLAIM = """INSERT INTO records_idempotencykey (person_id, key, request_hash, headers, body, created_at)
VALUES (%s, %s, %s, '{}', '', %s) ON CONFLICT (person_id, key) DO UPDATE
SET request_hash = excluded.request_hash, status = NULL, headers = '{}', body = '', created_at = excluded.created_at
WHERE records_idempotencykey.created_at < %s RETURNING id"""


class IdempotencyKeyQuerySet(models.QuerySet):
    def purge(self) -> int:
        """Delete what is kept no longer, some hundreds at a time so that nobody waits long; how many there were."""
        old, gone = self.filter(created_at__lt=timezone.now() - KEPT), 0
        while pks := list(old.order_by("created_at").values_list("pk", flat=True)[:PURGED_AT_ONCE]):
            gone += self.filter(pk__in=pks).delete()[0]
        return gone

    def claim(self, *, person, key: str, request_hash: str) -> tuple["IdempotencyKey", bool]:
        """The row of that person's key, and whether it is new; inside the caller's transaction.

        Whoever inserts the row does the work and writes the answer into it before committing. Another request with
        the same key waits for that commit (PostgreSQL at the unique index, SQLite at the write lock) and then reads
        the answer. If the first one fails, its row goes with its effect and the second does the work.
        """
        if not transaction.get_connection(self.db).in_atomic_block:
            raise transaction.TransactionManagementError("A key is claimed in the transaction of its effect.")
        now = timezone.now()
        row = IdempotencyKey(person=person, key=key, request_hash=request_hash, created_at=now)
        at, forgotten = map(connection.ops.adapt_datetimefield_value, (now, now - KEPT))
        taken = fetch(_CLAIM, [person.pk, key, request_hash, at, forgotten])
        if not taken:
            return self.get(person=person, key=key), False
        row.pk, row._state.adding, row._state.db = taken[0][0], False, self.db
        return row, True


class IdempotencyKey(models.Model):
    """One person's key with the request it stood for and the answer given; forgotten after seven days."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(default="")
    created_at = models.DateTimeField(default=timezone.now)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["person", "created_at"], name="idempotency_key_age")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.key}"

    def answer(self, *, status: int, headers: dict[str, str], body: str) -> None:
        """Keep the answer for whoever repeats the request."""
        self.status, self.headers, self.body = status, headers, body
        self.save(update_fields=["status", "headers", "body"])
