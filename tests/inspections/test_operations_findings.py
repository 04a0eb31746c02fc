"""Findings that a device sends: made once, changed by their own, nothing at the desk written over."""

import json
import uuid

import pytest
from django.urls import reverse

from agencies.models import Person
from inspections.choices import FindingState
from inspections.models import (
    Finding,
    Operation,
)
from records.models import Event
from tests.inspections.device import finding_op, outcomes


def test_a_finding_is_made_once_and_changed_by_its_own(cast, vinh, send, listed):
    key = str(uuid.uuid4())
    first = finding_op(key, "Chưa niêm yết", item="A1")
    send(vinh, [first])
    finding = Finding.objects.get()
    assert (finding.created_by, finding.item_code, finding.template_code) == (vinh, "A1", "desk")
    assert "chua niem yet" in finding.search_key
    second = finding_op(key, "Chưa niêm yết phí", first["id"], severity="high", cause="thiếu người", item="A1")
    assert outcomes(send(vinh, [second])) == ["applied"]
    assert outcomes(send(cast.khoa, [finding_op(key, "Đã sửa", second["id"])])) == ["applied"]
    others = Person.objects.get(username="vinh")
    assert outcomes(send(others, [finding_op(key, "Lại sửa", second["id"])])) == ["beside"]
    finding.refresh_from_db()
    assert (finding.text, finding.version) == ("Đã sửa", 3)


def test_members_do_not_write_each_others_findings(cast, vinh, send, make_finding):
    make_finding(client_id=(key := str(uuid.uuid4())), created_by=cast.khoa)
    assert outcomes(send(vinh, [finding_op(key, "Đè lên")])) == ["refused"]
    assert Finding.objects.get().text == "Bảng niêm yết thủ tục đã cũ"


def test_what_was_changed_at_the_desk_is_not_written_over(cast, client_of, send, listed, area):
    key = str(uuid.uuid4())
    first = finding_op(key, "Ghi tại chỗ")
    send(cast.khoa, [first])
    finding = Finding.objects.get()
    khoa = client_of(cast.khoa)
    typed = {"kind": "limitation", "area": area.pk, "text": "Sửa tại bàn", "seen": finding.version}
    assert khoa.post(reverse("inspections:finding_edit", args=[finding.pk]), typed).status_code == 302
    assert outcomes(send(cast.khoa, [finding_op(key, "Ghi thêm tại chỗ", first["id"])])) == ["beside"]
    finding.refresh_from_db()
    assert finding.text == "Sửa tại bàn"
    page = khoa.get(finding.get_absolute_url())
    assert "Ghi thêm tại chỗ" in page.content.decode()
    [side] = page.context["beside"]
    chosen = {"operation": str(side.uuid), "seen": page.context["beside_seen"]}
    assert khoa.post(reverse("inspections:visit_resolve", args=[listed.pk]), chosen).status_code == 302
    finding.refresh_from_db()
    assert finding.text == "Ghi thêm tại chỗ"
    assert not khoa.get(finding.get_absolute_url()).context["beside"]


def test_the_text_of_the_desk_may_hold_over_a_later_one(cast, vinh, client_of, send, listed, area):
    key = str(uuid.uuid4())
    first = finding_op(key, "Ghi tại chỗ")
    send(cast.khoa, [first])
    finding, khoa = Finding.objects.get(), client_of(cast.khoa)
    typed = {"kind": "limitation", "area": area.pk, "text": "Sửa tại bàn", "seen": finding.version}
    khoa.post(reverse("inspections:finding_edit", args=[finding.pk]), typed)
    later = finding_op(key, "Ghi thêm tại chỗ", first["id"])
    send(cast.khoa, [later])
    finding.refresh_from_db()
    url, page = reverse("inspections:finding_keep", args=[finding.pk]), khoa.get(finding.get_absolute_url())
    seen = {"version": finding.version, "seen": page.context["beside_seen"]}
    assert khoa.post(url, seen | {"version": finding.version - 1}).status_code == 409
    assert client_of(vinh).post(url, seen).status_code == 403, "neither its author nor head or secretary"
    assert khoa.post(url, seen).status_code == 302
    finding.refresh_from_db()
    assert finding.text == "Sửa tại bàn"
    assert not khoa.get(finding.get_absolute_url()).context["beside"]
    decision = Operation.objects.get(kind="resolve")
    assert (decision.settles, decision.value["text"]) == ([later["id"]], "Sửa tại bàn")
    after = json.loads(Event.objects.filter(action="record_on_site").latest("pk").after)
    assert [told["id"] for told in after["operations"]] == [str(decision.uuid)]
    # And the other way round: what is recorded on site after that follows the decision.
    assert outcomes(send(cast.khoa, [finding_op(key, "Lần ba", str(decision.uuid))])) == ["applied"]
    assert khoa.post(url, seen).status_code == 409


@pytest.mark.parametrize("state", [FindingState.FINAL, FindingState.RELEASED, FindingState.WITHDRAWN])
def test_a_finding_that_is_no_draft_is_not_written_over(cast, send, state):
    key = str(uuid.uuid4())
    first = finding_op(key, "Ghi tại chỗ")
    send(cast.khoa, [first])
    Finding.objects.update(state=state, withdraw_reason="x")
    assert outcomes(send(cast.khoa, [finding_op(key, "Khác", first["id"])])) == ["beside"]
    assert Finding.objects.get().text == "Ghi tại chỗ"
