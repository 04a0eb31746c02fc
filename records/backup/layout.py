"""How a backup file is laid out: its parts, the tables it holds, how a value is written.

A backup is a ZIP file with `manifest.json`, a `tables/<table>.jsonl` for each table (a row is one JSON array in the
order of the manifest's columns) and a `files/<path>` for each stored file. The manifest has size and SHA-256 of every
part; the ZIP comment is the seal, the SHA-256 of all bytes before it, so that no byte of the file can change unnoticed.
Dates are ISO 8601 (instants in UTC), decimals and UUIDs text, bytes base64: either database reads what the other wrote.
"""

import base64
import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from struct import error as StructError
from typing import Any, BinaryIO
from uuid import UUID

from django.apps import apps
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

FORMAT = 1
MANIFEST = "manifest.json"
SEAL_LENGTH = 64
BLOCK = 1 << 18
# Who is signed in and which turns of the clock are over belongs to the moment, not to what the portal knows.
LEFT_OUT = {"sessions.Session", "records.ClockSlot"}
# What reading a changed or cut ZIP file raises, from its directory down to the compressed bytes.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    StructError,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


class Unusable(Exception):
    """The backup cannot be written or restored; the text tells the operator what and why. Nothing was changed."""


@dataclass(frozen=True)
class Part:
    """One part of a backup; `rows` and `columns` are those of a table, None and empty for a file."""

    name: str
    sha256: str
    size: int
    rows: int | None
    columns: list[str]


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; `missing` names stored files that a row refers to and nobody could read."""

    format: int
    portal: str
    created_at: str
    vendor: str
    migrations: list[list[str]]
    parts: list[Part]
    missing: list[str]

    def tables(self) -> list[Part]:
        return [part for part in self.parts if part.rows is not None]

    def files(self) -> list[Part]:
        return [part for part in self.parts if part.rows is None]

    def rows(self) -> int:
        return sum(part.rows for part in self.tables())


def backed_up() -> dict[str, type[models.Model]]:
    """The models of a backup by the name of their part, many-to-many tables among them."""
    return {
        f"tables/{model._meta.db_table}.jsonl": model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.label not in LEFT_OUT
    }


def columns_of(model: type[models.Model]) -> list[str]:
    return [field.column for field in model._meta.local_concrete_fields]


def applied_migrations() -> list[list[str]]:
    """[app, name] of every migration that the database has gone through."""
    return sorted([app, name] for app, name in MigrationRecorder(connection).applied_migrations())


def storage_path(part_name: str) -> str:
    """Where the file of a part lies in the storage; raises SuspiciousFileOperation for a place outside it."""
    kind, _slash, name = part_name.partition("/")
    if kind != "files" or not name:
        raise SuspiciousFileOperation(part_name)
    return default_storage.path(name)


def seal_of(file: BinaryIO) -> bytes:
    """The hash of all bytes before the place of the seal, as it stands in the ZIP comment."""
    file.seek(0, 2)
    left = file.tell() - SEAL_LENGTH
    file.seek(0)
    digest = hashlib.sha256()
    while left > 0 and (block := file.read(min(left, BLOCK))):
        digest.update(block)
        left -= len(block)
    return digest.hexdigest().encode("ascii")


def written(row: tuple) -> str:
    """A row as one line of JSON."""
    return _ENCODER.encode(row) + "\n"


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(_("a value of type %(type)s has no place in a backup") % {"type": type(value).__name__})


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)
_PARSERS: dict[str, Callable[[Any], Any]] = {
    "DateField": date.fromisoformat,
    "DateTimeField": datetime.fromisoformat,
    "DecimalField": Decimal,
    "UUIDField": UUID,
    "BinaryField": base64.b64decode,
    "JSONField": lambda value: value,
}


def stored_by(field: models.Field) -> Callable[[Any], Any] | None:
    """What turns a value of the backup into what this database's driver takes; None where it is that already.

    Texts go in as they came out: a field that cleans its text on saving must not touch what the trail has hashed.
    """
    while field.remote_field:
        field = field.target_field
    parse = _PARSERS.get(field.get_internal_type())
    if parse is None:
        return None
    # JSON knows a null of its own, which a column that allows no NULL holds instead.
    null_is_value = field.get_internal_type() == "JSONField" and not field.null

    def store(value: Any) -> Any:
        if value is None and not null_is_value:
            return None
        return field.get_db_prep_value(parse(value), connection, prepared=True)

    return store
