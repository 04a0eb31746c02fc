"""A file saved on a phone: what was not sent yet, handed in from another device by the person who recorded it.

The file is a ZIP with `operations.json` and the photos under their hashes, as `static/js/capture_bundle.js` writes it.
What is in it goes the same way as if the phone had sent it: handing in twice, or sending afterwards, counts once.
"""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.core.files.base import File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _

from inspections import photos
from inspections.capture.reading import MOST_OPERATIONS, SHA256
from inspections.capture.taking import Receipt, take
from inspections.capture.uploading import MOST_PHOTOS, keep_photo
from inspections.models import Visit
from inspections.photos import PhotoRefused

NO_FILE = (zipfile.BadZipFile, KeyError, ValueError, AttributeError, RecursionError, NotImplementedError, RuntimeError)
FORMAT = "cchc-capture"
LIST = "operations.json"
LARGEST = 500 * 2**20
LARGEST_LIST = 50 * 2**20
MOST_IN_FILE = 20_000


class BundleRefused(ValueError):
    """Nothing of the file is taken; the message says why and what to do, in the user's language."""


@dataclass
class HandedIn:
    """What became of a file: the receipts, how many photos arrived, and what was refused in words."""

    receipts: list[Receipt] = field(default_factory=list)
    photos: int = 0
    refused: list[str] = field(default_factory=list)

    def count(self, *outcomes: str) -> int:
        return sum(receipt.outcome in outcomes for receipt in self.receipts)


def _list_of(archive: zipfile.ZipFile) -> dict:
    info = archive.getinfo(LIST)
    if info.file_size > LARGEST_LIST:
        raise ValueError("too large")
    told = json.loads(archive.read(info))
    if told.get("format") != FORMAT or not isinstance(told.get("operations"), list):
        raise ValueError("another format")
    if len(told["operations"]) > MOST_IN_FILE:
        raise ValueError("too many")
    return told


def _photos_of(archive: zipfile.ZipFile) -> Iterator[tuple[str, File]]:
    """Hash and bytes of each photo. Names of any other form are passed over; nothing is ever written by name."""
    for info in archive.infolist()[: MOST_PHOTOS + 1]:
        folder, _slash, name = info.filename.partition("/")
        sha256 = name.removesuffix(".jpg")
        if folder == "photos" and SHA256.fullmatch(sha256) and info.file_size <= photos.MAX_BYTES:
            yield sha256, SimpleUploadedFile(f"{sha256}.jpg", archive.read(info))


def hand_in(visit: Visit, upload: File, *, by) -> HandedIn:
    """Take everything in the file. Raises BundleRefused for no such file, another visit's, or another person's."""
    if upload.size > LARGEST:
        raise BundleRefused(_("The file is larger than %(limit)s MB.") % {"limit": LARGEST // 2**20})
    try:
        archive = zipfile.ZipFile(upload)
        told = _list_of(archive)
        device = UUID(str(told.get("device")))
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        AttributeError,
        RecursionError,
        NotImplementedError,
        RuntimeError,
    ):
        raise BundleRefused(_("This is no file saved by the page for recording on site, or it is broken.")) from None
    if told.get("visit") != visit.pk:
        raise BundleRefused(_("The file belongs to another visit."))
    if told.get("person") != by.pk:
        raise BundleRefused(_("The file holds another person's entries: that person has to sign in and hand it in."))
    return _taken(visit, archive, told["operations"], device, by)


def _taken(visit: Visit, archive: zipfile.ZipFile, operations: list, device: UUID, by) -> HandedIn:
    done = HandedIn()
    wanted = ("id", "seq", "at", "kind", "subject", "base", "value")
    sent = [{name: one[name] for name in wanted if name in one} for one in operations if isinstance(one, dict)]
    for start in range(0, len(sent), MOST_OPERATIONS):
        done.receipts += take(visit, sent[start : start + MOST_OPERATIONS], by=by, device=device)
    done.refused += [receipt.message for receipt in done.receipts if receipt.outcome == "refused"]
    try:
        for sha256, upload in _photos_of(archive):
            try:
                keep_photo(visit, sha256, upload, keep_place=False, by=by)
                done.photos += 1
            except PhotoRefused as refused:
                done.refused.append(str(refused))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        done.refused.append(_("A photo in the file is broken."))
    return done
