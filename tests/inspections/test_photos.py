"""Photos: what is refused, what is made harmless, who may fetch them."""

import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from inspections import photos
from inspections.choices import FindingState
from inspections.models import Photo
from inspections.photos import PhotoRefused

MARK = b"<script>alert('cchc')</script>"
GPS = {0: b"\x02\x03\x00\x00", 1: "N", 2: (21.0, 1.0, 42.5), 3: "E", 4: (105.0, 51.0, 12.25)}


def upload(data: bytes, name="anh.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="image/jpeg")


def with_exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "MAY-ANH-BI-MAT"
    exif[0x0112] = orientation
    exif.get_ifd(0x8825).update(GPS)
    return exif


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(side: int) -> bytes:
    """A PNG of side × side black pixels in a few bytes for each million of them."""
    rows = zlib.compress(b"\x00" * ((side // 8 + 1) * side), 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"khong phai anh",
        MARK,
        b"%PDF-1.7 " + b"x" * 500,
        b"\xff\xd8\xff\xe0" + b"\x00" * 40,
        b"GIF89a" + b"\x00" * 60,
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 60,
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    ],
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(PhotoRefused):
        photos.prepare(upload(data))


@pytest.mark.parametrize("fmt", ["GIF", "BMP", "TIFF", "ICO", "PPM"])
def test_other_formats_are_refused(photo_bytes, fmt):
    with pytest.raises(PhotoRefused):
        photos.prepare(upload(photo_bytes(fmt, size=(64, 64))))


def test_truncated_picture_is_refused(photo_bytes):
    data = photo_bytes(size=(800, 600))
    with pytest.raises(PhotoRefused):
        photos.prepare(upload(data[: len(data) // 2]))


@pytest.mark.parametrize("side", [6_400, 12_000, 16_000])
def test_bombs_are_refused_before_they_are_decoded(side, monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError("decoded")

    monkeypatch.setattr(Image.Image, "load", never)
    with pytest.raises(PhotoRefused, match="40"):
        photos.prepare(upload(bomb(side)))


def test_size_is_checked_before_reading():
    class Huge:
        name, size = "anh.jpg", photos.MAX_BYTES + 1

        def read(self, *args):
            raise AssertionError("read")

    with pytest.raises(PhotoRefused, match="15"):
        photos.prepare(Huge())


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_place_and_device_are_gone(photo_bytes, fmt):
    data = photo_bytes(fmt, exif=with_exif())
    assert b"MAY-ANH-BI-MAT" in data
    prepared = photos.prepare(upload(data))
    for kept in (prepared.picture, prepared.thumbnail):
        assert kept.startswith(b"\xff\xd8")
        for trace in (b"Exif", b"MAY-ANH-BI-MAT", b"GPS", b"XMP", b"http://ns.adobe.com"):
            assert trace not in kept
        assert not Image.open(io.BytesIO(kept)).getexif()


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_polyglots_lose_their_second_face(photo_bytes, fmt):
    kept = photos.prepare(upload(photo_bytes(fmt) + b"PK\x03\x04" + MARK, "anh.html"))
    assert MARK not in kept.picture + kept.thumbnail
    assert b"PK\x03\x04" not in kept.picture + kept.thumbnail
    assert kept.name == "anh.jpg"


def test_comments_and_text_chunks_are_gone(photo_bytes):
    from_jpeg = photos.prepare(upload(photo_bytes("JPEG", comment=MARK)))
    assert MARK not in from_jpeg.picture


def test_turned_upright_and_scaled(photo_bytes):
    prepared = photos.prepare(upload(photo_bytes(size=(4000, 3000), exif=with_exif(orientation=6))))
    assert (prepared.width, prepared.height) == (1920, 2560)
    assert max(Image.open(io.BytesIO(prepared.thumbnail)).size) == 480


@pytest.mark.parametrize(
    ("size", "printed"),
    [((2560, 1920), (1280, 960)), ((1920, 2560), (960, 1280)), ((4100, 900), (1025, 225)), ((1280, 960), (1280, 960))],
)
def test_for_print_it_is_halved_while_it_stays_sharp_enough(photo_bytes, size, printed):
    picture = photo_bytes(size=size)
    small = photos.for_print(picture)
    assert Image.open(io.BytesIO(small)).size == printed
    assert (small == picture) == (size == printed), "what cannot be halved stays as it is"
    assert small == photos.for_print(picture)


def test_transparency_becomes_white(photo_bytes):
    prepared = photos.prepare(upload(photo_bytes("PNG", mode="RGBA", colour=(0, 0, 0, 0)), "anh.png"))
    assert min(Image.open(io.BytesIO(prepared.picture)).getpixel((10, 10))) > 250


def test_names_are_only_shown(photo_bytes):
    prepared = photos.prepare(upload(photo_bytes(), "../../etc/passwd\u202egpj.exe"))
    assert "/" not in prepared.name
    assert "\u202e" not in prepared.name


@pytest.fixture
def kept(cast, make_finding, photo_bytes):
    finding = make_finding()
    prepared = photos.prepare(upload(photo_bytes()))
    photos.attach(finding, [prepared], caption="", by=cast.khoa)
    return Photo.objects.get()


def test_fetching_follows_the_finding(cast, client_of, kept):
    urls = [reverse("inspections:photo", args=[key]) for key in (kept.picture_id, kept.thumbnail_id)]
    for url in urls:
        assert client_of(cast.khoa).get(url).status_code == 200
        assert client_of(cast.quan).get(url).status_code == 200
        assert client_of(cast.lan).get(url).status_code == 404  # not released yet
        assert client_of(cast.tuan).get(url).status_code == 404
        assert client_of(cast.khoa).post(url).status_code == 405
    type(kept.finding).objects.update(state=FindingState.RELEASED)
    for url in urls:
        assert client_of(cast.lan).get(url).status_code == 200
        assert client_of(cast.tuan).get(url).status_code == 404
    assert (
        client_of(cast.khoa)
        .get(reverse("inspections:photo", args=["0" * 8 + "-0000-4000-8000-" + "0" * 12]))
        .status_code
        == 404
    )


def test_a_photo_can_do_nothing_in_the_browser(cast, client_of, kept):
    response = client_of(cast.khoa).get(reverse("inspections:photo", args=[kept.picture_id]))
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"] == 'inline; filename="anh.jpg"'
    assert b"".join(response.streaming_content).startswith(b"\xff\xd8")


def test_a_photo_that_the_store_has_lost_is_not_found_and_told_to_the_operator(cast, client_of, kept, caplog):
    kept.picture.file.storage.delete(kept.picture.file.name)
    response = client_of(cast.khoa).get(reverse("inspections:photo", args=[kept.picture_id]))
    assert response.status_code == 404
    assert str(kept.picture_id) in caplog.text
