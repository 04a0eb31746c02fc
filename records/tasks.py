"""What the worker does for documents and mails: claim, render or send, tell the row; a mail waits for its document."""

import hashlib
import logging
import os
from email.utils import parseaddr
from pathlib import Path

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cchc_portal.lib.docx import to_docx
from cchc_portal.lib.memory import give_back_memory
from cchc_portal.lib.pdf import html_to_pdf
from cchc_portal.lib.text import ascii_slug
from records import registry
from records.choices import JobState
from records.models import Document, Mail

logger = logging.getLogger(__name__)


def store_aside(data: bytes, name: str) -> str:
    """Write the bytes under MEDIA_ROOT beside their place and rename them into it; returns the stored name.

    What a worker that was killed while writing left beside the place goes.
    """
    path = Path(settings.MEDIA_ROOT) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob(f".{path.name}.*"):
        leftover.unlink(missing_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(aside, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        os.chmod(aside, 0o640)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return name


@shared_task(soft_time_limit=75, time_limit=90)
def render_document(pk: str) -> None:
    """Render one document and send on what waits for it. Twice has the effect of once: the lease decides, and a
    finished row is left alone."""
    document = Document.objects.claim(pk)
    if document is None:
        return
    _render(document)
    give_back_memory()
    for waiting in Mail.objects.filter(attached=document, state=JobState.QUEUED).values_list("pk", flat=True):
        send_mail.delay(waiting)


def _render(document: Document) -> None:
    kind = registry.get(document.kind)
    asked_by = document.asked_by
    if asked_by and not kind.visible_subjects(asked_by).filter(pk=document.subject_id).exists():
        Document.objects.fail(document, "the right to read was lost", final=True)
        return
    try:
        with translation.override(settings.LANGUAGE_CODE), timezone.override(settings.TIME_ZONE):
            content = kind.build(document)
            content_hash = registry.content_hash(content.fingerprint)
            pdf = html_to_pdf(content.html, identifier=content_hash, created=content.created, media=content.media)
            docx = _docx(content, content_hash)
    except SoftTimeLimitExceeded:
        Document.objects.fail(document, "rendering took too long")
        return
    except Exception as error:
        logger.exception("document %s", document.pk)
        Document.objects.fail(document, f"{type(error).__name__}: {error}")
        return
    stem = f"documents/{document.asked_at:%Y/%m}/{document.pk}"
    also = {}
    if docx:
        also = {"docx_file": store_aside(docx, f"{stem}.docx"), "docx_hash": hashlib.sha256(docx).hexdigest()}
        also["docx_size"] = len(docx)
    Document.objects.finish(
        document,
        file=store_aside(pdf.data, f"{stem}.pdf"),
        content_hash=content_hash,
        file_hash=hashlib.sha256(pdf.data).hexdigest(),
        pages=pdf.pages,
        size=len(pdf.data),
        **also,
    )


def _docx(content: registry.Content, content_hash: str) -> bytes:
    """The Word file of a paper; nothing for a document that is none."""
    if content.paper is None:
        return b""
    code = registry.check_code(content_hash)
    return to_docx(content.paper, code, media=content.media, created=content.created)


def mail_headers(mail: Mail) -> dict[str, str]:
    """A name that stays the same over attempts, so that a mail taken twice is shown once; no answers by robots."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return {
        "Message-ID": f"<mail-{mail.pk}-{mail.asked_at:%Y%m%d%H%M%S%f}@{domain}>",
        "Auto-Submitted": "auto-generated",
    }


def attachment_of(mail: Mail) -> bytes | None:
    """The PDF that goes with the mail; None where there is none, where the person may not read it now, where it is
    larger than what mail servers take, or where the file is not what was made."""
    document = mail.attached
    if document is None or document.state != JobState.READY or document.size > settings.LARGEST_MAIL_ATTACHMENT:
        return None
    readable = Document.objects.visible_to(mail.person).filter(pk=document.pk)
    if not (mail.person.is_active and readable.exists()):
        return None
    try:
        with document.file.open("rb") as handle:
            data = handle.read()
    except OSError:
        data = b""
    if hashlib.sha256(data).hexdigest() != document.file_hash:
        logger.error("mail %s: the file of document %s is not what was made", mail.pk, document.pk)
        return None
    return data


def message_of(mail: Mail, pdf: bytes | None) -> EmailMessage:
    """The mail as it is sent: with its PDF, or with a word that it is not there and the link holds."""
    body = mail.body
    if mail.attached is not None and pdf is None:
        with translation.override(settings.LANGUAGE_CODE):
            body = "\n\n".join((body, _("The PDF could not be attached; it can be read in the portal.")))
    message = EmailMessage(mail.subject, body, to=[mail.address], headers=mail_headers(mail))
    if pdf is not None:
        message.attach(f"{ascii_slug(mail.attached.title)[:80].strip('-')}.pdf", pdf, "application/pdf")
    return message


@shared_task(soft_time_limit=40, time_limit=60)
def send_mail(pk: int) -> None:
    """Send one mail. The lease decides who sends it; one that is finished is left alone, one whose document is still
    being made waits for it."""
    if Mail.objects.waiting_for_document().filter(pk=pk).exists():
        return
    mail = Mail.objects.claim(pk)
    if mail is None:
        return
    if not mail.address:
        Mail.objects.finish(mail)
        return
    pdf = attachment_of(mail)
    try:
        message_of(mail, pdf).send()
    except SoftTimeLimitExceeded:
        Mail.objects.fail(mail, "sending took too long")
        return
    except Exception as error:
        logger.warning("mail %s: %s", pk, type(error).__name__)
        Mail.objects.fail(mail, f"{type(error).__name__}: {error}")
        return
    Mail.objects.finish(mail, sent_at=timezone.now(), attached_hash=hashlib.sha256(pdf).hexdigest() if pdf else "")
