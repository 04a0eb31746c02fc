"""Search: blind to tone marks, within rights."""

from datetime import date

import pytest

from inspections.models import Area, Finding, Team, Visit


@pytest.fixture
def finding(cast) -> Finding:
    team = Team.objects.create(name="Đoàn kiểm tra", kind="administrative_inspection", issuing_agency=cast.nv)
    visit = Visit.objects.create(
        agency=cast.khcn, team=team, kind="administrative_inspection", date=date(2026, 5, 5), state="concluded"
    )
    area = Area.objects.create(code="procedures", name="Cải cách thủ tục hành chính")
    return Finding.objects.create(
        visit=visit, kind="limitation", area=area, text="Chưa niêm yết đầy đủ", state="released"
    )


@pytest.mark.parametrize("query", ["sở ngoại vụ", "so ngoai vu", "SO NGOAI VU", "HN-NGV"])
def test_agency_is_found_without_tone_marks(cast, client_of, query):
    assert "Sở Ngoại vụ" in client_of(cast.lan).get("/search/", {"q": query}).content.decode()


def test_abbreviation_finds_the_full_name(cast, client_of):
    assert "Ủy ban nhân dân Thành phố Hà Nội" in client_of(cast.lan).get("/search/", {"q": "UBND TP"}).content.decode()


def test_finding_is_found_by_those_who_may_read_it(cast, client_of, finding):
    query = {"q": "chua niem yet"}
    assert finding.text in client_of(cast.lan).get("/search/", query).content.decode()
    assert finding.text in client_of(cast.quan).get("/search/", query).content.decode()
    assert finding.text not in client_of(cast.tuan).get("/search/", query).content.decode()


@pytest.mark.parametrize("query", ["", " ", "%", "_", "'", "\x01", "a" * 500])
def test_odd_queries_are_answered(cast, client_of, query):
    assert client_of(cast.lan).get("/search/", {"q": query}).status_code == 200
