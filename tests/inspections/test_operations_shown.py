"""What was recorded on site, read again: by the device, in the work list, as tables."""

import uuid

import pytest
from django.urls import reverse

from inspections.models import (
    Recount,
)
from tests.inspections.device import answer, finding_op, op


def test_the_state_holds_what_a_device_needs(cast, client_of, send, listed, django_assert_max_num_queries):
    send(cast.khoa, [answer("A1", "not"), finding_op(str(uuid.uuid4()), "Chưa niêm yết", item="A1")])
    client = client_of(cast.hoa)
    url = reverse("inspections:capture_state", args=[listed.pk])
    client.get(url)
    with django_assert_max_num_queries(24):
        state = client.get(url).json()
    assert [item["code"] for section in state["sections"] for item in section["items"]] == ["A1", "A2", "G1"]
    assert state["person"] == {"id": cast.hoa.pk, "name": "Hoa", "leads": True}
    assert state["subjects"]["answer:A1"]["standing"][0]["person"]["name"] == "Khoa"
    assert state["findings"][0]["item"] == "A1"
    assert state["areas"] == [{"code": "procedures", "name": "Cải cách thủ tục hành chính"}]
    assert {row["code"] for row in state["results"]} == {"conform", "partly", "not", "not_applicable", "not_checked"}
    assert state["visit"]["period"] == "2026-Q3"


def test_a_recount_is_stored_by_visit_period_and_figure(cast, send, listed):
    value = {"reported": 20, "counted": 18, "population": 400, "method": "random", "note": "chọn theo số thứ tự"}
    send(cast.hoa, [op("recount", "recount:in_time", value)])
    recount = Recount.objects.get()
    assert (recount.period, recount.factor_text, recount.interval_text) == (listed.period, "90%", "68,3% – 98,8%")
    chosen = op("recount", "recount:pending", value | {"method": "chosen"})
    more = op("recount", "recount:received", value | {"counted": 25})
    send(cast.hoa, [chosen, more])
    assert Recount.objects.get(figure="pending").interval_text == "–"
    assert Recount.objects.get(figure="received").factor_text == "1,25"


def test_what_is_unfinished_stands_in_the_work_list(cast, vinh, client_of, send, listed):
    def told(person) -> list[str]:
        page = client_of(person).get(reverse("home"))
        [group] = [one for one in page.context["groups"] if str(one.title) == "Ghi nhận tại hiện trường chưa xong"] or [
            None
        ]
        return [task.detail for task in group.tasks] if group else []

    assert told(cast.hoa) == []
    send(cast.khoa, [answer("A1", "not")])
    send(vinh, [answer("A1", "conform")])
    [words] = told(cast.hoa)
    assert "1 giá trị cần chọn" in words
    assert told(cast.lan) == told(cast.quan) == []


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_answers_recounts_and_lines_are_exported(cast, client_of, send, listed, template, fmt):
    send(cast.khoa, [answer("A1", "not"), op("note", "note:A1", {"text": "Thiếu 2 người"})])
    khoa, url = client_of(cast.khoa), reverse("inspections:visit_checklist", args=[listed.pk])
    template_url = reverse("inspections:checklist_template", args=[template.pk])
    for address in (f"{url}?format={fmt}", f"{url}?rows=recounts&format={fmt}", f"{template_url}?format={fmt}"):
        response = khoa.get(address)
        assert response.status_code == 200
        data = b"".join(response.streaming_content) if response.streaming else response.content
        assert data[:2] == (b"PK" if fmt == "xlsx" else "\ufeff".encode()[:2])
    if fmt == "csv":
        told = khoa.get(f"{url}?format=csv")
        text = (b"".join(told.streaming_content) if told.streaming else told.content).decode()
        assert "Thiếu 2 người" in text
    assert client_of(cast.lan).get(f"{url}?format={fmt}").status_code == 403
