"""Registers from files: dry run, errors by row, all or nothing, twice is once; the real forest as of any day."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from agencies.imports import agency as agency_import
from agencies.models import Agency, Succession
from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.tables import write_xlsx
from cchc_portal.lib.xlsx import read_rows
from records.models import Event

DATA = Path(__file__).resolve().parents[2] / "data"
HEAD = "code,name,short_name,kind,parent,valid_from,valid_to,gso_code,latitude,longitude\n"
URL = "/admin/import/agencies/"

pytestmark = pytest.mark.django_db


def plan(text):
    file = io.BytesIO((HEAD + text).encode())
    file.name = "agencies.csv"
    return agency_import.plan_import(read_rows(file, agency_import.COLUMNS, agency_import.REQUIRED))


def upload(text, name="agencies.csv"):
    return SimpleUploadedFile(name, (HEAD + text).encode())


def register():
    return list(Agency.objects.order_by("code").values_list("code", "name", "parent__code", "path", "version"))


@pytest.fixture
def forest(db):
    """Hanoi's real tree and successions."""
    call_command("import_agencies", DATA / "agencies.csv", write=True, stdout=io.StringIO())
    call_command("import_successions", DATA / "agency_successions.csv", write=True, stdout=io.StringIO())


def test_dry_run_writes_nothing():
    out = io.StringIO()
    call_command("import_agencies", DATA / "agencies.csv", stdout=out)
    assert "705" in out.getvalue()
    assert not Agency.objects.exists()
    assert not Event.objects.exists()


def test_real_files_come_in_whole_with_one_event_each(forest):
    assert (Agency.objects.count(), Succession.objects.count()) == (705, 830)
    assert list(Event.objects.values_list("action", flat=True)) == ["import_agencies", "import_successions"]


@pytest.mark.parametrize(
    ("day", "units"), [("2025-02-28", 578), ("2025-03-01", 573), ("2025-06-30", 573), ("2025-07-01", 143)]
)
def test_forest_as_of_a_day(forest, cast_free_client, day, units):
    page = cast_free_client.get("/agencies/", {"on": day}).context["page"]
    assert page.paginator.count == units
    assert Agency.objects.valid_on(date.fromisoformat(day)).count() == units


@pytest.fixture
def cast_free_client(client, django_user_model):
    """Somebody without a role beside the real forest: the register is open to everyone who is signed in."""
    client.force_login(django_user_model.objects.create_user("ai", full_name="Ai"))
    return client


def test_paths_follow_the_parents(forest):
    paths = dict(Agency.objects.values_list("pk", "path"))
    for agency in Agency.objects.all():
        above = paths[agency.parent_id] if agency.parent_id else "/"
        assert agency.path == f"{above}{agency.pk}/"


def test_twice_is_once(forest):
    before, events = register(), Event.objects.count()
    call_command("import_agencies", DATA / "agencies.csv", write=True, stdout=io.StringIO())
    call_command("import_successions", DATA / "agency_successions.csv", write=True, stdout=io.StringIO())
    assert register() == before
    assert Succession.objects.count() == 830
    assert Event.objects.count() == events


def test_workbook_says_the_same_as_the_csv(forest, tmp_path):
    with open(DATA / "agencies.csv", encoding="utf-8", newline="") as opened:
        head, *rows = csv.reader(opened)
    write_xlsx(tmp_path / "agencies.xlsx", head, rows)
    before = register()
    call_command("import_agencies", tmp_path / "agencies.xlsx", write=True, stdout=io.StringIO())
    assert register() == before


def test_parent_may_come_later_and_a_move_carries_the_subtree():
    agency_import.apply(
        plan("P1,Phòng,Phòng,division,S1,,,,,\nS1,Sở,Sở,department,T,,,,,\nT,Tỉnh,Tỉnh,city,,,,,,\n"), None
    )
    agency_import.apply(plan("S2,Sở Hai,Sở Hai,department,T,,,,,\nP1,Phòng,Phòng,division,S2,,,,,\n"), None)
    moved = Agency.objects.get(code="P1")
    assert moved.parent.code == "S2"
    assert moved.path == f"{moved.parent.path}{moved.pk}/"
    assert moved.version == 2
    assert Agency.objects.get(code="S1").version == 1


def test_changed_name_is_found_under_its_new_words():
    agency_import.apply(plan("T,Tỉnh Cũ,Tỉnh,city,,,,,,\n"), None)
    agency_import.apply(plan("T,Tỉnh Đổi Mới,Tỉnh,city,,,,,,\n"), None)
    assert "doi moi" in Agency.objects.get().search_key
    event = Event.objects.order_by("number").last()
    assert "Tỉnh Cũ" in event.before
    assert "Tỉnh Đổi Mới" in event.after


@pytest.mark.parametrize(
    ("text", "row", "column"),
    [
        ("T,,Tỉnh,city,,,,,,\n", 2, "name"),
        ("T/1,Tỉnh,Tỉnh,city,,,,,,\n", 2, "code"),
        ("new,Tỉnh,Tỉnh,city,,,,,,\n", 2, "code"),
        ("T,Tỉnh,Tỉnh,city,,,,,,\nT,Tỉnh,Tỉnh,city,,,,,,\n", 3, "code"),
        ("T,Tỉnh,Tỉnh,kingdom,,,,,,\n", 2, "kind"),
        ("S,Sở,Sở,department,T,,,,,\n", 2, "parent"),
        ("S,Sở,Sở,department,,,,,,\n", 2, "parent"),
        ("A,A,A,commune,B,,,,,\nB,B,B,commune,A,,,,,\n", 2, "parent"),
        ("T,Tỉnh,Tỉnh,city,,2025-07-01,30/06/2025,,,\n", 2, "valid_to"),
        ("T,Tỉnh,Tỉnh,city,,31/02/2025,,,,\n", 2, "valid_from"),
        ("T,Tỉnh,Tỉnh,city,,,,,999,0\n", 2, "latitude"),
    ],
)
def test_error_names_row_column_and_reason_and_nothing_is_saved(text, row, column):
    found = plan(f"{text}OK,Tỉnh Khác,Tỉnh Khác,city,,,,,,\n")
    assert (row, column) in [(error.row, error.column) for error in found.errors]
    assert all(error.reason for error in found.errors)
    with pytest.raises(Refused):
        agency_import.apply(found, None)
    assert not Agency.objects.exists()


def test_command_reports_every_error_and_fails(tmp_path):
    (tmp_path / "bad.csv").write_text(HEAD + "T,,T,city,,,,,,\nS,S,S,department,X,,,,,\n", encoding="utf-8")
    err = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_agencies", tmp_path / "bad.csv", write=True, stderr=err, stdout=io.StringIO())
    assert "Dòng 2, cột name" in err.getvalue()
    assert "Dòng 3, cột parent" in err.getvalue()
    assert not Agency.objects.exists()


def test_plan_that_was_overtaken_is_refused():
    agency_import.apply(plan("T,Tỉnh,Tỉnh,city,,,,,,\n"), None)
    stale = plan("T,Tỉnh Khác,Tỉnh,city,,,,,,\n")
    agency_import.apply(plan("T,Tỉnh Nữa,Tỉnh,city,,,,,,\n"), None)
    with pytest.raises(Conflict):
        agency_import.apply(stale, None)
    assert Agency.objects.get().name == "Tỉnh Nữa"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("HN-TTTT,HN-TTTT,2025-03-01,merge", "successor"),
        ("HN-TTTT,,2025-03-01,merge", "successor"),
        ("HN-TTTT,HN-NGV,2025-03-01,dissolved", "successor"),
        ("HN-TTTT,HN-NGV,2025-02-28,merge", "effective_date"),
        ("HN-TTTT,HN-NGV,2025-03-01,merge", "kind"),
        ("HN-XX,HN-NGV,2025-03-01,merge", "predecessor"),
        ("HN-TTTT,HN-NGV,,split", "effective_date"),
    ],
)
def test_succession_errors(cast, tmp_path, row, column):
    (tmp_path / "s.csv").write_text(f"predecessor,successor,effective_date,kind\n{row}\n", encoding="utf-8")
    err = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_successions", tmp_path / "s.csv", write=True, stderr=err, stdout=io.StringIO())
    assert f"cột {column}" in err.getvalue()
    assert Succession.objects.count() == 1


# The page


def test_preview_then_save(cast, client_of):
    client = client_of(cast.quan)
    shown = client.post(URL, {"file": upload("HN-X,Sở Mới,Sở Mới,department,HN,,,,,\n")})
    assert shown.status_code == 200
    assert not Agency.objects.filter(code="HN-X").exists()
    saved = client.post(URL, {"preview": shown.context["preview"]})
    assert saved.status_code == 302
    assert Agency.objects.get(code="HN-X").parent == cast.hn
    assert Event.objects.get().actor == cast.quan


def test_page_shows_errors_by_row(cast, client_of):
    shown = client_of(cast.quan).post(URL, {"file": upload("HN-X,,Sở Mới,department,ZZ,,,,,\n")})
    assert shown.status_code == 422
    assert "preview" not in shown.context or not shown.context["preview"]
    assert {error.column for error in shown.context["errors"]} == {"name", "parent"}


def test_preview_of_somebody_else_or_forged_is_refused(cast, client_of):
    shown = client_of(cast.quan).post(URL, {"file": upload("HN-X,Sở Mới,Sở Mới,department,HN,,,,,\n")})
    for preview in (shown.context["preview"], "forged"):
        answer = client_of(cast.mai).post(URL, {"preview": preview})
        assert answer.status_code == 422
    assert not Agency.objects.filter(code="HN-X").exists()


def test_register_moved_since_the_preview(cast, client_of):
    client = client_of(cast.quan)
    shown = client.post(URL, {"file": upload("HN-NGV,Sở Đối ngoại,Sở ĐN,department,HN,,,,,\n")})
    Agency.objects.filter(code="HN-NGV").update(short_name="Khác", version=2)
    answer = client.post(URL, {"preview": shown.context["preview"]})
    assert answer.status_code == 409
    assert Agency.objects.get(code="HN-NGV").name == "Sở Ngoại vụ"


def test_file_that_is_no_table(cast, client_of):
    answer = client_of(cast.quan).post(URL, {"file": SimpleUploadedFile("a.xlsx", b"not a workbook")})
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]


@pytest.mark.parametrize("url", [URL, "/admin/import/successions/", "/admin/import/procedures/", "/admin/import/"])
def test_import_is_the_programme_offices(cast, client_of, client, url):
    assert client_of(cast.quan).get(url).status_code == 200
    for person in (cast.lan, cast.admin, cast.kiemtoan, cast.lanhdao):
        assert client_of(person).get(url).status_code == 403
    assert client.get(url).status_code == 302
