"""Accepting several returns in one step: the clean ones only, one event each, everything else told by name."""

import pytest
from django.urls import reverse

from agencies.models import Agency
from dossiers.models import Explanation, Remark, Return, UnusualFlag, UnusualRun
from dossiers.workflow import FLAGS, RETURNS
from records.models import Event
from tests.builders import make_flag, make_return
from tests.dossiers.returns import SOUND, sound_return

URL = "/review/accept/"


@pytest.fixture
def sent(cast, period_q):
    """Approved returns of six units: clean, explained, remarked on, proposed to void, broken, clean."""
    items = {}
    for name in ("sach", "giai_trinh", "y_kien", "de_nghi_huy", "chenh_lech", "sach_hai"):
        unit = Agency.objects.create(code=f"HN-{name}", name=f"Đơn vị {name}", short_name=name, parent=cast.hn)
        items[name] = make_return(unit, period_q, [SOUND], state="approved", approved_at="2026-10-01T03:00Z")
    Explanation.objects.create(of=items["giai_trinh"], identity="R4", text="Hồ sơ cũ")
    Remark.objects.create(of=items["y_kien"], text="Kiểm tra lại", by=cast.quan, open=False)
    RETURNS.perform(items["de_nghi_huy"], "propose_void", by=cast.quan, reason="Nhầm")
    items["chenh_lech"].lines.update(withdrawn=SOUND["withdrawn"] + 5)
    return items


def chosen(items) -> dict:
    return {"return": [f"{item.pk}:{item.version}" for item in items]}


def states(items) -> dict:
    return {name: Return.objects.get(pk=item.pk).state for name, item in items.items()}


def told(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_the_clean_ones_are_accepted_and_the_others_named(cast, client_of, sent):
    before = Event.objects.count()
    response = client_of(cast.mai).post(URL, chosen(sent.values()), follow=True)
    assert states(sent) == dict.fromkeys(sent, "approved") | {"sach": "accepted", "sach_hai": "accepted"}
    assert Event.objects.count() == before + 2
    messages = told(response)
    assert "2" in messages[0]
    for name in ("giai_trinh", "y_kien", "de_nghi_huy", "chenh_lech"):
        assert any(name in message for message in messages[1:]), name
    assert Return.objects.get(pk=sent["sach"].pk).accepted_by == cast.mai


def test_only_what_is_ticked(cast, client_of, sent):
    client_of(cast.mai).post(URL, chosen([sent["sach"]]))
    assert states(sent)["sach_hai"] == "approved"


def test_what_moved_meanwhile_is_named_and_holds_up_no_other(cast, client_of, sent):
    seen = chosen([sent["sach"], sent["sach_hai"]])
    RETURNS.perform(sent["sach"], "accept", by=cast.quan)
    response = client_of(cast.mai).post(URL, seen, follow=True)
    assert any("sach ·" in message for message in told(response)[1:])
    assert states(sent)["sach_hai"] == "accepted"
    assert Return.objects.get(pk=sent["sach"].pk).accepted_by == cast.quan


def test_a_stale_version_is_named(cast, client_of, sent):
    item = sent["sach"]
    response = client_of(cast.mai).post(URL, {"return": [f"{item.pk}:{item.version + 1}"]}, follow=True)
    assert "sach" in told(response)[0]
    assert states(sent)["sach"] == "approved"


@pytest.mark.parametrize("values", [[], ["x"], ["1"], ["1:1:1"], ["99999:1"], ["-1:1"]])
def test_nothing_sensible_is_asked_again(cast, client_of, sent, values):
    assert client_of(cast.mai).post(URL, {"return": values}, follow=True).status_code == 200
    assert "accepted" not in states(sent).values()


@pytest.mark.parametrize("name", ["lan", "minh", "tuan", "lanhdao", "kiemtoan", "hoa", "admin"])
def test_nobody_else_accepts(cast, client_of, sent, name):
    assert client_of(getattr(cast, name)).post(URL, chosen(sent.values())).status_code == 403
    assert "accepted" not in states(sent).values()


def test_get_is_not_allowed(cast, client_of):
    assert client_of(cast.quan).get(URL).status_code == 405


def test_the_page_offers_ticks_for_the_clean_ones_to_officers(cast, client_of, sent):
    page = client_of(cast.quan).get(reverse("dossiers:review"))
    offered = {item.agency.short_name for item in page.context["queue"] if item.pk in page.context["may_accept"]}
    assert offered == {"sach", "sach_hai", "chenh_lech"}
    assert page.content.decode().count('name="return"') == 3
    assert client_of(cast.kiemtoan).get(reverse("dossiers:review")).context["may_accept"] == []


def test_who_entered_it_does_not_accept_it(cast, client_of, period_q, procedures_khcn):
    item = sound_return(cast, period_q, "approved")
    UnusualRun.objects.filter(of=item).update(state="ready")
    item.lines.filter(position=1).update(changed_by=cast.quan)
    response = client_of(cast.quan).post(URL, chosen([item]), follow=True)
    assert "KH&CN" in told(response)[0]
    assert Return.objects.get().state == "approved"


@pytest.mark.parametrize(
    ("fields", "clean"),
    [
        ({}, False),
        ({"agency_says": "right"}, False),
        ({"state": "ignored", "ignored_until": "2020-01-01"}, False),
        ({"state": "ignored", "ignored_until": "2999-01-01"}, True),
        ({"state": "explained"}, True),
        ({"state": "cleared"}, True),
        ({"listed": False}, True),
    ],
)
def test_an_unusual_figure_that_waits_is_looked_at_on_its_own(cast, client_of, sent, fields, clean):
    item = sent["sach"]
    make_flag(item, **fields)
    client = client_of(cast.mai)
    page = client.get(reverse("dossiers:review"))
    assert (item.pk in page.context["may_accept"]) is clean
    assert ("1 số liệu khác thường chưa trả lời" in page.content.decode()) is not clean
    messages = told(client.post(URL, chosen([item, sent["sach_hai"]]), follow=True))
    assert any("khác thường" in message for message in messages) is not clean
    assert states(sent)["sach"] == ("accepted" if clean else "approved")
    assert states(sent)["sach_hai"] == "accepted"


def test_once_answered_it_is_clean_and_unanswered_it_is_accepted_opened(cast, client_of, sent):
    flag = make_flag(sent["sach"])
    FLAGS.perform(flag, "explain", by=cast.quan, reason="Thủ tục mới")
    make_flag(sent["sach_hai"])
    client = client_of(cast.mai)
    client.post(URL, chosen([sent["sach"], sent["sach_hai"]]))
    assert (states(sent)["sach"], states(sent)["sach_hai"]) == ("accepted", "approved")
    item = sent["sach_hai"]
    assert client.get(item.get_absolute_url()).status_code == 200
    assert client.post(f"{item.get_absolute_url()}accept/", {"version": item.version}).status_code == 302
    assert states(sent)["sach_hai"] == "accepted"
    assert UnusualFlag.objects.waiting().filter(of=item).exists()


@pytest.mark.parametrize(("state", "clean"), [("queued", False), ("running", False), ("ready", True), ("failed", True)])
def test_what_is_still_looked_through_waits(cast, client_of, sent, state, clean):
    item = sent["sach"]
    UnusualRun.objects.create(of=item, period=item.period, state=state)
    client = client_of(cast.mai)
    assert (item.pk in client.get(reverse("dossiers:review")).context["may_accept"]) is clean
    client.post(URL, chosen([item]))
    assert states(sent)["sach"] == ("accepted" if clean else "approved")
