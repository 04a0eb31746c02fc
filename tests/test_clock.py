"""The clock's table: every entry has its command, every slot runs once."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import get_commands

from cchc_portal.celery import CLOCK, Daily, Entry, Every, app, run_clock_slot
from records.models import ClockSlot

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=HANOI)


@pytest.mark.parametrize(
    ("when", "now", "due"),
    [
        (Every(1), "2026-11-22 08:07:59", "2026-11-22 08:07:00"),
        (Every(10), "2026-11-22 08:07:59", "2026-11-22 08:00:00"),
        (Every(10), "2026-11-22 08:10:00", "2026-11-22 08:10:00"),
        (Daily(1, 30), "2026-11-22 01:30:00", "2026-11-22 01:30:00"),
        (Daily(1, 30), "2026-11-22 08:00:00", "2026-11-22 01:30:00"),
        (Daily(1, 30), "2026-11-22 01:29:59", "2026-11-21 01:30:00"),
    ],
)
def test_due(when, now, due):
    assert when.due(at(now)) == at(due)


@pytest.mark.parametrize("name", CLOCK)
def test_entry_names_a_command_and_is_scheduled(name):
    assert CLOCK[name].command[0] in get_commands()
    assert CLOCK[name].why
    assert app.conf.beat_schedule[name]["task"] == run_clock_slot.name


def test_slot_announced_twice_runs_once(db, monkeypatch, capsys):
    monkeypatch.setitem(CLOCK, "probe", Entry(Every(1), ("diffsettings",), "prints once for each run"))
    for minute in (5, 5, 6):
        run_clock_slot("probe", at(f"2026-11-22 08:0{minute}:00").isoformat())
    assert capsys.readouterr().out.count("ROOT_URLCONF = ") == 2
    slots = ClockSlot.objects.filter(name="probe")
    assert slots.count() == 2
    assert all(slot.done_at for slot in slots)


def test_failing_command_does_not_end_the_worker(db, monkeypatch, caplog):
    monkeypatch.setitem(CLOCK, "probe", Entry(Every(1), ("no_such_command",), "fails"))
    run_clock_slot("probe", at("2026-11-22 08:00:00").isoformat())
    assert "clock: probe" in caplog.text
