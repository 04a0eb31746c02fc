"""What the worker does for rates: claim a run, sum again, tell the row."""

import logging

from celery import shared_task

from dossiers import tally
from dossiers.models import Period, RateRun

logger = logging.getLogger(__name__)


@shared_task
def run_rates(pk: int) -> None:
    """Do one rate run. Running twice has the effect of once: the lease decides, and right sums stay as they are."""
    run = RateRun.objects.claim(pk)
    if run is None:
        return
    try:
        rows = tally.run(run)
    except Exception as error:
        logger.exception("rate run %s", pk)
        RateRun.objects.fail(run, f"{type(error).__name__}: {error}")
        return
    RateRun.objects.finish(run, rows=rows)


def run_now(*, period: Period | None = None, everything: bool = False) -> RateRun:
    """Do a rate run in this process and return its row, ready or with its error; what pages keep notices it."""
    run = RateRun.objects.create(period=period, everything=everything)
    run_rates(run.pk)
    run.refresh_from_db()
    return run


def request_run(*, period: Period | None = None, everything: bool = False) -> RateRun:
    """Ask the worker to sum again: what is stale, a whole period, or everything; called where the change is made.

    The worker is told once the transaction commits. Each change asks for a run of its own: a waiting run may have
    read the stale pairs already, and one that finds nothing stale costs next to nothing.
    """
    run = RateRun.objects.create(period=period, everything=everything)
    run_rates.delay_on_commit(run.pk)
    return run
