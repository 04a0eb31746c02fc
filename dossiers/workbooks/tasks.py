"""What the worker does with uploaded workbooks: claim, check or save them, tell the row."""

import logging
import shutil
import time

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cchc_portal.lib.errors import Conflict, Refused
from dossiers.models import Consolidation
from dossiers.workbooks.consolidating import Consolidation as Outcome
from dossiers.workbooks.consolidating import consolidate

logger = logging.getLogger(__name__)

# Places told in a report; what is over is counted.
PROBLEMS_KEPT = 2_000
PROGRESS_EVERY = 1.0


class LeaseLost(Exception):
    """Another worker holds the job: stop, and keep nothing."""


# How long hundreds of files take is nobody's guess: the lease, renewed as they are read, tells a dead worker, so the
# limit is only for one that hangs between two files.
@shared_task(soft_time_limit=4 * 3600, time_limit=4 * 3600 + 60)
def run_consolidation(pk: str) -> None:
    """Check the uploaded workbooks, or save them. Running twice has the effect of once.

    The row is finished in the transaction that saves the figures, and only by the worker that holds the lease: one that
    was killed before has saved nothing, one that was killed after is not repeated.
    """
    job = Consolidation.objects.claim(pk)
    if job is None:
        return
    try:
        with translation.override(settings.LANGUAGE_CODE), timezone.override(settings.TIME_ZONE):
            _consolidate(job)
    except LeaseLost:
        return
    except PermissionDenied:
        Consolidation.objects.fail(job, "the right to consolidate was lost", final=True)
    except SoftTimeLimitExceeded:
        Consolidation.objects.fail(job, "reading took too long")
    except Exception as error:
        logger.exception("consolidation %s", pk)
        Consolidation.objects.fail(job, f"{type(error).__name__}: {error}")
    else:
        if Consolidation.objects.filter(pk=job.pk, saved=True).exists():
            shutil.rmtree(job.folder, ignore_errors=True)


def _consolidate(job: Consolidation) -> None:
    """Read all, then finish the row: with the figures where they are saved, else with the report alone."""

    def finish(done: Outcome) -> None:
        values = {"report": report_of(done), "fingerprint": done.fingerprint, "done": job.total, "saved": done.saved}
        if not Consolidation.objects.finish(job, **values):
            raise LeaseLost

    def refuse(reason: str) -> None:
        Consolidation.objects.finish(job, report={"refused": [reason]}, done=job.total)

    paths = list(job.folder.iterdir()) if job.folder.is_dir() else []
    if len(paths) != job.total:
        refuse(_("The uploaded files are not kept any more. Upload them again."))
        return
    try:
        done = consolidate(
            paths,
            job.period,
            by=job.asked_by,
            write=job.write,
            progress=_Progress(job),
            expected=job.fingerprint if job.write else "",
            keep=finish,
        )
    except (Conflict, Refused) as error:
        refuse(str(error))
        return
    if not done.saved:
        finish(done)


class _Progress:
    """Tells the row how many files are read, at most once a second."""

    def __init__(self, job: Consolidation):
        self.job, self.told_at = job, time.monotonic()

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if now - self.told_at < PROGRESS_EVERY:
            return
        self.told_at = now
        if not Consolidation.objects.tell_progress(self.job, done):
            raise LeaseLost


def report_of(done: Outcome) -> dict:
    """The outcome as stored with the row: counts, sums, and by file what would change or is wrong, place by place."""
    problems = [
        [one.name, each.sheet, each.row, each.column, each.value, str(each.reason), str(each.remedy)]
        for one in done.files
        for each in one.problems
    ]
    return {
        "lines": done.lines,
        "changed": done.changed,
        "sums": done.sums,
        "errors": done.problems,
        "problems": problems[:PROBLEMS_KEPT],
        "files": [
            [one.name, one.agency, one.lines, one.changed, len(one.problems), [str(note) for note in one.notes]]
            for one in done.files
        ],
    }
