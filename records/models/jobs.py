"""Durable jobs: the row is the truth, the queue a hint, a lease decides who works."""

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from cchc_portal.lib.fields import NfcTextField
from records.choices import MAX_ATTEMPTS, UNFINISHED, JobState


class JobQuerySet(models.QuerySet):
    """Claiming, finishing and rescuing jobs by conditional updates, so that two workers never do the same one."""

    def claim(self, pk) -> "Job | None":
        """Take the job for one lease; None when it is finished, or when another worker holds it.

        The claim is one conditional UPDATE that must touch exactly one row; the returned row carries the lease key
        that `finish` and `fail` ask for.
        """
        now = timezone.now()
        key = uuid.uuid4()
        free = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_until__lt=now)
        taken = self.filter(free, pk=pk, attempt__lt=MAX_ATTEMPTS).update(
            state=JobState.RUNNING,
            lease_key=key,
            lease_until=now + self.model.lease,
            attempt=F("attempt") + 1,
            started_at=now,
        )
        return self.get(pk=pk) if taken == 1 else None

    def finish(self, job: "Job", **values) -> bool:
        """Mark the claimed job ready and store its outcome; False when the lease passed to another worker meanwhile."""
        updated = self.filter(pk=job.pk, state=JobState.RUNNING, lease_key=job.lease_key).update(
            state=JobState.READY, finished_at=timezone.now(), error="", lease_until=None, **values
        )
        return updated == 1

    def fail(self, job: "Job", error: str, *, final: bool = False) -> bool:
        """Put the claimed job back in the queue with its error, or end it when that was the last attempt."""
        over = final or job.attempt >= MAX_ATTEMPTS
        updated = self.filter(pk=job.pk, state=JobState.RUNNING, lease_key=job.lease_key).update(
            state=JobState.FAILED if over else JobState.QUEUED,
            finished_at=timezone.now() if over else None,
            error=error[:2000],
            lease_until=None,
        )
        return updated == 1

    def retry(self, pk) -> bool:
        """Queue a failed job again with a full set of attempts; False when it is not failed (any more)."""
        queued = self.filter(pk=pk, state=JobState.FAILED).update(
            state=JobState.QUEUED, attempt=0, lease_key=None, lease_until=None, finished_at=None
        )
        return queued == 1

    def stuck(self, waiting: timedelta = timedelta(seconds=30)):
        """Jobs that a lost message or a killed worker left behind: queued for a while, or running past their lease."""
        now = timezone.now()
        return self.filter(
            Q(state=JobState.QUEUED, asked_at__lt=now - waiting) | Q(state=JobState.RUNNING, lease_until__lt=now)
        )

    def give_up_exhausted(self) -> int:
        """End jobs whose last allowed attempt died with its worker, so that they are seen and not tried for ever."""
        return self.filter(state__in=UNFINISHED, attempt__gte=MAX_ATTEMPTS, lease_until__lt=timezone.now()).update(
            state=JobState.FAILED, finished_at=timezone.now(), error="worker lost", lease_until=None
        )


class Job(models.Model):
    """What every kind of background work has in common. Subclasses add what the work is about.

    `lease` is how long one worker may hold the job: longer than the hard time limit of its task, so that a lease that
    ran out means a worker that died. `task` is the name of the Celery task that does it, by its key.
    """

    lease = timedelta(minutes=7)
    task = ""

    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_key = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    asked_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = NfcTextField(blank=True, default="")

    objects = JobQuerySet.as_manager()

    class Meta:
        abstract = True


class ClockSlot(models.Model):
    """One turn of one entry of the clock table; the unique pair makes it run once however many clocks tick."""

    name = models.CharField(max_length=60)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "due_at"], name="clock_slot_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.due_at:%Y-%m-%d %H:%M}"
