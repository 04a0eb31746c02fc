"""Published statements beside the counts: the cases that were really printed."""

import pytest

from dossiers import tally
from dossiers.models import Period
from records.models import Source
from reports.models import Claim
from tests.builders import make_published


@pytest.fixture
def published(cast):
    """The four published rows of 2016 and the first quarter of 2017, exactly as stated; what was not is blank."""
    make_published(cast.tttt, "2016-pub", stated_received=5441, received_online=4719, stated_resolved=5441)
    make_published(cast.tttt, "2017-Q1-pub", stated_received=1113, received_online=1062, stated_resolved=1113)
    make_published(cast.ngv, "2016-pub", stated_received=1242, stated_resolved=1242, stated_in_time=1215)
    make_published(cast.ngv, "2017-Q1-pub", stated_received=180, stated_in_time=176)
    tally.recompute_all()
    source = Source.objects.create(code="S", publisher="Hà Nội Mới", date_text="2017-04-20")

    def claim(agency, label, text, value, numerator=None, denominator=None, formula=""):
        return Claim.objects.create(
            agency=agency,
            period=Period.objects.get(label=label),
            text=text,
            measure="on_time_rate",
            value=value,
            unit="percent",
            numerator=numerator,
            denominator=denominator,
            formula=formula,
            source=source,
        )

    claim(cast.tttt, "2016-pub", "99,5%", "99.5")
    claim(cast.ngv, "2016-pub", "1.215/1.242 đúng hạn, đạt 97,8%", "97.8", 1215, 1242, "D1")
    claim(cast.ngv, "2017-Q1-pub", "176/180 đúng hạn, đạt 98%", "98", 176, 180, "D1")
    Claim.objects.create(
        agency=cast.tttt,
        period_text="as of 2020-05-14",
        text="mức độ 3: 29/37, chiếm 78,3%",
        measure="level_3_share",
        value="78.3",
        unit="percent",
        numerator=29,
        denominator=37,
        formula="level_share",
        source=source,
    )


def rows_of(client, **query) -> str:
    answer = client.get("/claims/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_case_has_its_verdict(cast, client_of, published):
    page = rows_of(client_of(cast.lanhdao))
    assert "không kiểm tra được" in page  # 99,5 % without a count of its own
    assert "25 đến 29" in page
    assert "chỉ khớp nếu cắt bớt số lẻ" in page  # 29/37 is 78,378 %
    assert page.count("khớp với số đếm") >= 2


def test_agency_profile_prints_both_rates_with_their_counts(cast, client_of, published):
    page = client_of(cast.lanhdao).get("/agencies/HN-NGV/").content.decode()
    assert page.count("97,8%") >= 2  # D1 of 2016 and of the first quarter of 2017
    assert "1.215/1.242" in page
    assert "176/180" in page


def test_rate_that_nobody_counted_stays_a_dash_beside_the_published_one(cast, client_of, published):
    page = client_of(cast.lanhdao).get("/agencies/HN-TTTT/").content.decode()
    assert "99,5%" in page
    assert "86,7%" in page  # 4.719/5.441 online
    assert "4.719/5.441" in page
    assert "100%" not in page


def test_successor_reads_the_figures_of_what_it_absorbed(cast, client_of, published):
    page = client_of(cast.lan).get("/agencies/HN-KHCN/").content.decode()
    assert "Sở TT&amp;TT" in page
    assert "86,7%" in page


def test_outsider_sees_the_register_facts_only(cast, client_of, published):
    client = client_of(cast.tuan)
    assert "99,5%" not in rows_of(client)
    page = client.get("/agencies/HN-TTTT/").content.decode()
    assert "Sở Thông tin và Truyền thông" in page
    assert "86,7%" not in page
    assert "4.719" not in page


def test_export_names_formula_and_basis(cast, client_of, published):
    answer = client_of(cast.lanhdao).get("/claims/?format=csv")
    text = b"".join(answer).decode("utf-8-sig")
    assert "1215" in text
    assert "D1" in text
