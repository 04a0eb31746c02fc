"""HTML to PDF: the only module that knows WeasyPrint. No network, no files but the portal's own, errors are fatal.

Documents name their files relative to an invented host: `static/css/pdf.css`, `static/fonts/…`, and `media/NAME` for
the pictures handed over with the HTML. Anything else, also a `file:` link that asks to be attached, stops the
rendering.
"""

import ctypes
import logging
import mimetypes
import sys
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.contrib.staticfiles import finders

from cchc_portal.lib.memory import own_garbage

HOST = "documents.invalid"
BASE_URL = f"https://{HOST}/"
VARIANT = "pdf/a-2a"
# What a document may load from the static files; scripts and the like have no place in one.
STATIC_SUFFIXES = {".css", ".ttf", ".svg", ".png", ".jpg", ".jpeg"}
# Shared libraries that WeasyPrint opens when it is imported, and the Debian packages that bring them.
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
# Photos are printed at 150 dots per inch; more only makes the file heavy.
PHOTO_DPI, PHOTO_QUALITY = 150, 80


class PdfError(Exception):
    """The document could not be rendered; the message names what was refused, missing or broken."""


@dataclass(frozen=True)
class Pdf:
    """A rendered document: its bytes and its number of pages."""

    data: bytes
    pages: int


def missing_packages() -> list[str]:
    """Debian packages whose shared libraries WeasyPrint needs and this machine lacks; empty off Linux."""
    if not sys.platform.startswith("linux"):
        return []
    missing = []
    for library, package in LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing


def _read(url: str, media: Mapping[str, bytes]) -> bytes:
    """The bytes behind an address of the invented host. Raises PdfError for every other address."""
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.netloc != HOST:
        raise PdfError(f"address refused: {url[:200]}")
    folder, _, name = unquote(parts.path).lstrip("/").partition("/")
    if folder == "media" and name in media:
        return media[name]
    if folder == "static" and Path(name).suffix in STATIC_SUFFIXES:
        found = finders.find(name)
        if found:
            return Path(found).read_bytes()
    raise PdfError(f"no such file for documents: {parts.path[:200]}")


def _fetcher(media: Mapping[str, bytes]):
    """An instance of WeasyPrint's fetcher that knows only the portal's static files and `media`."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class PortalFetcher(URLFetcher):
        """Serves what `_read` allows; every refusal stops the rendering."""

        def fetch(self, url, headers=None):
            content_type = mimetypes.guess_type(urlsplit(url).path)[0] or "application/octet-stream"
            return URLFetcherResponse(url, _read(url, media), {"Content-Type": content_type})

    return PortalFetcher(fail_on_errors=True)


class _Errors(logging.Handler):
    """Collects the errors that WeasyPrint only logs, of this thread alone."""

    def __init__(self):
        super().__init__(level=logging.ERROR)
        self.thread = threading.get_ident()
        self.messages: list[str] = []

    def emit(self, record):
        if record.thread == self.thread:
            self.messages.append(record.getMessage())


@contextmanager
def _errors_collected():
    handler, logger = _Errors(), logging.getLogger("weasyprint")
    logger.addHandler(handler)
    try:
        yield handler.messages
    finally:
        logger.removeHandler(handler)


def html_to_pdf(
    html: str, *, identifier: str, created: datetime | None, media: Mapping[str, bytes] | None = None
) -> Pdf:
    """Renders `html` as tagged PDF/A-2a; the same html, identifier, date and media give the same bytes.

    `identifier` goes into the file's ID, `created` (aware, or naive UTC) into its dates; `media` maps NAME of
    `media/NAME` to bytes. Raises PdfError where the HTML asks for anything else, or where WeasyPrint reports an error.
    """
    try:
        from weasyprint.urls import FatalURLFetchingError
    except OSError as error:
        packages = " ".join(missing_packages()) or " ".join(LIBRARIES.values())
        raise PdfError(f"system libraries are missing: apt-get install {packages}") from error

    try:
        with own_garbage(), _errors_collected() as errors:
            made = _printed(html, identifier, created, media or {})
    except FatalURLFetchingError as error:  # a BaseException: `except Exception` would let it kill the worker
        raise PdfError(str(error.__cause__ or error)) from error
    if errors:
        raise PdfError("; ".join(errors)[:1000])
    return made


def _printed(html: str, identifier: str, created: datetime | None, media: Mapping[str, bytes]) -> Pdf:
    """WeasyPrint's part; a function of its own, so that nothing holds its objects once it is through."""
    from weasyprint import HTML

    source = HTML(string=html, base_url=BASE_URL, url_fetcher=_fetcher(media), media_type="print")
    # The library takes its own default for what is not named; hints from HTML attributes stay off.
    document = source.render(pdf_variant=VARIANT, presentational_hints=False, optimize_images=True, dpi=PHOTO_DPI)
    if created is not None:
        aware = created if created.tzinfo else created.replace(tzinfo=UTC)
        stamp = f"{aware.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        document.metadata.created = document.metadata.modified = stamp
    data = document.write_pdf(
        pdf_identifier=identifier.encode(),
        pdf_variant=VARIANT,
        optimize_images=True,
        dpi=PHOTO_DPI,
        jpeg_quality=PHOTO_QUALITY,
    )
    return Pdf(data=data, pages=len(document.pages))
