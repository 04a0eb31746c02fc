"""What was restated since: the mark on the agency's profile, the status and the public check of a document."""

from datetime import date, datetime, timedelta

import pytest
import time_machine

from dossiers import tally
from dossiers.workflow import ADJUSTMENTS, RETURNS, propose_adjustment
from inspections.models import Team, TeamMember, Visit
from records.choices import JobState
from records.models import Document
from tests.builders import make_return
from tests.cast import HANOI

START = datetime(2026, 10, 1, 9, tzinfo=HANOI)
SAID = "Số liệu trong văn bản này đã được điều chỉnh ngày"


@pytest.fixture
def accepted(cast, period_q):
    with time_machine.travel(START, tick=False):
        item = make_return(cast.khcn, period_q)
        tally.recompute_all()
    return item


@pytest.fixture
def visit(cast, period_q):
    team = Team.objects.create(name="Đoàn số 1", kind="administrative_inspection", issuing_agency=cast.nv)
    TeamMember.objects.create(team=team, person=cast.hoa, role="head", joined_on=date(2026, 1, 1))
    return Visit.objects.create(
        agency=cast.khcn,
        team=team,
        kind="administrative_inspection",
        date=date(2026, 10, 5),
        state="reported",
        period=period_q,
    )


def issued(kind, subject, at) -> Document:
    return Document.objects.create(
        kind=kind,
        subject_id=subject.pk,
        title="Báo cáo",
        draft=False,
        state=JobState.READY,
        content_hash="c0" * 32,
        file_hash="f1" * 32,
        pages=1,
        started_at=at,
        finished_at=at + timedelta(seconds=2),
    )


def adjust(cast, item, at):
    with time_machine.travel(at, tick=False):
        line = item.lines.get()
        adjustment = propose_adjustment(item, {line.pk: {"received_online": 70}}, reason="Thiếu sổ", by=cast.lan)
        ADJUSTMENTS.perform(adjustment, "sign", by=cast.minh)
        ADJUSTMENTS.perform(adjustment, "accept", by=cast.quan)


@pytest.mark.parametrize("kind", ["inspection_report", "return_form"])
def test_a_document_issued_before_says_that_its_figures_were_restated(cast, client, client_of, accepted, visit, kind):
    document = issued(kind, visit if kind == "inspection_report" else accepted, START + timedelta(days=1))
    detail, check = f"/documents/{document.pk}/", f"/check/{document.content_hash[:32]}/"
    reader = client_of(cast.hoa if kind == "inspection_report" else cast.minh)
    assert SAID not in reader.get(detail).content.decode()
    assert SAID not in client.get(check).content.decode()
    adjust(cast, accepted, START + timedelta(days=4))
    assert f"{SAID} 05/10/2026" in reader.get(detail).content.decode()
    assert f"{SAID} 05/10/2026" in client.get(check).content.decode()


def test_a_document_made_after_the_new_sums_says_nothing(cast, client, accepted, visit):
    adjust(cast, accepted, START + timedelta(days=4))
    with time_machine.travel(START + timedelta(days=5), tick=False):
        tally.recompute_stale()
    early = issued("inspection_report", visit, START + timedelta(days=4, hours=1))
    assert SAID in client.get(f"/check/{early.check_token}/").content.decode(), "read the old sums"
    late = issued("inspection_report", visit, START + timedelta(days=6))
    assert SAID not in client.get(f"/check/{late.check_token}/").content.decode()


def test_a_void_return_restates_too(cast, client, accepted, visit):
    document = issued("inspection_report", visit, START + timedelta(days=1))
    RETURNS.perform(accepted, "propose_void", by=cast.quan, reason="Nhầm kỳ")
    RETURNS.perform(accepted, "void", by=cast.mai, reason="Nhầm kỳ")
    assert SAID in client.get(f"/check/{document.check_token}/").content.decode()


def test_the_profile_marks_the_adjusted_period(cast, client_of, accepted):
    url = f"/agencies/{cast.khcn.code}/"
    assert "đã điều chỉnh" not in client_of(cast.lanhdao).get(url).content.decode()
    adjust(cast, accepted, START + timedelta(days=4))
    page = client_of(cast.lanhdao).get(url).content.decode()
    assert "đã điều chỉnh ngày 05/10/2026" in page
    assert f'href="{accepted.get_absolute_url()}#adjustments"' in page
