"""The tables of supervision's pages as CSV and workbook: the rows of the page, seen by those who see the page."""

import csv
import io
from datetime import date, timedelta

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from inspections.choices import FindingState, RecommendationState
from inspections.models import Area, Template
from inspections.workflow import write_letters
from records.models import Document

HOSTILE = '=HYPERLINK("http://evil.invalid")'


@pytest.fixture
def recorded(cast, visit, make_finding, make_recommendation):
    """A visit with two of everything, of which the agency sees one finding and one recommendation."""
    make_finding(FindingState.RELEASED, text=HOSTILE)
    make_finding(FindingState.DRAFT, text="Bản nháp của đoàn")
    late = timezone.localdate() - timedelta(days=3)
    make_recommendation(RecommendationState.ISSUED, text="Niêm yết lại", due=late)
    make_recommendation(RecommendationState.DRAFT, text="Chưa ban hành")
    proposal = visit.proposals.create(agency=visit.agency, text="Kho dữ liệu dùng chung")
    for name in ("HĐND thành phố", "UBND thành phố"):
        proposal.addressees.create(name=name)
    for number in range(10):
        Document.objects.create(
            kind="inspection_report", subject_id=visit.pk, title=f"Báo cáo {number}", asked_by=cast.hoa, draft=True
        )
    return visit


def told(client, address: str, fmt: str, **query) -> list[list]:
    """The rows below the head."""
    answer = client.get(address, query | {"format": fmt})
    assert answer.status_code == 200
    assert answer["Content-Disposition"].endswith(f'.{fmt}"')
    data = b"".join(answer.streaming_content)
    if fmt == "csv":
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))[1:]
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)
    return [list(row) for row in book.active.iter_rows(min_row=2, values_only=True)]


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("rows", "of_team", "of_agency"),
    [("findings", 2, 1), ("recommendations", 2, 1), ("proposals", 2, 2), ("documents", 10, 0)],
)
def test_every_table_of_a_visit_is_downloaded_as_it_is_seen(cast, client_of, recorded, rows, of_team, of_agency, fmt):
    address = reverse("inspections:visit_detail", args=[recorded.pk])
    team, agency = client_of(cast.hoa), client_of(cast.lan)
    assert len(told(team, address, fmt, rows=rows)) == of_team
    assert len(told(agency, address, fmt, rows=rows)) == of_agency
    link = f"rows={rows}&amp;format={fmt}"
    assert link in team.get(address).content.decode()
    assert (link in agency.get(address).content.decode()) == bool(of_agency)
    assert team.get(address, {"rows": "other", "format": fmt}).status_code == 404
    assert client_of(cast.tuan).get(address, {"rows": rows, "format": fmt}).status_code == 404


def test_a_table_holds_more_than_the_page_shows_and_runs_nothing(cast, client_of, recorded):
    address = reverse("inspections:visit_detail", args=[recorded.pk])
    client = client_of(cast.hoa)
    titles = {row[1] for row in told(client, address, "csv", rows="documents")}
    assert titles == {f"Báo cáo {number}" for number in range(10)}
    assert client.get(address).content.decode().count("document-status-title") == 8
    assert f"'{HOSTILE}" in [row[2] for row in told(client, address, "csv", rows="findings")]
    [due, _state, overdue] = next(
        row[2:5] for row in told(client, address, "csv", rows="recommendations") if row[1] == "Niêm yết lại"
    )
    assert (date.fromisoformat(due) < timezone.localdate(), overdue) == (True, "1")


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_members_and_papers_of_a_team(cast, client_of, team, fmt):
    Document.objects.create(kind="team_founding", subject_id=team.pk, title="Quyết định", asked_by=cast.quan)
    client = client_of(cast.quan)
    assert {row[0] for row in told(client, team.get_absolute_url(), fmt, rows="members")} == {
        member.person.full_name for member in team.members.all()
    }
    assert [row[1] for row in told(client, team.get_absolute_url(), fmt, rows="documents")] == ["Quyết định"]
    assert client_of(cast.lan).get(team.get_absolute_url(), {"rows": "members", "format": fmt}).status_code == 404


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_letters_and_checklists(cast, client_of, recorded, area, fmt):
    late = list(recorded.recommendations.filter(state=RecommendationState.ISSUED))
    write_letters(late, by=cast.quan, issuing_agency=cast.nv, answer_by=date(2027, 1, 5), now=timezone.now())
    letters = reverse("inspections:letter_list")
    assert [row[4] for row in told(client_of(cast.quan), letters, fmt)] == ["Niêm yết lại"]
    assert told(client_of(cast.tuan), letters, fmt) == []
    Template.objects.create(code="one_stop", name="Bộ phận một cửa", area=Area.objects.get(), number=1)
    lists = reverse("inspections:checklist_list")
    assert [row[0] for row in told(client_of(cast.quan), lists, fmt)] == ["Bộ phận một cửa"]
    assert client_of(cast.lan).get(lists, {"format": fmt}).status_code == 403
