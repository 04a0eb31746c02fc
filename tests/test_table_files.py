"""Tables of pages that are no plain list: each goes out as CSV and as workbook, to whoever reads the page."""

import csv
import io
from datetime import date, datetime, timedelta

import openpyxl
import pytest
from django.utils import timezone

from agencies.choices import TokenScope
from agencies.models import ApiToken
from dossiers.models import Extension, UnusualRun
from dossiers.workflow import ADJUSTMENTS, propose_adjustment
from inspections.models import Recommendation
from procedures.models import AgencyProcedure, Decision, OnlineLevel
from reports.models import Look
from tests.builders import GOOD, make_flag, make_return
from tests.cast import HANOI
from tests.world import make_visit


def csv_of(client, address: str) -> list[dict]:
    answer = client.get(f"{address}format=csv")
    assert answer.status_code == 200, address
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def made(cast, period_q, procedures_khcn) -> dict[str, str]:
    """Something on every page; what stands for what in the addresses below."""
    item = make_return(cast.khcn, period_q, [GOOD], procedures=procedures_khcn, created_by=cast.lan)
    adjustment = propose_adjustment(item, {item.lines.get().pk: {"received_online": 65}}, reason="Đếm lại", by=cast.lan)
    ADJUSTMENTS.perform(adjustment, "sign", by=cast.minh)
    until = datetime(2099, 3, 1, tzinfo=HANOI)
    Extension.objects.create(agency=cast.khcn, period=period_q, until=until, reason="=1+1", granted_by=cast.quan)
    failed = UnusualRun.objects.create(of=item, period=period_q, state="failed", error="ValueError: bí mật")
    procedure = procedures_khcn[0]
    OnlineLevel.objects.create(procedure=procedure, scale="level_2011", value="3")
    Decision.objects.create(procedure=procedure, kind="published", date=date(2024, 5, 6), number="12/QĐ")
    expires = timezone.now() + timedelta(days=9)
    ApiToken.objects.issue(person=cast.lan, agency=cast.khcn, scope=TokenScope.READ, expires_at=expires, by=cast.admin)
    visit = make_visit(cast, period_q)
    late = {"due": timezone.localdate() - timedelta(days=1), "state": "in_progress", "issued_at": timezone.now()}
    Recommendation.objects.create(visit=visit, agency=cast.khcn, text="Niêm yết lại", **late)
    return {
        "adjustment": adjustment.pk,
        "flag": make_flag(item).pk,
        "procedure": procedure.code,
        "lan": cast.lan.pk,
        "job": failed.pk,
        "day": f"{timezone.localdate() - timedelta(days=5):%Y-%m-%d}",
    }


# address, who reads it, who does not and what they are told, what its first row says
TABLES = [
    ("/extensions/new/?", "quan", {"lan": 403, "kiemtoan": 403}, {"Mã cơ quan": "HN-KHCN", "Kỳ báo cáo": "2026-Q3"}),
    ("/admin/jobs/?of=unusual&", "admin", {"quan": 403, "lan": 403}, {"Lỗi": "ValueError", "Trạng thái": "bị lỗi"}),
    ("/admin/tokens/?", "admin", {"quan": 403, "lan": 403}, {"Mã cơ quan": "HN-KHCN"}),
    ("/admin/people/{lan}/?rows=roles&", "admin", {"lan": 403, "tuan": 403}, {"Mã cơ quan": "HN-KHCN"}),
    ("/procedures/{procedure}/?rows=handlers&", "tuan", {}, {"Mã cơ quan": "HN-KHCN"}),
    ("/procedures/{procedure}/?rows=levels&", "tuan", {}, {"Mức độ": "3"}),
    ("/procedures/{procedure}/?rows=decisions&", "tuan", {}, {"Ngày": "2024-05-06", "Số": "12/QĐ"}),
    ("/review/?", "quan", {"lan": 403, "lanhdao": 403}, {"Mã cơ quan": "HN-KHCN", "Quý III/2026": "đã tiếp nhận"}),
    ("/review/unusual/{flag}/?rows=parts&", "lan", {"tuan": 404}, {"Chỉ tiêu": "900", "Thường gặp đến": "130"}),
    ("/adjustments/{adjustment}/?rows=cells&", "quan", {"tuan": 404}, {"Số mới": "65"}),
    ("/adjustments/{adjustment}/?rows=effect&", "minh", {"tuan": 404}, {"Số cũ": "100", "Số mới": "105"}),
    ("/changes/?since={day}&", "lanhdao", {"admin": 403}, {"Trang": "/recommendations/1/"}),
]


@pytest.mark.parametrize(("address", "reader", "others", "told"), TABLES, ids=[row[0] for row in TABLES])
def test_a_table_goes_out_to_whoever_reads_the_page(cast, client_of, made, address, reader, others, told):
    address = address.format(**made)
    client = client_of(getattr(cast, reader))
    page = client.get(address).text
    assert "format=csv" in page and "format=xlsx" in page
    (row, *_more) = csv_of(client, address)
    for name, value in told.items():
        if name != "Trang":
            assert row[name] == value, row
    assert all(name in row for name in told), row
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{address}format=xlsx").getvalue()), read_only=True)
    heads = [cell.value for cell in next(iter(book.active.iter_rows(max_row=1)))]
    assert heads == list(row)
    for name, status in others.items():
        assert client_of(getattr(cast, name)).get(f"{address}format=csv").status_code == status


def test_a_table_that_the_page_does_not_have_is_not_found(cast, client_of, made):
    for address in ("/procedures/{procedure}/", "/adjustments/{adjustment}/", "/review/unusual/{flag}/"):
        for rows in ("", "rows=nothing&", "rows=__class__&"):
            assert client_of(cast.quan).get(f"{address.format(**made)}?{rows}format=csv").status_code == 404


def test_what_is_typed_stays_text_and_what_failed_stays_unquoted(cast, client_of, made):
    (row,) = csv_of(client_of(cast.quan), "/extensions/new/?")
    assert row["Lý do"] == "'=1+1"
    (row,) = csv_of(client_of(cast.admin), "/admin/jobs/?of=unusual&")
    assert "bí mật" not in str(row)


def test_all_extensions_go_out_though_the_page_shows_the_last_ones(cast, client_of, made, period_q):
    until = datetime(2099, 3, 1, tzinfo=HANOI)
    for _number in range(35):
        Extension.objects.create(agency=cast.ngv, period=period_q, until=until, reason="x", granted_by=cast.quan)
    client = client_of(cast.quan)
    assert len(csv_of(client, "/extensions/new/?")) == 36
    assert "36 dòng" in client.get("/extensions/new/").text


def test_taking_the_changes_away_is_no_look(cast, client_of, made):
    client = client_of(cast.lanhdao)
    client.get(f"/changes/?since={made['day']}&format=csv")
    assert not Look.objects.exists()
    client.get("/changes/?since=2026-01-01")
    assert Look.objects.exists()


def test_agencies_of_every_page_stand_in_the_matrix_file(cast, client_of, made, procedures_khcn):
    for agency in (cast.ngv, cast.nv):
        AgencyProcedure.objects.create(agency=agency, procedure=procedures_khcn[0])
    assert len(csv_of(client_of(cast.quan), "/review/?")) == 3
    assert [row["Mã cơ quan"] for row in csv_of(client_of(cast.quan), "/review/?q=ngoai+vu&")] == ["HN-NGV"]
