"""The profiles of procedures, fields, periods and agencies: what they say, to whom, and what can be downloaded."""

import csv
import html
import io
import re
from datetime import date, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dossiers import rules, tally
from dossiers.choices import ReturnState
from dossiers.models import Period, ProcedureSum, Return
from procedures.models import AgencyProcedure
from reports.tally.field import by_field, most_late
from tests.builders import GOOD, make_return
from tests.cast import HANOI

LATE = GOOD | {"resolved_on_time": 20, "resolved_overdue": 20}


@pytest.fixture
def reported(cast, period_q, procedures_khcn):
    """HN-KHCN reports on all its procedures, HN-NGV on the first of them with twenty resolved overdue."""
    AgencyProcedure.objects.create(agency=cast.ngv, procedure=procedures_khcn[0])
    late = period_q.due_at + timedelta(days=2, hours=1)
    made = make_return(
        cast.khcn, period_q, [GOOD] * 5, procedures=procedures_khcn, approved_at=period_q.due_at - timedelta(hours=1)
    )
    make_return(cast.ngv, period_q, [LATE], procedures=procedures_khcn[:1], approved_at=late)
    tally.recompute_all()
    return made


def page_of(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.getvalue().decode()


def table(client, path: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(page_of(client, path).removeprefix("\ufeff"))))


def test_a_procedure_shows_all_agencies_most_overdue_first(cast, client_of, reported, procedures_khcn, period_q):
    page = page_of(client_of(cast.lanhdao), f"/procedures/{procedures_khcn[0].code}/figures/")
    # 88 of 90 and 70 of 90 in time: 158/180.
    assert "158/180" in page
    assert "87,8%" in page
    rows = page[page.index('id="agencies"') :]
    assert rows.index(cast.ngv.name) < rows.index(cast.khcn.name.replace("&", "&amp;"))
    assert "70/90" in rows


def test_without_a_period_the_latest_with_figures_is_shown(cast, client_of, reported, procedures_khcn, period_q):
    after = Period.objects.create(
        label="2026-Q4", kind="quarter", first_day=date(2026, 9, 15), last_day=date(2026, 12, 14)
    )
    make_return(cast.ngv, after, [GOOD], procedures=procedures_khcn[1:2])
    tally.recompute_all()
    client = client_of(cast.lanhdao)
    first, second = (f"/procedures/{procedures_khcn[number].code}/figures/" for number in (0, 1))
    assert "158/180" in page_of(client, first)
    assert "158/180" not in page_of(client, f"{first}?period={after.label}")
    newest = page_of(client, second)
    assert cast.ngv.name in newest[newest.index('id="agencies"') :]


def test_whoever_reads_one_agency_sees_its_row_alone(cast, client_of, reported, procedures_khcn):
    page = page_of(client_of(cast.lan), f"/procedures/{procedures_khcn[0].code}/figures/")
    assert "88/90" in page
    assert "158/180" not in page
    assert cast.ngv.name not in page
    [row] = table(client_of(cast.lan), f"/procedures/{procedures_khcn[0].code}/figures/?format=csv")
    assert cast.khcn.code in row.values()


def test_a_field_adds_its_procedures(cast, client_of, reported, procedures_khcn):
    field = procedures_khcn[0].field
    page = page_of(client_of(cast.lanhdao), f"/fields/{field.pk}/")
    inside = [one for one in procedures_khcn if one.field_id == field.pk]
    in_time, resolved = 88 * len(inside) + 70, 90 * len(inside) + 90
    assert f"{in_time}/{resolved}" in page
    assert page.index('id="procedures"') < page.index('id="agencies"')
    assert f"/procedures/{inside[0].code}/figures/?period=" in page


def test_a_period_tells_who_sent_when(cast, client_of, reported, period_q):
    page = page_of(client_of(cast.lanhdao), f"/periods/{period_q.label}/figures/")
    assert "muộn 3 ngày" in page
    assert "510/540" in page  # 5 × 88 + 70 of 6 × 90
    late = page_of(client_of(cast.lanhdao), f"/periods/{period_q.label}/figures/?only=late")
    rows = late[late.index('id="reported"') : late.index('id="fields"')]
    assert cast.ngv.name in rows
    assert "HN-KHCN" not in rows


def test_a_period_stands_in_the_line_of_those_before_it(cast, client_of, reported, period_q, procedures_khcn):
    before = Period.objects.create(
        label="2026-Q2", kind="quarter", first_day=date(2026, 3, 15), last_day=date(2026, 6, 14)
    )
    make_return(cast.khcn, before, [LATE] * 5, procedures=procedures_khcn)
    tally.recompute_all()
    page = page_of(client_of(cast.lanhdao), f"/periods/{period_q.label}/figures/")
    chart = page[page.index("overview-trend") : page.index('id="slice-formulas"')]
    assert "D2 tăng từ 77,8% lên 94,4%" in chart  # 350/450, then 510/540


def test_when_a_loaded_return_was_sent_is_not_made_up(cast, client_of, reported, period_q):
    Return.objects.filter(pk=reported.pk).update(history=True)
    page = page_of(client_of(cast.lanhdao), f"/periods/{period_q.label}/figures/?only=not_known")
    row = page[page.index('id="reported"') : page.index('id="fields"')]
    assert cast.khcn.name.replace("&", "&amp;") in row
    assert '<td class="nowrap">–</td>' in row


def test_a_period_without_a_return_is_told_too(cast, client_of, period_q):
    page = page_of(client_of(cast.lanhdao), f"/periods/{period_q.label}/figures/")
    assert "chưa gửi" in page


def test_drafts_of_others_are_not_known(cast, client_of, period_q, procedures_khcn):
    make_return(cast.khcn, period_q, [GOOD] * 5, procedures=procedures_khcn, state=ReturnState.DRAFT)
    page = page_of(client_of(cast.lanhdao), f"/periods/{period_q.label}/figures/")
    assert "/returns/" not in page[page.index('id="reported"') : page.index('id="fields"')]


def test_exports_say_formula_and_basis(cast, client_of, reported, procedures_khcn, period_q):
    client = client_of(cast.lanhdao)
    paths = (
        f"/procedures/{procedures_khcn[0].code}/figures/",
        f"/fields/{procedures_khcn[0].field_id}/",
        f"/periods/{period_q.label}/figures/",
        f"/agencies/{cast.khcn.code}/",
    )
    for path in paths:
        rows = table(client, f"{path}?format=csv&formula=D1&period={period_q.label}")
        assert rows, path
        filled = [row for row in rows if row["Công thức"]]
        assert {row["Công thức"] for row in filled} == {"D1"}, path
        for row in filled:
            ratio = int(row["Tử số"]) / int(row["Mẫu số"])
            assert abs(float(row["Tỷ lệ"]) - ratio) < 1e-6, path
        assert client.get(f"{path}?format=xlsx&period={period_q.label}").getvalue()[:2] == b"PK"


def test_every_table_of_a_profile_can_be_taken_along(cast, client_of, reported, procedures_khcn, period_q):
    client = client_of(cast.lanhdao)
    beside = {"", "formulas", "trend"}
    pages = {
        f"/procedures/{procedures_khcn[0].code}/figures/": beside,
        f"/fields/{procedures_khcn[0].field_id}/": beside,
        f"/periods/{period_q.label}/figures/": beside | {"fields", "procedures"},
        f"/agencies/{cast.khcn.code}/": beside | {"history"},
    }
    for path, wanted in pages.items():
        page = html.unescape(page_of(client, f"{path}?period={period_q.label}"))
        links = {query for query in re.findall(r'href="(\?[^"]*format=csv[^"]*)"', page)}
        found = {"".join(parse_qs(link[1:]).get("rows", [""])): link for link in links}
        assert set(found) == wanted, path
        for name, link in found.items():
            rows = table(client, path + link)
            assert rows, (path, name)
            assert all(row["Công thức"] or not row["Mẫu số"] for row in rows), (path, name)
        by_formula = {row["Công thức"]: row for row in table(client, path + found["formulas"])}
        assert list(by_formula) == list(rules.FORMULAS), path
        in_time = by_formula["D2"]
        assert f"{in_time['Tử số']}/{in_time['Mẫu số']}" in page
        [*_before, last] = table(client, path + found["trend"])
        assert (last["Kỳ báo cáo"], last["Tử số"]) == (period_q.label, in_time["Tử số"]), path
        assert client.get(f"{path}?rows=nothing&format=csv").status_code == 404


def test_the_tables_of_an_agency_are_for_those_who_read_its_figures(cast, client_of, reported, period_q):
    for name in ("", "history", "formulas", "trend", "claims"):
        query = f"?rows={name}&format=csv&period={period_q.label}"
        allowed = client_of(cast.lan).get(f"/agencies/{cast.khcn.code}/{query}")
        assert allowed["Content-Type"].startswith("text/csv"), name
        refused = client_of(cast.tuan).get(f"/agencies/{cast.khcn.code}/{query}")
        assert refused["Content-Type"].startswith("text/html"), name


def test_an_agency_on_one_page(cast, client_of, reported, period_q):
    page = page_of(client_of(cast.lanhdao), f"/agencies/{cast.khcn.code}/?period={period_q.label}&formula=D1")
    assert "440/500" in page
    assert 'id="lines"' in page
    assert "gửi đúng hạn" in page
    for anchor in ("unusual", "findings", "promises", "visits", "returns", "figures"):
        assert f'id="{anchor}"' in page


def test_an_agency_in_a_period_without_its_return(cast, client_of, reported, period_q):
    page = page_of(client_of(cast.lanhdao), f"/agencies/{cast.ttr.code}/?period={period_q.label}")
    assert 'id="lines"' not in page
    assert client_of(cast.lanhdao).get(f"/agencies/{cast.ttr.code}/?period=2031-Q1").status_code == 404


def test_the_overview_names_where_most_is_overdue(cast, client_of, reported, procedures_khcn):
    page = page_of(client_of(cast.lanhdao), "/overview/")
    card = page[page.index('id="overview-late"') :]
    assert f"/procedures/{procedures_khcn[0].code}/figures/" in card
    # 5 × (2 + 1) and 20 + 1.
    assert "36 hồ sơ quá hạn" in card


@pytest.mark.parametrize("not_known", [None, "resolved_overdue", "pending_overdue"])
def test_most_overdue_is_what_the_tables_of_the_period_say(not_known, cast, reported, procedures_khcn, period_q):
    """Read by one statement each, the same as adding up row by row: also where a count is not known."""
    if not_known:
        ProcedureSum.objects.filter(period=period_q, procedure=procedures_khcn[0]).update(**{not_known: None})
    found = most_late(period_q, cast.hn)
    fields, procedures = by_field(period_q, None, "D2")
    in_fields, in_procedures = ([row for row in rows if row.late] for rows in (fields, procedures))
    assert (found.total, len(in_procedures)) == ((6, 4) if not_known else (36, 5))  # 2 × 3 in the other field
    assert found.total == sum(row.late for row in in_fields)
    for told, rows in ((found.fields, in_fields), (found.procedures, in_procedures)):
        assert [(row.url, row.rate, row.sums["pending_overdue"]) for row in told] == [
            (row.url, row.rate, row.sums["pending_overdue"]) for row in rows
        ]


@pytest.mark.parametrize("path", ["/procedures/{code}/figures/", "/fields/{field}/", "/periods/{period}/figures/"])
def test_nobody_without_an_agency_reads_figures(path, cast, client_of, reported, procedures_khcn, period_q):
    path = path.format(code=procedures_khcn[0].code, field=procedures_khcn[0].field_id, period=period_q.label)
    assert client_of(cast.admin).get(path).status_code == 403
    assert client_of(cast.lan).get(path).status_code == 200


@pytest.mark.parametrize("query", ["?formula=D9", "?period=2031-Q1"])
def test_what_does_not_exist_is_not_found(query, cast, client_of, reported, procedures_khcn):
    client = client_of(cast.lanhdao)
    assert client.get(f"/procedures/{procedures_khcn[0].code}/figures/{query}").status_code == 404
    assert client.get(f"/fields/{procedures_khcn[0].field_id}/{query}").status_code == 404


def test_before_anything_was_accepted(cast, client_of, procedures_khcn, period_q):
    client = client_of(cast.lanhdao)
    assert "Chưa có số liệu" in page_of(client, f"/procedures/{procedures_khcn[0].code}/figures/")
    assert "Chưa có số liệu" in page_of(client, f"/fields/{procedures_khcn[0].field_id}/")


def test_more_rows_cost_no_more_queries(cast, client_of, reported, procedures_khcn, period_q):
    client = client_of(cast.lanhdao)
    paths = (
        f"/procedures/{procedures_khcn[0].code}/figures/",
        f"/fields/{procedures_khcn[0].field_id}/",
        f"/periods/{period_q.label}/figures/",
        f"/agencies/{cast.ngv.code}/",
        "/overview/",
    )

    def cost(path: str) -> int:
        client.get(path)
        cache.clear()
        with CaptureQueriesContext(connection) as told:
            assert client.get(path).status_code == 200
        return len(told.captured_queries)

    few = [cost(path) for path in paths]
    sent = datetime(2026, 9, 20, 9, 0, tzinfo=HANOI)
    for owner in (cast.nv, cast.ttr):
        AgencyProcedure.objects.create(agency=owner, procedure=procedures_khcn[0])
        make_return(owner, period_q, [GOOD] * 5, procedures=procedures_khcn, approved_at=sent)
    tally.recompute_all()
    assert [cost(path) for path in paths] == few
