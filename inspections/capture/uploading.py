"""Photos of a device's log: the bytes are checked against their hash, written anew, and kept once a visit."""

import hashlib
import io
from decimal import Decimal

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image

from inspections import photos
from inspections.capture.effects import Effects
from inspections.models import CapturedPhoto, CapturePlace, Visit
from inspections.photos import PhotoRefused
from records.models import Event

MOST_PHOTOS = 200
GPS, EXIF, TAKEN = 0x8825, 0x8769, 0x9003


def _hash(upload: File) -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()


def _degrees(parts, sign: str) -> Decimal:
    whole, minutes, seconds = (Decimal(str(float(part))) for part in parts)
    value = whole + minutes / 60 + seconds / 3600
    return (-value if sign in ("S", "W") else value).quantize(Decimal("0.000001"))


def place_in(upload: File) -> dict | None:
    """Where and when the camera says that the photo was taken; None where it says nothing that can be read."""
    try:
        exif = Image.open(io.BytesIO(upload.read()), formats=photos.FORMATS).getexif()
        gps = exif.get_ifd(GPS)
        latitude, longitude = _degrees(gps[2], gps.get(1, "N")), _degrees(gps[4], gps.get(3, "E"))
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            return None
        taken = str(exif.get_ifd(EXIF).get(TAKEN, ""))[:40]
    except Exception:  # what a camera or a hostile file wrote may raise anything; the place is then not known
        return None
    finally:
        upload.seek(0)
    return {
        "latitude": latitude,
        "longitude": longitude,
        "taken_text": "".join(s for s in taken if s in "0123456789: "),
    }


def keep_photo(visit: Visit, sha256: str, upload: File, *, keep_place: bool, by) -> tuple[CapturedPhoto, bool]:
    """The stored photo, and whether it is new. Raises PhotoRefused for no picture, other bytes, or one too many."""
    if upload.size > photos.MAX_BYTES:
        raise PhotoRefused(
            _("The photo is larger than %(limit)s MB. Choose a smaller one.") % {"limit": photos.MAX_BYTES // 2**20}
        )
    if _hash(upload) != sha256:
        raise PhotoRefused(_("The photo did not arrive whole; send it again."))
    known = CapturedPhoto.objects.filter(visit=visit, sha256=sha256).first()
    if known is None and visit.captured.count() >= MOST_PHOTOS:
        raise PhotoRefused(_("A visit holds at most %(count)s photos.") % {"count": MOST_PHOTOS})
    prepared = None if known else photos.prepare(upload)
    upload.seek(0)
    with transaction.atomic():
        visit = Visit.objects.select_for_update(of=("self",)).select_related("team", "period").get(pk=visit.pk)
        keep_place = keep_place or _place_wanted(visit, sha256)
        place = place_in(upload) if keep_place else None
        kept = CapturedPhoto.objects.filter(visit=visit, sha256=sha256).first()
        new = kept is None
        if new:
            kept = _stored(visit, sha256, prepared, by)
        placed = place is not None and CapturePlace.objects.get_or_create(captured=kept, defaults=place)[1]
        if new or placed:
            Event.objects.append(
                actor=by,
                action="keep_photo",
                target=visit,
                after={"sha256": sha256, "picture": kept.picture.sha256, "place_kept": placed},
            )
        if new and visit.is_writable:
            Effects(visit, by).photos_with(sha256)
    return kept, new


def _stored(visit: Visit, sha256: str, prepared: photos.Prepared, by) -> CapturedPhoto:
    return CapturedPhoto.objects.create(
        visit=visit,
        sha256=sha256,
        picture=photos.store(prepared.name, prepared.picture, photos.CONTENT_TYPE, by),
        thumbnail=photos.store(prepared.name, prepared.thumbnail, photos.CONTENT_TYPE, by),
        width=prepared.width,
        height=prepared.height,
        received_from=by,
    )


def _place_wanted(visit: Visit, sha256: str) -> bool:
    rows = visit.operations.filter(kind="photo", value__sha256=sha256, value__keep_place=True)
    return rows.filter(outcome__in=("applied", "beside")).exists()
