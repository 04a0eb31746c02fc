"""Writing a backup: one snapshot of the database, streamed into a file that appears when it is complete."""

import contextlib
import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from django.apps import apps
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import cchc_portal
from records.backup import layout
from records.backup.layout import Manifest, Part, Unusable

CHUNK = 2000


def write_backup(target: Path) -> Manifest:
    """Write a backup to `target`, readable by its owner only; what stood there stays until the new one is complete.

    Raises Unusable where the place cannot be written or a stored value cannot be read.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # mode 0600
    except OSError as error:
        raise _unwritable(target, error) from error
    aside = Path(name)
    try:
        with open(handle, "w+b") as out:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                manifest = _fill(archive)
                archive.comment = b"0" * layout.SEAL_LENGTH
            seal = layout.seal_of(out)
            out.seek(-layout.SEAL_LENGTH, os.SEEK_END)
            out.write(seal)
            out.flush()
            os.fsync(out.fileno())
        os.replace(aside, target)
        sync_folder(target.parent)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        aside.unlink(missing_ok=True)
    return manifest


def sync_folder(folder: Path) -> None:
    """Make names that were put into the folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(target: Path, error: OSError) -> Unusable:
    return Unusable(
        _("The backup cannot be written to %(file)s: %(why)s.") % {"file": target, "why": error.strerror or error}
    )


def _fill(archive: zipfile.ZipFile) -> Manifest:
    with snapshot():
        parts = [_write_table(archive, name, model) for name, model in sorted(layout.backed_up().items())]
        files, missing = _write_files(archive)
        manifest = Manifest(
            format=layout.FORMAT,
            portal=cchc_portal.__version__,
            created_at=timezone.now().isoformat(),
            vendor=connection.vendor,
            migrations=layout.applied_migrations(),
            parts=parts + files,
            missing=missing,
        )
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
    _write_part(archive, layout.MANIFEST, [text.encode()])
    return manifest


@contextlib.contextmanager
def snapshot() -> Iterator[None]:
    """A transaction that sees the database at one instant and keeps nobody from writing; or the caller's."""
    if connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        # The portal's transactions take the write lock when they begin; a reader of one snapshot needs none.
        usual, connection.transaction_mode = connection.transaction_mode, "DEFERRED"
        try:
            with transaction.atomic():
                yield
        finally:
            connection.transaction_mode = usual
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # The server takes a client busy with a large file for one that forgot its transaction.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


def _write_table(archive: zipfile.ZipFile, name: str, model: type[models.Model]) -> Part:
    fields = [field.attname for field in model._meta.local_concrete_fields]
    rows = 0

    def blocks() -> Iterator[bytes]:
        nonlocal rows
        lines = []
        for row in model._base_manager.order_by("pk").values_list(*fields).iterator(CHUNK):
            lines.append(layout.written(row))
            if len(lines) == CHUNK:
                yield "".join(lines).encode()
                rows += len(lines)
                lines.clear()
        yield "".join(lines).encode()
        rows += len(lines)

    try:
        digest, size = _write_part(archive, name, blocks())
    except (TypeError, ValueError, ArithmeticError) as error:
        raise Unusable(
            _("Table %(table)s holds a value that cannot be read: %(why)s.")
            % {"table": model._meta.db_table, "why": error}
        ) from error
    return Part(name, digest, size, rows, layout.columns_of(model))


def _write_files(archive: zipfile.ZipFile) -> tuple[list[Part], list[str]]:
    """The parts of all stored files, and the names of those that could not be read."""
    parts, missing = [], []
    for name in sorted(_file_names()):
        with contextlib.ExitStack() as stack:
            try:
                source = stack.enter_context(open(default_storage.path(name), "rb"))
            except (OSError, SuspiciousFileOperation):
                missing.append(name)
                continue
            digest, size = _write_part(archive, f"files/{name}", _blocks(source))
            parts.append(Part(f"files/{name}", digest, size, None, []))
    return parts, missing


def _blocks(source: BinaryIO) -> Iterator[bytes]:
    while block := source.read(layout.BLOCK):
        yield block


def _file_names() -> set[str]:
    """Every file that a row refers to, as the storage names it."""
    names = set()
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.FileField):
                names.update(model._base_manager.values_list(field.attname, flat=True).iterator(CHUNK))
    return names - {"", None}


def _write_part(archive: zipfile.ZipFile, name: str, blocks: Iterable[bytes]) -> tuple[str, int]:
    """Stream one part; returns its SHA-256 and size before compression."""
    info = zipfile.ZipInfo(name, timezone.localtime().timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    digest, size = hashlib.sha256(), 0
    with archive.open(info, "w", force_zip64=True) as part:
        for block in blocks:
            part.write(block)
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size
