"""The follow-up letter on paper, and whose papers carry the state's letterhead."""

import dataclasses
import io
from datetime import date

import docx
import pytest
from django.utils import timezone

from cchc_portal.lib.docx import to_docx
from cchc_portal.lib.paper import Paper, to_html
from inspections.choices import InspectionKind, RecommendationState
from inspections.documents.heads import letterhead_of
from inspections.letters import paper_of
from inspections.models import Letter, Plan
from inspections.papers import plans, teams
from inspections.workflow import write_letters
from records.models import Document

CODE = "0" * 32


@pytest.fixture
def letter(cast, visit, make_recommendation):
    """A letter about one late recommendation, in the name of the office or of the visit's team."""

    def write(issuing_agency=cast.nv) -> Paper:
        late = make_recommendation(RecommendationState.ISSUED, due=date(2026, 1, 5))
        [written] = write_letters(
            [late], by=cast.quan, issuing_agency=issuing_agency, answer_by=date(2027, 1, 5), now=timezone.now()
        )
        return paper_of(Letter.objects.get(pk=written.pk), Document(draft=False, title="Công văn"))

    return write


def test_its_number_and_signer_are_left_to_the_registry(letter):
    """An official letter has no sign of its kind: number, then body and drafting unit."""
    paper = letter()
    html = to_html(paper, CODE)
    assert 'Số: <span class="blank"></span>/<span class="blank blank-short"></span>-<span class="blank"></span>' in html
    assert paper.signatures[0].post == "Giám đốc"
    assert paper.letterhead.place == "Hà Nội"
    with_symbol = dataclasses.replace(paper, symbol="TB")
    assert '/TB-<span class="blank"></span>' in to_html(with_symbol, CODE)


def test_its_word_file_has_the_same_number_line(letter):
    data = to_docx(letter(), CODE, media={}, created=timezone.now())
    cells = [cell.text for row in docx.Document(io.BytesIO(data)).tables[0].rows for cell in row.cells]
    assert any("".join(text.split()).startswith("Số:/-") for text in cells), cells


def papers_of(cast, team, kind, issuing) -> list[Paper]:
    team.kind, team.issuing_agency = kind, issuing
    team.save()
    plan = Plan.objects.create(year=2026, kind=kind, issuing_agency=issuing, title=team.name)
    return [
        teams.founding_paper(team, draft=False, address=""),
        teams.closing_paper(team, draft=False, address=""),
        plans.build_paper(plan, draft=False, address=""),
    ]


@pytest.mark.parametrize("kind", InspectionKind.values)
def test_a_party_body_has_no_state_letterhead_whatever_the_kind(cast, team, visit, letter, kind):
    for paper in papers_of(cast, team, kind, cast.nv):
        assert (paper.letterhead is None) == (kind == InspectionKind.PARTY)
    team.name = "Đoàn công tác của Thành ủy"
    for paper in papers_of(cast, team, kind, None):
        assert paper.letterhead is None
    visit.kind = kind
    visit.save()
    assert (letter().letterhead is None) == (kind == InspectionKind.PARTY)


def test_an_unknown_head_is_said(cast, team):
    team.members.all().delete()
    team.head_title = ""
    team.save()
    texts = [
        block.text for block in teams.closing_paper(team, draft=False, address="").blocks if hasattr(block, "text")
    ]
    assert "Trưởng đoàn: chưa có thông tin." in texts
    assert letterhead_of(None, team.name).issuing == team.name
