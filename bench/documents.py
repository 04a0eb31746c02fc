"""P12: documents as the worker makes them, beside the libraries on the finished pages; by one process and by two."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from django.test import override_settings

from agencies.models import Agency, Person
from bench.city import ROOT
from bench.measure import AT_LEAST, Row, Timed, milliseconds, ratio
from bench.rates import PERIOD
from cchc_portal.lib.docx import to_docx
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


@contextmanager
def _without_word(kind: registry.Kind) -> Iterator[None]:
    """The kind as one of no paper: the worker makes the PDF alone."""
    registry.register(replace(kind, build=lambda document: replace(kind.build(document), paper=None)))
    try:
        yield
    finally:
        registry.register(kind)


def _measured(kind: registry.Kind, document: Document, database: str) -> list[Row]:
    """The PDF by itself, as the goal has it, and both files, as whoever asks gets them."""
    content = kind.build(document)

    def queue():
        Document.objects.filter(pk=document.pk).update(state=JobState.QUEUED, attempt=0)

    def work():
        render_document(str(document.pk))

    def pdf_only():
        with _without_word(kind):
            work()

    def bare():
        html_to_pdf(content.html, identifier="0" * 64, created=content.created, media=content.media)

    timed = {"pdf": Timed(pdf_only, before=queue), "bare": Timed(bare)}
    if content.paper is not None:
        timed["both"] = Timed(work, before=queue)
        timed["word"] = Timed(lambda: to_docx(content.paper, "0" * 32, media=content.media, created=content.created))
    spent = milliseconds(11 if document.pages < MANY_PAGES else 3, **timed)
    name, limit = f"P12 {kind.code}, {document.pages} pages", "WeasyPrint on the finished HTML"
    rows = [ratio(f"{name}, PDF", database, spent["pdf"], limit, spent["bare"], 1.1)]
    if content.paper is not None:
        libraries = spent["bare"] + spent["word"]
        told = (f"{limit} + python-docx on the finished paper", libraries, 1.1)
        rows.append(ratio(f"{name}, PDF and Word", database, spent["both"], *told))
    return rows


def reports(database: str) -> list[Row]:
    """Every kind of document of which the database holds one."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=Path(folder)):
        _ask_quarter_report()
        for kind in registry.kinds():
            document = Document.objects.filter(kind=kind.code, state=JobState.READY).order_by("asked_at").first()
            if document is not None:
                rows += _measured(kind, document, database)
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
