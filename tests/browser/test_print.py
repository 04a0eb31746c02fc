"""What leaves the printer: the overview of a full city on one sheet, with nothing cut off at its edge."""

import io
from datetime import timedelta

import pikepdf
import pytest
from django.utils import timezone

from agencies.models import Agency
from dossiers import tally
from dossiers.models import Return
from inspections.models import Recommendation
from procedures.models import AgencyProcedure, Field, Procedure
from reports.tally.overview import LATE_SHOWN, ROWS_AT_ONCE
from tests.browser.test_accessibility import session_cookie
from tests.builders import GOOD, make_return

# Wider than the paper, whatever it is inside of.
CUT_OFF = """() => [...document.querySelectorAll("main *")]
  .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .filter((one) => !one.closest("svg, .visually-hidden"))
  .map((one) => `${one.tagName} ${one.className}`)"""
PAPER = {"width": 703, "height": 1047}  # A4 without its margins, in pixels of 1/96 inch


@pytest.fixture
def full_city(cast, world, period_q):
    """As many rows in every section as it ever shows: ranked departments, late fields and procedures, promises."""
    late = GOOD | {"resolved_on_time": 20, "resolved_overdue": 20}
    procedures = []
    for number in range(6):
        field = Field.objects.create(code=f"F{number}", name=f"Lĩnh vực có tên gọi khá dài trên giấy số {number}")
        name = f"Thủ tục cấp, cấp lại, gia hạn giấy phép có tên dài hơn một dòng trên trang in, số {number}"
        procedures.append(Procedure.objects.create(code=f"9.0000{number}", name=name, field=field, level="province"))
    for number in range(ROWS_AT_ONCE + 2):
        name = f"Sở thử in số {number}"
        agency = Agency.objects.create(
            code=f"HN-IN{number:02}", name=name, short_name=name, kind="department", parent=cast.hn
        )
        AgencyProcedure.objects.bulk_create(AgencyProcedure(agency=agency, procedure=one) for one in procedures)
        make_return(agency, period_q, [late] * 6, procedures=procedures)
    for number in range(LATE_SHOWN):
        Recommendation.objects.create(
            visit=world.visit,
            agency=cast.khcn,
            created_by=cast.khoa,
            text=f"Kiện toàn bộ phận một cửa, bố trí công chức dự phòng khi có người vắng mặt, lần thứ {number}",
            state="issued",
            due=timezone.localdate() - timedelta(days=number + 1),
        )
    tally.recompute_all()
    assert Return.objects.filter(period=period_q).count() > ROWS_AT_ONCE
    return period_q


@pytest.mark.parametrize("formula", ["D2", "online_share"])
def test_the_overview_is_one_sheet(cast, client_of, full_city, live_server, page, formula):
    page.context.add_cookies([session_cookie(client_of(cast.lanhdao), live_server.url)])
    page.goto(f"{live_server.url}/overview/?period={full_city.label}&formula={formula}")
    assert page.locator(".overview-ranking tbody tr").count() == ROWS_AT_ONCE
    assert page.locator(".overview-promises li").count() == LATE_SHOWN
    with pikepdf.open(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True))) as book:
        assert len(book.pages) == 1
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print")
    assert page.evaluate(CUT_OFF) == []


def test_no_table_is_wider_than_the_paper(cast, client_of, full_city, world, live_server, page):
    page.context.add_cookies([session_cookie(client_of(cast.quan), live_server.url)])
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print")
    procedure = world.procedures[0]
    paths = (
        f"/agencies/{cast.khcn.code}/",
        f"/agencies/{cast.khcn.code}/series/",
        f"/periods/{full_city.label}/figures/",
        f"/procedures/{procedure.code}/figures/",
        f"/fields/{procedure.field_id}/",
        "/series/",
        "/claims/",
        "/review/",
        "/returns/",
        "/recommendations/board/",
        "/plans/coverage/",
    )
    for path in paths:
        assert page.goto(f"{live_server.url}{path}").status == 200
        assert page.locator("main table").count(), path
        assert page.evaluate(CUT_OFF) == [], path
