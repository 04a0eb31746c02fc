"""Photos that a device sends: in either order with their operations, once, whole, their place kept where wanted."""

import hashlib
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from inspections.models import (
    Answer,
    CapturedPhoto,
    CapturePlace,
    Photo,
)
from records.models import Event, StoredFile
from tests.inspections.device import answer, finding_op, op


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


@pytest.fixture
def taken(cast, client_of, send, listed, photo_bytes) -> CapturedPhoto:
    """A photo with a mark that Khoa took of a line, arrived just now."""
    data = photo_bytes()
    value = {"sha256": hashlib.sha256(data).hexdigest(), "item": "A2", "caption": "Bảng tên"}
    value |= {"marks": [{"kind": "line", "points": [[0, 0], [1, 1]]}]}
    send(cast.khoa, [answer("A2", "conform"), op("photo", f"photo:{uuid.uuid4()}", value)])
    assert _upload(client_of(cast.khoa), listed, data).status_code == 201
    return CapturedPhoto.objects.get()


def _addresses(taken) -> list[str]:
    shot = taken.shots.get()
    keys = (taken.picture_id, taken.thumbnail_id, shot.marked_id)
    return [reverse("inspections:captured_picture", args=[key]) for key in keys]


def _withdraw(client, taken, reason="Có mặt người dân") -> int:
    address = reverse("inspections:photo_withdraw", args=[taken.visit_id, taken.pk])
    return client.post(address, {"reason": reason}).status_code


def test_a_photo_of_a_line_is_seen_at_the_desk(cast, client_of, listed, taken):
    page = reverse("inspections:visit_checklist", args=[listed.pk])
    for person in (cast.khoa, cast.hoa, cast.quan, cast.kiemtoan):
        shown = client_of(person).get(page).content.decode()
        assert "Bảng tên" in shown
        assert "Dòng A2" in shown
        _picture, thumbnail, marked = _addresses(taken)
        assert thumbnail in shown
        assert marked in shown, "with its marks"
        assert {client_of(person).get(address).status_code for address in _addresses(taken)} == {200}
    for address in (page, *_addresses(taken)):
        assert client_of(cast.lan).get(address).status_code in (403, 404)


def test_a_photo_of_a_line_is_taken_back_at_once_and_counts_no_more(cast, vinh, client_of, listed, taken):
    khoa = client_of(cast.khoa)
    for person, status in ((cast.tuan, 404), (cast.lan, 403), (cast.kiemtoan, 403), (vinh, 403)):
        assert _withdraw(client_of(person), taken) == status
    assert Answer.objects.get(item__code="A2").photos == 1
    assert _withdraw(khoa, taken) == 302
    taken.refresh_from_db()
    assert (taken.withdrawn_by, taken.withdraw_reason) == (cast.khoa, "Có mặt người dân")
    assert Answer.objects.get(item__code="A2").photos == 0
    page = client_of(cast.hoa).get(reverse("inspections:visit_checklist", args=[listed.pk])).content.decode()
    assert taken.picture.sha256 in page
    assert "Có mặt người dân" in page
    for person in (cast.khoa, cast.hoa, cast.kiemtoan):
        assert {client_of(person).get(address).status_code for address in _addresses(taken)} == {404}
    assert Event.objects.about(listed).get(action="withdraw_evidence").reason == "Có mặt người dân"
    assert _withdraw(khoa, taken) == 409


def test_later_two_withdraw_it_and_nothing_brings_it_back(cast, client_of, send, listed, taken):
    CapturedPhoto.objects.update(received_at=timezone.now() - timedelta(minutes=16))
    assert _withdraw(client_of(cast.khoa), taken) == 403
    for person, gone in ((cast.quan, False), (cast.quan, False), (cast.hoa, True)):
        assert _withdraw(client_of(person), taken) == 302
        taken.refresh_from_db()
        assert bool(taken.withdrawn_at) == gone
    key, finding = str(uuid.uuid4()), str(uuid.uuid4())
    again = op("photo", f"photo:{key}", {"sha256": taken.sha256, "finding": finding})
    send(cast.khoa, [finding_op(finding, "Có ảnh"), again])
    assert not Photo.objects.exists()
