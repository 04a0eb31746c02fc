"""P12: documents as the worker makes them, beside WeasyPrint on the finished HTML."""

import tempfile
from pathlib import Path

from django.test import override_settings

from bench.measure import ROUNDS, Row, Timed, milliseconds, ratio
from cchc_portal.lib.pdf import html_to_pdf
from records import registry
from records.choices import JobState
from records.models import Document
from records.tasks import render_document


def reports(database: str) -> list[Row]:
    """Every kind of document of which the database holds one."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=Path(folder)):
        for kind in registry.kinds():
            document = Document.objects.filter(kind=kind.code, state=JobState.READY).order_by("pk").first()
            if document is None:
                continue
            content = kind.build(document)

            def queue(document=document):
                Document.objects.filter(pk=document.pk).update(state=JobState.QUEUED, attempt=0)

            def bare(content=content):
                html_to_pdf(content.html, identifier="0" * 64, created=content.created, media=content.media)

            spent = milliseconds(
                min(ROUNDS, 7),
                worker=Timed(lambda document=document: render_document(str(document.pk)), before=queue),
                bare=Timed(bare),
            )
            name = f"P12 {kind.code}, {document.pages} pages"
            rows.append(ratio(name, database, spent["worker"], "WeasyPrint on the finished HTML", spent["bare"], 1.1))
    return rows


ROWS = (reports,)
