"""P13 to P15 and P18: the portal as it really runs, in processes of its own: browser, memory, start, deadline."""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Count, Sum
from django.test import Client

from agencies.choices import RoleCode
from agencies.models import Agency, Person, Role
from bench.city import ROOT
from bench.measure import AT_LEAST, Row, absolute
from bench.workbooks import LABEL, make_returns
from dossiers.models import Line, Period, Return, Summary
from dossiers.rules import TYPED_NAMES
from dossiers.tasks import run_now
from tests.services import free_port, start_server, stop_server

# The processes that are measured take the portal's own settings, not those of the benchmark.
PLAIN = {"DJANGO_SETTINGS_MODULE": "cchc_portal.settings"}
REPORTS, SAVES, SECONDS, CLIENTS, PATIENCE = 50, 3_000, 10, 12, 60
GRID = """
import json
from proofs import fluent
from proofs.__main__ import chromium
from proofs.world import clean_up, make_world
try:
    world = make_world()
    with chromium() as (browser, address):
        print(json.dumps(fluent.prove(browser, address, world)))
finally:
    clean_up()
"""
WORKER = """
import sys, tempfile
import django
django.setup()
from django.conf import settings
from django.core.files.storage import storages
settings.MEDIA_ROOT = tempfile.mkdtemp()
from records.choices import JobState
from records.models import Document
from records.tasks import render_document
ready = list(Document.objects.filter(state=JobState.READY).order_by("asked_at").values_list("pk", flat=True))
for number in range(int(sys.argv[1])):
    pk = ready[number % len(ready)]
    Document.objects.filter(pk=pk).update(state=JobState.QUEUED, attempt=0)
    render_document(str(pk))
print(open("/proc/self/status").read())
"""


def _megabytes(status: str) -> float:
    """Memory held, from the text of /proc/…/status."""
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _said(code: str, *arguments: str, environment: dict | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=environment or os.environ | PLAIN,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=600,
    )
    return done.stdout


def grid(database: str) -> list[Row]:
    """P13: 200 lines × 11 figures in Chromium; has a database of its own."""
    if database != "sqlite":
        return []
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CCHC_", "DJANGO_"))}
    found = json.loads(_said(GRID, environment=clean).splitlines()[-1])
    return [
        absolute("P13 grid of 200 lines, key to paint", database, "ms", found["key_to_paint_ms"], 50),
        absolute("P13 paste of 40 × 9 judged", database, "ms", found["paste_40_by_9_ms"], 100),
        absolute("P13 paste of 2,002 cells judged", database, "ms", found["paste_182_by_11_ms"], 1_000),
    ]


@contextmanager
def web():
    """The web server as `make run` starts it; gives its port and the keys of its processes."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "cchc_portal.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--preload", "--timeout", "60"]
    command += ["--no-control-socket", "--log-level", "error"]
    connection.close()  # the processes are the database's only clients while they are watched
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, cwd=ROOT, env=os.environ | PLAIN, check=True, timeout=120)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "web.log"
        server = start_server(command, signal.SIGTERM, log, cwd=ROOT, env=os.environ | PLAIN)
        try:
            _until_it_answers(port, "/login/")
            yield port, server
        finally:
            stop_server(server, signal.SIGTERM)


def _until_it_answers(port: int, path: str) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            asked.request("GET", path, headers={"Host": "localhost"})
            if asked.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"no answer on port {port} within {PATIENCE} s")


def _cookie(person: Person) -> str:
    client = Client(SERVER_NAME="localhost")
    client.force_login(person)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def memory(database: str) -> list[Row]:
    """P14: the largest web process after 400 pages, a process that has made 50 documents as the worker makes them."""
    headers = {"Host": "localhost", "Cookie": _cookie(Person.objects.get(username="lanhdao"))}
    pages = ("/", "/overview/", "/agencies/", "/procedures/", "/returns/", "/visits/", "/recommendations/", "/claims/")
    with web() as (port, server):
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for number in range(400):
            asked.request("GET", pages[number % len(pages)], headers=headers)
            asked.getresponse().read()
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text(encoding="utf-8").split()
        held = max(_megabytes(Path(f"/proc/{pid}/status").read_text(encoding="utf-8")) for pid in children)
    worker = _megabytes(_said(WORKER, str(REPORTS)))
    return [
        absolute("P14 memory of a web process after 400 pages", database, "MB", held, 150),
        absolute(f"P14 memory of a worker after {REPORTS} documents", database, "MB", worker, 300),
    ]


def second_start(database: str) -> list[Row]:
    """P15: `make run` on a portal that has run before, until its first page comes."""
    if database != "sqlite":
        return []
    took = []
    with tempfile.TemporaryDirectory() as folder:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CCHC_", "DJANGO_", "MAKE"))}
        clean |= {"CCHC_DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "CCHC_MEDIA_ROOT": f"{folder}/media"}
        for _start in range(4):
            port = free_port()
            began = time.monotonic()
            with tempfile.TemporaryFile() as said:
                running = subprocess.Popen(
                    ["make", "run"],
                    cwd=ROOT,
                    env=clean | {"PORT": str(port)},
                    stdout=said,
                    stderr=said,
                    start_new_session=True,
                )
                try:
                    _until_started(running, port)
                    took.append(time.monotonic() - began)
                finally:
                    stop_server(running, signal.SIGINT)
    # The first prepared the database.
    return [absolute("P15 second start to the first page", database, "s", sorted(took[1:])[1], 5)]


def _until_started(running: subprocess.Popen, port: int) -> None:
    for _minute in range(5):
        if running.poll() is not None:
            raise RuntimeError(f"`make run` ended with {running.returncode}")
        try:
            _until_it_answers(port, "/login/")
            return
        except TimeoutError:
            continue
    raise TimeoutError("`make run` does not answer")


def _saver(port: int, jobs: list[tuple], began: float, cookie: str, failures: list) -> None:
    """Sends its saves when they are due; what is not answered by 200 is a failure."""
    token = "b" * 32
    headers = {"Host": "localhost", "Content-Type": "application/json", "X-CSRFToken": token}
    headers["Cookie"] = f"{cookie}; {settings.CSRF_COOKIE_NAME}={token}"
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for due, item, line, value in jobs:
        time.sleep(max(0.0, began + due - time.monotonic()))
        edit = {"id": line, "version": 1, "cells": dict.fromkeys(TYPED_NAMES, value)}
        try:
            asked.request("POST", f"/returns/{item}/lines/", json.dumps({"lines": [edit]}), headers)
            answer = asked.getresponse()
            answer.read()
            if answer.status != 200:
                failures.append(answer.status)
        except OSError as error:
            failures.append(str(error))
            asked.close()


def deadline(database: str) -> list[Row]:
    """P18: 300 saves are due every second for 10 seconds; all must be in, and the sums must be those of the lines."""
    period = Period.objects.filter(label=LABEL).first() or make_returns()
    lan = Person.objects.get(username="lan")
    agencies = list(Agency.objects.filter(code__startswith="B0", code__lt="B050").exclude(code__contains="-"))
    for agency in agencies:
        Role.objects.get_or_create(person=lan, code=RoleCode.REPORTER, agency=agency, valid_from=date(2000, 1, 1))
    returns = Return.objects.filter(agency__in=agencies, period=period)
    lines = Line.objects.filter(of__in=returns)
    lines.update(version=1, not_applicable=0, **dict.fromkeys(TYPED_NAMES))
    # One line after the other of different returns, as many clerks would.
    rows = list(lines.order_by("position", "of_id").values_list("of_id", "pk")[:SAVES])
    jobs = [(SECONDS * n / len(rows), item, line, n % 97) for n, (item, line) in enumerate(rows)]
    failures: list = []
    cookies = [_cookie(lan) for _client in range(CLIENTS)]
    with web() as (port, _server):
        began = time.monotonic() + 0.2
        clients = [
            threading.Thread(target=_saver, args=[port, jobs[n::CLIENTS], began, cookies[n], failures], daemon=True)
            for n in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join(max(0.0, began + SECONDS + 2 * PATIENCE - time.monotonic()))
        took = time.monotonic() - began
    if any(client.is_alive() for client in clients):
        failures.append("not through")
    wrong = _differences(period, returns, sum(value for *_job, value in jobs))
    bad, reached = len(failures) + wrong, len(rows) / took
    goal = SAVES / SECONDS
    return [
        absolute(f"P18 {len(rows):,} saves: failures and differences", database, "", bad, 0),
        absolute("P18 saves a second, as many as are due", database, "1/s", reached, goal * 0.98, AT_LEAST),
    ]


def _differences(period: Period, returns, sent: int) -> int:
    """Figures whose stored sum is not what was sent, and sums of agencies that are not those of their lines."""
    stored = Line.objects.filter(of__in=returns).aggregate(**{f"sum_{name}": Sum(name) for name in TYPED_NAMES})
    wrong = sum((stored[f"sum_{name}"] or 0) != sent for name in TYPED_NAMES)
    ids = list(returns.values_list("pk", flat=True))
    Return.objects.filter(pk__in=ids).update(state="accepted")
    run_now(period=period)
    names = ("received_online", "withdrawn")
    of_lines = Line.objects.filter(of__in=ids).values("of__agency").order_by()
    sums = {f"sum_{name}": Sum(name) for name in names} | {f"known_{name}": Count(name) for name in names}
    summed = of_lines.annotate(lines=Count("pk"), **sums)
    kept = {row.agency_id: row for row in Summary.objects.filter(period=period, tree=False)}
    for row in summed:
        summary = kept.get(row["of__agency"])
        # A figure that is blank on one line is not known of the agency.
        told = {name: row[f"sum_{name}"] if row[f"known_{name}"] == row["lines"] else None for name in names}
        wrong += summary is None or any(getattr(summary, name) != told[name] for name in names)
    Return.objects.filter(pk__in=ids).update(state="draft")
    return wrong


ROWS = (grid, memory, second_start, deadline)
