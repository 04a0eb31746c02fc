"""Stored files, rendered documents, and the publications that figures are quoted from."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from cchc_portal.lib.fields import NfcCharField, NfcTextField, SearchKeyField
from records import registry
from records.choices import JobState, SourceKind
from records.models.jobs import Job, JobQuerySet


class StoredFile(models.Model):
    """A file kept under its own hash; who may read it is decided by what refers to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file = models.FileField(upload_to="files/%Y/%m")
    name = NfcCharField(max_length=200)
    content_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class DocumentQuerySet(JobQuerySet):
    """Which documents a person may see: each kind's own question, asked of the floor that registered it."""

    def visible_to(self, user) -> "DocumentQuerySet":
        seen = Q(pk__in=[])
        for kind in registry.kinds():
            seen |= Q(kind=kind.code, subject_id__in=kind.visible_subjects(user))
            if kind.issued_subjects:
                seen |= Q(kind=kind.code, draft=False, subject_id__in=kind.issued_subjects(user))
        return self.filter(seen)


class Document(Job):
    """A document that the worker renders once and that is then kept as it is, with the hashes of content and file."""

    lease = timedelta(minutes=2)
    task = "records.tasks.render_document"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    title = NfcCharField(max_length=300)
    draft = models.BooleanField(default=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    check_token = models.CharField(max_length=32, unique=True, editable=False)
    content_hash = models.CharField(max_length=64, blank=True, default="")
    file_hash = models.CharField(max_length=64, blank=True, default="")
    file = models.FileField(upload_to="documents/%Y/%m", blank=True)
    pages = models.PositiveSmallIntegerField(null=True)
    size = models.PositiveIntegerField(null=True)
    # The same content for the registry to number; kinds that are no paper have none.
    docx_file = models.FileField(upload_to="documents/%Y/%m", blank=True)
    docx_hash = models.CharField(max_length=64, blank=True, default="")
    docx_size = models.PositiveIntegerField(null=True)
    # Where the portal answered whoever asked: the address printed as a QR code; "" prints none.
    address = models.CharField(max_length=200, blank=True, default="")
    search_key = SearchKeyField(sources=("title",))

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [
            models.Index(fields=["kind", "subject_id"], name="document_subject"),
            models.Index(fields=["state", "asked_at"], name="document_queue"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args, **kwargs):
        if not self.check_token:
            self.check_token = uuid.uuid4().hex
        super().save(*args, **kwargs)

    @property
    def is_ready(self) -> bool:
        return self.state == JobState.READY


class Source(models.Model):
    """A publication that figures, visits and claims are quoted from."""

    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=10, choices=SourceKind, default=SourceKind.PRESS)
    publisher = NfcCharField(max_length=200)
    date_text = models.CharField(max_length=10)
    about = NfcTextField(blank=True, default="")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.publisher}, {self.dated}"

    @property
    def dated(self) -> str:
        """The date as far as it is known, as printed: 12/04/2017, 04/2017 or 2017."""
        return "/".join(reversed(self.date_text.split("-")))
