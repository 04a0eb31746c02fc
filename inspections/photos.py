"""Photos as evidence: only what was decoded and written anew is kept, without a word of what the file carried.

A camera's file holds place, device and thumbnails beside the picture, and a hostile one holds more. So the picture is
decoded, turned upright, drawn onto an empty canvas and encoded as JPEG; the bytes that came in are never stored.
"""

import hashlib
import io
import uuid
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _
from PIL import Image, ImageFile, ImageOps

from cchc_portal.lib.text import clean_line
from records.models import StoredFile

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_BYTES = 15 * 2**20
MAX_PIXELS = 40_000_000
VIEW_SIDE, THUMBNAIL_SIDE = 2560, 480
PRINT_SIDE = 1000  # at least; 77 mm at more than 300 dots per inch
QUALITY, THUMBNAIL_QUALITY = 85, 78
CONTENT_TYPE = "image/jpeg"


class PhotoRefused(ValueError):
    """The file is not kept; the message says why and what to do, in the user's language."""


@dataclass(frozen=True)
class Prepared:
    """A photo ready to be stored: the picture and its thumbnail as JPEG, and the size of the picture in pixels."""

    name: str
    picture: bytes
    thumbnail: bytes
    width: int
    height: int


def _opened(upload: File) -> Image.Image:
    """The picture with its header read, its size in bytes and pixels within the limits, nothing decoded yet."""
    if upload.size > MAX_BYTES:
        raise PhotoRefused(
            _("The photo is larger than %(limit)s MB. Choose a smaller one.") % {"limit": MAX_BYTES // 2**20}
        )
    try:
        image = Image.open(upload, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except Exception as error:  # a decoder fed with hostile bytes may raise anything
        raise PhotoRefused(
            _("This is not a JPEG, PNG or WebP picture. On an iPhone choose the camera format “Most compatible”.")
        ) from error
    if image.width * image.height > MAX_PIXELS or not image.width * image.height:
        raise _too_many_pixels()
    return image


def _too_many_pixels() -> PhotoRefused:
    return PhotoRefused(
        _("The picture has more than %(limit)s million pixels. Choose a smaller one.")
        % {"limit": MAX_PIXELS // 1_000_000}
    )


def _upright(image: Image.Image) -> Image.Image:
    """The decoded picture on an empty canvas: turned as it was held, at most VIEW_SIDE a side, nothing else."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint turns it on for the whole process when it is imported
    try:
        image.draft("RGB", (VIEW_SIDE, VIEW_SIDE))  # a JPEG is decoded at half or a quarter where that is enough
        turned = ImageOps.exif_transpose(image)
        turned.thumbnail((VIEW_SIDE, VIEW_SIDE), Image.Resampling.LANCZOS)
        if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
            turned = turned.convert("RGBA")
            canvas = Image.new("RGB", turned.size, "white")
            canvas.paste(turned, mask=turned.getchannel("A"))
        else:
            canvas = Image.new("RGB", turned.size)
            canvas.paste(turned.convert("RGB"))
    except Exception as error:  # see _opened
        raise PhotoRefused(_("The picture is broken and cannot be read. Take or choose it again.")) from error
    return canvas


def _jpeg(image: Image.Image, quality: int) -> bytes:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=quality, optimize=True)
    return written.getvalue()


def prepare(upload: File) -> Prepared:
    """Decode and re-encode an uploaded photo. Raises PhotoRefused for anything that is no readable picture."""
    canvas = _upright(_opened(upload))
    small = canvas.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    stem = clean_line(PurePosixPath((upload.name or "").replace("\\", "/")).stem).strip(" .")[:120] or "photo"
    return Prepared(
        name=f"{stem}.jpg",
        picture=_jpeg(canvas, QUALITY),
        thumbnail=_jpeg(small, THUMBNAIL_QUALITY),
        width=canvas.width,
        height=canvas.height,
    )


def for_print(picture: bytes) -> bytes:
    """The picture small enough for half a page's width; the same bytes for the same picture.

    Decoding a JPEG at a half or a quarter of its size costs a fraction of what scaling the whole picture would, so one
    that cannot be halved without falling below PRINT_SIDE stays as it is.
    """
    image = Image.open(io.BytesIO(picture), formats=("JPEG",))
    whole, larger = image.size, max(image.size)
    image.draft("RGB", tuple(side * PRINT_SIDE // larger for side in whole))
    return picture if image.size == whole else _jpeg(image, QUALITY)


def store(name: str, data: bytes, content_type: str, by) -> StoredFile:
    """Keep the bytes under a name of our own making; `name` is only shown."""
    pk = uuid.uuid4()
    suffix = {CONTENT_TYPE: "jpg", "application/pdf": "pdf"}[content_type]
    return StoredFile.objects.create(
        id=pk,
        file=ContentFile(data, name=f"{pk}.{suffix}"),
        name=name,
        content_type=content_type,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        created_by=by,
    )


def attach(finding, prepared: list[Prepared], *, caption: str, by) -> list[dict]:
    """Add prepared photos to a finding; returns what the trail keeps of them."""
    kept = []
    for photo in prepared:
        picture = store(photo.name, photo.picture, CONTENT_TYPE, by)
        finding.photos.create(
            picture=picture,
            thumbnail=store(photo.name, photo.thumbnail, CONTENT_TYPE, by),
            width=photo.width,
            height=photo.height,
            caption=caption,
            created_by=by,
        )
        kept.append({"photo": str(picture.pk), "sha256": picture.sha256})
    return kept
