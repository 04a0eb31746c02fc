"""The same code on PostgreSQL and Redis with several web and worker processes, as an office runs it."""

import contextlib
import hashlib
import http.cookiejar
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import psycopg2
import pytest

from tests.services import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "cchc-demo-2026"
pytestmark = [pytest.mark.services, pytest.mark.slow]


class Office:
    """The running portal: its address, its database, its processes."""

    def __init__(self, services, folder: Path):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.services = services
        self.folder = folder
        self.processes = []
        self.workers = {}
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("CCHC_", "DJANGO_"))}
        self.environment = keep | {
            "DJANGO_SETTINGS_MODULE": "cchc_portal.settings",
            "CCHC_DATABASE_URL": services.database_url("cchc_office"),
            "CCHC_REDIS_URL": services.redis_url(7),
            "CCHC_MEDIA_ROOT": str(folder / "media"),
            "TMPDIR": str(folder),
        }

    def sql(self, statement, database="cchc_office"):
        """Runs one statement outside any transaction; returns its rows."""
        connection = psycopg2.connect(self.services.database_url(database))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def run(self, *arguments):
        """Runs a program of the portal to its end and returns what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, name, *arguments):
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def start_worker(self, number):
        worker = ["celery", "--quiet", "-A", "cchc_portal", "worker", "-l", "INFO", "--concurrency", "1"]
        self.workers[number] = self.start(f"worker{number}", *worker, "-n", f"office{number}@%h")

    def open(self):
        self.start(
            "web",
            "gunicorn",
            "cchc_portal.wsgi:application",
            "--bind",
            f"127.0.0.1:{self.port}",
            "--workers=2",
            "--no-control-socket",
        )
        for number in (1, 2):
            self.start_worker(number)

    def close(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def logs(self):
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')}" for path in self.folder.glob("*.log"))

    def wait_until(self, holds, what, seconds=60):
        """Waits until `holds()` is true; its value is returned. On time-out shows the processes' logs."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = holds()
            if value:
                return value
            time.sleep(0.1)
        pytest.fail(f"{what} did not happen in {seconds} s\n{self.logs()}")

    def healthy(self):
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as answer:
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError):
            return None


class Visitor:
    """A person's browser, reduced to addresses, forms and cookies."""

    def __init__(self, office):
        self.office = office
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def get(self, path):
        """Status and text of a page, redirects followed."""
        return self._open(urllib.request.Request(self.office.url + path))

    def post(self, path, form_page=None, **fields):
        """Sends the form found on `form_page` (default: the same path) with `fields`."""
        _, page = self.get(form_page or path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page).group(1)
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        headers = {"Origin": self.office.url, "Referer": self.office.url + path}
        return self._open(urllib.request.Request(self.office.url + path, data=body, headers=headers))

    def sign_in(self, username):
        status, page = self.post("/login/", username=username, password=PASSWORD)
        assert status == 200
        return page

    def _open(self, request):
        try:
            with self.opener.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture(scope="module")
def office(services, tmp_path_factory):
    """The portal with the small demo, open for business; closed and dropped at the end."""
    office = Office(services, tmp_path_factory.mktemp("office"))
    office.sql("DROP DATABASE IF EXISTS cchc_office", "postgres")
    office.sql("CREATE DATABASE cchc_office", "postgres")
    office.run("-m", "scripts.prepare")
    office.open()
    try:
        office.wait_until(office.healthy, "a healthy answer")
        yield office
    finally:
        office.close()
        office.sql("DROP DATABASE IF EXISTS cchc_office WITH (FORCE)", "postgres")


def test_parts_answer(office):
    assert {part: office.healthy()[part] for part in ("database", "queue", "storage")} == {
        "database": "ok",
        "queue": "ok",
        "storage": "ok",
    }


def test_both_workers_take_tasks(office):
    """A ping through Redis is answered by each of them."""

    def answers():
        done = subprocess.run(
            [sys.executable, "-m", "celery", "-A", "cchc_portal", "inspect", "ping", "--json"],
            cwd=ROOT,
            env=office.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return set(re.findall(r'"(office\d)@', done.stdout)) == {"office1", "office2"}

    office.wait_until(answers, "an answer of both workers")


def test_clerk_signs_in(office):
    """The session made by one web process holds in the other: ten pages, two processes."""
    clerk = Visitor(office)
    clerk.sign_in("lan")
    for _ in range(10):
        status, page = clerk.get("/")
        assert status == 200
        assert 'name="password"' not in page


def test_wrong_password_stays_outside(office):
    visitor = Visitor(office)
    _, page = visitor.post("/login/", username="lan", password="wrong")
    assert 'name="password"' in page


def test_slot_announced_by_two_clocks_runs_once(office):
    """Two beats announce the same minute; the workers write one row."""
    code = (
        "import cchc_portal.celery as c; "
        "[c.run_clock_slot.apply_async(('verify_trail', '2026-01-05T02:30:00+07:00')) for _ in range(4)]"
    )
    office.run("-c", code)
    count = "SELECT count(*) FROM records_clockslot WHERE name = 'verify_trail' AND done_at IS NOT NULL"
    office.wait_until(lambda: office.sql(count)[0][0], "the clock's slot")
    assert office.sql("SELECT count(*) FROM records_clockslot WHERE name = 'verify_trail'")[0][0] == 1


def city_basis(page):
    """Numerator and denominator of the city's headline on the overview."""
    found = re.search(r'tile-basis">\s*([\d.]+)/([\d.]+)', page)
    return tuple(int(number.replace(".", "")) for number in found.groups())


def test_accepted_return_reaches_the_overview_through_the_worker(office):
    leader, officer = Visitor(office), Visitor(office)
    leader.sign_in("lanhdao")
    officer.sign_in("quan")
    before = city_basis(leader.get("/overview/")[1])
    [(pk, version)] = office.sql("SELECT id, version FROM dossiers_return WHERE state = 'approved' ORDER BY id LIMIT 1")
    early, on_time, overdue = office.sql(
        "SELECT sum(resolved_early), sum(resolved_on_time), sum(resolved_overdue) "
        f"FROM dossiers_line WHERE of_id = {pk} AND resolved_early + resolved_on_time + resolved_overdue IS NOT NULL"
    )[0]
    in_time = early + on_time
    status, _ = officer.post(f"/returns/{pk}/accept/", form_page=f"/returns/{pk}/", version=version)
    assert status == 200
    assert office.sql(f"SELECT state FROM dossiers_return WHERE id = {pk}") == [("accepted",)]
    awaited = (before[0] + in_time, before[1] + in_time + overdue)
    office.wait_until(lambda: city_basis(leader.get("/overview/")[1]) == awaited, f"{awaited} on the overview", 20)


def renders(office):
    """The number of the worker that has taken a document and not finished it; None when both are idle."""
    for number in office.workers:
        told = re.findall(
            r"records\.tasks\.render_document\[([^]]+)\] (received|succeeded)", office.log(f"worker{number}")
        )
        if sum(1 if what == "received" else -1 for _, what in told) > 0:
            return number
    return None


def rendered(office):
    """How often the workers have finished a call of the task that renders."""
    return len(re.findall(r"records\.tasks\.render_document\[[^]]+\] succeeded", office.logs()))


def test_worker_killed_in_mid_render_is_made_good_by_another_attempt(office):
    """The row outlives the worker: a second attempt ends it, with one file, and late messages change nothing."""
    head = Visitor(office)
    head.sign_in("hoa")
    [(visit,)] = office.sql("SELECT id FROM inspections_visit WHERE state = 'reported' AND NOT history LIMIT 1")
    status, _ = head.post(f"/visits/{visit}/documents/report/", form_page=f"/visits/{visit}/")
    assert status == 200
    [(pk,)] = office.sql("SELECT id FROM records_document ORDER BY asked_at DESC LIMIT 1")

    def row():
        found = office.sql(f"SELECT state, attempt, file, file_hash FROM records_document WHERE id = '{pk}'")
        return dict(zip(("state", "attempt", "file", "file_hash"), found[0], strict=True))

    office.wait_until(lambda: row()["state"] == "running", "a worker at work", 20)
    number = office.wait_until(lambda: renders(office), "a worker's word that it renders", 10)
    os.killpg(office.workers[number].pid, signal.SIGKILL)
    office.workers[number].wait()
    assert (row()["state"], row()["attempt"], row()["file"]) == ("running", 1, "")
    asked = f"SELECT asked_at AT TIME ZONE 'UTC' FROM records_document WHERE id = '{pk}'"
    [(asked_at,)] = office.sql(asked)
    folder = office.folder / "media" / "documents" / f"{asked_at:%Y/%m}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f".{pk}.pdf.{office.workers[number].pid}").write_bytes(b"%PDF-")  # killed while writing

    office.sql(f"UPDATE records_document SET lease_until = now() - interval '1 second' WHERE id = '{pk}'")
    assert "1 queued again" in office.run("manage.py", "requeue_jobs")
    office.wait_until(lambda: row()["state"] == "ready", "a finished document")
    finished = row()
    assert finished["attempt"] == 2
    file = office.folder / "media" / finished["file"]
    of_the_document = sorted(path for path in (office.folder / "media").rglob("*") if str(pk) in path.name)
    assert of_the_document == [file.with_suffix(".docx"), file]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == finished["file_hash"]

    office.start_worker(number)
    calls, made_at = rendered(office), file.stat().st_mtime_ns
    again = (
        f"import cchc_portal.celery as c; [c.app.send_task('records.tasks.render_document', ['{pk}']) for _ in 'ab']"
    )
    office.run("-c", again)
    office.wait_until(lambda: rendered(office) >= calls + 2, "an answer to late messages")
    assert (row(), file.stat().st_mtime_ns) == (finished, made_at)
