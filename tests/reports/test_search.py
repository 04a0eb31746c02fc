"""Search: blind to tone marks, within rights."""

import re
from datetime import date

import pytest
from django.db import connection

from agencies.models import Agency
from cchc_portal.lib import trigrams
from cchc_portal.lib.text import matches
from inspections.models import Area, Finding, Recommendation, Team, Visit
from procedures.models import Field, Procedure
from reports.tally.finding import HITS_SHOWN, search_all


def plain(answer) -> str:
    """The page without the marks of what was found."""
    return re.sub("</?mark>", "", answer.content.decode())


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
    assert "Sở Ngoại vụ" in plain(client_of(cast.lan).get("/search/", {"q": query}))


def test_abbreviation_finds_the_full_name(cast, client_of):
    assert "Ủy ban nhân dân Thành phố Hà Nội" in plain(client_of(cast.lan).get("/search/", {"q": "UBND TP"}))


def test_finding_is_found_by_those_who_may_read_it(cast, client_of, finding):
    query = {"q": "chua niem yet"}
    for whole in ({}, {"in": "findings"}):
        assert finding.text in plain(client_of(cast.lan).get("/search/", query | whole))
        assert finding.text in plain(client_of(cast.quan).get("/search/", query | whole))
        assert finding.text not in plain(client_of(cast.tuan).get("/search/", query | whole))


def many(cast, finding, texts):
    made = [Finding(visit=finding.visit, kind="limitation", area=finding.area, text=text) for text in texts]
    Finding.objects.bulk_create(made)


def titles(user, query, code):
    found = [hits for hits in search_all(user, query) if hits.code == code]
    return ["".join(piece.text for piece in hit.title) for hits in found for hit in hits.rows]


def test_exact_ones_come_first_then_words_then_beginnings_then_the_inside(cast, finding):
    texts = ["Thiếu biển hiệu", "Nhà thiếu biển", "Thiếu biểnn", "Biển thiếu", "xthiếu biển"]
    many(cast, finding, ["Thiếu biển", *texts, *(f"xthiếu biển {n}" for n in range(20))])
    assert titles(cast.quan, "thieu bien", "findings")[:5] == [
        "Thiếu biển",
        "Nhà thiếu biển",
        "Thiếu biển hiệu",
        "Thiếu biểnn",
        "Biển thiếu",
    ]


@pytest.mark.parametrize("query", ["niem yet", "ket luan so", "zz", "ky", '"a b"', "a'b", "NEAR(a b)", "- *", "đ%_"])
def test_the_index_gives_what_reading_every_key_gives(cast, finding, query):
    many(
        cast, finding, ["Niêm yết", "kết luận số 5", "Zzz, ký", 'nói "a b"', "a'b", "NEAR(a b)", "- * -", "đ%_", "d%x_"]
    )
    found = trigrams.holding(Finding.objects.order_by("pk"), query)
    assert list(found) == [row for row in Finding.objects.order_by("pk") if matches(query, row.search_key)]
    assert found


def test_the_index_follows_what_is_changed_and_removed(cast, finding):
    def found(query):
        return [row.text for row in trigrams.holding(Finding.objects.all(), query)]

    finding.text = "Bảng giá cũ"
    finding.save()
    assert (found("chua niem yet"), found("bảng giá")) == ([], ["Bảng giá cũ"])
    finding.delete()
    assert found("bảng giá") == []


def test_the_index_stands_after_all_migrations(db):
    """SQLite alters a table by making it anew, without its triggers: a migration that does so makes these anew too."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'inspections_%'")
        else:
            cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'inspections_%_words'")
        names = {name for (name,) in cursor.fetchall()}
    tables = ("inspections_finding_words", "inspections_recommendation_words")
    ends = ("_in", "_out", "_other") if connection.vendor == "sqlite" else ("",)
    assert names == {f"{table}{end}" for table in tables for end in ends}


def test_what_was_found_is_marked_and_escaped(cast, client_of, finding):
    many(cast, finding, ["<b>Thiếu</b> & sai"])
    page = client_of(cast.quan).get("/search/", {"q": "thieu"}).content.decode()
    assert "&lt;b&gt;<mark>Thiếu</mark>&lt;/b&gt; &amp; sai" in page


def test_more_leads_to_all_that_was_found(cast, client_of, finding):
    many(cast, finding, [f"Hồ sơ muộn {n}" for n in range(60)])
    field = Field.objects.create(code="F", name="Lĩnh vực")
    for n in range(HITS_SHOWN + 1):
        Agency.objects.create(code=f"M{n}", name=f"Muộn {n}", short_name=f"M {n}", kind="department", parent=cast.hn)
        Procedure.objects.create(code=f"9.{n}", name=f"Muộn {n}", field=field, level="province")
        Recommendation.objects.create(visit=finding.visit, agency=cast.khcn, text=f"Hồ sơ muộn {n}", state="issued")
    client = client_of(cast.quan)
    more = {hits.code: hits.more for hits in client.get("/search/", {"q": "muộn"}).context["found"]}
    assert {"agencies", "procedures", "findings", "recommendations"} <= {
        code for code, address in more.items() if address
    }
    for address in filter(None, more.values()):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "uộn 3" in plain(answer)
    first = client.get(more["findings"])
    assert (len(first.context["page"]), first.context["page"].count) == (50, 60)
    behind = re.search(r'rel="next" href="([^"]*)"', first.content.decode())[1].replace("&amp;", "&")
    assert len(client.get("/search/" + behind).context["page"]) == 10


@pytest.mark.parametrize("query", ["", " ", "%", "_", "'", "\x01", "a" * 500])
def test_odd_queries_are_answered(cast, client_of, query):
    for place in ({}, {"in": "findings"}, {"in": "visits", "at": "last"}, {"in": "x", "page": "2"}):
        assert client_of(cast.lan).get("/search/", {"q": query} | place).status_code == 200
