"""The overview: who may see it, what it says, where it leads."""

import csv
import html
import io
import re
from datetime import date, timedelta
from urllib.parse import parse_qs

import pytest
from django.core.cache import cache
from django.core.management import call_command

from agencies.choices import SuccessionKind
from agencies.models import Succession
from cchc_portal.lib.numbers import format_count
from dossiers import rules, tally
from dossiers.choices import FIGURE_LABELS, FORMULA_NAMES
from dossiers.models import Line, Period, Return
from reports.tally.completeness import KindCompleteness
from reports.tally.overview import city
from reports.views import overview
from tests.builders import GOOD, make_published, make_return


@pytest.fixture
def before(period_q) -> Period:
    """The quarter before the one of the cast."""
    return Period.objects.create(
        label="2026-Q2", kind="quarter", first_day=date(2026, 3, 15), last_day=date(2026, 6, 14)
    )


@pytest.fixture
def sums(cast, period_q, before, procedures_khcn):
    """Two agencies accepted in both quarters; HN-KHCN falls from 88/90 to 880/990, far beyond chance."""
    big = GOOD | {"received_online": 950, "resolved_early": 500, "resolved_on_time": 380, "resolved_overdue": 110}
    make_return(cast.khcn, before, [GOOD | {"resolved_overdue": 2}], procedures=procedures_khcn)
    make_return(cast.khcn, period_q, [big], procedures=procedures_khcn)
    make_return(cast.ngv, period_q, [GOOD])
    tally.recompute_all()


def test_leader_sees_rate_with_basis_and_formula(cast, client_of, sums):
    page = client_of(cast.lanhdao).get("/overview/").content.decode()
    # 880 + 88 in time of 990 + 90 resolved: 968/1080 = 89,63 %.
    assert "89,6%" in page
    assert "968/1.080" in page
    assert "D2: " in page


def test_change_is_told_with_the_value_before(cast, client_of, sums):
    page = client_of(cast.lanhdao).get("/overview/?formula=D2").content.decode()
    assert "giảm" in page
    assert "97,8%" in page  # 88/90 in the quarter before


def test_ranking_is_dense_and_names_the_size_of_the_group(cast, client_of, sums):
    page = client_of(cast.lanhdao).get("/overview/").content.decode()
    assert page.index("Sở Ngoại vụ") < page.index("Sở KH&amp;CN")
    assert "2 đơn vị được xếp hạng" in page


@pytest.mark.parametrize("name", ["lan", "minh", "tuan", "hoa", "admin"])
def test_others_have_no_such_page(cast, client_of, sums, name):
    assert client_of(getattr(cast, name)).get("/overview/").status_code == 403


@pytest.mark.parametrize("name", ["lanhdao", "quan", "kiemtoan"])
def test_oversight_may_open_it(cast, client_of, sums, name):
    assert client_of(getattr(cast, name)).get("/overview/").status_code == 200


def test_anonymous_is_sent_to_the_sign_in(client, sums):
    answer = client.get("/overview/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


@pytest.mark.parametrize("query", ["period=2031-Q1", "formula=D9"])
def test_unknown_period_or_formula_is_not_found(cast, client_of, sums, query):
    assert client_of(cast.lanhdao).get(f"/overview/?{query}").status_code == 404


def test_empty_portal_says_so(cast, client_of):
    answer = client_of(cast.lanhdao).get("/overview/")
    assert answer.status_code == 200
    assert "Chưa có báo cáo nào được tiếp nhận" in answer.content.decode()


def test_a_new_acceptance_is_shown_at_once_after_the_sums(cast, client_of, sums, period_q):
    client = client_of(cast.lanhdao)
    assert "968/1.080" in client.get("/overview/").content.decode()
    make_return(cast.nv, period_q, [GOOD])
    tally.mark_stale(cast.nv.pk, period_q.pk)
    call_command("compute_rates")
    assert "1.056/1.170" in client.get("/overview/").content.decode()


def test_rest_of_the_ranking_comes_on_demand(cast, client_of, sums):
    client = client_of(cast.lanhdao)
    answer = client.get("/overview/?ranking=all", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    assert "HX-Request" in answer["Vary"]


def test_undefined_rate_prints_a_dash_and_is_not_ranked(cast, client_of, period_q):
    nothing = dict.fromkeys(GOOD, 0)
    make_return(cast.khcn, period_q, [nothing])
    tally.recompute_all()
    page = client_of(cast.lanhdao).get("/overview/").content.decode()
    assert "Chưa có tỷ lệ, không xếp hạng" in page
    number = page[page.index('<p class="overview-number">') :]
    number = number[: number.index("</p>")]
    assert "–" in number
    assert "%" not in number.replace("D2: ", "")


def test_the_spread_between_formulas_and_who_turns_are_marked(cast, client_of, sums):
    """HN-KHCN: D2 880/990, D1 880/(950 received online + others); the other agency stands the other way round."""
    page = client_of(cast.lanhdao).get("/overview/").content.decode()
    assert "Theo D1–D5, cùng một số liệu cho kết quả từ" in page
    standings = tally.standings(
        tally.ranking(Period.objects.get(label="2026-Q3"), "D2", kinds=["department"])[0],
        Period.objects.get(label="2026-Q3"),
        "D2",
    )
    assert page.count("thứ tự đổi theo công thức") == sum(one.flips for one in standings.values())
    assert any(one.flips for one in standings.values())


def test_an_agency_that_counts_only_how_many_came_online_is_ranked_by_that(cast, client_of, period_q):
    make_published(cast.ngv, period_q.label, received_online=4_719, stated_received=5_441)
    tally.recompute_all()
    page = client_of(cast.lanhdao).get("/overview/?formula=online_share").content.decode()
    assert "4.719/5.441" in page
    assert "86,7%" in page
    assert "<td>–</td>" in page  # no place under any of D1–D5


def test_the_ranking_is_a_file_with_formula_and_basis(cast, client_of, sums):
    client = client_of(cast.lanhdao)
    assert "format=csv" in client.get("/overview/").content.decode()
    answer = client.get("/overview/?formula=D2&format=csv")
    head, *rows = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    row = dict(zip(head, rows[0], strict=True))
    assert (row["Mã"], row["Hạng"], row["Công thức"]) == ("HN-NGV", "1", "D2")
    assert (row["Tử số"], row["Mẫu số"], len(rows)) == ("88", "90", 2)
    assert client.get("/overview/?formula=D2&format=xlsx").status_code == 200
    assert client_of(cast.lan).get("/overview/?format=csv").status_code == 403


def test_every_part_of_the_overview_is_a_file_too(cast, client_of, sums, period_q):
    client = client_of(cast.lanhdao)

    def rows(name):
        told = client.get("/overview/", {"formula": "D1", "rows": name, "format": "csv"})
        return list(csv.DictReader(io.StringIO(told.getvalue().decode("utf-8-sig"))))

    page = client.get("/overview/?formula=D1").content.decode()
    links = re.findall(r'href="\?([^"]*format=csv[^"]*)"', html.unescape(page))
    assert {"".join(parse_qs(link).get("rows", [])) for link in links} == {
        "",
        "formulas",
        "trend",
        "completeness",
        "late",
    }
    assert all(client.get(f"/overview/?{link}").status_code == 200 for link in links)
    formulas = page[page.index("overview-formulas") :]
    assert [row["Công thức"] for row in rows("formulas")] == list(rules.FORMULAS)
    for row in rows("formulas"):
        assert f"{format_count(int(row['Tử số']))}/{format_count(int(row['Mẫu số']))}" in formulas, row
    *_before, last = rows("trend")
    assert last == next(row for row in rows("formulas") if row["Công thức"] == "D1")
    # HN-NGV handles no procedure and so owes nothing.
    assert sum(int(row["đã tiếp nhận"]) for row in rows("completeness")) == 1
    late = rows("late")
    assert len({row["Bảng"] for row in late}) == 2
    overdue = [str(FIGURE_LABELS[name]) for name in ("resolved_overdue", "pending_overdue")]
    assert all(sum(int(row[name]) for name in overdue) for row in late)
    assert client.get("/overview/?rows=nothing&format=csv").status_code == 404


def dashed(page: str) -> str:
    """The chart of the trend with what is written under it."""
    return page[page.index("overview-trend") : page.index("chart-table")]


def test_the_trend_marks_the_day_on_which_agencies_changed(cast, client_of, sums, before, period_q):
    """The city's total goes on across a merger; an agency's own line is parted, and no change is told of it."""
    client = client_of(cast.lanhdao)
    agency = f"/agencies/{cast.khcn.code}/?period={period_q.label}"
    assert "Vạch đứt" not in dashed(client.get("/overview/").content.decode())
    whole = dashed(client.get(agency).content.decode())
    assert whole.count("<polyline") == 1 and "D2 giảm từ" in whole
    Succession.objects.create(
        predecessor=cast.tttt, successor=cast.khcn, effective_date=period_q.first_day, kind=SuccessionKind.MERGE
    )
    Succession.objects.create(
        predecessor=cast.nv, successor=cast.ttr, effective_date=before.first_day, kind=SuccessionKind.MERGE
    )
    Succession.objects.create(
        predecessor=cast.ngv, successor=cast.ngv, effective_date=period_q.first_day, kind=SuccessionKind.RENAME
    )
    cache.clear()
    city = dashed(client.get("/overview/").content.decode())
    assert f"{period_q.first_day:%d/%m/%Y}" in city and "Vạch đứt" in city and city.count("<polyline") == 1
    # Before the first period that is drawn.
    assert f"{before.first_day:%d/%m/%Y}" not in city
    own = dashed(client.get(agency).content.decode())
    assert f"{period_q.first_day:%d/%m/%Y}" in own and own.count("<polyline") == 0
    assert "D2 giảm từ" not in own and "Cơ cấu của đơn vị đã khác" in own
    renamed = client.get(f"/agencies/{cast.ngv.code}/?period={period_q.label}").content.decode()
    assert "Vạch đứt" not in dashed(renamed)


def test_who_sent_late_is_told_by_group(cast, client_of, sums, period_q):
    Return.objects.filter(agency=cast.khcn, period=period_q).update(approved_at=period_q.due_at + timedelta(seconds=1))
    client = client_of(cast.lanhdao)

    def late():
        told = client.get("/overview/", {"rows": "completeness", "format": "csv"}).getvalue().decode("utf-8-sig")
        return [row["gửi muộn"] for row in csv.DictReader(io.StringIO(told))]

    assert set(late()) == {"1"}
    Return.objects.filter(agency=cast.khcn, period=period_q).update(approved_at=period_q.due_at)
    assert set(late()) == {"0"}
    # Loaded without its instants: nobody knows, which is not none.
    Return.objects.filter(agency=cast.khcn, period=period_q).update(history=True)
    assert set(late()) == {""}


def test_who_has_reported_is_a_heat_map():
    """Darker with the share of those owed; none and not known are left white."""
    shares = {0: 0, 1: 1, 25: 1, 26: 2, 50: 2, 51: 3, 75: 3, 76: 4, 100: 4, None: 0}
    for number, shade in shares.items():
        row = KindCompleteness("ward", "", owed=100, late=number, accepted=0, approved=0, submitted=0, draft=0)
        assert row.heat == [(0, 0), (0, 0), (0, 0), (100, 4), (number, shade)]
    row = KindCompleteness("ward", "", owed=10, late=1, accepted=4, approved=3, submitted=1, draft=1)
    assert row.heat == [(4, 2), (3, 2), (2, 1), (1, 1), (1, 1)]


def test_the_heat_map_stands_on_the_page(cast, client_of, sums):
    page = client_of(cast.lanhdao).get("/overview/").content.decode()
    table = page[page.index("overview-completeness") : page.index("overview-promises")]
    # HN-KHCN alone owes a return, and it is accepted.
    assert re.findall(r'class="number heat-(\d)">([^<]*)<', table)[0] == ("4", "1")


@pytest.mark.parametrize("formula", [code for code in rules.FORMULAS if not code.startswith("D")])
def test_shares_are_called_by_words(cast, client_of, sums, period_q, formula):
    client = client_of(cast.lanhdao)
    for path in ("/overview/", f"/periods/{period_q.label}/figures/", f"/agencies/{cast.khcn.code}/"):
        page = client.get(path, {"formula": formula}).content.decode()
        assert str(FORMULA_NAMES[formula]) in page, path
        assert formula not in re.sub(r"<[^>]*>", "", page), path


def test_presented_page_keeps_the_choice(cast, client_of, sums):
    client = client_of(cast.lanhdao)
    page = client.get("/overview/?formula=D1&present=1").content.decode()
    assert "page--present" in page and 'href="?formula=D1"' in page
    assert "page--present" not in client.get("/overview/?formula=D1").content.decode()


def test_sums_that_arrive_while_the_page_is_made_do_not_tear_it(cast, client_of, sums, period_q, monkeypatch):
    """The city's sums were read before them, the ranks after: the page is made again and both are of after."""
    item = Return.objects.get(agency=cast.ngv, period=period_q)
    Line.objects.filter(of=item).update(resolved_early=8, resolved_on_time=0)
    tally.mark_stale(item.agency_id, item.period_id)
    read_sums = overview._chosen

    def sums_arrive_after_those_of_the_city(*args):
        choice = read_sums(*args)
        tally.recompute_stale()
        return choice

    monkeypatch.setattr(overview, "_chosen", sums_arrive_after_those_of_the_city)
    page = client_of(cast.lanhdao).get("/overview/").content.decode()
    assert "888/1.000" in page
    assert '<td class="number">8/10' in page


def test_the_city_knows_the_same_period_before_as_the_ranking(cast, sums, period_q):
    """Two periods may end on one day, an earlier edition and a later one; a gap has none before it."""
    eve = period_q.first_day - timedelta(days=1)
    for label in ("0000-Q1-a", "9999-Q1-z"):
        Period.objects.create(
            label=label, kind=period_q.kind, calendar=period_q.calendar, first_day=date(2000, 1, 1), last_day=eve
        )
    found = city(cast.hn)
    assert found.before(period_q) is not None
    for period in Period.objects.all():
        assert found.before(period) == tally.period_before(period)
