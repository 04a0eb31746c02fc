"""A portal of its own for a proof: a fresh database, one agency with forty procedures, its clerks, a served address."""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.testcases import LiveServerThread

from agencies.models import Agency, Person, Role
from dossiers.models import Period, Return
from dossiers.workflow import open_return
from procedures.models import AgencyProcedure, Field, Procedure
from proofs import FOLDER
from tests.cast import HANOI

LINES = 40
FOREVER = datetime(2099, 1, 1, tzinfo=HANOI)


@dataclass
class World:
    """Who types (Lan), her colleague (Nga), and their agency."""

    agency: Agency
    lan: Person
    nga: Person

    def draft(self, number: int) -> Return:
        """A new draft with blank lines, of a quarter of its own for every number."""
        first = date(1600, 1, 1) + timedelta(days=90 * number)
        period = Period.objects.create(
            label=f"{1600 + number // 4}-Q{number % 4 + 1}-cal",
            kind="quarter",
            calendar="calendar",
            first_day=first,
            last_day=first + timedelta(days=89),
            due_at=FOREVER,
            locks_at=FOREVER,
        )
        return open_return(self.agency, period, by=self.lan)[0]


def _clerk(username: str, agency: Agency) -> Person:
    person = Person.objects.create_user(username, "cchc-demo-2026", full_name=username.title())
    Role.objects.create(person=person, code="reporter", agency=agency, valid_from=date(1900, 1, 1))
    return person


def make_world() -> World:
    """Fill the database; the proofs' own is built first."""
    if FOLDER:
        call_command("migrate", verbosity=0)
    agency = Agency.objects.create(code="THU", name="Sở Thử nghiệm", short_name="Sở Thử nghiệm", kind="department")
    field = Field.objects.create(code="THU", name="Lĩnh vực thử nghiệm")
    for number in range(1, LINES + 1):
        code = f"0.{number:06d}"
        procedure = Procedure.objects.create(code=code, name=f"Thủ tục {number}", field=field, level="province")
        AgencyProcedure.objects.create(agency=agency, procedure=procedure)
    return World(agency, _clerk("lan", agency), _clerk("nga", agency))


def signed_in(person: Person) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(person)
    return client


@contextmanager
def served():
    """The address under which the portal answers while the block runs."""
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={})
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    try:
        yield f"http://127.0.0.1:{thread.port}"
    finally:
        thread.terminate()
        connection.close()


def clean_up() -> None:
    """The proofs' own database goes."""
    if FOLDER:
        shutil.rmtree(FOLDER, ignore_errors=True)
