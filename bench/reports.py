"""P12: result reports of a visit with photos, from its rows to the finished files: time, and the most memory held."""

import io
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

from django.core.files.base import ContentFile
from django.db import transaction
from django.test import override_settings
from PIL import Image

from bench.measure import Row, Timed, absolute, milliseconds
from cchc_portal.lib.docx import to_docx
from cchc_portal.lib.pdf import html_to_pdf
from inspections import documents, photos
from inspections.choices import INSPECTION_REPORT, FindingKind, FindingState
from inspections.models import Area, Visit
from records import registry
from records.models import Document

# name, findings, photos, seconds at most (dependencies: a page of text and pictures costs 50 to 150 ms)
SIZES = (("10 pages, 12 photos", 24, 12, 4.0), ("40 pages, 40 photos", 175, 40, 15.0))
MEMORY_MB = 512
ROUNDS = 1  # after one to warm up; a round takes seconds


class Undone(Exception):
    """Ends the transaction whose rows were only for measuring."""


def _visit(findings: int, pictures: int) -> Visit:
    """A visit like one of the demo's, with as many findings and photos as asked for."""
    like = Visit.objects.filter(history=False).order_by("pk").first()
    visit = Visit.objects.create(
        agency=like.agency, team=like.team, kind=like.kind, date=like.date, period=like.period, state="recorded"
    )
    areas, kinds = list(Area.objects.all()), list(FindingKind)
    made = [
        visit.findings.create(
            kind=kinds[number % 3],
            area=areas[number % len(areas)],
            text=f"Phát hiện {number}: hồ sơ tiếp nhận tại quầy chưa được số hóa đầy đủ thành phần theo quy định." * 2,
            evidence="Kiểm tra ngẫu nhiên 20 hồ sơ tại bộ phận một cửa.",
            state=FindingState.FINAL,
            order=number,
        )
        for number in range(findings)
    ]
    for number in range(pictures):
        written = io.BytesIO()
        Image.effect_noise((1600, 1200), 30).convert("RGB").save(written, "JPEG", quality=80)
        prepared = photos.prepare(ContentFile(written.getvalue(), name="anh.jpg"))
        photos.attach(made[number % findings], [prepared], caption=f"Quầy số {number}", by=None)
    return visit


def _forget(visit: Visit) -> None:
    """Take the stored files away; the rows go with the transaction."""
    for finding in visit.findings.prefetch_related("photos__picture", "photos__thumbnail"):
        for photo in finding.photos.all():
            for stored in (photo.picture, photo.thumbnail):
                stored.file.storage.delete(stored.file.name)


def _make(visit: Visit) -> int:
    """The report as PDF and Word file, as the worker makes it; its number of pages."""
    content = documents.build(Document(kind=INSPECTION_REPORT, subject_id=visit.pk, address="https://cchc.example.vn"))
    digest = registry.content_hash(content.fingerprint)
    pdf = html_to_pdf(content.html, identifier=digest, created=content.created, media=content.media)
    to_docx(content.paper, registry.check_code(digest), media=content.media, created=content.created)
    return pdf.pages


# The peak of a process that makes the report once more; getrusage would tell of the process that started it, too.
PEAK = """
import sys, django
django.setup()
from cchc_portal.lib.docx import to_docx
from cchc_portal.lib.pdf import html_to_pdf
import pickle
html, media, paper, created = pickle.load(open(sys.argv[1], "rb"))
html_to_pdf(html, identifier="0" * 64, created=created, media=media)
to_docx(paper, "0" * 32, media=media, created=created)
print(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
"""


def _peak(visit: Visit, folder: Path) -> float:
    """Megabytes that a process of its own holds at most while it makes both files."""
    content = documents.build(Document(kind=INSPECTION_REPORT, subject_id=visit.pk))
    kept = folder / "content"
    kept.write_bytes(pickle.dumps((content.html, content.media, content.paper, content.created)))
    done = subprocess.run([sys.executable, "-c", PEAK, str(kept)], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def reports_with_photos(database: str) -> list[Row]:
    """Seconds and megabytes for a report of each size; the rows it needs are taken back."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=Path(folder)):
        for name, findings, pictures, goal in SIZES:
            try:
                with transaction.atomic():
                    visit = _visit(findings, pictures)
                    made: list[int] = []
                    once = Timed(lambda visit=visit, made=made: made.append(_make(visit)))
                    spent = milliseconds(ROUNDS, made=once)["made"] / 1000
                    label = f"P12 report of {name} ({made[-1]} made)"
                    rows.append(absolute(f"{label}, PDF and Word", database, "s", spent, goal))
                    rows.append(absolute(f"{label}, memory", database, "MB", _peak(visit, Path(folder)), MEMORY_MB))
                    _forget(visit)
                    raise Undone
            except Undone:
                pass
    return rows


ROWS = (reports_with_photos,)
