"""A team of Hoa (head), Khoa (secretary) and Vinh (member), and its visit to Lan's agency."""

import io
import json
from datetime import date

import pytest
from django.urls import reverse
from PIL import Image

from agencies.choices import RoleCode
from agencies.models import Person, Role
from inspections import checklists
from inspections.choices import FindingState, RecommendationState, VisitState
from inspections.models import Area, Finding, Recommendation, Team, TeamMember, Template, Visit
from tests.inspections.device import DEVICE


@pytest.fixture
def area(db) -> Area:
    return Area.objects.create(code="procedures", name="Cải cách thủ tục hành chính", order=3)


@pytest.fixture
def vinh(cast) -> Person:
    """A member of the team who is neither head nor secretary."""
    person = Person.objects.create_user("vinh", "cchc-demo-2026", full_name="Vinh")
    Role.objects.create(person=person, code=RoleCode.TEAM_MEMBER, agency=cast.nv, valid_from=date(2020, 1, 1))
    return person


@pytest.fixture
def team(cast, vinh) -> Team:
    team = Team.objects.create(
        name="Đoàn kiểm tra số 1", kind="administrative_inspection", issuing_agency=cast.nv, head_title="Phó Giám đốc"
    )
    for person, role in ((cast.hoa, "head"), (cast.khoa, "secretary"), (vinh, "member")):
        TeamMember.objects.create(team=team, person=person, role=role, joined_on=date(2026, 1, 1))
    return team


@pytest.fixture
def visit(cast, team, period_q) -> Visit:
    visit = Visit.objects.create(
        agency=cast.khcn,
        team=team,
        kind="administrative_inspection",
        date=date(2026, 10, 5),
        period=period_q,
        place="Trụ sở Sở Khoa học và Công nghệ",
        state=VisitState.UNDER_WAY,
        one_stop_desk_inspected=True,
        situation="Đã ban hành kế hoạch năm.",
    )
    visit.themes.create(text="Giải quyết thủ tục hành chính", order=0)
    return visit


@pytest.fixture
def make_finding(visit, area, cast):
    def make(state=FindingState.DRAFT, **values) -> Finding:
        defaults = {"visit": visit, "area": area, "kind": "limitation", "created_by": cast.khoa, "state": state}
        if state == FindingState.WITHDRAWN:
            defaults["withdraw_reason"] = "trùng"
        return Finding.objects.create(**defaults | {"text": "Bảng niêm yết thủ tục đã cũ"} | values)

    return make


@pytest.fixture
def make_recommendation(visit, cast):
    def make(state=RecommendationState.DRAFT, **values) -> Recommendation:
        defaults = {"visit": visit, "agency": cast.khcn, "state": state, "created_by": cast.khoa}
        return Recommendation.objects.create(**defaults | {"text": "Niêm yết lại thủ tục"} | values)

    return make


@pytest.fixture
def photo_bytes():
    """Bytes of a small picture in the named format, with what `save` is told to add."""

    def make(fmt="JPEG", size=(640, 480), colour=(30, 90, 160), mode="RGB", **options) -> bytes:
        written = io.BytesIO()
        Image.new(mode, size, colour).save(written, fmt, **options)
        return written.getvalue()

    return make


@pytest.fixture
def template(area) -> Template:
    made = Template.objects.create(code="desk", name="Bộ phận một cửa", area=area, desk=True)
    made.items.create(code="A1", text="Quyết định bố trí nhân sự", order=1, points=2, note_needed="not_met")
    made.items.create(code="A2", text="Niêm yết họ tên, số điện thoại", order=2, points=1, photo_needed="always")
    made.items.create(code="G1", text="Số hồ sơ tiếp nhận", order=3, kind="number")
    return made


@pytest.fixture
def listed(visit, template) -> Visit:
    checklists.freeze(visit, [template])
    return visit


@pytest.fixture
def send(listed, client_of):
    """Sends operations as a person; gives the receipts' outcomes, the state, and the answer."""

    def post(person: Person, operations: list, *, status: int = 200, visit: Visit = listed, as_person=None):
        body = {"person": (as_person or person).pk, "device": DEVICE, "operations": operations}
        url = reverse("inspections:operations", args=[visit.pk])
        response = client_of(person).post(url, json.dumps(body), content_type="application/json")
        assert response.status_code == status, response.content
        return response.json()

    return post
