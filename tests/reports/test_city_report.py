"""The city report and the page on one agency: what they say, that they stay so, who reads them, and their files."""

import io
import subprocess
import zipfile
from datetime import date, datetime, timedelta

import openpyxl
import pytest
import time_machine

from agencies.models import Role
from dossiers import tally
from dossiers.models import Period
from dossiers.workflow import ADJUSTMENTS, RETURNS, propose_adjustment
from procedures.models import AgencyProcedure
from records.choices import JobState
from records.models import Document
from records.registry import content_hash
from records.tasks import render_document
from reports.documents import build
from reports.models import Report
from reports.tally.standing import differences, in_order
from tests.builders import GOOD, make_return
from tests.cast import HANOI

START = datetime(2026, 10, 1, 9, tzinfo=HANOI)
NEW = "/documents/reports/new/"
SAID = "Số liệu trong văn bản này đã được điều chỉnh ngày"


@pytest.fixture
def figures(cast, period_q, procedures_khcn):
    """Two departments accepted with the same rate, one missing; the quarter before for one of them."""
    before = Period.objects.create(
        label="2026-Q2", kind="quarter", first_day=date(2026, 3, 15), last_day=date(2026, 6, 14)
    )
    AgencyProcedure.objects.create(agency=cast.nv, procedure=procedures_khcn[0])
    with time_machine.travel(START, tick=False):
        make_return(cast.khcn, before)
        item = make_return(cast.khcn, period_q, [GOOD, GOOD], procedures=procedures_khcn)
        make_return(cast.ngv, period_q)
        tally.recompute_all()
    return item


@pytest.fixture
def issue(cast, client_of, figures, period_q, django_capture_on_commit_callbacks):
    """Ask through the page at an instant, and let the worker make it."""

    def make(at, *, by=None, scope="city", agency=None, known_on=""):
        with time_machine.travel(at, tick=False):
            sent = {"scope": scope, "agency": (agency or cast.hn).pk, "period": period_q.pk, "known_on": known_on}
            response = client_of(by or cast.lanhdao).post(NEW, sent)
            assert response.status_code == 302, response.content.decode()
            document = Document.objects.get(pk=response.url.strip("/").split("/")[-1])
            render_document(str(document.pk))
        document.refresh_from_db()
        assert document.state == JobState.READY, document.error
        return document

    return make


def adjust(cast, item, at, number=70):
    with time_machine.travel(at, tick=False):
        line = item.lines.first()
        wanted = propose_adjustment(item, {line.pk: {"received_online": number}}, reason="Thiếu sổ", by=cast.lan)
        ADJUSTMENTS.perform(wanted, "sign", by=cast.minh)
        ADJUSTMENTS.perform(wanted, "accept", by=cast.quan)
        tally.recompute_stale()


def report_of(document) -> Report:
    return Report.objects.get(pk=document.subject_id)


def sheets(client, document):
    response = client.get(f"/documents/{document.pk}/download/", {"format": "xlsx"})
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))


def words(client, document) -> str:
    response = client.get(f"/documents/{document.pk}/download/", {"format": "docx"})
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        return archive.read("word/document.xml").decode()


def test_the_city_report_says_what_the_figures_say(cast, client_of, issue):
    document = issue(START + timedelta(days=1))
    content = report_of(document).content
    assert content["figures"]["resolved"] == 3 * (
        GOOD["resolved_early"] + GOOD["resolved_on_time"] + GOOD["resolved_overdue"]
    )
    (group,) = content["ranking"]
    assert [row[0] for row in group["rows"]] == [1, 1], "a tie shares the place"
    assert content["missing"] == [["HN-NV", "Sở Nội vụ"]]
    assert not content["comparable"]
    assert sum(row["overdue"] for row in content["fields"]) == 2 * GOOD["resolved_overdue"]
    assert [label for label, *_counts in content["trend"]] == ["2026-Q2", "2026-Q3"]
    assert {one["code"]: one["version"] for one in content["formulas"]}["D2"] == 1
    text = words(client_of(cast.lanhdao), document)
    for part in ("Tỷ lệ giải quyết đúng hạn", "Phụ lục I", "1=", document.content_hash, content["data_version"]):
        assert part in text


def test_the_page_on_an_agency_is_one_page_and_its_details_follow(cast, client_of, issue):
    type(cast.khcn).objects.filter(pk=cast.khcn.pk).update(
        name="Ban Quản lý Đầu tư và Xây dựng Khu đô thị và các khu công nghiệp công nghệ cao Hòa Lạc"
    )
    cast.khcn.refresh_from_db()
    document = issue(START + timedelta(days=1), scope="agency", agency=cast.khcn)
    response = client_of(cast.lanhdao).get(f"/documents/{document.pk}/download/")
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=b"".join(response.streaming_content), capture_output=True, check=True
    )
    first, second = done.stdout.decode().split("\f")[:2]
    for part in ("Xếp hạng", "kiến nghị đang mở", "Mã kiểm tra"):
        assert part in first
    for part in ("Số:", "Nơi nhận", "Trên đây"):
        assert part not in first
    assert "Phụ lục" in second


def test_three_files_of_the_same_values_name_the_same_hash(cast, client_of, issue):
    document = issue(START + timedelta(days=1))
    client = client_of(cast.lanhdao)
    report = report_of(document)
    assert document.content_hash == report.sha256 == content_hash(report.content)
    assert report.sha256 in words(client, document)
    assert report.sha256 in build(document).html
    book = sheets(client, document)
    about = dict(book["Tổng hợp"].iter_rows(values_only=True))
    assert about["SHA-256 của nội dung"] == report.sha256
    rows = list(book["Tỷ lệ"].iter_rows(min_row=2, values_only=True))
    code, _meaning, version, upper, lower, rate, left_out = rows[0][:7]
    assert (code, version, left_out) == ("D2", 1, 0)
    assert (type(upper), type(lower), type(rate)) == (int, int, float)
    assert rate == pytest.approx(upper / lower, abs=1e-6)
    counts = [cell for row in book["Số liệu đơn vị"].iter_rows(min_row=2, min_col=4) for cell in row]
    assert {cell.data_type for cell in counts} == {"n"}
    first = client.get(f"/documents/{document.pk}/download/?format=xlsx")
    again = client.get(f"/documents/{document.pk}/download/?format=xlsx")
    assert b"".join(first.streaming_content) == b"".join(again.streaming_content)


def test_an_issued_report_keeps_what_it_said(cast, client, client_of, figures, issue):
    document = issue(START + timedelta(days=1))
    check = f"/check/{document.content_hash[:32]}/"
    assert "còn giá trị" in client.get(check).content.decode()
    kept = report_of(document).content
    adjust(cast, figures, START + timedelta(days=4))
    page = client.get(check).content.decode()
    assert f"{SAID} 05/10/2026" in page and "còn giá trị" not in page
    render_again = build(document)
    assert content_hash(render_again.fingerprint) == document.content_hash
    assert report_of(document).content == kept
    newer = issue(START + timedelta(days=5))
    assert newer.content_hash != document.content_hash
    assert "06/10/2026" in client.get(check).content.decode(), "replaced by"
    assert SAID in client_of(cast.lanhdao).get(f"/documents/{document.pk}/").content.decode()
    assert SAID not in client.get(f"/check/{newer.content_hash[:32]}/").content.decode()
    restated = report_of(newer).content["restated"]
    assert [(row["agency"], row["day"], row["reason"]) for row in restated] == [("Sở KH&CN", "2026-10-05", "Thiếu sổ")]


def test_as_known_on_a_day_tells_what_was_known_then(cast, client_of, figures, issue):
    first = issue(START + timedelta(days=1))
    adjust(cast, figures, START + timedelta(days=4))
    now = issue(START + timedelta(days=6))
    then = issue(START + timedelta(days=6), known_on="03/10/2026")
    one, two, three = (report_of(document).content for document in (first, now, then))
    for part in ("figures", "rates", "agencies", "ranking", "fields", "trend", "completeness"):
        assert three[part] == one[part], part
    assert two["figures"] != one["figures"]
    assert "03/10/2026" in then.title and then.content_hash != first.content_hash


def test_the_difference_names_each_figure_and_why(cast, client_of, figures, period_q, issue):
    old = issue(START + timedelta(days=1))
    adjust(cast, figures, START + timedelta(days=4))
    with time_machine.travel(START + timedelta(days=5), tick=False):
        make_return(cast.ttr, period_q)
        tally.recompute_all()
    new = issue(START + timedelta(days=6))
    first, second = in_order(report_of(new), report_of(old))
    assert first == report_of(old)
    found = {(row.agency, row.figure): row for row in differences(first, second)}
    changed = found["Sở KH&CN", second.content["labels"]["received"]]
    assert changed.new - changed.old == 70 - GOOD["received_online"]
    assert changed.why == ("Điều chỉnh ngày 05/10/2026: Thiếu sổ",)
    late = found["Thanh tra TP", second.content["labels"]["received"]]
    assert (late.old, late.why) == (None, ("Đến ngày 06/10/2026 mới được chấp nhận",))
    assert not [key for key in found if key[0] == "Sở Ngoại vụ"]
    page = client_of(cast.lanhdao).get(f"/documents/{new.pk}/differences/").content.decode()
    assert "Điều chỉnh ngày 05/10/2026: Thiếu sổ" in page and "Đến ngày 06/10/2026 mới được chấp nhận" in page
    file = client_of(cast.lanhdao).get(f"/documents/{new.pk}/differences/?format=csv")
    lines = b"".join(file.streaming_content).decode().splitlines()
    assert len(lines) == 1 + len(found)
    assert any(line.startswith("Sở KH&CN,") and "Điều chỉnh ngày 05/10/2026: Thiếu sổ" in line for line in lines)
    assert client_of(cast.tuan).get(f"/documents/{new.pk}/differences/?format=csv").status_code == 404


def test_a_void_return_is_told_too(cast, client, figures, issue):
    old = issue(START + timedelta(days=1))
    with time_machine.travel(START + timedelta(days=2), tick=False):
        RETURNS.perform(figures, "propose_void", by=cast.quan, reason="Nhầm kỳ")
        RETURNS.perform(figures, "void", by=cast.mai, reason="Nhầm kỳ")
        tally.recompute_stale()
    assert SAID in client.get(f"/check/{old.content_hash[:32]}/").content.decode()
    new = issue(START + timedelta(days=3))
    why = {row.why for row in differences(report_of(old), report_of(new)) if row.agency == "Sở KH&CN"}
    assert why == {("Hủy ngày 03/10/2026: Nhầm kỳ",)}


def test_the_agency_page_tells_of_nobody_else(cast, client_of, issue):
    document = issue(START + timedelta(days=1), by=cast.lan, scope="agency", agency=cast.khcn)
    content = report_of(document).content
    assert [row["code"] for row in content["agencies"]] == ["HN-KHCN"]
    assert content["ranking"] == [{"kind": content["ranking"][0]["kind"], "place": 1, "tied": 2, "size": 2}]
    assert "Sở Ngoại vụ" not in words(client_of(cast.lan), document)
    for name, status in (("lan", 200), ("minh", 200), ("lanhdao", 200), ("tuan", 404), ("hoa", 404), ("admin", 404)):
        for address in ("", "download/", "download/?format=xlsx", "differences/"):
            assert client_of(getattr(cast, name)).get(f"/documents/{document.pk}/{address}").status_code == status


def test_a_city_report_is_for_those_who_read_the_city(cast, client_of, period_q, issue):
    document = issue(START + timedelta(days=1))
    for name, status in (("quan", 200), ("kiemtoan", 200), ("lan", 404), ("tuan", 404), ("hoa", 404), ("admin", 404)):
        for address in ("", "download/?format=xlsx", "differences/"):
            assert client_of(getattr(cast, name)).get(f"/documents/{document.pk}/{address}").status_code == status
    sent = {"scope": "city", "agency": cast.hn.pk, "period": period_q.pk}
    assert client_of(cast.lan).post(NEW, sent).status_code == 422
    assert client_of(cast.lan).post(NEW, sent | {"scope": "agency", "agency": cast.ngv.pk}).status_code == 422
    assert Report.objects.count() == 1


def test_rights_are_asked_when_the_worker_begins(cast, client_of, figures, period_q):
    sent = {"scope": "agency", "agency": cast.khcn.pk, "period": period_q.pk}
    response = client_of(cast.lan).post(NEW, sent)
    Role.objects.filter(person=cast.lan).delete()
    document = Document.objects.get()
    render_document(str(document.pk))
    document.refresh_from_db()
    assert (response.status_code, document.state) == (302, JobState.FAILED)
    assert not report_of(document).sha256


@pytest.mark.parametrize(
    "sent",
    [{"known_on": "01/01/2099"}, {"known_on": "14/09/2026"}, {"agency": "khcn"}, {"scope": "x"}, {"period": "0"}],
)
def test_what_cannot_be_asked_is_refused(cast, client_of, figures, period_q, sent):
    whole = {"scope": "city", "agency": cast.hn.pk, "period": period_q.pk} | sent
    if whole["agency"] == "khcn":
        whole["agency"] = cast.khcn.pk
    assert client_of(cast.quan).post(NEW, whole).status_code == 422
    assert not Report.objects.exists()


def test_the_same_report_in_work_is_not_asked_twice(cast, client_of, figures, period_q):
    sent = {"scope": "city", "agency": cast.hn.pk, "period": period_q.pk}
    client = client_of(cast.quan)
    assert client.post(NEW, sent).url == client.post(NEW, sent).url
    assert (Report.objects.count(), Document.objects.count()) == (1, 1)
