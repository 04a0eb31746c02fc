"""A visit with a checklist and its two members, for the proofs of recording on site."""

from dataclasses import dataclass
from datetime import date

from agencies.models import Agency, Person, Role
from inspections import checklists
from inspections.models import Area, Team, TeamMember, Template, Visit

LINES = 12


@dataclass
class Site:
    """Who records (Hoa, Khoa) and on which checklist; every run has a visit of its own."""

    agency: Agency
    team: Team
    template: Template
    hoa: Person
    khoa: Person

    def visit(self) -> Visit:
        made = Visit.objects.create(
            agency=self.agency,
            team=self.team,
            kind="administrative_inspection",
            date=date(2026, 10, 5),
            state="under_way",
            created_by=self.hoa,
        )
        checklists.freeze(made, [self.template])
        return made


def _member(username: str, team: Team, agency: Agency, role: str) -> Person:
    person = Person.objects.create_user(username, "cchc-demo-2026", full_name=username.title())
    Role.objects.create(person=person, code="team_member", agency=agency, valid_from=date(1900, 1, 1))
    TeamMember.objects.create(team=team, person=person, role=role, joined_on=date(2020, 1, 1))
    return person


def make_site(agency: Agency) -> Site:
    area = Area.objects.filter(code="procedures").first() or Area.objects.create(
        code="procedures", name="Cải cách thủ tục hành chính", order=1
    )
    template = Template.objects.create(code="proof", name="Danh mục thử nghiệm", area=area)
    for number in range(1, LINES + 1):
        template.items.create(code=f"P{number}", text=f"Mục {number}", order=number, section="A. Thử nghiệm")
    team = Team.objects.create(name="Đoàn thử nghiệm", kind="administrative_inspection", issuing_agency=agency)
    hoa, khoa = _member("hoa", team, agency, "head"), _member("khoa", team, agency, "member")
    return Site(agency, team, template, hoa, khoa)
