"""The same code on PostgreSQL and Redis with several web and worker processes, as an office runs it."""

import contextlib
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
        with open(self.folder / f"{name}.log", "wb") as log:
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

    def open(self):
        worker = ["celery", "--quiet", "-A", "cchc_portal", "worker", "-l", "INFO", "--concurrency", "1"]
        self.start("web", "gunicorn", "cchc_portal.wsgi:application", "--bind", f"127.0.0.1:{self.port}", "--workers=2")
        for number in (1, 2):
            self.start(f"worker{number}", *worker, "-n", f"office{number}@%h")

    def close(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

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
