"""Evidence behind a finding: withdrawn with a reason, its place seen by few."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from inspections import photos
from inspections.documents.facts import findings_of
from inspections.models import CapturedPhoto, CapturePlace, Photo, Shot
from records.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(cast, make_finding, photo_bytes) -> Photo:
    """A photo that Khoa added to her draft."""
    finding = make_finding()
    prepared = photos.prepare(SimpleUploadedFile("quay.jpg", photo_bytes()))
    photos.attach(finding, [prepared], caption="Quầy", by=cast.khoa)
    return finding.photos.get()


@pytest.fixture
def withdraw(client_of, photo):
    def post(person, reason="Có mặt người dân", status=302):
        url = reverse("inspections:finding_withdraw", args=[photo.finding_id, "photo", photo.pk])
        assert client_of(person).post(url, {"reason": reason}).status_code == status
        photo.refresh_from_db()
        return photo

    return post


def addresses(photo) -> list[str]:
    found = [reverse("inspections:photo", args=[key]) for key in (photo.picture_id, photo.thumbnail_id)]
    return [*found, reverse("inspections:captured_picture", args=[photo.picture_id])]


def test_ones_own_is_taken_back_at_once(cast, client_of, photo, withdraw):
    hoa = client_of(cast.hoa)
    assert hoa.get(addresses(photo)[0]).status_code == 200
    assert withdraw(cast.khoa, reason=" ").withdrawn_at is None, "not without a reason"
    gone = withdraw(cast.khoa)
    assert (gone.withdrawn_by, gone.withdraw_reason) == (cast.khoa, "Có mặt người dân")
    for person in (cast.khoa, cast.hoa, cast.quan, cast.kiemtoan):
        assert {client_of(person).get(url).status_code for url in addresses(photo)} == {404}
    told = Event.objects.get(action="withdraw_evidence")
    assert (json.loads(told.after)["sha256"], told.reason) == (photo.picture.sha256, "Có mặt người dân")
    page = hoa.get(photo.finding.get_absolute_url()).content.decode()
    assert photo.picture.sha256 in page
    assert "Có mặt người dân" in page
    [finding] = findings_of(photo.finding.visit)
    assert not finding.photos.all(), "in no document made after"
    withdraw(cast.khoa, status=409)


def test_later_one_asks_and_another_confirms(cast, vinh, client_of, photo, withdraw):
    Photo.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    withdraw(cast.khoa, status=403)
    withdraw(vinh, status=403)
    assert withdraw(cast.hoa).withdrawal_asked_by == cast.hoa
    assert withdraw(cast.hoa).withdrawn_at is None, "nobody confirms what he or she asked for"
    assert client_of(cast.hoa).get(addresses(photo)[0]).status_code == 200
    assert withdraw(cast.quan, reason="").withdrawn_by == cast.quan
    assert list(Event.objects.filter(target_id=photo.finding_id).order_by("pk").values_list("action", "reason")) == [
        ("ask_withdrawal", "Có mặt người dân"),
        ("withdraw_evidence", "Có mặt người dân"),
    ]
    assert client_of(cast.hoa).get(addresses(photo)[0]).status_code == 404


def test_the_place_is_shown_to_few(cast, vinh, client_of, photo):
    visit = photo.finding.visit
    captured = CapturedPhoto.objects.create(
        visit=visit,
        sha256="a" * 64,
        picture=photo.picture,
        thumbnail=photo.thumbnail,
        width=640,
        height=480,
        received_from=cast.khoa,
    )
    CapturePlace.objects.create(captured=captured, latitude="21.028511", longitude="105.804817")
    Shot.objects.create(
        visit=visit,
        subject="photo:1",
        sha256="a" * 64,
        captured=captured,
        photo=photo,
        taken_by=vinh,
        taken_at=timezone.now(),
    )
    url = photo.finding.get_absolute_url()
    shown = {
        person.username
        for person in (cast.hoa, cast.khoa, vinh, cast.quan, cast.kiemtoan, cast.lanhdao)
        if "105" in client_of(person).get(url).content.decode().partition('class="photos"')[2]
    }
    assert shown == {"hoa", "khoa", "vinh", "quan", "kiemtoan"}
    Shot.objects.update(taken_by=cast.hoa)
    assert "105,80" not in client_of(vinh).get(url).content.decode()
