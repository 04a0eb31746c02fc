"""Asking for a document or a mail: a row first, the worker told once the row is committed."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from records.choices import UNFINISHED, JobState
from records.models import Document, Event, Mail
from records.tasks import render_document, send_mail


def ask_document(kind: str, subject_id: int, *, title: str, by, draft: bool = True, address: str = "") -> Document:
    """Put a document in the queue and return its row; a document of the same subject still in work is returned instead.

    Who may ask is decided by the caller; the worker and the download ask the kind's `visible_subjects` again.
    `address` is where the portal answers whoever asks, without a slash at its end; the configured one goes first.
    """
    address = (settings.BASE_URL or address)[:200]
    with transaction.atomic():
        waiting = Document.objects.filter(kind=kind, subject_id=subject_id, draft=draft, state__in=UNFINISHED).first()
        if waiting is not None:
            return waiting
        document = Document.objects.create(
            kind=kind, subject_id=subject_id, title=title, asked_by=by, draft=draft, address=address
        )
        Event.objects.append(
            actor=by, action="ask_document", target=document, after={"kind": kind, "subject": subject_id}
        )
        render_document.delay_on_commit(str(document.pk))
    return document


def ask_mail(person, kind: str, subject: str, body: str, key: str, attach: Document | None = None) -> Mail | None:
    """Write a mail to the person, once for its kind and key; None where it is written already.

    The worker sends it once the caller's transaction commits. A person without an address reads it in the portal only.
    The PDF of `attach` goes with it if the person may read it then and it is not too large.
    """
    now = timezone.now()
    subject = " ".join(subject.split())[:200]
    values = {"address": person.email, "subject": subject, "body": body.strip(), "asked_at": now, "attached": attach}
    if not person.email:
        values |= {"state": JobState.READY, "finished_at": now}
    with transaction.atomic():
        mail, fresh = Mail.objects.get_or_create(person=person, kind=kind, slot=key, defaults=values)
        if not fresh:
            return None
        if mail.address:
            send_mail.delay_on_commit(mail.pk)
    return mail
