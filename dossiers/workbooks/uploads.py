"""Many workbooks in one upload: a few .xlsx files, or one ZIP of them, put into a folder of their own.

Nothing in a ZIP is believed: its paths lead nowhere (files are kept by their own name alone), sizes are counted while
unpacking. What a workbook holds is judged later, when it is read.
"""

import io
import shutil
import stat
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.utils.translation import gettext as _

from cchc_portal.lib.errors import Refused
from cchc_portal.lib.numbers import format_count
from cchc_portal.lib.text import clean_line
from cchc_portal.lib.xlsx_scan import MAX_ENTRIES, MAX_PACKED, MAX_RATIO, RATIO_FROM

# One request carries at most this many files; more come as one ZIP.
FILES_AT_ONCE = settings.DATA_UPLOAD_MAX_NUMBER_FILES
MAX_TOTAL = 500 * 1024 * 1024
LONGEST_NAME = 200
_CHUNK = 64 * 1024
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1


def keep_workbooks(uploads: list, folder: Path) -> int:
    """Put the uploaded workbooks into the new `folder`; returns how many. Raises Refused, and then leaves no folder."""
    folder.mkdir(parents=True)
    try:
        keeping = _Keeping(folder)
        if len(uploads) == 1 and str(uploads[0].name).lower().endswith(".zip"):
            _keep_archive(uploads[0], keeping)
        else:
            for upload in uploads:
                keeping.take(str(upload.name), upload.file)
        if not keeping.names:
            raise Refused([_("There is no .xlsx file in it.")])
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return len(keeping.names)


class _Keeping:
    """Writes files into one folder, each once, counting bytes."""

    def __init__(self, folder: Path):
        self.folder, self.names, self.total = folder, set(), 0

    def take(self, name: str, source: io.IOBase, packed: int = 0) -> None:
        """`packed` is the size in the archive, by which too much of the same is told; 0 for a file that came alone."""
        name = clean_line(name)
        told = {"file": name[:LONGEST_NAME]}
        if not name.lower().endswith(".xlsx") or len(name.encode()) > LONGEST_NAME:
            raise Refused([_("%(file)s: only .xlsx files with a short name are taken.") % told])
        if name.casefold() in self.names:
            raise Refused([_("%(file)s is there twice. Keep one of the two.") % told])
        self.names.add(name.casefold())
        size = 0
        with open(self.folder / name, "xb") as kept:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                self.total += len(chunk)
                if size > MAX_PACKED or (packed and size > RATIO_FROM and size > packed * MAX_RATIO):
                    raise Refused([_("%(file)s is larger than 10 MB.") % told])
                if self.total > MAX_TOTAL:
                    raise Refused([_("The files are larger than 500 MB together. Send them in several parts.")])
                kept.write(chunk)


def _keep_archive(upload, keeping: _Keeping) -> None:
    damaged = Refused([_("The ZIP file is damaged or protected by a password. Pack it again.")])
    if upload.size > MAX_TOTAL:
        raise Refused([_("The files are larger than 500 MB together. Send them in several parts.")])
    try:
        with zipfile.ZipFile(upload.file) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise Refused(
                    [_("The ZIP file holds more than %(count)s files.") % {"count": format_count(MAX_ENTRIES)}]
                )
            # All names first: nothing is unpacked of an archive that tries to write elsewhere.
            chosen = [(name, entry) for entry in entries if (name := _name_of(entry))]
            for name, entry in chosen:
                if entry.flag_bits & _ENCRYPTED or entry.compress_type not in (
                    zipfile.ZIP_STORED,
                    zipfile.ZIP_DEFLATED,
                ):
                    raise damaged
                with archive.open(entry) as source:
                    keeping.take(name, source, max(entry.compress_size, 1))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise damaged from error


def _name_of(entry: zipfile.ZipInfo) -> str:
    """The bare name of an entry; "" for folders and what systems leave in archives. Refuses paths that lead outside."""
    path = entry.orig_filename
    if not entry.flag_bits & _UTF8_NAME:
        with suppress(UnicodeError):
            path = path.encode("cp437").decode("utf-8")
    parts = PurePosixPath(path.replace("\\", "/")).parts
    outside = not parts or path.startswith(("/", "\\")) or ".." in parts or ":" in path or "\0" in path
    if outside or stat.S_ISLNK(entry.external_attr >> 16):
        told = {"file": clean_line(path.replace("\0", " "))[:LONGEST_NAME]}
        raise Refused([_("The ZIP file wants to write outside its folder (%(file)s); nothing of it was taken.") % told])
    if path.endswith(("/", "\\")) or parts[0] == "__MACOSX" or parts[-1].startswith((".", "~$")):
        return ""
    return parts[-1]
