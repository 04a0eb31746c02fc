"""Kinds of document: upper floors register what they can render, the worker and the document pages ask here."""

import hashlib
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import segno
from django.core.serializers.json import DjangoJSONEncoder

from cchc_portal.lib.paper import QR_NAME, Paper, to_html


@dataclass(frozen=True)
class Content:
    """What a document says, ready for the renderer: the finished HTML, the pictures it shows, and its fingerprint.

    `fingerprint` is anything JSON can hold that changes when, and only when, what is printed changes; its SHA-256 is
    the document's content hash. `media` maps names used in the HTML (media/NAME) to bytes. A document that is a
    `paper` is also made as a Word file, of the same values and the same pictures.
    """

    html: str
    fingerprint: Any
    media: dict[str, bytes]
    created: datetime
    file_name: str
    paper: Paper | None = None

    @classmethod
    def of_paper(
        cls, paper: Paper, *, media: dict[str, bytes], created: datetime, file_name: str, values: Any = None
    ) -> "Content":
        """A paper with its check code, and with the QR code of its check page where the portal's address is known.

        `values` are the fingerprint of a paper that says nothing but what they hold, for files of other kinds to share.
        """
        fingerprint = asdict(paper) if values is None else values
        code = check_code(content_hash(fingerprint))
        if paper.address:
            media = media | {QR_NAME: _qr(paper.check_url(code))}
        return cls(to_html(paper, code), fingerprint, media, created, file_name, paper)


def _qr(address: str) -> bytes:
    """The QR code of an address as a PNG; the same address gives the same bytes."""
    written = io.BytesIO()
    segno.make(address, error="m", micro=False).save(written, kind="png", scale=8, border=2)
    return written.getvalue()


def check_code(digest: str) -> str:
    """What is printed of a content hash, and asked at the check page."""
    return digest[:32]


def content_hash(fingerprint: Any) -> str:
    """SHA-256 of what a document prints; a printed check code is its beginning."""
    text = json.dumps(fingerprint, ensure_ascii=False, sort_keys=True, cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True)
class Kind:
    """One kind of document: its code, its name on screen, how it is built, and which subjects a person may see.

    `build(document) -> Content` freezes what is printed; `visible_subjects(user)` is a queryset of subject ids and
    is asked again at every list, at the start of the job and at the download. `restated(document) -> datetime | None`
    says when figures that a finished document prints were last restated since; kinds without figures have none.
    `issued_subjects(user)` are subjects of which the person reads what was issued, though no drafts.
    """

    code: str
    label: Any
    build: Callable[[Any], Content]
    visible_subjects: Callable[[Any], Iterable]
    restated: Callable[[Any], datetime | None] | None = None
    issued_subjects: Callable[[Any], Iterable] | None = None


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind of document known; called from `AppConfig.ready` of the app that owns it."""
    _kinds[kind.code] = kind


def kinds() -> list[Kind]:
    """Every registered kind, in the order of registration."""
    return list(_kinds.values())


def restated_at(document) -> datetime | None:
    """When figures that the finished document prints were last restated since it was made; None where they stand."""
    kind = _kinds.get(document.kind)
    if kind is None or kind.restated is None or document.started_at is None:
        return None
    return kind.restated(document)


def get(code: str) -> Kind:
    """The kind of that code. Raises KeyError when no app registered it."""
    return _kinds[code]
