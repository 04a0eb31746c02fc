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


def finding_op(key: str, text: str, base: str = "", **more) -> dict:
    value = {"kind": "limitation", "area": "procedures", "text": text} | more
    return op("finding", f"finding:{key}", value, base)


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


def _upload(client, visit, data: bytes, **more):
    url = reverse("inspections:capture_photo", args=[visit.pk, hashlib.sha256(data).hexdigest()])
    return client.post(url, {"photo": SimpleUploadedFile("anh.jpg", data, content_type="image/jpeg")} | more)


def _with_place(photo_bytes) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (21.0, 1.0, 42.0), 3: "E", 4: (105.0, 51.0, 15.0)})
    return photo_bytes(exif=exif.tobytes())


@pytest.mark.parametrize("first", ["bytes", "operation"])
def test_a_photo_comes_in_either_order(cast, client_of, send, listed, photo_bytes, first):
    data, key, client = photo_bytes(), str(uuid.uuid4()), client_of(cast.khoa)
    sha = hashlib.sha256(data).hexdigest()
    marks = [{"kind": "arrow", "points": [[0.1, 0.1], [0.5, 0.5]]}]
    value = {"sha256": sha, "finding": key, "caption": "Bảng niêm yết", "marks": marks}
    steps = [
        lambda: _upload(client, listed, data),
        lambda: send(cast.khoa, [op("photo", f"photo:{uuid.uuid4()}", value)]),
    ]
    for step in steps if first == "bytes" else reversed(steps):
        step()
    assert not Photo.objects.exists()
    send(cast.khoa, [finding_op(key, "Có ảnh")])
    photo = Photo.objects.get()
    assert (photo.finding.text, photo.caption, photo.original_sha256) == ("Có ảnh", "Bảng niêm yết", sha)
    assert photo.marked_id
    assert photo.marked.sha256 != photo.picture.sha256
    assert client.get(reverse("inspections:captured_picture", args=[photo.marked_id])).status_code == 200
    assert client_of(cast.lan).get(reverse("inspections:captured_picture", args=[photo.marked_id])).status_code == 404


def test_a_photo_is_kept_once_and_only_whole(cast, client_of, listed, photo_bytes):
    client, data = client_of(cast.khoa), photo_bytes()
    assert [_upload(client, listed, data).status_code for _time in range(3)] == [201, 200, 200]
    assert (CapturedPhoto.objects.count(), StoredFile.objects.count()) == (1, 2)
    assert Event.objects.filter(action="keep_photo").count() == 1
    url = reverse("inspections:capture_photo", args=[listed.pk, "a" * 64])
    cut = SimpleUploadedFile("anh.jpg", data[:-5], content_type="image/jpeg")
    assert client.post(url, {"photo": cut}).status_code == 422
    assert client.post(url, {}).status_code == 422
    assert _upload(client, listed, b"khong phai anh").status_code == 422
    assert CapturedPhoto.objects.count() == 1


def test_the_place_is_kept_only_where_it_is_wanted(cast, client_of, send, listed, photo_bytes):
    client, data = client_of(cast.khoa), _with_place(photo_bytes)
    assert _upload(client, listed, data).status_code == 201
    assert not CapturePlace.objects.exists()
    stored = CapturedPhoto.objects.get().picture
    assert not Image.open(stored.file.open("rb")).getexif()
    value = {"sha256": hashlib.sha256(data).hexdigest(), "item": "A2", "keep_place": True}
    send(cast.khoa, [op("photo", f"photo:{uuid.uuid4()}", value)])
    assert _upload(client, listed, data).status_code == 200
    place = CapturePlace.objects.get()
    assert (str(place.latitude), str(place.longitude)) == ("21.028333", "105.854167")


def test_a_photo_of_a_line_fulfils_its_rule(cast, client_of, send, listed, photo_bytes):
    data = photo_bytes()
    assert send(cast.khoa, [answer("A2", "conform")])["state"]["missing"] == [{"code": "A2", "needs": "photo"}]
    photo = op("photo", f"photo:{uuid.uuid4()}", {"sha256": hashlib.sha256(data).hexdigest(), "item": "A2"})
    assert send(cast.khoa, [photo])["state"]["missing"] == []
    _upload(client_of(cast.khoa), listed, data)
    assert Answer.objects.get(item__code="A2").photos == 1


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
