"""Evidence of findings and remedies: withdrawn with a reason, its place seen by few."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from inspections import photos
from inspections.choices import RecommendationState
from inspections.documents.facts import findings_of
from inspections.models import CapturedPhoto, CapturePlace, Evidence, Photo, Remedy, Shot
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
        if "105,80" in client_of(person).get(url).content.decode()
    }
    assert shown == {"hoa", "khoa", "vinh", "quan", "kiemtoan"}
    Shot.objects.update(taken_by=cast.hoa)
    assert "105,80" not in client_of(vinh).get(url).content.decode()


@pytest.fixture
def proof(cast, client_of, make_recommendation, photo_bytes) -> Evidence:
    """A photo that Lan sent with a remedy, just now."""
    recommendation = make_recommendation(RecommendationState.IN_PROGRESS)
    data = {"version": 1, "text": "Đã niêm yết", "evidence": SimpleUploadedFile("bang.jpg", photo_bytes())}
    address = reverse("inspections:recommendation_action", args=[recommendation.pk, "answer"])
    assert client_of(cast.lan).post(address, data).status_code == 302
    return Evidence.objects.get()


@pytest.fixture
def withdraw_proof(client_of, proof):
    def post(person, reason="Có số căn cước", status=302):
        address = reverse("inspections:evidence_withdraw", args=[proof.remedy.recommendation_id, proof.pk])
        assert client_of(person).post(address, {"reason": reason}).status_code == status
        proof.refresh_from_db()
        return proof

    return post


def downloads(client, proof) -> bool:
    return client.get(reverse("inspections:evidence", args=[proof.file_id])).status_code == 200


def test_the_agency_takes_back_what_it_just_sent(cast, vinh, client_of, proof, withdraw_proof):
    recommendation = proof.remedy.recommendation
    for person, status in ((cast.tuan, 404), (cast.minh, 403), (vinh, 403), (cast.kiemtoan, 403), (cast.lanhdao, 403)):
        assert withdraw_proof(person, status=status).withdrawn_at is None
    assert withdraw_proof(cast.lan, reason=" ").withdrawn_at is None, "not without a reason"
    page = client_of(cast.lan).get(recommendation.get_absolute_url()).content.decode()
    assert reverse("inspections:evidence_withdraw", args=[recommendation.pk, proof.pk]) in page
    assert downloads(client_of(cast.hoa), proof)
    assert withdraw_proof(cast.lan).withdrawn_by == cast.lan
    for person in (cast.lan, cast.hoa, cast.quan, cast.kiemtoan):
        assert not downloads(client_of(person), proof)
    told = Event.objects.about(recommendation).get(action="withdraw_evidence")
    assert (json.loads(told.after)["sha256"], told.reason) == (proof.file.sha256, "Có số căn cước")
    page = client_of(cast.hoa).get(recommendation.get_absolute_url()).content.decode()
    assert proof.file.sha256 in page
    assert "Có số căn cước" in page
    withdraw_proof(cast.lan, status=409)


@pytest.mark.parametrize("what", ["a quarter of an hour later", "after the verdict"])
def test_evidence_of_a_remedy_is_withdrawn_later_by_two(cast, client_of, proof, withdraw_proof, what):
    if what == "after the verdict":
        Remedy.objects.update(judged_at=timezone.now(), judged_by=cast.hoa, verdict="Đạt")
    else:
        Remedy.objects.update(reported_at=timezone.now() - timedelta(minutes=16))
    withdraw_proof(cast.lan, status=403)
    withdraw_proof(cast.khoa, status=403)
    assert withdraw_proof(cast.quan).withdrawal_asked_by == cast.quan
    assert withdraw_proof(cast.quan).withdrawn_at is None, "nobody confirms what he or she asked for"
    assert downloads(client_of(cast.lan), proof)
    assert withdraw_proof(cast.hoa, reason="").withdrawn_by == cast.hoa
    assert not downloads(client_of(cast.lan), proof)
    told = Event.objects.about(proof.remedy.recommendation).order_by("pk").values_list("action", flat=True)
    assert list(told)[-2:] == ["ask_withdrawal", "withdraw_evidence"]


def test_evidence_is_withdrawn_at_the_address_of_its_own_recommendation(cast, client_of, proof, make_recommendation):
    other = make_recommendation(RecommendationState.IN_PROGRESS)
    address = reverse("inspections:evidence_withdraw", args=[other.pk, proof.pk])
    assert client_of(cast.lan).post(address, {"reason": "x"}).status_code == 404
