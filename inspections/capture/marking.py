"""Marks drawn over a photo: kept as lines and points, drawn on a copy, so that the photo stays what it was."""

import io
import math

from PIL import Image, ImageDraw, ImageFont

from inspections import photos
from inspections.models import CapturedPhoto
from records.models import StoredFile

INK, EDGE = "#d92d20", "#ffffff"
THINNEST = 3


def _arrow_head(start, end, size: int):
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    wings = [(end[0] - size * math.cos(angle + turn), end[1] - size * math.sin(angle + turn)) for turn in (-0.5, 0.5)]
    return [end, *wings]


def _draw(pen: ImageDraw.ImageDraw, kind: str, points: list[tuple[float, float]], text: str, width: int) -> None:
    if kind in ("line", "arrow", "pen"):
        if len(points) > 1:
            pen.line(points, fill=INK, width=width, joint="curve")
        else:
            x, y = points[0]
            pen.ellipse((x - width, y - width, x + width, y + width), fill=INK)
        if kind == "arrow":
            pen.polygon(_arrow_head(*points, size=width * 5), fill=INK)
    elif kind in ("box", "circle"):
        (left, top), (right, bottom) = points
        corners = (min(left, right), min(top, bottom), max(left, right), max(top, bottom))
        (pen.rectangle if kind == "box" else pen.ellipse)(corners, outline=INK, width=width)
    elif text:
        font = ImageFont.load_default(size=width * 7)
        pen.text(points[0], text, fill=INK, font=font, stroke_width=max(1, width // 2), stroke_fill=EDGE)


def drawn(picture: bytes, marks: list[dict]) -> bytes:
    """The picture with its marks, as JPEG; `picture` itself is not touched."""
    image = Image.open(io.BytesIO(picture), formats=("JPEG",)).convert("RGB")
    pen, width = ImageDraw.Draw(image), max(THINNEST, max(image.size) // 250)
    for mark in marks:
        points = [(x * (image.width - 1), y * (image.height - 1)) for x, y in mark["points"]]
        _draw(pen, mark["kind"], points, mark.get("text", ""), width)
    written = io.BytesIO()
    image.save(written, "JPEG", quality=photos.QUALITY, optimize=True)
    return written.getvalue()


def marked_copy(captured: CapturedPhoto, marks: list[dict], *, by) -> StoredFile:
    """A stored copy of the photo with the marks over it."""
    with captured.picture.file.open("rb") as handle:
        copy = drawn(handle.read(), marks)
    return photos.store(captured.picture.name, copy, photos.CONTENT_TYPE, by)
