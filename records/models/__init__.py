"""What happened and what was issued."""

from records.models.documents import Document, Source, StoredFile
from records.models.idempotency import IdempotencyKey
from records.models.jobs import ClockSlot, Job, JobQuerySet
from records.models.mails import Mail
from records.models.trail import ChainHead, Event

__all__ = [
    "ChainHead",
    "ClockSlot",
    "Document",
    "Event",
    "IdempotencyKey",
    "Job",
    "JobQuerySet",
    "Mail",
    "Source",
    "StoredFile",
]
