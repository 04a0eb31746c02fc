"""The result report of a visit: the right figures and words, embedded fonts, the same bytes, nothing fetched."""

import subprocess
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from dossiers.models import Period, Summary
from inspections import photos
from inspections.choices import FindingState, RecommendationState, VisitState
from inspections.documents import build_report, freeze
from inspections.models import Visit
from records.choices import JobState
from records.models import Document
from records.tasks import render_document
from records.workflow import ask_document

KIND = "inspection_report"
HOSTILE = '<img src="http://evil.invalid/x.png"><script>alert(1)</script>{{ 7|add:7 }}&amp;'


def text_of(data: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True)
    return done.stdout.decode()


def words_of(data: bytes) -> str:
    """The text in reading order, with single spaces."""
    done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=data, capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def made(visit, person, **values) -> tuple[Document, bytes]:
    """Ask for the report; the test's worker makes it at once."""
    document = Document.objects.create(
        kind=KIND, subject_id=visit.pk, title="Báo cáo", asked_by=person, **{"draft": True} | values
    )
    from_worker(document)
    with document.file.open("rb") as handle:
        return document, handle.read()


def from_worker(document: Document) -> None:
    render_document(str(document.pk))
    document.refresh_from_db()
    assert document.state == JobState.READY, document.error


@pytest.fixture
def summed(cast, period_q):
    """5.441 received, 4.719 of them online, 1.215 of 1.242 in time; and the quarter before."""
    before = Period.objects.create(
        label="2026-Q2", kind="quarter", first_day=date(2026, 3, 15), last_day=date(2026, 6, 14)
    )
    common = {"agency": cast.khcn, "tree": False, "returns": 1, "lines": 1, "complete": True}
    Summary.objects.create(
        period=before,
        d2_numerator=176,
        d2_denominator=180,
        d2_used=1,
        received=180,
        resolved=180,
        in_time=176,
        **common,
    )
    return Summary.objects.create(
        period=period_q,
        received=5441,
        resolved=1242,
        in_time=1215,
        resolved_overdue=27,
        pending=None,
        d1_numerator=1215,
        d1_denominator=5441,
        d1_used=1,
        d2_numerator=1215,
        d2_denominator=1242,
        d2_used=1,
        online_share_numerator=4719,
        online_share_denominator=5441,
        online_share_used=1,
        **common,
    )


def test_figures_words_and_layout(cast, visit, summed, make_finding, make_recommendation, photo_bytes):
    finding = make_finding(FindingState.FINAL, text="Niêm yết thủ tục chưa kịp thời, khuất lối đi")
    make_finding(FindingState.WITHDRAWN, text="Nhận định đã rút lại")
    photos.attach(
        finding,
        [photos.prepare(SimpleUploadedFile("a.jpg", photo_bytes(size=(1600, 1200))))],
        caption="Bảng niêm yết tầng 1",
        by=cast.khoa,
    )
    make_recommendation(RecommendationState.ISSUED, text="Niêm yết lại đầy đủ", due=date(2027, 1, 31))
    make_recommendation(RecommendationState.WITHDRAWN, text="Kiến nghị đã rút lại")
    proposal = visit.proposals.create(agency=visit.agency, text="Xây dựng kho dữ liệu dùng chung")
    proposal.addressees.create(name="HĐND thành phố")
    document, data = made(visit, cast.hoa)
    text = words_of(data)
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "ỦY BAN NHÂN DÂN THÀNH PHỐ HÀ NỘI",
        "SỞ NỘI VỤ",
        "BÁO CÁO",
        "Sở Khoa học và Công nghệ",
        "5.441",
        "97,8%",
        "22,3%",
        "86,7%",
        "1.215",
        "1.242",
        "4.719",
        "Niêm yết thủ tục chưa kịp thời, khuất lối đi",
        "Bảng niêm yết tầng 1",
        "Niêm yết lại đầy đủ",
        "31/01/2027",
        "Xây dựng kho dữ liệu dùng chung",
        "HĐND thành phố",
        "TRƯỞNG ĐOÀN",
        "Nơi nhận:",
        "BẢN NHÁP",
        "./.",
        document.content_hash[:32],
    ):
        assert words in text, words
    assert "đã rút lại" not in text
    assert "100%" not in text.replace("100% ", "", 3)  # only the chart's axis may say it
    rows = [line.split() for line in text_of(data).splitlines() if line.strip().startswith("Đang giải quyết")]
    assert rows
    assert all(row[-1] == "–" for row in rows)  # not known is never 0
    assert document.pages == 3 or document.pages == 4


def test_fonts_are_embedded(cast, visit, summed, make_finding, tmp_path):
    make_finding()
    _document, data = made(visit, cast.hoa)
    path = tmp_path / "report.pdf"
    path.write_bytes(data)
    listed = subprocess.run(["pdffonts", path], capture_output=True, check=True, text=True).stdout.splitlines()[2:]
    assert listed
    for line in listed:
        assert "Liberation" in line, line
        assert line.split()[-5] == "yes", line


def test_same_content_same_bytes(cast, visit, summed, make_finding, photo_bytes):
    finding = make_finding()
    prepared = photos.prepare(SimpleUploadedFile("a.jpg", photo_bytes()))
    photos.attach(finding, [prepared], caption="", by=cast.khoa)
    one, first = made(visit, cast.hoa)
    two, second = made(visit, cast.quan)
    assert first == second
    assert (one.content_hash, one.file_hash) == (two.content_hash, two.file_hash)
    type(finding).objects.filter(pk=finding.pk).update(text="Lời khác")
    three, third = made(visit, cast.hoa)
    assert third != first
    assert three.content_hash != one.content_hash


def test_no_figures_is_said_and_never_zero(cast, visit):
    report = freeze(visit, draft=True)
    assert report.figures is None
    assert "Quý III/2026" in report.figures_missing
    Visit.objects.filter(pk=visit.pk).update(period=None)
    visit = Visit.objects.get(pk=visit.pk)
    assert freeze(visit, draft=True).figures is None
    _document, data = made(visit, cast.hoa)
    assert "0%" not in words_of(data)


def test_a_party_report_has_no_state_letterhead(cast, visit):
    visit.kind = "party_supervision"
    visit.save()
    _document, data = made(visit, cast.hoa)
    text = words_of(data)
    assert "BÁO CÁO" in text
    assert "CỘNG HÒA" not in text
    assert "Số:" not in text


def test_payloads_appear_literally_and_fetch_nothing(cast, visit, area, make_finding, make_recommendation):
    visit.place = visit.situation = visit.assessment = HOSTILE
    visit.save()
    visit.themes.create(text=HOSTILE, order=9)
    visit.units.create(name=HOSTILE)
    make_finding(FindingState.FINAL, text=HOSTILE, evidence=HOSTILE, legal_basis=HOSTILE)
    make_recommendation(text=HOSTILE)
    visit.proposals.create(agency=visit.agency, text=HOSTILE).addressees.create(name=HOSTILE)
    _document, data = made(visit, cast.hoa)
    text = words_of(data).replace(" ", "")
    assert text.count("{{7|add:7}}&amp;") >= 10


def test_draft_until_reported(cast, client_of, visit, make_finding, django_capture_on_commit_callbacks):
    make_finding(FindingState.FINAL)
    url = reverse("inspections:ask_report", args=[visit.pk])
    with django_capture_on_commit_callbacks(execute=True):
        assert client_of(cast.khoa).post(url).status_code == 302
    Visit.objects.filter(pk=visit.pk).update(state=VisitState.REPORTED)
    with django_capture_on_commit_callbacks(execute=True):
        assert client_of(cast.hoa).post(url).status_code == 302
    issued, draft = Document.objects.order_by("-asked_at")
    assert (draft.draft, issued.draft) == (True, False)
    assert draft.is_ready
    assert issued.is_ready
    with issued.file.open("rb") as handle:
        assert "BẢN NHÁP" not in words_of(handle.read())
    for name in ("lan", "vinh", "lanhdao"):
        person = getattr(cast, name, None) or visit.team.members.get(role="member").person
        assert client_of(person).post(url).status_code == 403
    page = client_of(cast.hoa).get(reverse("inspections:visit_detail", args=[visit.pk])).content.decode()
    assert reverse("reports:document_download", args=[issued.pk]) in page


def test_nothing_to_report_before_the_visit(cast, client_of, visit):
    Visit.objects.filter(pk=visit.pk).update(state=VisitState.PREPARED)
    assert client_of(cast.hoa).post(reverse("inspections:ask_report", args=[visit.pk])).status_code == 409
    assert not Document.objects.exists()


def test_asking_twice_makes_one_row(cast, visit):
    first = ask_document(KIND, visit.pk, title="Báo cáo", by=cast.hoa)
    assert ask_document(KIND, visit.pk, title="Báo cáo", by=cast.khoa) == first


def test_builder_reads_nothing_of_the_asker(cast, visit, summed):
    document = Document(kind=KIND, subject_id=visit.pk, title="x", asked_by=cast.hoa, draft=True)
    other = Document(kind=KIND, subject_id=visit.pk, title="y", asked_by=cast.quan, draft=True)
    assert build_report(document).fingerprint == build_report(other).fingerprint
