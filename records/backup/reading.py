"""Restoring a backup: everything is checked first, then database and files change together or not at all."""

import contextlib
import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.core.management.color import no_style
from django.db import DatabaseError, connection, models, transaction
from django.utils.translation import gettext as _

from records.backup import layout
from records.backup.layout import Manifest, Part, Unusable
from records.backup.writing import sync_folder
from records.models import Event

BATCH = 1000
# Filled by `migrate` itself, so rows in them are no data of anybody's.
MADE_BY_MIGRATE = {"auth", "contenttypes"}


def restore_backup(source: Path, *, replace: bool) -> Manifest:
    """Put the database and the stored files back as they are in the backup, and tell of it in the trail.

    Raises Unusable, and leaves everything as it was, where a part is damaged, the migrations differ, or the database
    holds data and `replace` is not set. Files that only the replaced data referred to stay where they are.
    """
    with checked(source) as (archive, manifest):
        tables = layout.backed_up()
        try:
            with transaction.atomic():
                _begin(replace)
                for part in manifest.tables():
                    _insert(archive, part, tables[part.name])
                connection.check_constraints()
                _reset_sequences()
                Event.objects.append(
                    actor=None,
                    action="restore",
                    after={
                        "created_at": manifest.created_at,
                        "rows": manifest.rows(),
                        "files": len(manifest.files()),
                        "sha256": archive.comment.decode("ascii"),
                    },
                    reason=_("Restored from a backup"),
                )
                _put_files(archive, manifest)
        except (DatabaseError, OSError, zipfile.BadZipFile) as error:
            raise Unusable(
                _("%(file)s could not be restored, nothing was changed: %(why)s")
                % {"file": source, "why": str(error).strip()}
            ) from error
    return manifest


@contextlib.contextmanager
def checked(source: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """The opened backup and its manifest, after every checksum, the format and the migrations were found right."""
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(open(source, "rb"))
            seal = layout.seal_of(file)
        except OSError as error:
            raise Unusable(_("%(file)s cannot be read: %(why)s.") % {"file": source, "why": error.strerror}) from error
        try:
            archive = stack.enter_context(zipfile.ZipFile(file))
        except layout.DAMAGE as error:
            raise Unusable(_("%(file)s is no backup of the portal, or it is cut off.") % {"file": source}) from error
        manifest = _manifest(archive, source)
        _check_parts(archive, manifest, source)
        if archive.comment != seal:
            raise Unusable(_("%(file)s is damaged: its seal does not match its content.") % {"file": source})
        _check_fit(manifest, source)
        yield archive, manifest


def _damaged(source: Path, part: str) -> Unusable:
    return Unusable(_("%(file)s is damaged: part %(part)s. Nothing was restored.") % {"file": source, "part": part})


def _manifest(archive: zipfile.ZipFile, source: Path) -> Manifest:
    try:
        stated = json.loads(archive.read(layout.MANIFEST))
        found = stated["format"]
        if found == layout.FORMAT:
            return Manifest(**stated | {"parts": [Part(**part) for part in stated["parts"]]})
    except (*layout.DAMAGE, TypeError) as error:
        raise _damaged(source, layout.MANIFEST) from error
    raise Unusable(
        _("%(file)s has format %(found)s; this portal reads format %(known)s.")
        % {"file": source, "found": found, "known": layout.FORMAT}
    )


def _check_parts(archive: zipfile.ZipFile, manifest: Manifest, source: Path) -> None:
    """Every part is there once, as the manifest says, and there is no other."""
    stated = Counter([layout.MANIFEST, *(part.name for part in manifest.parts)])
    found = Counter(archive.namelist())
    for name in [*stated, *found]:
        if (stated[name], found[name]) != (1, 1):
            raise _damaged(source, name)
    for part in manifest.parts:
        try:
            if part.rows is None:
                layout.storage_path(part.name)
            intact = _digest(archive, part) == (part.size, part.sha256)
        except (*layout.DAMAGE, SuspiciousFileOperation) as error:
            raise _damaged(source, part.name) from error
        if not intact:
            raise _damaged(source, part.name)


def _digest(archive: zipfile.ZipFile, part: Part) -> tuple[int, str]:
    """Size and hash of what the part holds; reading stops where it is longer than it should be."""
    digest, size = hashlib.sha256(), 0
    with archive.open(part.name) as stream:
        while size <= part.size and (block := stream.read(layout.BLOCK)):
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()


def _check_fit(manifest: Manifest, source: Path) -> None:
    """The backup and this database have gone through the same migrations, so their tables have the same columns."""
    theirs = {f"{app}.{name}" for app, name in manifest.migrations}
    ours = {f"{app}.{name}" for app, name in layout.applied_migrations()}
    if theirs != ours:
        raise Unusable(
            _(
                "%(file)s was written by version %(version)s with other migrations. Only in the backup: %(theirs)s;"
                " only in this database: %(ours)s. Migrate this database to the same state first."
            )
            % {
                "file": source,
                "version": manifest.portal,
                "theirs": ", ".join(sorted(theirs - ours)) or "–",
                "ours": ", ".join(sorted(ours - theirs)) or "–",
            }
        )
    tables = {name: layout.columns_of(model) for name, model in layout.backed_up().items()}
    stated = {part.name: part.columns for part in manifest.tables()}
    for name in sorted(tables.keys() | stated.keys()):
        if tables.get(name) != stated.get(name):
            raise Unusable(
                _("%(file)s has other columns than this database in part %(part)s.") % {"file": source, "part": name}
            )


def _begin(replace: bool) -> None:
    """Empty the database inside the transaction; without `replace` only where nobody's data are in it."""
    if not replace:
        for model in layout.backed_up().values():
            if model._meta.app_label not in MADE_BY_MIGRATE and model._base_manager.exists():
                raise Unusable(
                    _(
                        "This database already holds data (table %(table)s). Nothing was changed; to discard them and"
                        " restore the backup instead, add --replace."
                    )
                    % {"table": model._meta.db_table}
                )
    # Sessions too: after the restore a key may be another person's.
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        for statement in connection.ops.sql_flush(no_style(), tables, reset_sequences=True):
            cursor.execute(statement)


def _insert(archive: zipfile.ZipFile, part: Part, model: type[models.Model]) -> None:
    """Stream the rows of one table in; references are checked at the end, so tables come in any order."""
    quote = connection.ops.quote_name
    columns = ", ".join(quote(column) for column in part.columns)
    into = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "
    values = f"({', '.join(['%s'] * len(part.columns))})"
    stored = [
        (place, store)
        for place, field in enumerate(model._meta.local_concrete_fields)
        if (store := layout.stored_by(field))
    ]
    with archive.open(part.name) as stream, connection.cursor() as cursor:
        rows = (_row(line, stored) for line in io.BufferedReader(stream, layout.BLOCK))
        while True:
            try:
                if not (batch := list(islice(rows, BATCH))):
                    break
                if connection.vendor == "sqlite":
                    cursor.executemany(into + values, batch)
                else:
                    # The driver sends a statement for each row of executemany; one for a batch is many times faster.
                    cursor.execute(into + ", ".join([values] * len(batch)), [value for row in batch for value in row])
            except (DatabaseError, ValueError, TypeError, LookupError) as error:
                raise Unusable(
                    _("Part %(part)s cannot be stored: %(why)s") % {"part": part.name, "why": str(error).strip()}
                ) from error


def _row(line: bytes, stored: list) -> list:
    row = json.loads(line.decode())
    for place, store in stored:
        row[place] = store(row[place])
    return row


def _reset_sequences() -> None:
    """New rows are numbered after the restored ones (SQLite sees to that itself)."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(layout.backed_up().values())):
            cursor.execute(statement)


def _put_files(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Write all files aside, then move them to their places: the last step before the database commits."""
    files = manifest.files()
    if not files:
        return
    root = Path(default_storage.location)
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=root) as aside:
        ready = []
        for number, part in enumerate(files):
            written = Path(aside) / str(number)
            with archive.open(part.name) as stream, open(written, "wb") as out:
                shutil.copyfileobj(stream, out, layout.BLOCK)
                out.flush()
                os.fsync(out.fileno())
            if default_storage.file_permissions_mode is not None:
                written.chmod(default_storage.file_permissions_mode)
            ready.append((written, Path(layout.storage_path(part.name))))
        for written, place in ready:
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(written, place)
        for folder in {place.parent for _written, place in ready}:
            sync_folder(folder)
