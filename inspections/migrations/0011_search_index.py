"""Findings and recommendations by the words inside their search keys.

PostgreSQL: a trigram index, where the extension can be had. SQLite: a full-text table beside each, kept by triggers;
a later migration that makes one of the two tables anew (SQLite's way of altering one) must make its triggers anew too.
Where neither can be made, searching reads every key.
"""

from django.db import Error, migrations, transaction

TABLES = ("inspections_finding", "inspections_recommendation")


def _full_text(table):
    words = f"{table}_words"
    old = f"INSERT INTO {words} ({words}, rowid, search_key) VALUES ('delete', old.id, old.search_key)"
    new = f"INSERT INTO {words} (rowid, search_key) VALUES (new.id, new.search_key)"
    return [
        f"CREATE VIRTUAL TABLE {words} USING fts5"
        f" (search_key, content='{table}', content_rowid='id', tokenize='trigram')",
        f"INSERT INTO {words} (rowid, search_key) SELECT id, search_key FROM {table}",
        f"CREATE TRIGGER {words}_in AFTER INSERT ON {table} BEGIN {new}; END",
        f"CREATE TRIGGER {words}_out AFTER DELETE ON {table} BEGIN {old}; END",
        f"CREATE TRIGGER {words}_other AFTER UPDATE OF id, search_key ON {table} BEGIN {old}; {new}; END",
    ]


def _trigrams(table):
    return [
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        f"CREATE INDEX {table}_words ON {table} USING gin (search_key gin_trgm_ops)",
    ]


def make(apps, schema_editor):
    connection = schema_editor.connection
    statements = {"sqlite": _full_text, "postgresql": _trigrams}.get(connection.vendor)
    for table in TABLES if statements else ():
        try:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                for statement in statements(table):
                    cursor.execute(statement)
        except Error:
            return


def remove(apps, schema_editor):
    for table in TABLES:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP INDEX IF EXISTS {table}_words")
        elif schema_editor.connection.vendor == "sqlite":
            for end in ("in", "out", "other"):
                schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_words_{end}")
            schema_editor.execute(f"DROP TABLE IF EXISTS {table}_words")


class Migration(migrations.Migration):
    dependencies = [("inspections", "0010_withdrawn_evidence")]

    operations = [migrations.RunPython(make, remove)]
