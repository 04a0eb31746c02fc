"""Asking for a document: a row first, the worker told once the row is committed."""

from django.db import transaction

from records.choices import UNFINISHED
from records.models import Document, Event
from records.tasks import render_document


def ask_document(kind: str, subject_id: int, *, title: str, by, draft: bool = True) -> Document:
    """Put a document in the queue and return its row; a document of the same subject still in work is returned instead.

    Who may ask is decided by the caller; the worker and the download ask the kind's `visible_subjects` again.
    """
    with transaction.atomic():
        waiting = Document.objects.filter(kind=kind, subject_id=subject_id, draft=draft, state__in=UNFINISHED).first()
        if waiting is not None:
            return waiting
        document = Document.objects.create(kind=kind, subject_id=subject_id, title=title, asked_by=by, draft=draft)
        Event.objects.append(
            actor=by, action="ask_document", target=document, after={"kind": kind, "subject": subject_id}
        )
        render_document.delay_on_commit(str(document.pk))
    return document
