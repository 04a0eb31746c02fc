"""The documents of a visit: figures and words, layout, PDF and Word alike, the same bytes, nothing fetched."""

import dataclasses
import io
import re
import subprocess
import zipfile
from datetime import date

import docx
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx.oxml.ns import qn
from lxml import etree

from cchc_portal.lib.docx import to_docx
from cchc_portal.lib.paper import Paragraph
from cchc_portal.lib.pdf import html_to_pdf
from dossiers.models import Period, Summary
from inspections import documents, photos
from inspections.choices import FindingState, InspectionKind, RecommendationState, VisitState
from inspections.documents import build, read
from inspections.models import Visit
from records import registry
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
        subject_id=visit.pk, title="Báo cáo", asked_by=person, **{"kind": KIND, "draft": True} | values
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
        "BẢN DỰ THẢO",
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
    facts = read(visit)
    assert facts.figures is None
    assert "Quý III/2026" in facts.figures_missing
    Visit.objects.filter(pk=visit.pk).update(period=None)
    visit = Visit.objects.get(pk=visit.pk)
    assert read(visit).figures is None
    _document, data = made(visit, cast.hoa)
    assert "0%" not in words_of(data)


SORTS = list(documents.BY_CODE)
EVERY_SORT = pytest.mark.parametrize("code", SORTS)


def word_of(document: Document) -> zipfile.ZipFile:
    with document.docx_file.open("rb") as handle:
        return zipfile.ZipFile(io.BytesIO(handle.read()))


def words_of_docx(archive: zipfile.ZipFile) -> str:
    """The text of the body in its order, a space between paragraphs, with single spaces."""
    body = etree.fromstring(archive.read("word/document.xml"))
    space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    paragraphs = ("".join(node.text or "" for node in p.iter(f"{space}t")) for p in body.iter(f"{space}p"))
    return " ".join(" ".join(paragraphs).split())


@pytest.fixture
def full(cast, visit, summed, make_finding, make_recommendation, photo_bytes):
    """A visit with something in every part of its documents."""
    for kind in ("strength", "limitation", "violation"):
        finding = make_finding(FindingState.FINAL, kind=kind, text=f"Phát hiện {kind}", cause="Kiêm nhiệm")
    prepared = [
        photos.prepare(SimpleUploadedFile("a.jpg", photo_bytes(size=size))) for size in ((900, 600), (600, 900))
    ]
    photos.attach(finding, prepared, caption="Bảng niêm yết", by=cast.khoa)
    make_recommendation(RecommendationState.ISSUED, text="Niêm yết lại đầy đủ", due=date(2027, 1, 31))
    visit.proposals.create(agency=visit.agency, text="Kho dữ liệu dùng chung").addressees.create(name="HĐND thành phố")
    visit.assessment = "Đơn vị thực hiện nghiêm túc."
    visit.save()
    return visit


@EVERY_SORT
@pytest.mark.parametrize("kind", InspectionKind.values)
def test_every_kind_has_its_letterhead_name_and_places_to_sign(cast, full, kind, code):
    full.kind = kind
    full.save()
    document, data = made(full, cast.hoa, kind=code)
    sort = documents.BY_CODE[code]
    for text in (words_of(data), words_of_docx(word_of(document))):
        assert "Nơi nhận:" in text
        assert "Lưu:" in text
        assert "Niêm yết lại đầy đủ" in text
        assert "31/01/2027" in text
        assert sort.name.lower() in text.lower()
        has_letterhead = "Độc lập - Tự do - Hạnh phúc" in text
        assert has_letterhead == (kind != InspectionKind.PARTY)
        assert ("Số:" in text) == has_letterhead
        assert ("ngày tháng năm" in text) == (has_letterhead and sort.slug != "minutes")
        for post in {"minutes": ("thư ký", "chủ tọa"), "report": ("trưởng",), "notice": ("đốc",)}[sort.slug]:
            assert post in text.lower() or kind == InspectionKind.PARTY or kind == InspectionKind.SELF


@EVERY_SORT
def test_pdf_and_word_file_say_the_same(cast, full, code):
    """Every text of the paper stands in both, in the same order."""
    document = Document(kind=code, subject_id=full.pk, draft=False, address="https://cchc.example.vn")
    content = build(document)
    printed = "".join(words_of(pdf_of(content)).split())
    written = "".join(words_of_docx(zipfile.ZipFile(io.BytesIO(docx_of(content)))).split())
    texts = []
    for block in [*content.paper.blocks, *(b for annex in content.paper.annexes for b in annex.blocks)]:
        if block.kind in ("paragraph", "heading"):
            texts.append(block.text)
        elif block.kind == "table":
            texts += [block.caption, *(cell for row in block.rows for cell in row)]
        elif block.kind == "photos":
            texts += [photo.caption for photo in block.photos]
        else:
            texts.append(block.caption)
    texts += [content.paper.last_words, *content.paper.recipients, content.paper.filed]
    for text in texts:
        squeezed = "".join(text.split())
        assert squeezed.lower() in written.lower(), text
        assert squeezed.lower() in printed.lower(), text


def pdf_of(content) -> bytes:
    return html_to_pdf(content.html, identifier="0" * 64, created=content.created, media=content.media).data


def docx_of(content) -> bytes:
    code = registry.check_code(registry.content_hash(content.fingerprint))
    return to_docx(content.paper, code, media=content.media, created=content.created)


@EVERY_SORT
def test_the_word_file_is_the_same_whenever_it_is_made(cast, full, code):
    first, one = made(full, cast.hoa, kind=code)
    with time_machine.travel("2031-03-04 05:06:07", tick=False):
        second, two = made(full, cast.quan, kind=code)
    assert one == two
    assert first.docx_hash == second.docx_hash
    assert word_of(first).testzip() is None


def test_the_word_file_opens_and_holds_tables_photos_and_page_numbers(cast, full):
    document, _data = made(full, cast.hoa, address="https://cchc.example.vn")
    with document.docx_file.open("rb") as handle:
        opened = docx.Document(handle)
    first = opened.sections[0]
    assert (round(first.page_width.mm), round(first.left_margin.mm), round(first.right_margin.mm)) == (210, 30, 20)
    assert len(opened.sections) == 3  # the report and two annexes, each counting its own pages
    assert len(opened.inline_shapes) == 4  # a chart, two photos, the QR code
    captions = [table.rows[0].cells[0].text for table in opened.tables]
    assert "STT" in captions
    heads = opened.element.body.findall(f".//{qn('w:tblHeader')}")
    assert len(heads) == 4
    assert opened.core_properties.author == "Sở Nội vụ"
    headers = b"".join(word_of(document).read(n) for n in word_of(document).namelist() if "header" in n)
    assert b" PAGE " in headers
    assert "BẢN DỰ THẢO".encode() in headers
    issued, _data = made(full, cast.hoa, draft=False)
    assert "BẢN DỰ THẢO".encode() not in b"".join(word_of(issued).read(n) for n in word_of(issued).namelist())


def test_a_qr_code_leads_to_the_check_page(cast, client, full):
    document, data = made(full, cast.hoa, draft=False, address="https://cchc.example.vn")
    code = document.content_hash[:32]
    assert f"cchc.example.vn/check/{code}/" in words_of(data).replace(" ", "")
    content = build(document)
    assert content.media["qr.png"].startswith(b"\x89PNG")
    page = client.get(reverse("reports:check", args=[code]))
    assert page.status_code == 200
    assert document.docx_hash in page.content.decode()
    without, _data = made(full, cast.hoa, draft=False)
    assert "qr.png" not in build(without).media


def test_an_issued_notice_leaves_out_what_is_not_issued(cast, full, make_recommendation):
    make_recommendation(RecommendationState.DRAFT, text="Chưa ban hành")
    for draft in (True, False):
        _document, data = made(full, cast.hoa, kind="conclusion_notice", draft=draft)
        assert ("Chưa ban hành" in words_of(data)) == draft


def test_many_findings_and_photos_still_stand(cast, full, make_finding, photo_bytes, tmp_path):
    """120 findings and 20 photos: heads repeat, photos keep their captions, the places to sign are not alone."""
    for number in range(120):
        finding = make_finding(FindingState.FINAL, text=f"Phát hiện {number}. " + "Hồ sơ chưa số hóa đầy đủ. " * 4)
        if number % 6 == 0:
            prepared = photos.prepare(SimpleUploadedFile("a.jpg", photo_bytes(size=(320, 240))))
            photos.attach(finding, [prepared], caption=f"Quầy {number}", by=cast.khoa)
    _document, data = made(full, cast.hoa, kind="inspection_minutes")
    pages = subprocess.run(["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True)
    pages = pages.stdout.decode().split("\f")
    with_rows = [page for page in pages if "Phát hiện 1" in page]
    assert len(with_rows) > 3
    assert all("Nội dung ghi nhận" in page for page in with_rows)
    signed = next(page for page in pages if "CHỦ TỌA" in page)
    assert "Biên bản kết thúc" in signed
    annex = pages[pages.index(signed) + 1 :]
    assert len(re.findall(r"Ảnh \d+\.", " ".join(annex))) == 22


def test_party_bodies_have_no_state_letterhead_whatever_the_kind(cast, full):
    team = full.team
    team.issuing_agency, team.name = None, "Đoàn công tác của Thành ủy"
    team.save()
    full.kind = InspectionKind.WORKING_SESSION
    full.save()
    _document, data = made(full, cast.hoa)
    assert "CỘNG HÒA" not in words_of(data)


@EVERY_SORT
def test_payloads_appear_literally_and_fetch_nothing(cast, visit, team, make_finding, make_recommendation, code):
    """In every text field of everything that is printed, in both files; the Word file refers to nothing outside."""
    visit.place = visit.situation = visit.assessment = HOSTILE
    visit.save()
    team.name = team.decision_number = team.head_title = HOSTILE[:60]
    team.save()
    cast.hoa.full_name = HOSTILE[:60]
    cast.hoa.save()
    visit.themes.create(text=HOSTILE, order=9)
    visit.units.create(name=HOSTILE)
    area = visit.findings.model.area.field.related_model.objects.get()
    area.name = HOSTILE
    area.save()
    make_finding(FindingState.FINAL, text=HOSTILE, evidence=HOSTILE, legal_basis=HOSTILE, cause=HOSTILE)
    make_recommendation(RecommendationState.ISSUED, text=HOSTILE)
    visit.proposals.create(agency=visit.agency, text=HOSTILE).addressees.create(name=HOSTILE)
    document, data = made(visit, cast.hoa, kind=code)
    least = {"inspection_minutes": 8, "inspection_report": 10, "conclusion_notice": 4}[code]
    assert words_of(data).replace(" ", "").count("{{7|add:7}}&amp;") >= least
    archive = word_of(document)
    assert words_of_docx(archive).replace(" ", "").count("{{7|add:7}}&amp;") >= least
    for name in archive.namelist():
        part = archive.read(name)
        assert b'TargetMode="External"' not in part, name
        assert b"<script>" not in part, name
    assert b"/JavaScript" not in data
    assert b"/URI" not in data
    assert b"/EmbeddedFile" not in data


def test_what_xml_cannot_hold_is_replaced(cast, visit):
    content = build(Document(kind=KIND, subject_id=visit.pk, draft=True))
    blocks = (Paragraph("a\x01\x0bb\ufffe\ud800 </w:t> ]]> &#0; c"),)
    content = dataclasses.replace(content, paper=dataclasses.replace(content.paper, blocks=blocks))
    text = words_of_docx(zipfile.ZipFile(io.BytesIO(docx_of(content))))
    assert "a\ufffd\ufffdb\ufffd\ufffd </w:t> ]]> &#0; c" in text


def ask(client, visit, which: str) -> int:
    return client.post(reverse("inspections:ask_document", args=[visit.pk, which])).status_code


def test_draft_until_reported(cast, client_of, visit, make_finding, django_capture_on_commit_callbacks):
    make_finding(FindingState.FINAL)
    with django_capture_on_commit_callbacks(execute=True):
        assert ask(client_of(cast.khoa), visit, "report") == 302
    Visit.objects.filter(pk=visit.pk).update(state=VisitState.REPORTED)
    with django_capture_on_commit_callbacks(execute=True):
        assert ask(client_of(cast.hoa), visit, "report") == 302
    issued, draft = Document.objects.order_by("-asked_at")
    assert (draft.draft, issued.draft) == (True, False)
    assert draft.is_ready
    assert issued.is_ready
    assert issued.address == "http://testserver"
    with issued.file.open("rb") as handle:
        assert "BẢN DỰ THẢO" not in words_of(handle.read())
    page = client_of(cast.hoa).get(reverse("inspections:visit_detail", args=[visit.pk])).content.decode()
    assert reverse("reports:document_download", args=[issued.pk]) in page
    assert reverse("reports:document_download", args=[issued.pk]) + "?format=docx" in page


OFFERED = {  # state → what may be asked for, a star where it is a draft
    VisitState.PLANNED: "",
    VisitState.PREPARED: "",
    VisitState.UNDER_WAY: "minutes* report*",
    VisitState.RECORDED: "minutes report*",
    VisitState.REPORTED: "minutes report notice*",
    VisitState.CONCLUDED: "minutes report notice",
    VisitState.CLOSED: "minutes report notice",
    VisitState.CANCELLED: "",
}


@pytest.mark.parametrize("state", VisitState.values)
def test_offered_by_state_and_role(cast, client_of, vinh, visit, make_finding, state):
    Visit.objects.filter(pk=visit.pk).update(state=state, cancel_reason="hoãn" if state == "cancelled" else "")
    offered = OFFERED[VisitState(state)].split()
    people = {"hoa": cast.hoa, "khoa": cast.khoa, "quan": cast.quan, "vinh": vinh, "lanhdao": cast.lanhdao}
    for name, person in people.items():
        client = client_of(person)
        page = client.get(reverse("inspections:visit_detail", args=[visit.pk])).content.decode()
        for which in documents.BY_SLUG:
            address = reverse("inspections:ask_document", args=[visit.pk, which])
            may = name in ("hoa", "quan") or (name == "khoa" and which != "notice")
            plain = [entry.strip("*") for entry in offered]
            assert (address in page) == (may and which in plain), (name, which)
            status = ask(client, visit, which)
            assert status == (403 if not may else 302 if which in plain else 409), (name, which)
    made_as = {(row.kind, row.draft) for row in Document.objects.all()}
    assert made_as == {(documents.BY_SLUG[entry.strip("*")].code, entry.endswith("*")) for entry in offered}
    assert ask(client_of(cast.hoa), visit, "other") == 404
    assert ask(client_of(cast.tuan), visit, "report") == 404


def test_the_agency_reads_what_was_issued_once_the_visit_is_concluded(cast, client_of, full):
    rows = {(code, draft): made(full, cast.hoa, kind=code, draft=draft)[0] for code in SORTS for draft in (True, False)}
    for state in (VisitState.REPORTED, VisitState.CONCLUDED, VisitState.CLOSED):
        Visit.objects.filter(pk=full.pk).update(state=state)
        for (code, draft), document in rows.items():
            seen = state != VisitState.REPORTED and not draft and code != KIND
            for person in (cast.lan, cast.minh):
                answer = client_of(person).get(reverse("reports:document_download", args=[document.pk]))
                assert (answer.status_code == 200) == seen, (state, code, draft)
            assert client_of(cast.tuan).get(reverse("reports:document_detail", args=[document.pk])).status_code == 404


def test_a_file_that_was_changed_in_its_place_is_not_handed_out(cast, client_of, full):
    document, _data = made(full, cast.hoa)
    address = reverse("reports:document_download", args=[document.pk])
    client = client_of(cast.hoa)
    for wanted, file in (("pdf", document.file), ("docx", document.docx_file)):
        answer = client.get(address, {"format": wanted})
        assert answer.status_code == 200
        assert answer["Content-Disposition"].endswith(f'.{wanted}"')
        b"".join(answer.streaming_content)
        with file.storage.open(file.name, "r+b") as handle:
            handle.seek(100)
            handle.write(b"X")
        assert client.get(address, {"format": wanted}).status_code == 409
    assert client.get(address, {"format": "exe"}).status_code == 404


def test_asking_twice_makes_one_row(cast, visit):
    first = ask_document(KIND, visit.pk, title="Báo cáo", by=cast.hoa)
    assert ask_document(KIND, visit.pk, title="Báo cáo", by=cast.khoa) == first


def test_builder_reads_nothing_of_the_asker(cast, visit, summed):
    document = Document(kind=KIND, subject_id=visit.pk, title="x", asked_by=cast.hoa, draft=True)
    other = Document(kind=KIND, subject_id=visit.pk, title="y", asked_by=cast.quan, draft=True)
    assert build(document).fingerprint == build(other).fingerprint
