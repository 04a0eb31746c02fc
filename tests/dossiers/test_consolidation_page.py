"""Many workbooks through the page: checked by the worker, told place by place, saved once and together or never."""

import io
import os
import stat
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from agencies.models import Role
from dossiers.models import Consolidation, Line, Return
from dossiers.workbooks.tasks import run_consolidation
from dossiers.workflow import open_return
from procedures.models import AgencyProcedure
from records.models import Event
from tests.dossiers.workbook_making import GOOD, line, packed, with_cell

URL = "/review/consolidate/"
ROWS = [line("1", "0.000001"), line("2", "0.000002")]
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def office(cast, period_q, procedures_khcn, settings, tmp_path):
    """An officer's client; one agency with a draft, one without."""
    settings.MEDIA_ROOT = tmp_path
    for procedure in procedures_khcn[:2]:
        AgencyProcedure.objects.create(agency=cast.ngv, procedure=procedure)
    open_return(cast.khcn, period_q, by=cast.lan)
    return cast


def workbook(name, rows=ROWS):
    return SimpleUploadedFile(name, packed(rows))


def archive(files, attributes=None):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packing:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr, entry.compress_type = attributes or 0, zipfile.ZIP_DEFLATED
            packing.writestr(entry, data)
    return SimpleUploadedFile("quy3.zip", target.getvalue())


def upload(client, *files):
    return client.post(URL, {"period": "2026-Q3", "files": list(files)})


def checked(client, *files):
    """The row of an upload that the worker has checked."""
    assert upload(client, *files).status_code == 302
    job = Consolidation.objects.latest("asked_at")
    run_consolidation(str(job.pk))
    job.refresh_from_db()
    return job


def both():
    return workbook("HN-KHCN.xlsx"), workbook("HN-NGV.xlsx")


def state_of_all():
    return Event.objects.count(), list(Return.objects.values_list("pk", "version")), list(Line.objects.values())


def test_dry_run_tells_what_would_change_and_changes_nothing(office, client_of):
    client, before = client_of(office.quan), state_of_all()
    job = checked(client, *both())
    assert (job.state, job.saved, job.done, job.total) == ("ready", False, 2, 2)
    page = client.get(job.get_absolute_url())
    assert [row[:5] for row in page.context["page"]] == [
        ["HN-KHCN.xlsx", "HN-KHCN", 2, 2, 0],
        ["HN-NGV.xlsx", "HN-NGV", 2, 2, 0],
    ]
    assert 4 * GOOD[1] in [total for _label, total in page.context["sums"]]
    assert "Ghi vào báo cáo" in page.content.decode()
    assert state_of_all() == before


def test_one_zip_is_as_good_as_its_files(office, client_of):
    job = checked(client_of(office.quan), archive({"Quý III/HN-KHCN.xlsx": packed(ROWS), "__MACOSX/._x.xlsx": b"x"}))
    assert (job.total, job.report["changed"], job.report["errors"]) == (1, 2, 0)


def test_errors_are_listed_by_file_row_and_column_and_nothing_can_be_saved(office, client_of):
    client, before = client_of(office.quan), state_of_all()
    job = checked(client, workbook("HN-KHCN.xlsx"), workbook("HN-NGV.xlsx", [with_cell("J", "1,5")]))
    page = client.get(job.get_absolute_url())
    problem = page.context["page"].object_list[0]
    assert [problem[0], *problem[2:4]] == ["HN-NGV.xlsx", 5, "J"]
    assert "Ghi vào báo cáo" not in page.content.decode()
    assert client.post(job.get_absolute_url(), {"run": "write"}).status_code == 409
    assert state_of_all() == before


def test_saved_once_with_the_event_of_the_command(office, client_of):
    client = client_of(office.quan)
    job = checked(client, *both())
    events = Event.objects.count()
    assert client.post(job.get_absolute_url(), {"run": "write"}).status_code == 302
    assert client.post(job.get_absolute_url(), {"run": "write"}).status_code == 409
    assert Event.objects.count() == events
    for _time in range(2):  # a message that comes twice
        run_consolidation(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.saved, job.report["changed"]) == ("ready", True, 4)
    assert [(event.action, event.actor) for event in Event.objects.order_by("pk")[events:]] == [
        ("consolidate_returns", office.quan)
    ]
    assert Line.objects.filter(received_online=GOOD[1]).count() == 4
    assert not job.folder.exists()
    assert "Đã ghi" in client.get(job.get_absolute_url()).content.decode()
    assert client.post(job.get_absolute_url(), {"run": "check"}).status_code == 409


def test_what_changed_since_the_check_is_not_overwritten(office, client_of):
    client = client_of(office.quan)
    job = checked(client, *both())
    client.post(job.get_absolute_url(), {"run": "write"})
    Line.objects.filter(of__agency=office.khcn, procedure__code="0.000001").update(received_online=7, version=2)
    before = state_of_all()
    run_consolidation(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.saved) == ("ready", False)
    assert job.report["refused"]
    assert state_of_all() == before
    assert client.post(job.get_absolute_url(), {"run": "check"}).status_code == 302
    run_consolidation(str(job.pk))
    job.refresh_from_db()
    assert job.may_write


def test_killed_worker_is_continued_after_its_lease(office, client_of):
    client = client_of(office.quan)
    job = checked(client, *both())
    client.post(job.get_absolute_url(), {"run": "write"})
    Consolidation.objects.claim(job.pk)  # and then killed
    run_consolidation(str(job.pk))  # too early: the lease is held
    job.refresh_from_db()
    assert (job.state, Return.objects.count()) == ("running", 1)
    Consolidation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert list(Consolidation.objects.stuck()) == [job]
    run_consolidation(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.saved, job.attempt, Return.objects.count()) == ("ready", True, 2, 2)


def test_a_worker_that_lost_its_lease_saves_nothing(office, client_of, monkeypatch):
    client = client_of(office.quan)
    job = checked(client, *both())
    client.post(job.get_absolute_url(), {"run": "write"})
    before = state_of_all()
    late = Consolidation.objects.claim(job.pk)
    Consolidation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    Consolidation.objects.claim(job.pk)
    assert not Consolidation.objects.tell_progress(late, 1)
    monkeypatch.setattr(type(Consolidation.objects), "claim", lambda self, pk: late)
    run_consolidation(str(job.pk))
    assert state_of_all() == before
    assert Consolidation.objects.get().state == "running"


def test_page_asks_again_until_the_files_are_read(office, client_of):
    client = client_of(office.quan)
    upload(client, *both())
    job = Consolidation.objects.get()
    claimed = Consolidation.objects.claim(job.pk)
    assert Consolidation.objects.tell_progress(claimed, 1)
    piece = client.get(job.get_absolute_url(), headers=FRAGMENT).content.decode()
    assert "load delay:2s" in piece and "Đã đọc 1/2 tệp" in piece and "<html" not in piece
    Consolidation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    run_consolidation(str(job.pk))
    assert "load delay" not in client.get(job.get_absolute_url(), headers=FRAGMENT).content.decode()


@pytest.mark.parametrize("name", ["lan", "minh", "lanhdao", "kiemtoan", "admin", "hoa"])
def test_outsiders_are_refused(office, client_of, name):
    job = checked(client_of(office.quan), *both())
    client = client_of(getattr(office, name))
    assert client.get(URL).status_code == 403
    assert upload(client, *both()).status_code == 403
    for method in (client.get, client.post):
        assert method(job.get_absolute_url()).status_code == 403
    assert Consolidation.objects.count() == 1


def test_another_officers_upload_is_not_found(office, client_of):
    job = checked(client_of(office.quan), *both())
    client = client_of(office.mai)
    assert client.get(job.get_absolute_url()).status_code == 404
    assert client.post(job.get_absolute_url(), {"run": "write"}).status_code == 404
    assert client.get(reverse("dossiers:review")).content.decode().count(URL) == 1


def test_who_lost_the_role_meanwhile_saves_nothing(office, client_of):
    client = client_of(office.quan)
    job = checked(client, *both())
    client.post(job.get_absolute_url(), {"run": "write"})
    Role.objects.filter(person=office.quan).delete()
    before = state_of_all()
    run_consolidation(str(job.pk))
    job.refresh_from_db()
    assert job.state == "failed"
    assert state_of_all() == before


@pytest.mark.parametrize(
    ("files", "attributes"),
    [
        ({"../HN-KHCN.xlsx": b"x"}, 0),
        ({"HN-NGV.xlsx": b"x", "a/../../HN-KHCN.xlsx": b"x"}, 0),
        ({"/etc/HN-KHCN.xlsx": b"x"}, 0),
        ({"..\\HN-KHCN.xlsx": b"x"}, 0),
        ({"C:\\HN-KHCN.xlsx": b"x"}, 0),
        ({"HN-KHCN.xlsx": b"/etc/passwd"}, (stat.S_IFLNK | 0o777) << 16),
        ({"a/HN-KHCN.xlsx": b"x", "b/hn-khcn.xlsx": b"x"}, 0),
        ({"HN-KHCN.xlsx": bytes(11 * 1024 * 1024)}, 0),
        ({"HN-KHCN.xlsx": bytes(2 * 1024 * 1024)}, 0),
        ({f"{number}.xlsx": b"x" for number in range(2001)}, 0),
        ({"HN-KHCN.exe": b"x"}, 0),
        ({}, 0),
    ],
)
def test_hostile_archive_leaves_nothing(office, client_of, tmp_path, files, attributes):
    response = upload(client_of(office.quan), archive(files, attributes))
    assert response.status_code == 422
    assert response.context["form"].errors["files"]
    assert not Consolidation.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not any(Consolidation.shelf().iterdir())


@pytest.mark.parametrize("file", [SimpleUploadedFile("x.zip", b"PK no zip"), SimpleUploadedFile("x.xls", b"x"), None])
def test_what_is_no_workbook_is_told(office, client_of, file):
    response = upload(client_of(office.quan), *([file] if file else []))
    assert response.status_code == 422
    assert response.context["form"].errors["files"]


def test_uploads_are_thrown_away_after_a_week(office, client_of):
    client = client_of(office.quan)
    job, fresh = checked(client, *both()), checked(client, *both())
    week_ago = timezone.now().timestamp() - 7 * 24 * 3600 - 60
    os.utime(job.folder, (week_ago, week_ago))
    call_command("clear_uploads", stdout=io.StringIO())
    assert (job.folder.exists(), fresh.folder.exists()) == (False, True)
    assert client.post(job.get_absolute_url(), {"run": "write"}).status_code == 409
    assert "Ghi vào báo cáo" not in client.get(job.get_absolute_url()).content.decode()
