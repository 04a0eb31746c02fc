"""Series across changes of structure: the pages of one agency and of a city, in three ways."""

from datetime import date

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.models import Agency, Role, Succession
from dossiers import tally as sums
from dossiers.models import Period, Summary
from reports.tally import series as tally
from tests.builders import GOOD, make_return

PAGE = "/agencies/HN-KHCN/series/"
BEFORE = date(2024, 12, 31)
BIG = GOOD | {"received_online": 950, "resolved_early": 500, "resolved_on_time": 380, "resolved_overdue": 110}
BIG |= {"pending_within": 8, "pending_overdue": 2, "carried_over": 20}


def quarter(label: str, first: date, last: date) -> Period:
    return Period.objects.create(label=label, kind="quarter", first_day=first, last_day=last)


@pytest.fixture
def periods(db) -> dict[str, Period]:
    """A quarter before the mergers of 01/03/2025, the one they fall in, and one after."""
    return {
        "old": quarter("2024-Q4", date(2024, 9, 15), date(2024, 12, 14)),
        "mid": quarter("2025-Q1", date(2024, 12, 15), date(2025, 3, 14)),
        "new": quarter("2025-Q2", date(2025, 3, 15), date(2025, 6, 14)),
    }


@pytest.fixture
def merged(cast, periods):
    """HN-TTTT reports 90/100 till it is absorbed by HN-KHCN; its pending of 10 is carried over in the same quarter."""
    make_return(cast.tttt, periods["old"], [GOOD])
    make_return(cast.khcn, periods["old"], [BIG])
    make_return(cast.tttt, periods["mid"], [GOOD])
    make_return(cast.khcn, periods["mid"], [BIG])
    make_return(cast.khcn, periods["new"], [BIG])
    make_return(cast.ngv, periods["new"], [GOOD])
    sums.recompute_all()


@pytest.fixture
def divided(cast, periods):
    """A commune absorbed whole and another divided, both into one new commune; the rest goes to a second."""
    made = {"kind": "commune", "parent": cast.hn}
    closed = made | {"valid_to": date(2025, 2, 28)}
    fresh = made | {"valid_from": date(2025, 3, 1)}
    communes = {
        name: Agency.objects.create(code=f"HN-{name}", name=f"Phường {name}", short_name=f"Phường {name}", **days)
        for name, days in (("A", closed), ("B", closed), ("X", fresh), ("Y", fresh))
    }
    for before, after, kind in (("A", "X", "merge"), ("B", "X", "split"), ("B", "Y", "split")):
        Succession.objects.create(
            predecessor=communes[before], successor=communes[after], effective_date=date(2025, 3, 1), kind=kind
        )
    for name, period in (("A", "old"), ("B", "old"), ("X", "new"), ("Y", "new")):
        make_return(communes[name], periods[period], [GOOD])
    sums.recompute_all()
    return communes


def series_of(agency, **how):
    return tally.agency_series(agency, Agency.objects.all(), timezone.localdate(), **how)


def figures(strand, name="resolved"):
    place = tally.SHOWN_FIGURES.index(name)
    return [point.figures[place] for point in strand.points]


def test_todays_structure_adds_the_counts_of_what_was_absorbed_whole(cast, merged):
    found = series_of(cast.khcn)
    assert figures(found.main) == [90 + 990, 90 + 990, 990]
    assert (found.main.points[0].rate.numerator, found.main.points[0].rate.denominator) == (88 + 880, 90 + 990)
    assert not found.apart
    assert not found.breaks()
    assert [event.together for event in found.main.points[1].events] == [True]


def test_pending_handed_over_inside_a_period_is_counted_once(cast, merged, periods):
    found = series_of(cast.khcn)
    tree = Summary.objects.get(agency=cast.hn, period=periods["mid"], tree=True)
    middle = found.main.points[1]
    assert dict(zip(tally.SHOWN_FIGURES, middle.figures, strict=True)) == {
        name: getattr(tree, name) for name in tally.SHOWN_FIGURES
    }


@pytest.mark.parametrize("formula", ["D1", "D2", "D3", "D4", "D5", "online_share"])
def test_rates_put_together_are_those_of_the_tree(cast, merged, periods, formula):
    tree = Summary.objects.get(agency=cast.hn, period=periods["mid"], tree=True)
    assert series_of(cast.khcn, formula=formula).main.points[1].rate == sums.rate_of(tree, formula)


def test_as_reported_breaks_at_the_merger(cast, merged):
    found = series_of(cast.khcn, way=tally.AS_REPORTED)
    assert figures(found.main) == [990, 990, 990]
    assert [event.day for event in found.breaks()[1]] == [date(2025, 3, 1)]
    assert [strand.agency for strand in found.apart] == [cast.tttt]


def test_structure_of_a_day_before_keeps_both_and_shows_the_later_unit_apart(cast, merged):
    found = series_of(cast.khcn, way=tally.ON_DATE, on=BEFORE)
    assert figures(found.main) == [990, None, None]
    assert {(strand.agency, strand.standing) for strand in found.apart} == {
        (cast.tttt, "standing"),
        (cast.khcn, "later"),
    }


def test_a_closed_units_page_leads_to_its_successors_series(cast, merged):
    found = series_of(cast.tttt)
    assert found.main.agency == cast.khcn
    assert figures(found.main) == [1080, 1080, 990]


def test_what_holds_a_part_of_a_divided_unit_starts_anew(cast, divided):
    found = series_of(divided["X"])
    assert found.main.anew
    assert figures(found.main) == [None, 90]
    apart = {strand.agency.short_name: strand.standing for strand in found.apart}
    assert apart == {"Phường A": "ended", "Phường B": "ended"}
    assert len(found.breaks()[1]) == 2


@pytest.mark.parametrize(
    ("way", "on"), [("reported", None), ("today", None), ("date", BEFORE), ("date", date(2025, 3, 1))]
)
def test_totals_of_the_city_are_the_trees_in_every_structure(cast, merged, divided, periods, way, on):
    pair = (periods["old"], periods["mid"])
    found = tally.city_comparison(cast.hn, pair, timezone.localdate(), way=way, on=on, formula="D2", measure="resolved")
    for index, period in enumerate(pair):
        tree = Summary.objects.get(agency=cast.hn, period=period, tree=True)
        assert found.totals[index]["resolved"] == tree.resolved
        assert found.totals[index]["received"] == tree.received
        assert sum(row.counts[index] or 0 for row in found.rows) == tree.resolved
        assert found.rates[index] == sums.rate_of(tree, "D2")


def test_page_names_the_event_and_what_was_put_together(cast, client_of, merged):
    page = client_of(cast.lan).get(PAGE).content.decode()
    assert "01/03/2025" in page
    assert "Sở KH&amp;CN + Sở TT&amp;TT" in page
    assert "968/1.080" in page


def test_chart_of_reported_figures_carries_the_break(cast, client_of, merged):
    page = client_of(cast.lan).get(f"{PAGE}?structure=reported").content.decode()
    assert "01/03/2025: sáp nhập toàn bộ" in page
    assert "không so sánh được qua mốc này" in page


def test_divided_units_are_shown_apart_with_a_note(cast, client_of, divided):
    page = client_of(cast.quan).get("/agencies/HN-X/series/").content.decode()
    assert "bắt đầu lại" in page
    assert "không được phân bổ" in page


def test_figures_of_an_agency_out_of_reach_stay_closed(cast, client_of, merged, divided):
    """What was absorbed whole is read by its successor, what was divided is not."""
    Role.objects.create(person=cast.tuan, code="reporter", agency=divided["X"], valid_from=date(2020, 1, 1))
    page = client_of(cast.tuan).get("/agencies/HN-X/series/").content.decode()
    assert page.count("Anh/chị không có quyền xem số liệu này.") == 1


@pytest.mark.parametrize(
    ("name", "status"), [("lan", 200), ("quan", 200), ("lanhdao", 200), ("tuan", 403), ("admin", 403)]
)
def test_who_may_read_the_series_of_an_agency(cast, client_of, merged, name, status):
    assert client_of(getattr(cast, name)).get(PAGE).status_code == status


@pytest.mark.parametrize(("name", "status"), [("quan", 200), ("kiemtoan", 200), ("lan", 403), ("hoa", 403)])
def test_who_may_compare_the_city(cast, client_of, merged, name, status):
    assert client_of(getattr(cast, name)).get("/series/").status_code == status


@pytest.mark.parametrize("query", ["structure=x", "formula=D9", "on=2025-02-31&structure=date"])
def test_what_does_not_exist_is_not_found(cast, client_of, merged, query):
    client = client_of(cast.quan)
    assert client.get(f"{PAGE}?{query}").status_code == 404
    assert client.get(f"/series/?{query}").status_code == 404


def test_unknown_agency_period_and_count_are_not_found(cast, client_of, merged):
    client = client_of(cast.quan)
    for address in ("/agencies/NO/series/", "/series/?from=2031-Q1", "/series/?measure=x"):
        assert client.get(address).status_code == 404


def test_city_page_compares_before_and_after(cast, client_of, merged):
    page = client_of(cast.quan).get("/series/?from=2024-Q4&to=2025-Q2").content.decode()
    assert "1.080" in page
    assert "Tổng, như nhau ở mọi cách ghép" in page


def test_city_page_sets_apart_what_ended(cast, client_of, divided):
    page = client_of(cast.quan).get("/series/").content.decode()
    assert "Đã kết thúc và không nhập nguyên vào đơn vị nào" in page


def test_empty_pages_say_so(cast, client_of):
    client = client_of(cast.quan)
    assert "Chưa có báo cáo nào được tiếp nhận" in client.get(PAGE).content.decode()
    assert client.get("/series/").status_code == 200


def test_exports_name_structure_formula_and_basis(cast, client_of, merged):
    client = client_of(cast.quan)
    told = b"".join(client.get(f"{PAGE}?format=csv").streaming_content).decode()
    assert "theo tổ chức hiện nay,HN-KHCN" in told
    assert ",D2,1,0.896296,968,1080," in told
    told = b"".join(client.get("/series/?format=csv&structure=date&on=31/12/2024").streaming_content).decode()
    assert "theo tổ chức ngày 31/12/2024,HN-TTTT" in told
    assert client.get("/series/?format=xlsx").status_code == 200


def test_more_rows_cost_no_more_queries(cast, client_of, merged, divided, periods):
    client = client_of(cast.quan)

    def cost(address) -> int:
        client.get(address)
        cache.clear()
        with CaptureQueriesContext(connection) as told:
            assert client.get(address).status_code == 200
        return len(told)

    addresses = ("/agencies/HN-X/series/", "/series/")
    before = [cost(address) for address in addresses]
    for number in range(3):
        gone = Agency.objects.create(
            code=f"HN-G{number}", name="Cũ", short_name="Cũ", kind="commune", parent=cast.hn, valid_to=date(2025, 2, 28)
        )
        Succession.objects.create(
            predecessor=gone, successor=divided["X"], effective_date=date(2025, 3, 1), kind="merge"
        )
        make_return(gone, periods["old"], [GOOD])
    sums.recompute_all()
    assert [cost(address) for address in addresses] == before
