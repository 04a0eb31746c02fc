"""Every hostile file against every door: refused with a reason in Vietnamese, or kept as a bare picture."""

import io
import re
import time

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation
from PIL import Image

from cchc_portal.lib.errors import Refused
from cchc_portal.lib.xlsx import open_scanned
from cchc_portal.lib.xlsx_scan import SheetError
from inspections import photos
from inspections.choices import FindingState, RecommendationState
from inspections.forms import EvidenceField, PhotosField
from records.models import StoredFile
from tests import hostile

VIETNAMESE = re.compile("[ạảãáàăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ]", re.I)
# Markers of a bare JPEG: begin, JFIF, tables, frame, scan, end.
BARE = {0xD8, 0xE0, 0xDB, 0xC0, 0xC4, 0xDA, 0xD9}
LONGEST_SECONDS = 5


@pytest.fixture(scope="module")
def corpus() -> dict[str, bytes]:
    return hostile.everything()


@pytest.fixture(autouse=True)
def vietnamese():
    with translation.override("vi"):
        yield


def upload(data: bytes, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="image/jpeg")


def markers(jpeg: bytes) -> set[int]:
    """Markers of the segments up to the scan, and the two last bytes' one."""
    found, at = {jpeg[1]}, 2
    while jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        found.add(jpeg[at + 1])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    assert jpeg[at : at + 2] == b"\xff\xda"
    assert jpeg.index(b"\xff\xd9", at) == len(jpeg) - 2, "something stands behind the picture"
    return found | {0xDA, 0xD9}


def assert_bare(jpeg: bytes, name: str) -> None:
    assert markers(jpeg) <= BARE, name
    for mark in hostile.MARKS:
        assert mark not in jpeg, (name, mark)
    image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
    assert not set(image.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}, (name, image.info)
    assert getattr(image, "n_frames", 1) == 1
    assert max(image.size) <= photos.VIEW_SIDE


def assert_told(messages, name: str) -> None:
    text = " ".join(messages)
    assert VIETNAMESE.search(text), (name, text)
    assert "Traceback" not in text
    assert "Error" not in text


def through_photos(data: bytes, name: str) -> list[bytes]:
    prepared = PhotosField().clean([upload(data, name)])
    return [each for photo in prepared for each in (photo.picture, photo.thumbnail)]


def through_evidence(data: bytes, name: str) -> list[bytes]:
    return [kept for _name, kept, _type in EvidenceField().clean([upload(data, name)])]


@pytest.mark.parametrize("door", [through_photos, through_evidence])
@pytest.mark.parametrize("ending", [".jpg", ".pdf"])
def test_doors_of_pictures_and_evidence(corpus, door, ending):
    readable = hostile.carriers()
    for name, data in corpus.items():
        began = time.perf_counter()
        try:
            kept = door(data, f"{name}{ending}")
        except ValidationError as refusal:
            assert_told(refusal.messages, name)
            assert name not in readable, (name, refusal.messages)
        else:
            assert name in readable, f"{name} was taken"
            for jpeg in kept:
                assert_bare(jpeg, name)
        assert time.perf_counter() - began < LONGEST_SECONDS, name


@pytest.mark.parametrize("ending", [".xlsx", ".xls", ".xlsm", ".csv"])
def test_the_door_of_workbooks(corpus, ending):
    for name, data in corpus.items():
        began = time.perf_counter()
        with pytest.raises((SheetError, Refused)) as refusal:
            open_scanned(upload(data, f"{name}{ending}"))
        assert_told([str(refusal.value)], name)
        assert time.perf_counter() - began < LONGEST_SECONDS, name


def test_the_corpus_is_large_and_means_harm(corpus):
    assert len(corpus) >= 100
    assert sum(any(mark in data for mark in hostile.MARKS) for data in corpus.values()) >= 50
    assert sum(hostile.PLACE in data or b"GPS" in data or b"MAY-ANH" in data for data in corpus.values()) >= 20
    # Control: what only copies a picture keeps what it carries.
    leaks = hostile.carriers()["jpeg with exif"]
    assert any(mark in leaks for mark in hostile.MARKS)
    with pytest.raises(AssertionError):
        assert_bare(leaks, "control")


def test_a_plain_pdf_is_taken_as_it_is():
    plain = hostile.pdf(hostile.CATALOGUE, hostile.stream(b"BT (Bien ban) Tj ET"))
    assert through_evidence(plain, "bien-ban.pdf") == [plain]


def test_turned_pictures_stand_upright_without_their_note(corpus):
    image = Image.open(io.BytesIO(through_photos(corpus["jpeg turned by exif"], "a.jpg")[0]))
    assert image.size == (64, 96)


def test_through_the_pages(corpus, cast, client_of, visit, make_finding, make_recommendation):
    """A refused file leaves nothing behind and the page says why; a carrier is kept bare."""
    finding = make_finding(FindingState.DRAFT)
    recommendation = make_recommendation(RecommendationState.IN_PROGRESS)
    edit = reverse("inspections:finding_edit", args=[finding.pk])
    answer = reverse("inspections:recommendation_action", args=[recommendation.pk, "answer"])
    facts = {"kind": finding.kind, "area": finding.area_id, "text": finding.text, "seen": finding.version}
    for name in ("svg with a script", "png bomb of 144 megapixels", "pdf and html", "workbook with a macro"):
        response = client_of(cast.khoa).post(edit, facts | {"photos": upload(corpus[name], f"{name}.jpg")})
        assert response.status_code == 422, name
        response = client_of(cast.lan).post(
            answer, {"version": recommendation.version, "text": "Đã làm", "evidence": upload(corpus[name], "a.pdf")}
        )
        assert response.status_code == 422, name
        assert VIETNAMESE.search(response.content.decode())
    assert not StoredFile.objects.exists()
    sent = upload(corpus["jpeg with exif"], "a.jpg")
    assert client_of(cast.khoa).post(edit, facts | {"photos": sent}).status_code == 302
    assert StoredFile.objects.count() == 2
    for kept in StoredFile.objects.all():
        with kept.file.open("rb") as handle:
            assert_bare(handle.read(), kept.name)
