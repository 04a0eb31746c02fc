"""A report after a backup and a restore: the same content hash, the same files, made again from what came back."""

import shutil
from io import StringIO

import pytest
from django.conf import settings as project
from django.core.management import call_command

from dossiers import tally
from records.models import Document
from records.tasks import render_document
from reports.documents import build
from reports.documents.workbook import workbook_of
from reports.models import Report
from tests.builders import GOOD, make_return


@pytest.fixture
def media(tmp_path, settings):
    place = tmp_path / "media"
    usual = project.STORAGES["default"]
    settings.STORAGES = project.STORAGES | {"default": usual | {"OPTIONS": {"location": place}}}
    settings.MEDIA_ROOT = place
    return place


def made_again(cast, first: Report, second: Report) -> Document:
    document = Document.objects.create(
        kind="city_report", subject_id=first.pk, title=second.agency.name, asked_by=cast.quan, draft=False
    )
    render_document(str(document.pk))
    document.refresh_from_db()
    return document


def test_made_again_after_a_restore_the_report_is_the_same(transactional_db, media, cast, period_q, tmp_path):
    make_return(cast.khcn, period_q, [GOOD])
    tally.recompute_all()
    report = Report.objects.create(scope="city", agency=cast.hn, period=period_q, asked_by=cast.quan)
    before = made_again(cast, report, report)
    assert before.is_ready, before.error
    report.refresh_from_db()
    book, html = workbook_of(report), build(before).html
    file = tmp_path / "portal.zip"
    call_command("backup", file, stdout=StringIO())
    call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(media)
    call_command("restore", file, stdout=StringIO(), stderr=StringIO())
    again = Report.objects.get(pk=report.pk)
    assert (again.content, again.sha256, again.made_at) == (report.content, report.sha256, report.made_at)
    kept = Document.objects.get(pk=before.pk)
    assert build(kept).html == html
    assert workbook_of(again) == book
    after = made_again(cast, again, report)
    assert (after.content_hash, after.file_hash) == (before.content_hash, before.file_hash)
    assert after.docx_hash == before.docx_hash
