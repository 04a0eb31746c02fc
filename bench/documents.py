"""P12: documents as the worker makes them, beside WeasyPrint on the finished HTML; by one process and by two."""

import subprocess
import sys
import tempfile
from pathlib import Path

from django.test import override_settings

from agencies.models import Agency, Person
from bench.city import ROOT
from bench.measure import AT_LEAST, Row, Timed, milliseconds, ratio
from bench.rates import PERIOD
from cchc_portal.lib.pdf import html_to_pdf
from dossiers.models import Period
from inspections.choices import INSPECTION_REPORT
from records import registry
from records.choices import JobState
from records.models import Document
from records.tasks import render_document
from reports.choices import Scope
from reports.documents.asking import ReportForm

# A report with more pages than this takes seconds, and so fewer rounds.
MANY_PAGES = 10
MADE_EACH, THROUGHPUT_ROUNDS = 6, 2
# Waits for a line once it is warm, then makes the files and says how long that took.
MAKER = """
import sys, time
import django
django.setup()
from cchc_portal.lib.pdf import html_to_pdf
from records import registry
from records.models import Document
document = Document.objects.get(pk=sys.argv[1])
kind = registry.get(document.kind)
def make():
    content = kind.build(document)
    html_to_pdf(content.html, identifier="0" * 64, created=content.created, media=content.media)
make()
print("warm", flush=True)
for _line in sys.stdin:
    began = time.perf_counter()
    for _number in range(int(sys.argv[2])):
        make()
    print(time.perf_counter() - began, flush=True)
"""


def _ask_quarter_report() -> None:
    """The city's report of the quarter, asked for and made as from the page."""
    city, period = Agency.objects.get(code="HN"), Period.objects.get(label=PERIOD)
    asked = {"scope": Scope.CITY, "agency": city.pk, "period": period.pk}
    form = ReportForm(Person.objects.get(username="lanhdao"), asked)
    if not form.is_valid():
        raise RuntimeError(form.errors.as_text())
    form.ask(address="")


def reports(database: str) -> list[Row]:
    """Every kind of document of which the database holds one."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=Path(folder)):
        _ask_quarter_report()
        for kind in registry.kinds():
            document = Document.objects.filter(kind=kind.code, state=JobState.READY).order_by("asked_at").first()
            if document is None:
                continue
            content = kind.build(document)

            def queue(document=document):
                Document.objects.filter(pk=document.pk).update(state=JobState.QUEUED, attempt=0)

            def bare(content=content):
                html_to_pdf(content.html, identifier="0" * 64, created=content.created, media=content.media)

            spent = milliseconds(
                7 if document.pages < MANY_PAGES else 3,
                worker=Timed(lambda document=document: render_document(str(document.pk)), before=queue),
                bare=Timed(bare),
            )
            name = f"P12 {kind.code}, {document.pages} pages"
            rows.append(ratio(name, database, spent["worker"], "WeasyPrint on the finished HTML", spent["bare"], 1.1))
    return rows


def _seconds(processes: list[subprocess.Popen]) -> float:
    """All of them make their documents at once: until the last is through."""
    for process in processes:
        print(file=process.stdin, flush=True)
    return max(float(process.stdout.readline()) for process in processes)


def throughput(database: str) -> list[Row]:
    """P12: documents a minute by two processes against one."""
    document = Document.objects.filter(state=JobState.READY, kind=INSPECTION_REPORT).order_by("asked_at").first()
    command = [sys.executable, "-c", MAKER, str(document.pk), str(MADE_EACH)]
    two = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _one in "12"
    ]
    try:
        for process in two:
            if process.stdout.readline() != "warm\n":
                raise RuntimeError("a process that makes documents has ended")
        once, both = (min(_seconds(working) for _round in range(THROUGHPUT_ROUNDS)) for working in (two[:1], two))
    finally:
        for process in two:
            process.stdin.close()
            process.wait(30)
    one_rate, two_rate = MADE_EACH * 60 / once, 2 * MADE_EACH * 60 / both
    name, limit, times = "P12 documents a minute, two processes", "one process", two_rate / one_rate
    return [Row(name, database, "1/min", two_rate, limit, one_rate, AT_LEAST, times, 1.5, times >= 1.5)]


ROWS = (reports, throughput)
