"""What was changed since a return was sent back: cell by cell, against the version that the reader had seen."""

import pytest

from dossiers.models import Return
from dossiers.workflow import RETURNS
from tests.dossiers.returns import edit, save, sound_return


def corrected(cast, client_of, item, **cells) -> None:
    line = item.lines.first()
    assert save(client_of(cast.lan), item, edit(line, **cells)).status_code == 200


def step(item, action, by, **data) -> None:
    RETURNS.perform(Return.objects.get(pk=item.pk), action, by=by, **data)


def shown(client, item):
    found = client.get(item.get_absolute_url()).context["correction"]
    return None if found is None else {str(row["label"]): (row["old"], row["new"]) for row in found.rows}


@pytest.fixture
def item(cast, client_of, period_q, procedures_khcn):
    """Sent back by the office, corrected twice, submitted and approved again."""
    item = sound_return(cast, period_q, "approved")
    step(item, "send_back", cast.quan, reason="Xem lại số trực tiếp")
    corrected(cast, client_of, item, received_direct="5", withdrawn="2")
    corrected(cast, client_of, item, received_direct="7", withdrawn="4", received_online="9")
    corrected(cast, client_of, item, received_online="8")
    step(item, "submit", cast.lan)
    return item


def test_the_first_before_and_the_last_after_are_shown(cast, client_of, item):
    assert shown(client_of(cast.minh), item) == {
        "Tiếp nhận trực tiếp, bưu chính trong kỳ": ("4", "7"),
        "Trả lại, rút, dừng giải quyết": ("1", "4"),
    }
    page = client_of(cast.minh).get(item.get_absolute_url()).content.decode()
    assert "Thay đổi từ lần trả lại" in page


def test_the_office_compares_with_what_it_had_seen(cast, client_of, item):
    step(item, "send_back", cast.minh, reason="Chưa đúng")
    corrected(cast, client_of, item, received_direct="6", withdrawn="3")
    step(item, "submit", cast.lan)
    step(item, "approve", cast.minh)
    names = ("Tiếp nhận trực tiếp, bưu chính trong kỳ", "Trả lại, rút, dừng giải quyết")
    assert shown(client_of(cast.quan), item) == dict(zip(names, [("4", "6"), ("1", "3")], strict=True))
    assert shown(client_of(cast.minh), item) == dict(zip(names, [("7", "6"), ("4", "3")], strict=True))


def test_a_return_that_never_came_back_has_none(cast, client_of, period_q, procedures_khcn):
    assert shown(client_of(cast.minh), sound_return(cast, period_q, "submitted")) is None


def test_a_return_that_came_back_unchanged_says_so(cast, client_of, period_q, procedures_khcn):
    item = sound_return(cast, period_q, "submitted")
    step(item, "send_back", cast.minh, reason="Xem lại")
    step(item, "submit", cast.lan)
    assert shown(client_of(cast.minh), item) == {}


def test_a_leader_sees_figures_but_not_their_drafts(cast, client_of, item):
    step(item, "approve", cast.minh)
    assert shown(client_of(cast.lanhdao), item) is None
    assert client_of(cast.tuan).get(item.get_absolute_url()).status_code == 404
