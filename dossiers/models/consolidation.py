"""Workbooks of many agencies uploaded together: what the worker makes of them, first as a dry run, then in earnest."""

import uuid
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from dossiers.models.period import Period
from records.choices import UNFINISHED, JobState
from records.models import Job, JobQuerySet


class ConsolidationQuerySet(JobQuerySet):
    """Whose consolidations they are, how far the worker is, and the one step from a dry run to a run that saves."""

    def visible_to(self, user) -> "ConsolidationQuerySet":
        """A person's own: what he uploaded, he saves or lets go."""
        return self.filter(asked_by=user)

    def tell_progress(self, job: "Consolidation", done: int) -> bool:
        """Write how many files are read and hold the lease on; False when it passed to another worker."""
        mine = self.filter(pk=job.pk, state=JobState.RUNNING, lease_key=job.lease_key)
        return mine.update(done=done, lease_until=timezone.now() + self.model.lease) == 1

    def ask_again(self, job: "Consolidation", *, write: bool) -> bool:
        """Queue the same files again; False when the row is not as `job` shows it any more, as for a second click."""
        as_shown = self.filter(pk=job.pk, state=job.state, write=job.write, asked_at=job.asked_at, saved=False)
        queued = as_shown.exclude(state__in=UNFINISHED).update(
            state=JobState.QUEUED,
            write=write,
            done=0,
            attempt=0,
            asked_at=timezone.now(),
            lease_key=None,
            lease_until=None,
            finished_at=None,
            error="",
        )
        return queued == 1


class Consolidation(Job):
    """One upload of workbooks for one period.

    `fingerprint` is what the dry run would have changed: a run that saves must find exactly that. `report` holds what
    became of each file (see `dossiers.workbooks.tasks.report_of`).
    """

    # The worker renews it while it reads, so a killed one is replaced soon.
    lease = timedelta(minutes=3)
    task = "dossiers.workbooks.tasks.run_consolidation"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    write = models.BooleanField(default=False)
    saved = models.BooleanField(default=False)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    report = models.JSONField(default=dict)

    objects = ConsolidationQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.period_id} {self.state} {self.asked_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("dossiers:consolidation_detail", args=[self.pk])

    @classmethod
    def shelf(cls) -> Path:
        """Where the folders of all uploads stand."""
        return Path(settings.MEDIA_ROOT) / "consolidations"

    @property
    def folder(self) -> Path:
        """The uploaded files; gone after the run that saved them, or after a week."""
        return self.shelf() / str(self.pk)

    @property
    def unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def may_write(self) -> bool:
        """Does the report of a dry run allow the button that saves?"""
        found = self.report
        clean = self.state == JobState.READY and not self.write and not found.get("refused")
        return bool(clean and not found.get("errors") and found.get("changed"))
