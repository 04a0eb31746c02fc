"""The named cast of the tests, their agencies, one closed quarter and five procedures.

Lan enters, Minh approves, Hoa supervises, Quân and Mai work at the programme office, Tuấn at an unrelated agency.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from agencies.choices import RoleCode
from agencies.models import Agency, Person, Role, Succession
from dossiers.models import Period
from procedures.models import AgencyProcedure, Field, Procedure

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass
class Cast:
    """Persons by first name, agencies by the end of their code."""

    hn: Agency
    nv: Agency
    khcn: Agency
    ngv: Agency
    ttr: Agency
    tttt: Agency
    lan: Person
    minh: Person
    tuan: Person
    hoa: Person
    khoa: Person
    quan: Person
    mai: Person
    lanhdao: Person
    kiemtoan: Person
    admin: Person


def _agency(code: str, name: str, short: str, parent: Agency | None, kind: str = "department", **dates) -> Agency:
    return Agency.objects.create(code=code, name=name, short_name=short, kind=kind, parent=parent, **dates)


def _person(username: str, full_name: str, code: str, agency: Agency) -> Person:
    person = Person.objects.create_user(username, "cchc-demo-2026", full_name=full_name)
    Role.objects.create(person=person, code=code, agency=agency, valid_from=date(2020, 1, 1))
    return person


@pytest.fixture
def cast(db) -> Cast:
    """Everyone, with the roles of the demo accounts."""
    hn = _agency("HN", "Ủy ban nhân dân Thành phố Hà Nội", "UBND TP Hà Nội", None, "city")
    nv = _agency("HN-NV", "Sở Nội vụ", "Sở Nội vụ", hn)
    khcn = _agency("HN-KHCN", "Sở Khoa học và Công nghệ", "Sở KH&CN", hn)
    ngv = _agency("HN-NGV", "Sở Ngoại vụ", "Sở Ngoại vụ", hn)
    ttr = _agency("HN-TTR", "Thanh tra Thành phố", "Thanh tra TP", hn)
    tttt = _agency("HN-TTTT", "Sở Thông tin và Truyền thông", "Sở TT&TT", hn, valid_to=date(2025, 2, 28))
    Succession.objects.create(predecessor=tttt, successor=khcn, effective_date=date(2025, 3, 1), kind="merge")
    return Cast(
        hn=hn,
        nv=nv,
        khcn=khcn,
        ngv=ngv,
        ttr=ttr,
        tttt=tttt,
        lan=_person("lan", "Lan", RoleCode.REPORTER, khcn),
        minh=_person("minh", "Minh", RoleCode.APPROVER, khcn),
        tuan=_person("tuan", "Tuấn", RoleCode.REPORTER, ngv),
        hoa=_person("hoa", "Hoa", RoleCode.TEAM_HEAD, nv),
        khoa=_person("khoa", "Khoa", RoleCode.TEAM_SECRETARY, nv),
        quan=_person("quan", "Quân", RoleCode.PROGRAMME_OFFICER, nv),
        mai=_person("mai", "Mai", RoleCode.PROGRAMME_OFFICER, nv),
        lanhdao=_person("lanhdao", "Lãnh đạo Thành phố", RoleCode.LEADER, hn),
        kiemtoan=_person("kiemtoan", "Kiểm toán", RoleCode.AUDITOR, ttr),
        admin=_person("admin", "Quản trị", RoleCode.ADMINISTRATOR, nv),
    )


@pytest.fixture
def client_of():
    """A signed-in test client for a person; each call is a browser of its own."""

    def sign_in(person: Person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def period_q(db) -> Period:
    """Quarter III/2026 of the default calendar, due far in the future so that entry is open."""
    return Period.objects.create(
        label="2026-Q3",
        kind="quarter",
        first_day=date(2026, 6, 15),
        last_day=date(2026, 9, 14),
        due_at=datetime(2099, 1, 8, 17, 0, tzinfo=HANOI),
        locks_at=datetime(2099, 2, 7, 17, 0, tzinfo=HANOI),
    )


@pytest.fixture
def procedures_khcn(cast) -> list[Procedure]:
    """Five procedures in two fields, handled by HN-KHCN."""
    fields = [
        Field.objects.create(code="HDKHCN", name="Hoạt động khoa học và công nghệ"),
        Field.objects.create(code="SHTT", name="Sở hữu trí tuệ"),
    ]
    made = []
    for number in range(1, 6):
        procedure = Procedure.objects.create(
            code=f"0.00000{number}", name=f"Thủ tục số {number}", field=fields[number % 2], level="province"
        )
        AgencyProcedure.objects.create(agency=cast.khcn, procedure=procedure)
        made.append(procedure)
    return made
