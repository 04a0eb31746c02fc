"""One agency's whole case: its return in every state, a visit with what was found, documents, and the registers.

Whoever looks at all pages at once (rights, headers, accessibility) looks at this. Everything of it belongs to HN-KHCN;
what may be told to nobody else carries the word `SECRET`.
"""

import hashlib
import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from dossiers import tally
from dossiers.choices import ReturnState
from dossiers.models import LateReason, Period, Return
from inspections import photos
from inspections.models import Area, Finding, Photo, Recommendation, Team, TeamMember, Visit
from procedures.models import Holiday, Procedure, StatedLevelCount
from records.choices import JobState
from records.models import Document, Source
from reports.models import Claim
from tests.builders import GOOD, make_return
from tests.cast import Cast

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
SECRET = "Quầy số ba"
PDF = b"%PDF-1.7 noi dung"
# Label, first and last day, state of the agency's return.
QUARTERS = (
    ("2025-Q4", date(2025, 9, 15), date(2025, 12, 14), ReturnState.DRAFT),
    ("2026-Q1", date(2025, 12, 15), date(2026, 3, 14), ReturnState.SUBMITTED),
    ("2026-Q2", date(2026, 3, 15), date(2026, 6, 14), ReturnState.APPROVED),
)


@dataclass
class World:
    """The cast and the things of HN-KHCN, by what they are."""

    cast: Cast
    periods: dict[str, Period]
    procedures: list[Procedure]
    returns: dict[str, Return]
    visit: Visit
    released: Finding
    draft: Finding
    issued: Recommendation
    unissued: Recommendation
    photos: dict[str, Photo]
    report: Document
    form: Document
    claim: Claim


def _quarter(label: str, first: date, last: date) -> Period:
    opened = {
        "due_at": datetime(2099, 1, 8, 17, 0, tzinfo=HANOI),
        "locks_at": datetime(2099, 2, 7, 17, 0, tzinfo=HANOI),
    }
    days = {"kind": "quarter", "first_day": first, "last_day": last}
    return Period.objects.get_or_create(label=label, defaults=days | opened)[0]


def make_returns(cast: Cast, period_q: Period, procedures: list[Procedure]) -> dict[str, Return]:
    """The agency's return in every state but void, one a quarter; the accepted one is that of `period_q`."""
    periods = [(_quarter(label, first, last), state) for label, first, last, state in QUARTERS]
    made = {}
    for period, state in [*periods, (period_q, ReturnState.ACCEPTED)]:
        made[state.value] = make_return(
            cast.khcn, period, [GOOD] * len(procedures), procedures=procedures, state=state, created_by=cast.lan
        )
    tally.recompute_all()
    return made


def make_visit(cast: Cast, period: Period) -> Visit:
    """A visit of Hoa's and Khoa's team to the agency, under way."""
    team = Team.objects.create(name="Đoàn kiểm tra số 1", kind="administrative_inspection", issuing_agency=cast.nv)
    for person, role in ((cast.hoa, "head"), (cast.khoa, "secretary")):
        TeamMember.objects.create(team=team, person=person, role=role, joined_on=date(2026, 1, 1))
    visit = Visit.objects.create(
        agency=cast.khcn,
        team=team,
        kind="administrative_inspection",
        date=date(2026, 10, 5),
        period=period,
        place=f"{SECRET}, bộ phận một cửa",
        state="under_way",
        one_stop_desk_inspected=True,
        situation="Đã ban hành kế hoạch năm.",
    )
    visit.themes.create(text=f"Niêm yết tại {SECRET}", order=0)
    return visit


def _photo(finding: Finding, by) -> Photo:
    drawn = io.BytesIO()
    Image.new("RGB", (640, 480), (30, 90, finding.pk % 255)).save(drawn, "JPEG")
    upload = SimpleUploadedFile("quầy.jpg", drawn.getvalue(), content_type="image/jpeg")
    photos.attach(finding, [photos.prepare(upload)], caption=SECRET, by=by)
    return finding.photos.get()


def ready_document(kind: str, subject, by) -> Document:
    """A finished document about the thing, with a file."""
    document = Document.objects.create(
        kind=kind,
        subject_id=subject.pk,
        title=f"{SECRET}: {kind}",
        asked_by=by,
        state=JobState.READY,
        draft=False,
        content_hash=f"{subject.pk % 100:02d}" * 32,
        file_hash=hashlib.sha256(PDF).hexdigest(),
        pages=4,
        size=len(PDF),
        finished_at=timezone.now(),
    )
    document.file.save(f"{document.pk}.pdf", ContentFile(PDF))
    return document


def make_registers(cast: Cast) -> Source:
    """A row in each register that has a page."""
    Holiday.objects.create(day=date(2026, 9, 2), name="Quốc khánh")
    LateReason.objects.create(code="staff", name="Thiếu nhân sự", order=1)
    source = Source.objects.create(code="HNM", publisher="Hà Nội Mới", date_text="2017-04-20")
    StatedLevelCount.objects.create(
        agency=cast.ngv,
        as_of=date(2020, 5, 14),
        scale="level_2011",
        value="3",
        procedures=29,
        of=37,
        counting="exclusive",
        source=source,
    )
    return source


@pytest.fixture
def world(cast, period_q, procedures_khcn) -> World:
    returns = make_returns(cast, period_q, procedures_khcn)
    visit = make_visit(cast, period_q)
    area = Area.objects.create(code="procedures", name="Cải cách thủ tục hành chính", order=3)
    common = {"visit": visit, "area": area, "kind": "limitation", "created_by": cast.khoa}
    released = Finding.objects.create(text=f"{SECRET} niêm yết thiếu", state="released", **common)
    draft = Finding.objects.create(text=f"{SECRET} còn bản nháp", state="draft", **common)
    task = {"visit": visit, "agency": cast.khcn, "created_by": cast.khoa}
    issued = Recommendation.objects.create(
        text=f"{SECRET}: niêm yết lại", state="issued", due=timezone.localdate() - timedelta(days=3), **task
    )
    unissued = Recommendation.objects.create(text=f"{SECRET}: dự thảo kiến nghị", state="draft", **task)
    claim = Claim.objects.create(
        agency=cast.khcn,
        period=period_q,
        text=f"{SECRET}: 99,5%",
        measure="on_time_rate",
        value="99.5",
        unit="percent",
        source=make_registers(cast),
    )
    return World(
        cast=cast,
        periods={period.label: period for period in Period.objects.all()},
        procedures=procedures_khcn,
        returns=returns,
        visit=visit,
        released=released,
        draft=draft,
        issued=issued,
        unissued=unissued,
        photos={"released": _photo(released, cast.khoa), "draft": _photo(draft, cast.khoa)},
        report=ready_document("inspection_report", visit, cast.hoa),
        form=ready_document("return_form", returns["accepted"], cast.minh),
        claim=claim,
    )
