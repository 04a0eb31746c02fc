"""A backup is one only after a restore: all rows and files come back, and no damaged byte gets in."""

import hashlib
import json
import random
import shutil
import stat
import threading
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client

from agencies.models import Agency, Person
from dossiers.models import Line
from records.backup import layout
from records.backup.writing import snapshot, write_backup
from records.models import ChainHead, Event, IdempotencyKey, StoredFile

# The trail goes on after a restore, so its tables are compared up to the backup.
TRAIL = {"records_event", "records_chainhead"}
TRICKY = 'dòng một\nhai\\n "ba" \u2028 \t đ 𝄞 %s'


@pytest.fixture
def media(tmp_path, settings):
    """A storage of this test's own, so that files can be lost."""
    place = tmp_path / "media"
    usual = project.STORAGES["default"]
    settings.STORAGES = project.STORAGES | {"default": usual | {"OPTIONS": {"location": place}}}
    return place


@pytest.fixture
def filled(transactional_db, media, world):
    """The small world with its files, plus what is awkward to write down: odd texts, JSON, decimals, a session."""
    Agency.objects.filter(pk=world.cast.khcn.pk).update(latitude=Decimal("21.028500"), longitude=Decimal("105.854200"))
    Line.objects.filter(pk=Line.objects.earliest("pk").pk).update(note=TRICKY)
    IdempotencyKey.objects.create(
        person=world.cast.lan, key="k", request_hash="h", headers={"ETag": '"1"', "n": [None, True, 1.5]}, body=TRICKY
    )
    world.returns["draft"].includes.add(world.cast.tttt)
    with transaction.atomic():
        for number in range(5):
            Event.objects.append(
                actor=world.cast.lan, action="save", target=world.visit, after=TRICKY, reason=str(number)
            )
    client = Client()
    client.force_login(world.cast.lan)
    return world


@pytest.fixture
def kept(filled, tmp_path):
    """A backup of that world."""
    file = tmp_path / "portal.zip"
    call_command("backup", file, stdout=StringIO())
    return file


def table_hashes():
    """Table → hash of all its rows, as the driver gives them; what is left out of backups aside."""
    hashes = {}
    with connection.cursor() as cursor:
        for model in layout.backed_up().values():
            table = model._meta.db_table
            upto = " WHERE number <= 5" if table == "records_event" else ""
            if table == "records_chainhead":
                continue
            cursor.execute(f"SELECT * FROM {table}{upto}")
            rows = sorted(repr(row) for row in cursor.fetchall())
            hashes[table] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return hashes


def file_hashes(place: Path):
    return {
        path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in place.rglob("*")
        if path.is_file()
    }


def restored(file, **options):
    out = StringIO()
    call_command("restore", file, stdout=out, stderr=out, **options)
    return out.getvalue()


def trail_holds():
    call_command("verify_trail", stdout=StringIO())
    return True


def lose_everything(media):
    call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(media)


def repacked(file: Path, change) -> Path:
    """The backup with other parts, checksums and seal put right: `change` gets their bytes and the manifest."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(parts.pop(layout.MANIFEST))
    change(parts, manifest)
    for part in manifest["parts"]:
        if part["name"] in parts:
            data = parts[part["name"]]
            part |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    other = file.with_name("repacked.zip")
    packed(other, parts, manifest)
    return other


def packed(file: Path, parts: dict[str, bytes], manifest: dict) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
        archive.writestr(layout.MANIFEST, json.dumps(manifest))
        archive.comment = b"0" * layout.SEAL_LENGTH
    data = file.read_bytes()[: -layout.SEAL_LENGTH]
    file.write_bytes(data + hashlib.sha256(data).hexdigest().encode())


def test_all_rows_and_files_come_back_and_the_trail_goes_on(kept, filled, media):
    rows, files = table_hashes(), file_hashes(media)
    events = list(Event.objects.order_by("number").values_list())
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(files) >= 6 and sum(count for count, _hash in rows.values()) > 100
    lose_everything(media)

    said = restored(kept)

    assert table_hashes() == rows
    assert file_hashes(media) == files
    assert [path.name for path in media.iterdir() if path.name.startswith(".")] == []
    assert "Đã khôi phục" in said and f"{len(files)} tệp" in said and "Nhật ký nguyên vẹn." in said
    *before, last = Event.objects.order_by("number")
    assert [row.hash for row in before] == [row[-1] for row in events]
    assert (last.number, last.actor, last.action) == (6, None, "restore")
    with transaction.atomic():
        Event.objects.append(actor=filled.cast.minh, action="save", target=filled.visit)
    assert trail_holds()


def test_new_rows_are_numbered_after_the_restored_ones(kept, media):
    last = Person.objects.latest("pk").pk
    lose_everything(media)
    restored(kept)
    assert Person.objects.create(username="moi", full_name="Người Mới").pk > last


def test_a_second_restore_is_refused_and_replace_discards(kept, filled, media):
    rows = table_hashes()
    Person.objects.create(username="moi", full_name="Người Mới")
    changed = table_hashes()
    with pytest.raises(CommandError, match="đã có dữ liệu"):
        restored(kept)
    assert table_hashes() == changed
    client = Client()
    client.force_login(filled.cast.minh)
    restored(kept, replace=True)
    assert table_hashes() == rows
    assert client.get("/").status_code == 302  # nobody is signed in any more
    with pytest.raises(CommandError, match="đã có dữ liệu"):
        restored(kept)


def test_a_flipped_byte_is_refused_by_the_name_of_its_part(kept, media):
    rows, files = table_hashes(), file_hashes(media)
    whole = kept.read_bytes()
    with zipfile.ZipFile(kept) as archive:
        places = {info.filename: (info.header_offset, info.compress_size) for info in archive.infolist()}
    photo = next(name for name in places if name.startswith("files/") and name.endswith(".jpg"))
    document = next(name for name in places if name.endswith(".pdf"))
    tables = [f"tables/{name}.jsonl" for name in ("dossiers_line", "records_event", "agencies_person")]
    for name in (*tables, photo, document, layout.MANIFEST):
        offset, size = places[name]
        content = offset + 30 + len(name) + 20 + size // 2  # past the local header and its ZIP64 field
        kept.write_bytes(whole[:content] + bytes([whole[content] ^ 1]) + whole[content + 1 :])
        with pytest.raises(CommandError) as refusal:
            restored(kept, replace=True)
        assert name in str(refusal.value) and str(kept) in str(refusal.value)
    assert (table_hashes(), file_hashes(media)) == (rows, files)


def test_no_flipped_byte_anywhere_gets_in(kept, media):
    rows, whole, chance = table_hashes(), kept.read_bytes(), random.Random(7)
    places = [*range(len(whole) - 90, len(whole), 5), *chance.sample(range(len(whole)), 80)]
    for place in places:
        kept.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << chance.randrange(8))]) + whole[place + 1 :])
        with pytest.raises(CommandError, match=r"portal\.zip"):
            restored(kept, replace=True)
    assert table_hashes() == rows


@pytest.mark.parametrize("cut", [0, 10, 5000, -1, -100])
def test_a_cut_file_is_refused(kept, cut):
    rows = table_hashes()
    kept.write_bytes(kept.read_bytes()[:cut])
    with pytest.raises(CommandError, match=r"portal\.zip"):
        restored(kept, replace=True)
    assert table_hashes() == rows


def test_a_file_that_is_not_there_is_refused(transactional_db, tmp_path):
    with pytest.raises(CommandError, match=r"none\.zip"):
        restored(tmp_path / "none.zip")


def _newer(parts, manifest):
    manifest["format"] = 99


def _other_migrations(parts, manifest):
    manifest["migrations"].append(["dossiers", "0999_later"])


def _without_lines(parts, manifest):
    del parts["tables/dossiers_line.jsonl"]


def _table_unknown(parts, manifest):
    manifest["parts"] = [part for part in manifest["parts"] if part["name"] != "tables/dossiers_line.jsonl"]
    del parts["tables/dossiers_line.jsonl"]


def _with_more(parts, manifest):
    parts["files/more.txt"] = b"?"


def _outside(parts, manifest):
    parts["files/../../etc/x"] = b"?"
    manifest["parts"].append({"name": "files/../../etc/x", "sha256": "", "size": 0, "rows": None, "columns": []})


def _without_persons(parts, manifest):
    parts["tables/agencies_person.jsonl"] = b""


def _short_row(parts, manifest):
    parts["tables/records_chainhead.jsonl"] = b"[1,0]\n"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_newer, "99"),
        (_other_migrations, "dossiers.0999_later"),
        (_without_lines, "tables/dossiers_line.jsonl"),
        (_table_unknown, "tables/dossiers_line.jsonl"),
        (_with_more, "files/more.txt"),
        (_outside, "etc/x"),
        (_without_persons, "person"),
        (_short_row, "records_chainhead"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_changes(kept, media, change, told):
    rows, files = table_hashes(), file_hashes(media)
    with pytest.raises(CommandError, match=told):
        restored(repacked(kept, change), replace=True)
    assert (table_hashes(), file_hashes(media)) == (rows, files)
    assert trail_holds()


def test_a_trail_broken_before_the_backup_is_told_after_the_restore(filled, tmp_path):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_event SET reason = 'khác' WHERE number = 3")
    call_command("backup", tmp_path / "b.zip", stdout=StringIO())
    with pytest.raises(CommandError, match="số 3"):
        restored(tmp_path / "b.zip", replace=True)
    assert Event.objects.count() == 6


def test_a_lost_file_is_named_and_the_rest_is_kept(filled, media, tmp_path):
    lost = StoredFile.objects.order_by("file").first().file.name
    (media / lost).unlink()
    out, file = StringIO(), tmp_path / "b.zip"
    call_command("backup", file, stdout=out, stderr=out)
    assert lost in out.getvalue()
    files = file_hashes(media)
    lose_everything(media)
    assert lost in restored(file)
    assert file_hashes(media) == files


def test_a_backup_that_fails_leaves_the_one_before(filled, tmp_path):
    with pytest.raises(CommandError, match="Không ghi được"):
        call_command("backup", tmp_path / "none" / "b.zip")
    (tmp_path / "b.zip").mkdir()
    with pytest.raises(CommandError, match="Không ghi được"):
        call_command("backup", tmp_path / "b.zip")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".b")] == []


def test_who_writes_meanwhile_neither_waits_nor_gets_in(filled):
    def write():
        Person.objects.create(username="moi", full_name="Người Mới")
        connection.close()

    count = Person.objects.count()
    with snapshot():
        assert Person.objects.count() == count
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(10)
        assert not writer.is_alive()
        assert Person.objects.count() == count
    assert Person.objects.count() == count + 1


# A dataset whose every value is known, as a backup of either database holds it.
KNOWN = {
    "agencies_agency": [
        {
            "id": 7,
            "code": "HN-SO",
            "name": "Sở Đo đạc",
            "short_name": "",
            "kind": "department",
            "parent_id": None,
            "valid_from": "2025-03-01",
            "valid_to": None,
            "gso_code": "",
            "latitude": "21.028500",
            "longitude": None,
            "reporting": True,
            "path": "/7/",
            "version": 3,
            "sort_key": "so do dac",
            "search_key": "so do dac",
        }
    ],
    "agencies_person": [
        {
            "id": 41,
            "password": "!",
            "last_login": None,
            "username": "lan",
            "full_name": "Lan “chị” \\ Hà\u2028Nội",
            "job_title": "",
            "email": "",
            "is_active": False,
            "created_at": "2026-11-22T01:02:03.000045+00:00",
            "search_key": "lan",
        }
    ],
    "records_idempotencykey": [
        {
            "id": 5,
            "person_id": 41,
            "key": "k",
            "request_hash": "h",
            "status": None,
            "headers": {"a": [1, None, "đ"]},
            "body": "x\ny",
            "created_at": "2026-11-22T01:02:03+00:00",
        }
    ],
    "records_storedfile": [
        {
            "id": "0b0e9a4e-6f1c-4c7e-9d62-6f2f6d1c1a55",
            "file": "files/2026/11/a.txt",
            "name": "a.txt",
            "content_type": "text/plain",
            "size": 3,
            "sha256": "ab",
            "created_at": "2026-11-22T01:02:03.100000+00:00",
            "created_by_id": 41,
        }
    ],
}


def test_a_known_backup_is_read_and_written_alike_on_either_database(transactional_db, media, tmp_path):
    parts, stated = {"files/files/2026/11/a.txt": "đa".encode()}, []
    for name, model in layout.backed_up().items():
        rows = KNOWN.get(model._meta.db_table, [])
        columns = layout.columns_of(model)
        assert all(set(row) == set(columns) for row in rows)
        lines = [
            json.dumps([row[c] for c in columns], ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows
        ]
        parts[name] = "".join(lines).encode()
        stated.append({"name": name, "rows": len(rows), "columns": columns})
    stated.append({"name": "files/files/2026/11/a.txt", "rows": None, "columns": []})
    for part in stated:
        part |= {"sha256": hashlib.sha256(parts[part["name"]]).hexdigest(), "size": len(parts[part["name"]])}
    manifest = {"format": 1, "portal": "0.1.0", "created_at": "2026-11-22T01:02:03+00:00", "vendor": "oracle"}
    manifest |= {"migrations": layout.applied_migrations(), "parts": stated, "missing": []}
    packed(tmp_path / "known.zip", parts, manifest)

    restored(tmp_path / "known.zip")

    agency, person, key, file = (
        Agency.objects.get(),
        Person.objects.get(),
        IdempotencyKey.objects.get(),
        StoredFile.objects.get(),
    )
    assert (agency.latitude, agency.longitude, agency.valid_from.isoformat()) == (
        Decimal("21.0285"),
        None,
        "2025-03-01",
    )
    assert (person.full_name, person.is_active) == ("Lan “chị” \\ Hà\u2028Nội", False)
    assert person.created_at == datetime(2026, 11, 22, 1, 2, 3, 45, tzinfo=UTC)
    assert (key.headers, key.body, key.status) == ({"a": [1, None, "đ"]}, "x\ny", None)
    assert (str(file.pk), file.file.read().decode()) == ("0b0e9a4e-6f1c-4c7e-9d62-6f2f6d1c1a55", "đa")
    assert (Event.objects.get().action, ChainHead.objects.get().number) == ("restore", 1)

    again = write_backup(tmp_path / "again.zip")
    hashes = {part.name: part.sha256 for part in again.parts}
    for part in stated:
        if not any(table in part["name"] for table in TRAIL):
            assert hashes[part["name"]] == part["sha256"], part["name"]


def test_a_file_is_put_over_another_of_its_name(kept, media):
    files = file_hashes(media)
    stored = StoredFile.objects.order_by("file").first()
    stored.file.storage.delete(stored.file.name)
    stored.file.storage.save(stored.file.name, ContentFile(b"other"))
    restored(kept, replace=True)
    assert file_hashes(media) == files
