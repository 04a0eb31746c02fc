"""Mails to persons of the portal: a row first, readable in the portal, then sent by the worker."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from cchc_portal.lib.fields import NfcCharField, NfcTextField
from cchc_portal.lib.sql import fetch
from records import rules
from records.choices import UNFINISHED, JobState, MailKind
from records.models.documents import Document
from records.models.jobs import Job, JobQuerySet

# How long a mail that the server did not take rests before the next attempt, by attempts made: servers that grey-list
# a sender ask for some minutes, one that is down may need longer.
RESTS = {1: timedelta(minutes=5), 2: timedelta(minutes=30)}
# How long a mail waits for the document that goes with it; then it goes with the link alone.
WAITS_FOR_DOCUMENT = timedelta(minutes=15)


class MailQuerySet(JobQuerySet):
    def visible_to(self, user) -> "MailQuerySet":
        """One's own mails and nobody else's, whatever the role."""
        return self.filter(person=user) if user.is_authenticated else self.none()

    def unread(self) -> "MailQuerySet":
        return self.filter(read_at__isnull=True)

    def number_unread(self, person_id: int) -> int:
        """How many of one's own mails were not read yet; by hand, because every page's frame asks."""
        asked = f"SELECT COUNT(*) FROM {Mail._meta.db_table} WHERE person_id = %s AND read_at IS NULL"
        return fetch(asked, [person_id])[0][0]

    def mark_read(self) -> int:
        """Note that these were read; what was read before keeps its instant. Returns how many changed."""
        return self.unread().update(read_at=timezone.now())

    def waiting_for_document(self) -> "MailQuerySet":
        """Mails whose document is still being made, and not for too long."""
        since = timezone.now() - WAITS_FOR_DOCUMENT
        return self.filter(state=JobState.QUEUED, attached__state__in=UNFINISHED, asked_at__gt=since)

    def stuck(self, waiting: timedelta = timedelta(seconds=30)):
        """As for every job, but a mail that failed rests before it is tried again."""
        now = timezone.now()
        resting = Q(pk__in=[])
        for attempt, rest in RESTS.items():
            resting |= Q(attempt=attempt, started_at__gt=now - rest)
        return super().stuck(waiting).exclude(Q(state=JobState.QUEUED) & resting)


@dataclass(frozen=True)
class BodyLine:
    """A line of a mail as the portal shows it; `path` is set where the line is the address of a page of ours."""

    text: str
    path: str


class Mail(Job):
    """One mail to one person, written once for its kind and slot.

    `slot` names the occasion (a day, a step of a return). `address` is that of the time of writing; a person without
    one reads the mail in the portal only, and the row is ready at once. `attached` is a document whose PDF goes with
    the mail if the person may read it when it is sent; `attached_hash` is the SHA-256 of the file that went, or "".
    """

    lease = timedelta(minutes=2)
    task = "records.tasks.send_mail"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mails")
    address = models.EmailField(blank=True, default="")
    kind = models.CharField(max_length=20)
    slot = models.CharField(max_length=80)
    subject = NfcCharField(max_length=200)
    body = NfcTextField()
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    attached = models.ForeignKey(Document, on_delete=models.SET_NULL, null=True, related_name="+")
    attached_hash = models.CharField(max_length=64, blank=True, default="")

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["person", "kind", "slot"], name="mail_once")]
        indexes = [
            models.Index(fields=["person", "asked_at"], name="mail_of_person"),
            models.Index(fields=["person"], condition=Q(read_at__isnull=True), name="mail_unread"),
            models.Index(fields=["state", "asked_at"], name="mail_queue"),
        ]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        return reverse("records:message_detail", args=[self.pk])

    @property
    def kind_label(self):
        """What sort of mail it is, in words; the code where a kind has none."""
        return dict(MailKind.choices).get(self.kind, self.kind)

    def lines(self) -> list[BodyLine]:
        """The body line by line, with the paths of our own pages that stand alone on a line."""
        return [BodyLine(line, rules.own_path(line.strip(), settings.BASE_URL)) for line in self.body.splitlines()]
