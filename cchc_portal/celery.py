"""The worker and the clock. An event starts a task (see each app's tasks.py); the clock starts a management command."""

import logging
import os
from datetime import datetime, timedelta
from typing import NamedTuple

from celery import Celery
from celery.beat import BeatLazyFunc
from celery.schedules import crontab
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

logger = logging.getLogger(__name__)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cchc_portal.settings")
app = Celery("cchc_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["dossiers.workbooks"])

SLOTS_KEPT = timedelta(days=7)


class Every(NamedTuple):
    """Each `minutes` minutes of the hour; `minutes` divides 60."""

    minutes: int

    def due(self, now: datetime) -> datetime:
        """The slot that `now` (local time) belongs to: the last full multiple of the interval."""
        return now.replace(minute=now.minute - now.minute % self.minutes, second=0, microsecond=0)

    def schedule(self) -> crontab:
        return crontab(minute=f"*/{self.minutes}")


class Daily(NamedTuple):
    """Once a day at `hour`:`minute`, local time. A clock that was off then catches up when it starts."""

    hour: int
    minute: int

    def due(self, now: datetime) -> datetime:
        """The slot that `now` (local time) belongs to: today's time, or yesterday's before it has come."""
        today = now.replace(hour=self.hour, minute=self.minute, second=0, microsecond=0)
        return today if today <= now else today - timedelta(days=1)

    def schedule(self) -> crontab:
        return crontab(hour=self.hour, minute=self.minute)


class Entry(NamedTuple):
    """A line of the clock's table: when, which management command with which arguments, and why."""

    when: Every | Daily
    command: tuple[str, ...]
    why: str


# A command started here takes what it finds due in the database, so a lost slot is made good by the next one.
CLOCK = {
    "requeue_jobs": Entry(Every(1), ("requeue_jobs",), "the queue is only a hint: rows left behind are queued again"),
    "compute_rates": Entry(Every(10), ("compute_rates",), "what an event left stale is computed all the same"),
    "check_figures": Entry(
        Daily(1, 30), ("check_figures",), "wrong figures are found by us before a reader finds them"
    ),
    "follow_up": Entry(
        Daily(6, 30), ("follow_up",), "figures accepted meanwhile speak for or against closing; what is late goes up"
    ),
    "send_reminders": Entry(
        Daily(7, 30), ("send_reminders", "--write"), "each person hears once a day, before work, of all that is due"
    ),
    "send_briefs": Entry(
        Daily(7, 0), ("send_briefs",), "on Monday leaders hear what changed; a Monday that was missed is made good"
    ),
    "clear_uploads": Entry(
        Daily(3, 30), ("clear_uploads",), "uploaded workbooks that nobody saved are not kept for ever"
    ),
    "purge_keys": Entry(
        Daily(3, 45), ("purge_keys",), "answers kept for programmes that repeat a request are not kept for ever"
    ),
    "verify_trail": Entry(Daily(2, 30), ("verify_trail",), "a changed trail is noticed within a day"),
}


def due_now(name: str) -> str:
    """ISO time of the slot of entry `name` that is due now; two clocks give the same slot the same time."""
    return CLOCK[name].when.due(timezone.localtime()).isoformat()


def claim_slot(name: str, due: datetime):
    """Writes and returns the row of slot (`name`, `due`); None when another process has it already."""
    slots = apps.get_model("records", "ClockSlot").objects
    slot, ours = slots.get_or_create(name=name, due_at=due)
    if not ours:
        return None
    slots.filter(name=name, due_at__lt=due - SLOTS_KEPT).delete()
    return slot


@app.task
def run_clock_slot(name: str, due: str) -> None:
    """Runs the command of the entry `name` for the slot `due` (ISO time), once however often the slot is announced."""
    slot = claim_slot(name, datetime.fromisoformat(due))
    if slot is None:
        return
    try:
        call_command(*CLOCK[name].command)
    except SystemExit as stop:  # a command's exit code; left alone it would end the worker
        if stop.code:
            logger.error("clock: %s ended with code %s", name, stop.code)
    except CommandError as error:
        logger.error("clock: %s: %s", name, error)
    slot.done_at = timezone.now()
    slot.save(update_fields=["done_at"])


app.conf.beat_schedule = {
    name: {
        "task": run_clock_slot.name,
        "schedule": entry.when.schedule(),
        "args": (name, BeatLazyFunc(due_now, name)),
        # A slot nobody took for this long is not worth a pile of messages: the next one does its work.
        "options": {"expires": 3600},
    }
    for name, entry in CLOCK.items()
}
