"""What a list knows is forgotten with any write: of this connection or another, by whatever way, in any order."""

import threading
from datetime import date

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from agencies.models import Agency
from cchc_portal.lib.asked import since_written
from procedures.filters import ProcedureFilter
from procedures.models import AgencyProcedure, Field, Procedure
from reports.demo import bulk

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS, TRIES = 20, 200
TABLE, HANDLING = Agency._meta.db_table, AgencyProcedure._meta.db_table


def _raw(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def _many(sql, rows):
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def _save():
    field = Field.objects.get(code="F1")
    field.name = "Saved"
    field.save()


def _bulk_update():
    fields = list(Field.objects.all())
    for field in fields:
        field.name = f"{field.name} anew"
    Field.objects.bulk_update(fields, ["name"])


def _several():
    with transaction.atomic():
        Field.objects.filter(code="F2").update(name="Second")
        try:
            with transaction.atomic():
                Field.objects.filter(code="F1").update(name="Taken back")
                raise ZeroDivisionError
        except ZeroDivisionError:
            Procedure.objects.get(code="T0").delete()


# In this order: each finds what those before it left.
WRITES = {
    "save": _save,
    "update": lambda: Agency.objects.filter(code="HN-NGV").update(short_name="Renamed"),
    "bulk_create": lambda: Field.objects.bulk_create([Field(code=f"F{n}", name=f"Field {n}") for n in (3, 4)]),
    "bulk_update": _bulk_update,
    "bulk insert": lambda: bulk.insert(
        AgencyProcedure,
        ("agency_id", "procedure_id"),
        [(Agency.objects.get(code="HN-NV").pk, Procedure.objects.get(code="T1").pk)],
    ),
    "by hand": lambda: _raw(f"UPDATE {TABLE} SET short_name = %s WHERE code = 'HN-KHCN'", "By hand"),
    "many by hand": lambda: _many(f"UPDATE {TABLE} SET sort_key = %s WHERE code = %s", [("zz", "HN-NGV")]),
    "savepoint": _several,
    "delete": lambda: Field.objects.get(code="F4").delete(),
    "delete rows": lambda: AgencyProcedure.objects.filter(agency__code="HN-NGV").delete(),
    "delete by hand": lambda: _raw(f"DELETE FROM {HANDLING}"),
    "closed": lambda: Procedure.objects.filter(code="T1").update(valid_to=date(2020, 1, 1)),
}


def begun(write):
    """A thread at work on a connection of its own, and what it fails with."""
    failed = []

    def run():
        try:
            write()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, failed


def elsewhere(write):
    """The write in another thread, on a connection of its own."""

    thread, failed = begun(write)
    thread.join(timeout=SECONDS)
    assert not thread.is_alive() and not failed


def settles(holds) -> bool:
    """Whether it holds once nothing else is written: PostgreSQL's snapshot tells of its other databases too."""
    return any(holds() for _attempt in range(TRIES))


@pytest.fixture
def listed(cast, client_of):
    """Looks at the list of procedures and holds it against the rows that are there now."""
    fields = [Field.objects.create(code=f"F{n}", name=f"Field {n}") for n in (1, 2)]
    Procedure.objects.create(code="T0", name="T 0", field=fields[0])
    for number in range(1, 4):
        made = Procedure.objects.create(code=f"T{number}", name=f"T {number}", field=fields[number % 2])
        for agency in (cast.khcn, cast.ngv):
            AgencyProcedure.objects.create(agency=agency, procedure=made)
    client = client_of(cast.quan)
    client.get("/procedures/")

    def look() -> int:
        with CaptureQueriesContext(connection) as told:
            answer = client.get("/procedures/")
        rows = ProcedureFilter({}, Procedure.objects.for_list()).qs
        page = answer.context["page"]
        assert [row.code for row in page.object_list] == [row.code for row in rows]
        assert page.paginator.count == rows.count()
        handling = Agency.objects.filter(pk__in=AgencyProcedure.objects.values("agency")).order_by("sort_key", "pk")
        offered = [("field", Field.objects.values_list("code", "name"))]
        offered.append(("agency", handling.values_list("code", "short_name")))
        for name, choices in offered:
            shown = answer.text.partition(f'name="{name}"')[2].partition("</select>")[0]
            at = [shown.find(f'<option value="{code}">{escape(label)}</option>') for code, label in choices]
            assert -1 not in at and at == sorted(at) and shown.count("<option") == len(at) + 1
        return len(told)

    return look


@pytest.mark.parametrize("where", [lambda write: write(), elsewhere], ids=["here", "elsewhere"])
def test_a_list_is_never_stale_whatever_is_written(listed, where):
    first = listed()
    kept = min(listed() for _look in range(20))
    assert kept <= first
    for write in WRITES.values():
        where(write)
        listed()
        assert settles(lambda: listed() == kept)


def test_what_nobody_wrote_is_not_asked_again(listed):
    listed()
    assert settles(lambda: since_written() is since_written())
    quiet = min(listed() for _look in range(20))
    Procedure.objects.filter(code="T1").update(statutory_days=5)
    assert listed() == quiet + 3, "two offers and the count"
    assert settles(lambda: listed() == quiet)


def test_a_write_is_seen_when_it_is_committed_however_long_it_took(listed):
    written, looked = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            Field.objects.filter(code="F1").update(name="Slow")
            written.set()
            assert looked.wait(SECONDS)

    listed()
    thread, failed = begun(write)
    assert written.wait(SECONDS)
    if connection.vendor == "postgresql":  # others commit meanwhile; SQLite has one writer
        elsewhere(lambda: Field.objects.filter(code="F2").update(name="Quick"))
    kept = []

    def stands() -> bool:
        kept[:] = [since_written()]
        listed()
        return since_written() is kept[0]

    assert settles(stands), "what is not committed changes nothing yet"
    looked.set()
    thread.join(timeout=SECONDS)
    assert not thread.is_alive() and not failed
    listed()
    assert since_written() is not kept[0]
    assert Field.objects.get(code="F1").name == "Slow"


def test_in_a_transaction_nothing_is_known(listed):
    listed()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Field.objects.filter(code="F1").update(name="Never")
        listed()
        assert since_written() == {}
        raise ZeroDivisionError
    listed()
