"""The forest of the demo and the persons of its accounts."""

import csv
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings
from django.contrib.auth.hashers import make_password

from agencies.choices import RoleCode
from agencies.imports import agency as agency_import
from agencies.imports import succession as succession_import
from agencies.models import Agency, Person, Role
from records.models import Event

PASSWORD = "cchc-demo-2026"
ROLES_FROM = date(2016, 1, 1)
# user name, full name, job title, role, agency
ACCOUNTS = (
    ("lan", "Nguyễn Thị Lan", "Chuyên viên Văn phòng Sở", RoleCode.REPORTER, "HN-KHCN"),
    ("minh", "Trần Văn Minh", "Phó Giám đốc Sở", RoleCode.APPROVER, "HN-KHCN"),
    ("tuan", "Lê Anh Tuấn", "Chuyên viên Văn phòng Sở", RoleCode.REPORTER, "HN-NGV"),
    ("hoa", "Phạm Thị Hoa", "Trưởng đoàn kiểm tra cải cách hành chính", RoleCode.TEAM_HEAD, "HN-NV"),
    ("khoa", "Đỗ Đăng Khoa", "Thư ký đoàn kiểm tra", RoleCode.TEAM_SECRETARY, "HN-NV"),
    ("quan", "Vũ Minh Quân", "Chuyên viên phòng Cải cách hành chính", RoleCode.PROGRAMME_OFFICER, "HN-NV"),
    ("mai", "Hoàng Thị Mai", "Chuyên viên phòng Cải cách hành chính", RoleCode.PROGRAMME_OFFICER, "HN-NV"),
    ("lanhdao", "Lãnh đạo Ủy ban nhân dân Thành phố", "Lãnh đạo Thành phố", RoleCode.LEADER, "HN"),
    ("kiemtoan", "Ngô Thanh Bình", "Thanh tra viên", RoleCode.AUDITOR, "HN-TTR"),
    ("admin", "Quản trị hệ thống", "Quản trị hệ thống", RoleCode.ADMINISTRATOR, "HN-NV"),
)
SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô")
GIVEN = ("Thu Hà", "Quốc Huy", "Thanh Nga", "Đức Long", "Minh Châu", "Việt Dũng", "Hải Yến", "Xuân Phúc", "Ngọc Ánh")


@dataclass
class People:
    """The persons of the demo accounts by user name, and those who enter and sign for further agencies."""

    accounts: dict[str, Person]
    reporters: dict[int, Person] = field(default_factory=dict)
    approvers: dict[int, Person] = field(default_factory=dict)


def read_csv(name: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of a file under data/ with their numbers in the file, as the importers take them."""
    with open(settings.BASE_DIR / "data" / name, encoding="utf-8", newline="") as handle:
        return list(enumerate(csv.DictReader(handle), start=2))


def load_agencies(outside: list[dict]) -> dict[str, Agency]:
    """The real forest and its successions through the importers, and the agencies outside Hanoi that are quoted."""
    agency_import.apply(agency_import.plan_import(read_csv("agencies.csv")), by=None)
    succession_import.apply(succession_import.plan_import(read_csv("agency_successions.csv")), by=None)
    made: dict[str, Agency] = {}
    for entry in outside:
        values = {name: entry[name] for name in ("code", "name", "short_name", "kind", "reporting")}
        made[entry["code"]] = Agency.objects.create(parent=made.get(entry["parent"]), **values)
    Event.objects.append(
        actor=None, action="load_agencies", after={"agencies": list(made)}, reason="cơ quan nêu trong số liệu công bố"
    )
    return {agency.code: agency for agency in Agency.objects.all()}


def load_people(agencies: dict[str, Agency]) -> People:
    """The demo accounts and their roles; the one password is hashed once."""
    hashed = make_password(PASSWORD)
    accounts = {}
    for username, full_name, job_title, role, code in ACCOUNTS:
        person = Person(username=username, full_name=full_name, job_title=job_title, password=hashed)
        accounts[username] = _with_role(person, role, agencies[code])
    khcn, ngv = agencies["HN-KHCN"].pk, agencies["HN-NGV"].pk
    Event.objects.append(
        actor=None,
        action="load_people",
        after={username: [role, code] for username, _name, _title, role, code in ACCOUNTS},
        reason="tài khoản dữ liệu mẫu",
    )
    return People(accounts, {khcn: accounts["lan"], ngv: accounts["tuan"]}, {khcn: accounts["minh"]})


def staff(people: People, agencies: list[Agency]) -> None:
    """A reporter and an approver for each of these agencies, who cannot sign in."""
    made = {}
    for number, agency in enumerate(agencies):
        code = agency.code.lower()
        for role, kept, prefix, title in (
            (RoleCode.REPORTER, people.reporters, "nhap", "Cán bộ đầu mối cải cách hành chính"),
            (RoleCode.APPROVER, people.approvers, "duyet", "Lãnh đạo đơn vị"),
        ):
            if agency.pk in kept:
                continue
            turn = number * 2 + (role == RoleCode.APPROVER)
            name = f"{SURNAMES[turn % len(SURNAMES)]} {GIVEN[turn * 5 % len(GIVEN)]}"
            person = Person(username=f"{prefix}.{code}", full_name=name, job_title=title)
            person.set_unusable_password()
            kept[agency.pk] = _with_role(person, role, agency)
            made[person.username] = [role, agency.code]
    Event.objects.append(actor=None, action="load_people", after=made, reason="người nhập, người ký của dữ liệu mẫu")


def _with_role(person: Person, role: str, agency: Agency) -> Person:
    person.save()
    Role.objects.create(person=person, code=role, agency=agency, valid_from=ROLES_FROM)
    return person
