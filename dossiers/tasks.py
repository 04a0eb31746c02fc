"""What the worker does for rates and for unusual figures: claim a run, do it, tell the row."""

import logging

from celery import shared_task

from dossiers import tally
from dossiers.models import Period, RateRun, Return, Summary, UnusualRun
from dossiers.tally import unusual
from records.choices import JobState

logger = logging.getLogger(__name__)

# Returns looked through by one task.
AT_ONCE = 100


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


def sum_over_forest_again() -> None:
    """The forest has another shape: every sum over a tree, and what successors took over, is summed again."""
    if Summary.objects.exists():
        request_run(everything=True)


@shared_task
def run_unusual(pk: int) -> None:
    """Do one search for unusual figures, and with it what waits for the same period: the peers are read once."""
    run = UnusualRun.objects.claim(pk)
    if run is None:
        return
    waiting = UnusualRun.objects.filter(period_id=run.period_id, state=JobState.QUEUED, of__isnull=False)
    runs = [run]
    if run.of_id:
        keys = list(waiting.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        runs += [one for one in map(UnusualRun.objects.claim, keys) if one is not None]
    try:
        done = unusual.run(runs)
    except Exception as error:
        logger.exception("unusual run %s", pk)
        for one in runs:
            UnusualRun.objects.fail(one, f"{type(error).__name__}: {error}")
        return
    for one in runs:
        UnusualRun.objects.finish(one, returns=done)


def request_unusual(item: Return) -> UnusualRun:
    """Ask the worker to look through a return; it is told once the transaction commits."""
    run = UnusualRun.objects.create(of=item, period_id=item.period_id)
    run_unusual.delay_on_commit(run.pk)
    return run
