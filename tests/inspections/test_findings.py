"""Pages of findings: recording with photos, two members on one finding, release and answer, capture on site."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from inspections.choices import FindingState, VisitState
from inspections.models import Finding, Photo, Visit
from records.models import Event, StoredFile
from tests.steps import take


@pytest.fixture
def new_url(visit):
    return reverse("inspections:finding_new", args=[visit.pk])


@pytest.fixture
def typed(area):
    return {"kind": "limitation", "area": area.pk, "severity": "medium", "text": "Chưa niêm yết phí, lệ phí"}


def upload(data: bytes, name="anh.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="image/jpeg")


@pytest.mark.parametrize("name", ["hoa", "khoa", "vinh"])
def test_the_team_records_with_photos(cast, vinh, client_of, new_url, typed, photo_bytes, name):
    person = vinh if name == "vinh" else getattr(cast, name)
    photos = [upload(photo_bytes()), upload(photo_bytes("PNG"), "anh.png")]
    response = client_of(person).post(new_url, typed | {"photos": photos, "caption": "Bảng niêm yết"})
    assert response.status_code == 302
    finding = Finding.objects.get()
    assert (finding.created_by, finding.state) == (person, FindingState.DRAFT)
    assert [photo.caption for photo in finding.photos.all()] == ["Bảng niêm yết"] * 2
    event = Event.objects.about(finding).get()
    assert finding.photos.first().picture.sha256 in event.after


@pytest.mark.parametrize("name", ["lan", "quan", "lanhdao", "kiemtoan"])
def test_others_do_not_record(cast, client_of, new_url, typed, name):
    assert client_of(getattr(cast, name)).post(new_url, typed).status_code == 403
    assert not Finding.objects.exists()


def test_refused_photo_keeps_the_text_and_saves_nothing(cast, client_of, new_url, typed, photo_bytes):
    photos = [upload(photo_bytes()), upload(b"khong phai anh", "ghi-chu.jpg")]
    response = client_of(cast.khoa).post(new_url, typed | {"photos": photos})
    assert response.status_code == 422
    body = response.content.decode()
    assert "Chưa niêm yết phí, lệ phí" in body
    assert "ghi-chu.jpg" in body
    assert not Finding.objects.exists()
    assert not StoredFile.objects.exists()


def test_two_members_on_one_finding(cast, client_of, make_finding, typed, photo_bytes):
    """The second is told, sees both values, loses neither words nor photo, and decides."""
    finding = make_finding()
    url = reverse("inspections:finding_edit", args=[finding.pk])
    first = typed | {"seen": 1, "text": "Lời của Khoa"}
    second = typed | {"seen": 1, "text": "Lời của Hoa", "photos": [upload(photo_bytes())]}
    assert client_of(cast.khoa).post(url, first).status_code == 302
    response = client_of(cast.hoa).post(url, second)
    assert response.status_code == 409
    body = response.content.decode()
    assert "Lời của Khoa" in body
    assert "Lời của Hoa" in body
    finding.refresh_from_db()
    assert (finding.text, finding.version) == ("Lời của Khoa", 2)
    assert finding.photos.count() == 1
    assert client_of(cast.hoa).post(url, typed | {"seen": 2, "text": "Lời của Hoa"}).status_code == 302
    finding.refresh_from_db()
    assert finding.text == "Lời của Hoa"
    assert "loi cua hoa" in finding.search_key


def test_who_edits(cast, vinh, client_of, make_finding, typed):
    of_khoa, of_vinh = make_finding(), make_finding(created_by=vinh)
    for finding, person, status in (
        (of_khoa, cast.hoa, 302),
        (of_vinh, vinh, 302),
        (of_khoa, vinh, 403),
        (of_khoa, cast.quan, 403),
        (of_khoa, cast.lan, 404),
    ):
        finding.refresh_from_db()
        url = reverse("inspections:finding_edit", args=[finding.pk])
        assert client_of(person).post(url, typed | {"seen": finding.version}).status_code == status


def test_a_final_finding_is_not_edited(cast, client_of, make_finding, typed):
    finding = make_finding(FindingState.FINAL)
    response = client_of(cast.hoa).post(
        reverse("inspections:finding_edit", args=[finding.pk]), typed | {"seen": 1, "text": "Viết lại"}
    )
    assert response.status_code == 409
    assert "Viết lại" in response.content.decode()


def test_release_and_answer(cast, client_of, make_finding):
    finding = make_finding(FindingState.FINAL)
    url = finding.get_absolute_url()
    assert client_of(cast.lan).get(url).status_code == 404
    assert take(client_of(cast.hoa), finding, "release", version=1).status_code == 302
    lan = client_of(cast.lan)
    assert lan.get(url).status_code == 200
    assert take(lan, finding, "answer", text=" ").status_code == 422
    assert take(lan, finding, "answer", text="Đã niêm yết lại ngày 06/10").status_code == 302
    finding.refresh_from_db()
    assert (finding.state, finding.answer) == (FindingState.ANSWERED, "Đã niêm yết lại ngày 06/10")
    assert take(lan, finding, "answer", text="Lần nữa").status_code == 409
    assert take(client_of(cast.tuan), finding, "answer", text="x").status_code == 404
    assert take(client_of(cast.khoa), finding, "answer", text="x").status_code == 403


def test_capture_records_in_one_screen(cast, client_of, visit, area, photo_bytes):
    url = reverse("inspections:capture", args=[visit.pk])
    client = client_of(cast.khoa)
    page = client.get(url).content.decode()
    assert 'capture="environment"' in page
    assert page.count('name="kind"') == 3
    response = client.post(
        url, {"kind": "violation", "area": area.pk, "text": "Thu phí sai", "photos": [upload(photo_bytes())]}
    )
    assert response["Location"] == url
    assert Photo.objects.get().finding.text == "Thu phí sai"
    assert "Thu phí sai" in client.get(url).content.decode()
    refused = client.post(url, {"kind": "violation", "area": area.pk, "text": ""})
    assert refused.status_code == 422
    assert client_of(cast.lan).get(url).status_code == 403
    Visit.objects.filter(pk=visit.pk).update(state=VisitState.REPORTED)
    assert client.get(url).status_code == 200
    assert client.post(url, {"text": "Muộn"}).status_code == 409
