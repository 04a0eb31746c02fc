"""The weekly brief goes by mail with its PDF, to whoever may read it when it is sent."""

import hashlib
from datetime import date, timedelta
from email import message_from_bytes
from io import StringIO

import pytest
import time_machine
from django.core import mail as outbox
from django.core.management import call_command

from inspections.models import Recommendation
from records.choices import JobState
from records.models import Document, Mail
from records.models.mails import WAITS_FOR_DOCUMENT
from records.tasks import render_document, send_mail
from reports.choices import WEEKLY_BRIEF
from tests.reports.test_changes_briefs import MONDAY
from tests.world import make_visit

LINK_ONLY = "Không gửi kèm được tệp PDF"


@pytest.fixture
def brief_mail(cast, period_q) -> Mail:
    """The leader's mail of the week, not sent yet, its document not made yet."""
    cast.lanhdao.email = "lanhdao@hanoi.example.vn"
    cast.lanhdao.save()
    visit = make_visit(cast, period_q)
    Recommendation.objects.create(
        visit=visit,
        agency=visit.agency,
        text="Niêm yết lại thủ tục",
        due=date(2026, 10, 1),
        state="in_progress",
        issued_at=MONDAY - timedelta(days=60),
    )
    with time_machine.travel(MONDAY, tick=False):
        call_command("send_briefs", stdout=StringIO())
    return Mail.objects.get(person=cast.lanhdao, kind=WEEKLY_BRIEF)


@pytest.fixture
def made(brief_mail) -> Document:
    """Its document, made while the mail was kept back."""
    Mail.objects.filter(pk=brief_mail.pk).update(state=JobState.RUNNING)
    render_document(str(brief_mail.attached_id))
    Mail.objects.filter(pk=brief_mail.pk).update(state=JobState.QUEUED)
    return Document.objects.get(pk=brief_mail.attached_id)


def attachments() -> list[tuple]:
    """What hangs on the one mail that went out: name, bytes and type of each part."""
    (sent,) = outbox.outbox
    return sent.attachments


def test_it_waits_for_its_document_and_goes_with_the_pdf(brief_mail, cast, client_of):
    with time_machine.travel(MONDAY + timedelta(minutes=1), tick=False):
        send_mail(brief_mail.pk)
        assert outbox.outbox == []
        render_document(str(brief_mail.attached_id))
    ((name, data, kind),) = attachments()
    document = Document.objects.get(pk=brief_mail.attached_id)
    assert (name, kind) == ("ban-tin-tuan-ve-cai-cach-hanh-chinh-05-10-2026.pdf", "application/pdf")
    assert hashlib.sha256(data).hexdigest() == document.file_hash
    sent = outbox.outbox[0]
    assert f"/documents/{document.pk}/" in sent.body
    assert LINK_ONLY not in sent.body
    parts = message_from_bytes(sent.message().as_bytes()).walk()
    assert [part.get_content_type() for part in parts] == ["multipart/mixed", "text/plain", "application/pdf"]
    brief_mail.refresh_from_db()
    assert (brief_mail.state, brief_mail.attached_hash) == ("ready", document.file_hash)
    assert "kèm tệp PDF" in client_of(cast.lanhdao).get(brief_mail.get_absolute_url()).text
    send_mail(brief_mail.pk)
    render_document(str(document.pk))
    assert len(outbox.outbox) == 1


@pytest.mark.parametrize("case", ["allowed", "inactive", "another", "large", "changed", "gone"])
def test_who_may_not_read_it_now_or_cannot_take_it_gets_the_link(brief_mail, made, cast, settings, case):
    if case == "inactive":
        type(cast.lanhdao).objects.filter(pk=cast.lanhdao.pk).update(is_active=False)
    elif case == "another":
        Mail.objects.filter(pk=brief_mail.pk).update(person=cast.khoa)
    elif case == "large":
        settings.LARGEST_MAIL_ATTACHMENT = made.size - 1
    elif case == "changed":
        with open(made.file.path, "ab") as handle:
            handle.write(b"x")
    elif case == "gone":
        made.file.storage.delete(made.file.name)
    send_mail(brief_mail.pk)
    assert len(attachments()) == (case == "allowed")
    assert (LINK_ONLY in outbox.outbox[0].body) is (case != "allowed")
    assert f"/documents/{made.pk}/" in outbox.outbox[0].body
    brief_mail.refresh_from_db()
    assert (brief_mail.state, bool(brief_mail.attached_hash)) == ("ready", case == "allowed")


def test_a_document_that_cannot_be_made_keeps_no_mail_back(brief_mail):
    Document.objects.filter(pk=brief_mail.attached_id).update(state=JobState.FAILED)
    send_mail(brief_mail.pk)
    assert attachments() == []
    assert LINK_ONLY in outbox.outbox[0].body


def test_a_worker_that_is_late_keeps_it_back_a_quarter_of_an_hour_at_most(brief_mail):
    with time_machine.travel(MONDAY, tick=False) as clock:
        for minutes, sent in ((1, 0), (14, 0), (16, 1)):
            clock.move_to(MONDAY + timedelta(minutes=minutes))
            send_mail(brief_mail.pk)
            assert len(outbox.outbox) == sent
    assert timedelta(minutes=14) < WAITS_FOR_DOCUMENT < timedelta(minutes=16)
    assert attachments() == []


def test_without_an_address_it_is_read_in_the_portal(brief_mail, cast):
    quan = Mail.objects.get(person=cast.quan, kind=WEEKLY_BRIEF)
    assert (quan.state, quan.address) == ("ready", "")
    assert "gửi kèm thư này" not in quan.body
    assert "gửi kèm thư này" in brief_mail.body
