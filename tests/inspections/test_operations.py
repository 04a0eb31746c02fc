"""What a device sends from the site: each operation once, whatever the order, and nothing written over anything."""

import hashlib
import itertools
import json
import random
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from agencies.models import Person
from inspections import checklists
from inspections.choices import FindingState, Outcome, VisitState
from inspections.models import (
    Answer,
    CapturedPhoto,
    CapturePlace,
    Finding,
    Operation,
    Photo,
    Recount,
    Template,
    Visit,
    VisitItem,
)
from records.models import Event, StoredFile

DEVICE = "11111111-1111-4111-8111-111111111111"
AT = "2026-10-05T09:12:44.120+07:00"


def op(kind: str, subject: str, value: dict, base: str = "", **more) -> dict:
    made = {"id": str(uuid.uuid4()), "seq": 1, "at": AT, "kind": kind, "subject": subject, "base": base}
    return made | {"value": value} | more


def answer(code: str, result: str, base: str = "") -> dict:
    return op("answer", f"answer:{code}", {"result": result}, base)


def resolve(subject: str, over: list[str], value: dict) -> dict:
    return op("resolve", subject, {"over": over, "value": value})


@pytest.fixture
def template(area) -> Template:
    made = Template.objects.create(code="desk", name="Bộ phận một cửa", area=area, desk=True)
    made.items.create(code="A1", text="Quyết định bố trí nhân sự", order=1, points=2, note_needed="not_met")
    made.items.create(code="A2", text="Niêm yết họ tên, số điện thoại", order=2, points=1, photo_needed="always")
    made.items.create(code="G1", text="Số hồ sơ tiếp nhận", order=3, kind="number")
    return made


@pytest.fixture
def listed(visit, template) -> Visit:
    checklists.freeze(visit, [template])
    return visit


@pytest.fixture
def send(listed, client_of):
    """Sends operations as a person; gives the receipts' outcomes, the state, and the answer."""

    def post(person: Person, operations: list, *, status: int = 200, visit: Visit = listed, as_person=None):
        body = {"person": (as_person or person).pk, "device": DEVICE, "operations": operations}
        url = reverse("inspections:operations", args=[visit.pk])
        response = client_of(person).post(url, json.dumps(body), content_type="application/json")
        assert response.status_code == status, response.content
        return response.json()

    return post


def outcomes(body: dict) -> list[str]:
    return [receipt["outcome"] for receipt in body["receipts"]]


def test_an_answer_is_taken_over_once(cast, send, listed):
    sent = answer("A1", "partly")
    first, again = send(cast.hoa, [sent]), send(cast.hoa, [sent, sent])
    assert first["receipts"] == [{"id": sent["id"], "outcome": "applied", "message": ""}]
    assert outcomes(again) == ["applied", "applied"]
    assert Operation.objects.count() == 1
    assert Event.objects.filter(action="record_on_site").count() == 1
    given = Answer.objects.get(item__code="A1")
    assert (given.result, given.answered_by) == ("partly", cast.hoa)
    assert first["state"]["progress"] == {"items": 3, "answered": 1, "disputed": 0, "missing": 1}
    assert first["state"]["missing"] == [{"code": "A1", "needs": "note"}]


def test_the_same_key_for_something_else_is_refused(cast, send):
    sent = answer("A1", "partly")
    send(cast.hoa, [sent])
    assert outcomes(send(cast.hoa, [sent | {"value": {"result": "not"}}])) == ["refused"]
    assert outcomes(send(cast.khoa, [sent])) == ["refused"]
    assert Answer.objects.get().result == "partly"


def test_two_members_both_values_stay_until_somebody_decides(cast, send):
    mine, theirs = answer("A1", "conform"), answer("A1", "not")
    assert outcomes(send(cast.hoa, [mine])) == ["applied"]
    body = send(cast.khoa, [theirs])
    assert outcomes(body) == ["beside"]
    subject = body["state"]["subjects"]["answer:A1"]
    assert subject["conflict"] is True
    assert [side["value"]["result"] for side in subject["standing"]] == ["conform", "not"]
    given = Answer.objects.get()
    assert (given.result, given.result_disputed, given.is_given) == ("", True, False)
    on = answer("A1", "partly", base=theirs["id"])
    assert outcomes(send(cast.khoa, [on])) == ["beside"]
    decided = send(cast.hoa, [resolve("answer:A1", [mine["id"], on["id"]], {"result": "partly"})])
    assert outcomes(decided) == ["applied"]
    assert Answer.objects.get().result == "partly"
    assert Operation.objects.count() == 4


def test_control_following_what_was_seen_is_no_conflict(cast, send):
    mine = answer("A1", "conform")
    send(cast.hoa, [mine])
    assert outcomes(send(cast.khoa, [answer("A1", "not", base=mine["id"])])) == ["applied"]
    assert Answer.objects.get().result == "not"


def test_two_equal_values_are_no_conflict(cast, send):
    assert outcomes(send(cast.hoa, [answer("A1", "not")])) == ["applied"]
    assert outcomes(send(cast.khoa, [answer("A1", "not")])) == ["applied"]


def _snapshot(visit: Visit) -> dict:
    """All that follows from the operations, without keys that depend on the order of arrival."""
    return {
        "stands": set(visit.operations.standing().values_list("uuid", flat=True)),
        "answers": set(
            Answer.objects.values_list("item__code", "result", "number", "note", "result_disputed", "note_disputed")
        ),
        "items": set(visit.items.values_list("code", "text", "section")),
        "findings": set(visit.findings.values_list("client_id", "text", "kind", "item_code")),
        "recounts": set(visit.recounts.values_list("figure", "reported", "counted", "low", "high", "is_disputed")),
    }


def _session() -> list[dict]:
    """What two members record: chains of typing, a conflict decided, a line added on site with its answer."""
    line, finding = str(uuid.uuid4()), str(uuid.uuid4())
    operations = [answer("A1", "not"), answer("A1", "partly")]
    operations.append(resolve("answer:A1", [item["id"] for item in operations], {"result": "partly"}))
    operations += [answer("A2", "conform"), answer("A2", "not")]
    base = ""
    for length in (3, 9, 21):
        words = "Chưa công khai đầy đủ"[:length]
        operations.append(op("note", "note:A1", {"text": words}, base))
        base = operations[-1]["id"]
    base = ""
    for words in ("", "Biển", "Biển hiệu cũ"):
        value = {"kind": "limitation", "area": "procedures", "text": words, "item": line}
        operations.append(op("finding", f"finding:{finding}", value, base))
        base = operations[-1]["id"]
    operations.append(op("item", f"item:{line}", {"text": "Biển hiệu", "area": "procedures", "section": ""}))
    operations.append(answer(line, "not"))
    recount = {"reported": 20, "counted": 18, "population": 400, "method": "random", "note": ""}
    operations.append(op("recount", "recount:in_time", recount))
    operations.append(op("answer", "answer:G1", {"number": 412}))
    return operations


@pytest.mark.parametrize("seed", range(12))
def test_order_doubling_and_cuts_change_nothing(cast, send, listed, seed):
    """The same operations in any order, doubled and cut into any batches, leave the same state."""
    dice = random.Random(seed)
    operations = _session()
    by_person = {id(item): cast.khoa for item in operations}
    shuffled = operations * 2
    dice.shuffle(shuffled)
    while shuffled:
        size = dice.randint(1, 6)
        batch, shuffled = shuffled[:size], shuffled[size:]
        assert not set(outcomes(send(by_person[id(batch[0])], batch))) & {"refused", "late"}
    assert listed.operations.count() == len(operations)
    assert _snapshot(listed) == {
        "stands": {
            uuid.UUID(item["id"])
            for item in operations
            if item["id"] not in {other["base"] for other in operations}
            and item["id"] not in itertools.chain(*(other["value"].get("over", []) for other in operations))
        },
        "answers": {
            ("A1", "partly", None, "Chưa công khai đầy đủ", False, False),
            ("A2", "", None, "", True, False),
            ("G1", "", 412, "", False, False),
            (str(operations[-4]["subject"]).partition(":")[2], "not", None, "", False, False),
        },
        "items": set(listed.items.values_list("code", "text", "section")),
        "findings": {
            (uuid.UUID(operations[8]["subject"][8:]), "Biển hiệu cũ", "limitation", operations[8]["value"]["item"])
        },
        "recounts": {("in_time", 20, 18, 683017, 987652, False)},
    }
    assert VisitItem.objects.get(template=None).text == "Biển hiệu"
