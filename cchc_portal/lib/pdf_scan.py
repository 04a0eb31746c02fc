"""What of a PDF is refused before it is kept: files that run something, hide something, or are cut off.

A PDF that somebody attaches is kept and handed out as it came, so it must be a plain one. This reads the file like a
suspicious reader: every stream is unpacked within limits and searched as well as the file's own bytes, with escaped
names (`/J#61vaScript`) written out.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from django.utils.translation import gettext as _

MAX_UNPACKED = 100 * 2**20
MAX_STREAM = 40 * 2**20
MAX_STREAMS = 20_000
PIECE = 64 * 2**10
# Names of things that act: scripts, programs, forms that send, players; and files carried inside.
ACTING = (
    b"JavaScript", b"Launch", b"SubmitForm", b"ImportData", b"RichMedia", b"Rendition", b"XFA", b"GoToE",
)  # fmt: skip
CARRIED = (b"EmbeddedFile", b"EmbeddedFiles", b"FileAttachment")
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
STREAM = re.compile(rb"stream\r?\n")
END = b"%%EOF"


class PdfRefused(ValueError):
    """The PDF is not kept; the message says why and what to do, in the user's language."""


def _names(words: tuple[bytes, ...]) -> re.Pattern:
    return re.compile(rb"/(?:" + b"|".join(words) + rb")(?![A-Za-z0-9])")


ACTING_NAME, CARRIED_NAME, LOCKED_NAME = _names(ACTING), _names(CARRIED), _names((b"Encrypt",))


def _written_out(data: bytes) -> bytes:
    return ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), data) if b"#" in data else data


def _too_much() -> PdfRefused:
    return PdfRefused(_("The PDF unpacks to far more than it should. Print it to a new PDF and attach that."))


def _inflated(data: bytes, start: int) -> bytes:
    """What deflate unpacks from there on, fed in pieces so that nothing behind the stream is copied."""
    unpacker, parts, size = zlib.decompressobj(), [], 0
    while start < len(data) and not unpacker.eof:
        try:
            part = unpacker.decompress(data[start : start + PIECE], MAX_STREAM)
        except zlib.error:
            break  # a picture, or a stream that is not packed and is searched with the file's own bytes
        size += len(part)
        if unpacker.unconsumed_tail or size > MAX_STREAM:
            raise _too_much()
        parts.append(part)
        start += PIECE
    return b"".join(parts)


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Every stream of the file, within the limits."""
    left = MAX_UNPACKED
    for number, found in enumerate(STREAM.finditer(data)):
        part = _inflated(data, found.end())
        left -= len(part)
        if left < 0 or number >= MAX_STREAMS:
            raise _too_much()
        yield part


def _search(data: bytes) -> None:
    plain = _written_out(data)
    if ACTING_NAME.search(plain):
        raise PdfRefused(_("The PDF holds a script or a command. Print it to a new PDF and attach that."))
    if CARRIED_NAME.search(plain):
        raise PdfRefused(_("The PDF carries other files inside. Print it to a new PDF and attach that."))


def check_pdf(data: bytes) -> None:
    """Raises PdfRefused for a PDF that is not plain and whole."""
    end = data.rfind(END)
    if not data.startswith(b"%PDF-") or end < 0 or b"startxref" not in data:
        raise PdfRefused(_("The PDF is broken or was cut off. Save it again and attach it anew."))
    if data[end + len(END) :].strip(b"\r\n\t \0") or zipfile.is_zipfile(io.BytesIO(data)):
        raise PdfRefused(_("Something else is hidden in the PDF. Print it to a new PDF and attach that."))
    if LOCKED_NAME.search(_written_out(data)):
        raise PdfRefused(_("The PDF is locked by a password and cannot be checked. Save it without one."))
    _search(data)
    for part in _unpacked(data):
        _search(part)
