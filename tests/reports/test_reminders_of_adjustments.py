"""Adjustments that wait are reminded of in the digest, escalate after five working days; outcomes are told once."""

from datetime import datetime

import pytest
import time_machine

from dossiers.models import Adjustment
from dossiers.workflow import ADJUSTMENTS, propose_adjustment
from records.models import Mail
from tests.dossiers.returns import sound_return
from tests.reports.test_send_reminders import HANOI, period, run

__all__ = ["period", "run"]


def at(text: str):
    return time_machine.travel(
        datetime.strptime(f"{text}/2026 09:00", "%d/%m/%Y %H:%M").replace(tzinfo=HANOI), tick=False
    )


@pytest.fixture
def adjustment(cast, period, procedures_khcn, run) -> Adjustment:
    """Proposed by Lan on Monday 02/11/2026."""
    with at("15/09"):
        item = sound_return(cast, period, "accepted")
    with at("02/11"):
        cells = {"received_direct": 14, "resolved_on_time": 16}
        return propose_adjustment(item, {item.lines.first().pk: cells}, reason="Nhập thiếu sổ", by=cast.lan)


def test_the_approver_hears_first_and_the_proposer_when_it_takes_too_long(run, adjustment):
    heard = {day: set(run(f"{day:02}/11")) for day in range(3, 25)}
    assert {day: who for day, who in heard.items() if who} == {
        4: {"minh"},
        9: {"minh"},
        10: {"minh", "lan"},
        17: {"minh", "lan"},
        24: {"minh", "lan"},
    }


def test_the_office_hears_of_what_was_signed_and_then_the_leaders(cast, run, adjustment):
    with at("03/11"):
        ADJUSTMENTS.perform(adjustment, "sign", by=cast.minh)
    assert run("04/11") == {}
    first = run("05/11")
    assert set(first) == {"quan", "mai"}
    assert "chờ cơ quan chủ trì xem xét.\n   Chờ từ ngày 03/11/2026, đã 2 ngày làm việc.\n" in first["quan"]
    assert f"   /adjustments/{adjustment.pk}/\n" in first["quan"]
    assert set(run("11/11")) == {"quan", "mai", "lanhdao"}


def test_what_was_accepted_stands_in_the_digest_of_the_next_morning_once(cast, run, adjustment):
    with at("03/11"):
        ADJUSTMENTS.perform(adjustment, "sign", by=cast.minh)
        ADJUSTMENTS.perform(adjustment, "accept", by=cast.quan)
    assert not Mail.objects.exists()
    told = run("04/11")
    assert set(told) == {"lan", "minh"}
    assert "Đã chấp nhận: điều chỉnh số 1" in told["lan"]
    assert run("05/11") == {}


def test_several_that_wait_are_one_mail(cast, run, adjustment):
    with at("03/11"):
        ADJUSTMENTS.perform(adjustment, "sign", by=cast.minh)
    run("11/11")
    assert Mail.objects.filter(person=cast.quan).count() == 1
