"""Documents: who lists, follows and downloads them, the public check, and a worker that dies in mid-render."""

import hashlib
import uuid
from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inspections.models import Team, TeamMember, Visit
from records.choices import MAX_ATTEMPTS, JobState
from records.models import Document
from records.tasks import render_document

KIND = "inspection_report"
LIST = "reports:document_list"
PDF = b"%PDF-1.7 noi dung"


@pytest.fixture
def visit(cast) -> Visit:
    team = Team.objects.create(name="Đoàn số 1", kind="administrative_inspection", issuing_agency=cast.nv)
    for person, role in ((cast.hoa, "head"), (cast.khoa, "secretary")):
        TeamMember.objects.create(team=team, person=person, role=role, joined_on=date(2026, 1, 1))
    return Visit.objects.create(
        agency=cast.khcn, team=team, kind="administrative_inspection", date=date(2026, 10, 5), state="recorded"
    )


@pytest.fixture
def make_document(visit, cast):
    def make(state=JobState.READY, **values) -> Document:
        defaults = {
            "kind": KIND,
            "subject_id": visit.pk,
            "title": "Báo cáo kết quả kiểm tra tại Sở Khoa học và Công nghệ",
            "asked_by": cast.hoa,
            "state": state,
            "draft": False,
        }
        if state == JobState.READY:
            digest = hashlib.sha256(PDF).hexdigest()
            ready = {"content_hash": "c0" * 32, "file_hash": digest, "pages": 4, "size": len(PDF)}
            defaults |= ready | {"finished_at": timezone.now()}
        document = Document.objects.create(**defaults | values)
        if state == JobState.READY:
            document.file.save(f"{document.pk}.pdf", ContentFile(PDF))
        return document

    return make


def page(name, document):
    return reverse(f"reports:{name}", args=[document.pk])


@pytest.mark.parametrize("name", ["hoa", "khoa", "quan", "lanhdao", "kiemtoan"])
def test_team_and_oversight_read(cast, client_of, make_document, name):
    document = make_document()
    client = client_of(getattr(cast, name))
    assert document.title in client.get(reverse(LIST), {"kind": KIND}).content.decode()
    assert client.get(page("document_detail", document)).status_code == 200
    assert client.get(page("document_status", document)).status_code == 200
    response = client.get(page("document_download", document))
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"] == (
        'attachment; filename="bao-cao-ket-qua-kiem-tra-tai-so-khoa-hoc-va-cong-nghe.pdf"'
    )


@pytest.mark.parametrize("name", ["tuan", "lan", "minh", "admin"])
def test_outsiders_get_nothing(cast, client_of, make_document, name):
    document = make_document()
    client = client_of(getattr(cast, name))
    for address in ("document_detail", "document_status", "document_download"):
        assert client.get(page(address, document)).status_code == 404
    assert document.title not in client.get(reverse(LIST)).content.decode()


def test_anonymous_signs_in_first(client, make_document):
    document = make_document()
    for address in (reverse(LIST), page("document_detail", document), page("document_download", document)):
        assert client.get(address).status_code == 302


def test_rights_are_asked_at_the_download(cast, client_of, make_document):
    document, client = make_document(), client_of(cast.khoa)
    assert client.get(page("document_download", document)).status_code == 200
    yesterday = timezone.localdate() - timedelta(days=1)
    TeamMember.objects.filter(person=cast.khoa).update(left_on=yesterday)
    assert client.get(page("document_download", document)).status_code == 404


def test_what_is_not_ready_is_not_handed_out(cast, client_of, make_document):
    for state in (JobState.QUEUED, JobState.RUNNING, JobState.FAILED):
        assert client_of(cast.hoa).get(page("document_download", make_document(state))).status_code == 409


def test_a_lost_file_is_not_found(cast, client_of, make_document):
    document = make_document()
    document.file.storage.delete(document.file.name)
    assert client_of(cast.hoa).get(page("document_download", document)).status_code == 404


@pytest.mark.parametrize(("state", "polls"), [("queued", True), ("running", True), ("ready", False), ("failed", False)])
def test_progress_asks_again_until_it_is_over(cast, client_of, make_document, state, polls):
    document = make_document(state)
    url = page("document_status", document)
    fragment = client_of(cast.hoa).get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert (f'hx-get="{url}"' in fragment) == polls
    assert (page("document_download", document) in fragment) == (state == "ready")
    assert "<html" in client_of(cast.hoa).get(url).content.decode()


def test_newest_first_by_kind_with_the_same_number_of_queries(cast, client_of, make_document):
    client = client_of(cast.quan)
    old = make_document(asked_at=timezone.now() - timedelta(days=2))

    def listed(**query):
        with CaptureQueriesContext(connection) as captured:
            found = [row.pk for row in client.get(reverse(LIST), query).context["page"]]
        return found, len(captured)

    listed()
    assert listed(kind=KIND)[0] == [old.pk]
    _one, queries = listed()
    new = make_document()
    middle = make_document(asked_at=timezone.now() - timedelta(days=1))
    assert listed() == ([new.pk, middle.pk, old.pk], queries)
    assert listed(kind="other")[0] == []


def test_check_is_open_and_tells_nothing_else(client, make_document, cast):
    document = make_document()
    for code in (document.check_token, document.content_hash[:32], f" {document.content_hash[:32].upper()} "):
        response = client.get(reverse("reports:check", args=[code]))
        assert response.status_code == 200
        body = response.content.decode()
        for fact in (document.title, cast.khcn.name, document.file_hash):
            assert fact in body
        assert "Đoàn số 1" not in body
        assert str(document.pk) not in body
        assert "download" not in body


@pytest.mark.parametrize("code", ["0" * 32, "x", "a" * 31, "c0" * 32, "%27 OR 1=1"])
def test_check_of_an_unknown_code(client, make_document, code):
    make_document()
    assert client.get(reverse("reports:check", args=[code])).status_code == 404


def test_check_knows_ready_documents_only(client, make_document):
    document = make_document(JobState.RUNNING)
    assert client.get(reverse("reports:check", args=[document.check_token])).status_code == 404


def test_check_says_draft_and_newer(client, make_document):
    draft = make_document(draft=True, content_hash="d0" * 32)
    fresh = client.get(reverse("reports:check", args=[draft.check_token])).context
    assert fresh["newer"] is None
    newer = make_document()
    assert client.get(reverse("reports:check", args=[draft.check_token])).context["newer"] == newer


# The worker


def test_only_one_worker_claims(make_document):
    document = make_document(JobState.QUEUED)
    first = Document.objects.claim(document.pk)
    assert first.attempt == 1
    assert Document.objects.claim(document.pk) is None


def test_a_worker_killed_in_mid_render(cast, make_document):
    """The lease of the dead worker runs out, another one finishes; what the dead one does afterwards counts nothing."""
    document = make_document(JobState.QUEUED)
    dead = Document.objects.claim(document.pk)
    render_document(str(document.pk))  # too early: the lease is held
    document.refresh_from_db()
    assert document.state == JobState.RUNNING
    Document.objects.filter(pk=document.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert list(Document.objects.stuck()) == [document]
    render_document(str(document.pk))
    document.refresh_from_db()
    assert (document.state, document.attempt) == (JobState.READY, 2)
    with document.file.open("rb") as handle:
        made = handle.read()
    assert made.startswith(b"%PDF")
    assert Document.objects.finish(dead, file="documents/other.pdf", pages=99) is False
    assert Document.objects.fail(dead, "late") is False
    render_document(str(document.pk))  # a message that comes twice
    after = Document.objects.get(pk=document.pk)
    assert (after.attempt, after.pages, after.file_hash) == (2, document.pages, document.file_hash)


def test_the_loser_of_a_lease_cannot_finish(make_document):
    document = make_document(JobState.QUEUED)
    slow = Document.objects.claim(document.pk)
    Document.objects.filter(pk=document.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    quick = Document.objects.claim(document.pk)
    assert Document.objects.finish(slow, pages=1) is False
    assert Document.objects.finish(quick, pages=2) is True
    assert Document.objects.finish(quick, pages=3) is False
    document.refresh_from_db()
    assert document.pages == 2


def test_three_lost_attempts_are_final_and_visible(cast, client_of, make_document):
    document = make_document(JobState.QUEUED)
    for _ in range(MAX_ATTEMPTS):
        assert Document.objects.claim(document.pk)
        Document.objects.filter(pk=document.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert Document.objects.claim(document.pk) is None
    assert Document.objects.give_up_exhausted() == 1
    document.refresh_from_db()
    assert document.state == JobState.FAILED
    assert client_of(cast.hoa).get(page("document_detail", document)).status_code == 200


def test_who_lost_the_right_gets_no_document(cast, make_document):
    document = make_document(JobState.QUEUED, asked_by=cast.tuan)
    render_document(str(document.pk))
    document.refresh_from_db()
    assert document.state == JobState.FAILED
    assert not document.file


def test_a_document_that_is_gone_does_no_harm(db):
    render_document(str(uuid.uuid4()))
