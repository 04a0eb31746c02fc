"""Photos that a device sends: in either order with their operations, once, whole, their place kept where wanted."""

import hashlib
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
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
