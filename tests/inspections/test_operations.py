"""What a device sends from the site: each operation once, whatever the order, and nothing written over anything."""

import hashlib
import itertools
import json
import random
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from inspections.choices import Outcome, VisitState
from inspections.models import (
    Answer,
    CapturedPhoto,
    Operation,
    Visit,
    VisitItem,
)
from records.models import Event
from tests.inspections.device import DEVICE, answer, op, outcomes, resolve


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


def test_late_is_kept_and_applied_to_nothing(cast, send, listed, client_of):
    Visit.objects.filter(pk=listed.pk).update(state=VisitState.REPORTED)
    body = send(cast.khoa, [answer("A1", "not")])
    assert outcomes(body) == ["late"]
    assert body["state"]["writable"] is False
    assert not Answer.objects.exists()
    page = client_of(cast.hoa).get(reverse("inspections:visit_checklist", args=[listed.pk])).content.decode()
    assert "đến sau khi báo cáo kết quả" in page


@pytest.mark.parametrize("state", VisitState.values)
def test_which_states_take_operations(cast, send, listed, state):
    Visit.objects.filter(pk=listed.pk).update(state=state, cancel_reason="x")
    taken = state in (VisitState.PLANNED, VisitState.PREPARED, VisitState.UNDER_WAY, VisitState.RECORDED)
    assert outcomes(send(cast.hoa, [answer("A1", "not")])) == ["applied" if taken else "late"]
    assert Operation.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "status"),
    [("hoa", 200), ("khoa", 200), *((name, 403) for name in ("quan", "kiemtoan", "lanhdao", "lan")), ("tuan", 404)],
)
def test_who_records(cast, client_of, listed, photo_bytes, name, status):
    person = getattr(cast, name)
    client = client_of(person)
    body = json.dumps({"person": person.pk, "device": DEVICE, "operations": [answer("A1", "not")]})
    post = reverse("inspections:operations", args=[listed.pk])
    assert client.post(post, body, content_type="application/json").status_code == status
    assert client.get(reverse("inspections:capture_state", args=[listed.pk])).status_code == status
    data = photo_bytes()
    place = reverse("inspections:capture_photo", args=[listed.pk, hashlib.sha256(data).hexdigest()])
    sent = {"photo": SimpleUploadedFile("a.jpg", data, content_type="image/jpeg")}
    assert client.post(place, sent).status_code == {200: 201}.get(status, status)
    assert Operation.objects.count() == CapturedPhoto.objects.count() == (status == 200)


def test_signed_out_somebody_else_and_too_much(cast, client, send, listed):
    url = reverse("inspections:operations", args=[listed.pk])
    out = client.post(url, "{}", content_type="application/json")
    assert (out.status_code, out.json()["signed_out"]) == (401, True)
    assert send(cast.hoa, [answer("A1", "not")], as_person=cast.khoa, status=403)["other_person"] is True
    assert send(cast.hoa, [answer("A1", "not")] * 201, status=413)["most"] == 200
    long = op("note", "note:A1", {"text": "x" * 1_000_001})
    assert "bytes" in send(cast.hoa, [long], status=413)
    assert not Operation.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"operations": {}}', '{"operations": []}', "[" * 5000])
def test_what_is_no_batch(cast, client_of, listed, body):
    url = reverse("inspections:operations", args=[listed.pk])
    assert client_of(cast.hoa).post(url, body, content_type="application/json").status_code == 400


OUTSIDE = [{"kind": "line", "points": [[0, 2], [1, 1]]}]


NESTED: list = []


for _depth in range(40):
    NESTED = [NESTED]


BAD = [
    op("answer", "answer:A1", {"result": "perhaps"}),
    op("answer", "answer:A1", {"number": -1}),
    op("answer", "answer:A1", {"number": True}),
    op("answer", "answer:A1", {"number": 1.5}),
    op("answer", "answer:", {"result": "not"}),
    op("answer", "note:A1", {"text": "x"}),
    op("answer", "answer:A1", NESTED),
    op("note", "note:A1", {"text": 5}),
    op("note", "note:A1", {"text": "x" * 20_001}),
    op("finding", "finding:1", {"kind": "limitation", "area": "procedures"}),
    op("finding", f"finding:{uuid.uuid4()}", {"kind": "praise", "area": "procedures"}),
    op("photo", f"photo:{uuid.uuid4()}", {"sha256": "zz", "item": "A1"}),
    op("photo", f"photo:{uuid.uuid4()}", {"sha256": "a" * 64, "item": "A1", "marks": OUTSIDE}),
    op("recount", "recount:nothing", {"reported": 1, "counted": 1, "method": "all"}),
    op("recount", "recount:in_time", {"reported": 0, "counted": 0, "method": "all"}),
    op("recount", "recount:in_time", {"reported": 9, "counted": 1, "method": "all", "population": 3}),
    op("resolve", "answer:A1", {"over": [], "value": {"result": "not"}}),
    op("delete", "answer:A1", {}),
    op("answer", "x" * 200, {}),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_bad_operation_stops_no_other(cast, send, bad):
    good = answer("A1", "not")
    assert outcomes(send(cast.hoa, [bad, good])) == ["refused", "applied"]
    assert set(Operation.objects.values_list("outcome", flat=True)) == {Outcome.REFUSED, Outcome.APPLIED}


@pytest.mark.parametrize(
    "bad", [None, 3, {}, {"id": "1"}, answer("A1", "not") | {"at": "yesterday"}, answer("A1", "not") | {"seq": -1}]
)
def test_what_has_no_key_is_refused_and_not_kept(cast, send, bad):  # fmt: skip
    assert outcomes(send(cast.hoa, [bad, answer("A1", "not")])) == ["refused", "applied"]
    assert Operation.objects.count() == 1


def test_a_ring_of_operations_hides_nothing(cast, send):
    one, other = answer("A1", "not"), answer("A1", "conform")
    one["base"], other["base"] = other["id"], one["id"]
    send(cast.hoa, [one])
    assert outcomes(send(cast.hoa, [other])) == ["beside"]
    assert Operation.objects.standing().count() == 2
