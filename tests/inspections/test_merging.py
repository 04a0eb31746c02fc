"""Findings of several members become one, repeats are recognised, evidence has versions."""

import hashlib
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cchc_portal.lib.text import search_key
from inspections import checklists, photos
from inspections.choices import FindingState, VisitState
from inspections.models import EvidenceFile, Finding, Template, Visit
from inspections.rules import similar
from records.models import Event
from tests import hostile

OLD = "Bảng niêm yết thủ tục tại quầy chưa cập nhật sau hợp nhất"
PDF = hostile.pdf(hostile.CATALOGUE, hostile.stream(b"BT (Bien ban) Tj ET"))
AMENDED = hostile.pdf(hostile.CATALOGUE, hostile.stream(b"BT (Bien ban, ban hai) Tj ET"))


@pytest.fixture
def merge_url(visit) -> str:
    return reverse("inspections:finding_merge", args=[visit.pk])


def test_drafts_of_two_members_become_one_and_stay(cast, vinh, client_of, make_finding, merge_url, photo_bytes):
    one = make_finding(text="Niêm yết cũ", severity="low", cause="thiếu người")
    other = make_finding(text="Bảng thiếu 5 thủ tục", kind="violation", severity="high", created_by=vinh)
    response = client_of(cast.khoa).post(merge_url, {"findings": [one.pk, other.pk]})
    merged = Finding.objects.get(merged_from=one)
    assert response["Location"] == reverse("inspections:finding_edit", args=[merged.pk])
    assert (merged.text, merged.kind, merged.severity) == ("Niêm yết cũ\nBảng thiếu 5 thủ tục", "violation", "high")
    assert merged.cause == "thiếu người"
    for original, text in ((one, "Niêm yết cũ"), (other, "Bảng thiếu 5 thủ tục")):
        original.refresh_from_db()
        assert (original.text, original.state, original.merged_into) == (text, FindingState.WITHDRAWN, merged)
    page = client_of(cast.hoa).get(merged.get_absolute_url()).content.decode()
    assert "Vinh" in page
    assert "Gộp từ" in page
    assert Event.objects.about(merged).get().action == "merge_findings"
    assert Event.objects.about(one).get().action == "merge"


@pytest.mark.parametrize(("name", "status"), [("hoa", 200), ("khoa", 200), ("quan", 403), ("lan", 403), ("tuan", 404)])
def test_who_merges(cast, client_of, merge_url, name, status):
    assert client_of(getattr(cast, name)).get(merge_url).status_code == status


def test_a_member_does_not_merge(vinh, client_of, make_finding, merge_url):
    findings = [make_finding().pk, make_finding().pk]
    assert client_of(vinh).post(merge_url, {"findings": findings}).status_code == 403
    assert Finding.objects.count() == 2


def test_merging_needs_two_drafts_of_an_open_visit(cast, client_of, visit, make_finding, merge_url):
    draft, final = make_finding(), make_finding(FindingState.FINAL)
    khoa = client_of(cast.khoa)
    assert khoa.post(merge_url, {"findings": [draft.pk]}).status_code == 422
    assert khoa.post(merge_url, {"findings": [draft.pk, final.pk]}).status_code == 422
    Visit.objects.filter(pk=visit.pk).update(state=VisitState.REPORTED)
    assert khoa.post(merge_url, {"findings": [draft.pk, make_finding().pk]}).status_code == 409
    assert not Finding.objects.filter(merged_into__isnull=False).exists()


def _earlier(visit, area, agency, **values) -> Finding:
    before = Visit.objects.create(
        agency=agency, team=visit.team, kind=visit.kind, date=date(2024, 5, 5), state=VisitState.CLOSED
    )
    made = {"visit": before, "area": area, "kind": "limitation", "text": OLD, "state": FindingState.RELEASED}
    return Finding.objects.create(**made | values)


def _record(client, visit, area, text: str, **more) -> Finding:
    posted = {"kind": "limitation", "area": area.pk, "text": text} | more
    assert client.post(reverse("inspections:finding_new", args=[visit.pk]), posted).status_code == 302
    return visit.findings.latest("pk")


@pytest.mark.parametrize("house", ["khcn", "tttt"])
def test_a_repeat_is_recognised_also_of_what_was_absorbed(cast, client_of, visit, area, house):
    before = _earlier(visit, area, getattr(cast, house))
    khoa = client_of(cast.khoa)
    found = _record(khoa, visit, area, "Tại quầy, bảng niêm yết chưa được cập nhật các thủ tục mới")
    assert found.repeats == before
    assert "Lặp lại phát hiện trước đây" in khoa.get(found.get_absolute_url()).content.decode()
    unlink = reverse("inspections:finding_repeat", args=[found.pk])
    assert client_of(cast.quan).post(unlink).status_code == 403
    assert khoa.post(unlink).status_code == 302
    found.refresh_from_db()
    assert found.repeats is None
    assert khoa.post(unlink).status_code == 409


@pytest.mark.parametrize(
    "values",
    [
        {"text": "Chưa ban hành kế hoạch đào tạo cán bộ"},
        {"state": FindingState.WITHDRAWN},
        {"state": FindingState.DRAFT},
        {"kind": "strength"},
    ],
)
def test_control_what_is_no_repeat(cast, client_of, visit, area, values):
    _earlier(visit, area, cast.khcn, **values)
    assert _record(client_of(cast.khoa), visit, area, OLD).repeats is None


def test_another_agency_is_no_repeat(cast, client_of, visit, area):
    _earlier(visit, area, cast.ngv)
    assert _record(client_of(cast.khoa), visit, area, OLD).repeats is None


def test_the_same_line_is_a_repeat_whatever_the_words(cast, client_of, visit, area):
    template = Template.objects.create(code="desk", name="Một cửa", area=area)
    template.items.create(code="C13", text="Niêm yết đủ", legal_basis="NĐ 61/2018/NĐ-CP", order=1)
    checklists.freeze(visit, [template])
    before = _earlier(visit, area, cast.khcn, template_code="desk", item_code="C13", text="Một câu khác hẳn")
    khoa = client_of(cast.khoa)
    page = khoa.get(reverse("inspections:finding_new", args=[visit.pk]), {"item": "C13"})
    initial = page.context["form"].initial
    assert (initial["text"], initial["legal_basis"], initial["area"]) == ("Niêm yết đủ", "NĐ 61/2018/NĐ-CP", area.pk)
    found = _record(khoa, visit, area, "Thiếu ba thủ tục", item="C13")
    assert (found.repeats, found.item_code, found.template_code) == (before, "C13", "desk")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (OLD, OLD.upper(), True),
        (OLD, "Quầy chưa cập nhật bảng niêm yết", True),
        (OLD, "Hồ sơ quá hạn không có thư xin lỗi", False),
        ("Thu phí", "Thu phí", True),
        ("Thu phí", "Thu phí sai mức quy định", False),
        ("", "", False),
    ],
)
def test_similar(one, other, same):
    assert similar(search_key(one), search_key(other)) is same
    assert similar(search_key(other), search_key(one)) is same


def test_evidence_has_hashes_and_versions(cast, client_of, make_finding, photo_bytes):
    finding = make_finding()
    url, khoa = reverse("inspections:finding_evidence", args=[finding.pk]), client_of(cast.khoa)
    photo = photo_bytes()
    for data, name in ((PDF, "bb.pdf"), (AMENDED, "bb.pdf"), (photo, "anh.jpg")):
        title = "Ảnh" if data == photo else "Biên bản"
        khoa.post(url, {"name": title, "file": SimpleUploadedFile(name, data)})
    told = [(kept.name, kept.number, kept.received_sha256) for kept in finding.files.order_by("pk")]
    hashes = [hashlib.sha256(data).hexdigest() for data in (PDF, AMENDED, photo)]
    assert told == [("Biên bản", 1, hashes[0]), ("Biên bản", 2, hashes[1]), ("Ảnh", 1, hashes[2])]
    khoa.post(url, {"name": "Hồ sơ", "file": SimpleUploadedFile("x.exe", b"MZ")})
    assert EvidenceFile.objects.count() == 3
    kept = finding.files.first()
    place = reverse("inspections:finding_file", args=[kept.file_id])
    answer = khoa.get(place)
    assert (answer.status_code, "attachment" in answer["Content-Disposition"]) == (200, True)
    assert client_of(cast.lan).get(place).status_code == 404
    Finding.objects.update(state=FindingState.RELEASED)
    assert client_of(cast.lan).get(place).status_code == 200
    assert client_of(cast.lan).post(url, {"name": "x"}).status_code == 403
    assert khoa.post(url, {"name": "x", "file": SimpleUploadedFile("b.pdf", PDF)}).status_code == 409


def test_files_and_photos_go_along_and_are_withdrawn_wherever_they_stand(
    cast, client_of, make_finding, merge_url, photo_bytes
):
    """Two findings hold a file of the same name: both are versions of it in the merged one."""
    findings = [make_finding(text="Một"), make_finding(text="Hai")]
    khoa = client_of(cast.khoa)
    for finding, data in zip(findings, (PDF, AMENDED), strict=True):
        posted = {"name": "Biên bản", "file": SimpleUploadedFile("bien-ban.pdf", data)}
        assert khoa.post(reverse("inspections:finding_evidence", args=[finding.pk]), posted).status_code == 302
    photos.attach(
        findings[0], [photos.prepare(SimpleUploadedFile("a.jpg", photo_bytes()))], caption="Quầy", by=cast.khoa
    )
    khoa.post(merge_url, {"findings": [finding.pk for finding in findings]})
    merged = Finding.objects.get(merged_from=findings[0])
    versions = merged.files.order_by("number")
    assert [(file.name, file.number) for file in versions] == [("Biên bản", 1), ("Biên bản", 2)]
    assert {file.file_id for file in versions} == {finding.files.get().file_id for finding in findings}
    for kind, kept in (("file", versions[0]), ("photo", merged.photos.get())):
        own = kept.file_id if kind == "file" else kept.picture_id
        address = reverse(f"inspections:{'finding_file' if kind == 'file' else 'photo'}", args=[own])
        assert client_of(cast.hoa).get(address).status_code == 200
        taken_back = reverse("inspections:finding_withdraw", args=[merged.pk, kind, kept.pk])
        assert khoa.post(taken_back, {"reason": "Có số căn cước"}).status_code == 302
        for person in (cast.khoa, cast.hoa, cast.quan):
            assert client_of(person).get(address).status_code == 404
        page = client_of(cast.hoa).get(findings[0].get_absolute_url()).content.decode()
        assert "Có số căn cước" in page
    assert client_of(cast.hoa).get(reverse("inspections:finding_file", args=[versions[1].file_id])).status_code == 200
