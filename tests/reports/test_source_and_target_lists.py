"""The lists of sources and targets: filter, sort, pages, export; open to whom."""

from datetime import date
from io import BytesIO

import pytest
from openpyxl import load_workbook

from records.models import Source
from reports.models import Target


@pytest.fixture
def sources(db) -> list[Source]:
    return [
        Source.objects.create(code=f"S-{n}", publisher=name, date_text=day, kind=kind, about=about)
        for n, (name, day, kind, about) in enumerate(
            [
                ("Báo Hà Nội mới", "2021", "press", "Cải cách hành chính"),
                ("Cổng Sở Nội vụ", "2019", "portal", "Đúng hạn 97,8%"),
                ("Ủy ban nhân dân", "2020", "report", ""),
            ],
            start=1,
        )
    ]


def codes(client, **query) -> list[str]:
    return [row.code for row in client.get("/claims/sources/", query).context["page"]]


def test_sources_are_narrowed_sorted_and_paged(cast, client_of, sources):
    client = client_of(cast.quan)
    assert codes(client) == ["S-1", "S-2", "S-3"]
    assert codes(client, q="dung han") == ["S-2"]
    assert codes(client, q="ubnd") == ["S-3"]
    assert codes(client, kind="press") == ["S-1"]
    assert codes(client, sort="-date") == ["S-1", "S-3", "S-2"]
    assert codes(client, sort="nonsense", kind="press") == ["S-1"]
    Source.objects.bulk_create(Source(code=f"T-{n:03}", publisher="x", date_text="2020") for n in range(200))
    page = client.get("/claims/sources/", {"page": "2"}).context["page"]
    assert page.number == 2 and page.has_previous()
    assert "Không có nguồn nào phù hợp" in client.get("/claims/sources/", {"q": "zzz"}).content.decode()


def test_sources_are_exported_as_narrowed(cast, client_of, sources):
    client = client_of(cast.quan)
    lines = (
        client.get("/claims/sources/", {"format": "csv", "kind": "portal"}).getvalue().decode("utf-8-sig").split("\r\n")
    )
    assert lines[1].startswith("S-2,") and lines[1].endswith('"Đúng hạn 97,8%"')
    assert len(lines) == 3
    book = load_workbook(BytesIO(client.get("/claims/sources/", {"format": "xlsx"}).getvalue()))
    assert book.active.max_row >= 4
    assert client_of(cast.lan).get("/claims/sources/", {"format": "csv"}).status_code == 403


@pytest.fixture
def targets(cast, sources) -> list[Target]:
    def made(agency, value, due):
        return Target.objects.create(
            measure="on_time_rate", agency=agency, value=value, unit="percent", due=due, source=sources[0]
        )

    return [made(cast.khcn, 98, date(2026, 12, 31)), made(cast.ngv, 95, date(2025, 12, 31))]


def test_targets_are_narrowed_sorted_and_exported(cast, client_of, targets):
    client = client_of(cast.quan)

    def found(**query):
        return [row.agency.code for row in client.get("/claims/targets/", query).context["page"]]

    assert found() == ["HN-NGV", "HN-KHCN"]
    assert found(q="ngoai vu") == ["HN-NGV"]
    assert found(agency="HN-KHCN") == ["HN-KHCN"]
    assert found(due_from="01/01/2026") == ["HN-KHCN"]
    assert found(sort="-value") == ["HN-KHCN", "HN-NGV"]
    text = client.get("/claims/targets/", {"format": "csv", "agency": "HN-NGV"}).getvalue().decode("utf-8-sig")
    assert "HN-NGV" in text and "HN-KHCN" not in text


def test_each_agency_sees_its_own_targets(cast, client_of, targets):
    for name, seen in (("lan", {"HN-KHCN"}), ("tuan", {"HN-NGV"}), ("lanhdao", {"HN-KHCN", "HN-NGV"})):
        page = client_of(getattr(cast, name)).get("/claims/targets/").context["page"]
        assert {row.agency.code for row in page} == seen
        text = client_of(getattr(cast, name)).get("/claims/targets/?format=csv").getvalue().decode()
        assert {code for code in ("HN-KHCN", "HN-NGV") if code in text} == seen
