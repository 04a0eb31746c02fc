"""P11 and P17: 100,000 lines into the database, 37,000 lines into a workbook."""

import io

import openpyxl
from django.db import connection

from bench.lists import undone
from bench.measure import AT_LEAST, Row, Timed, milliseconds, ratio
from bench.rates import PERIOD, execute
from cchc_portal.lib.tables import write_xlsx
from dossiers.management.commands.export_lines import COLUMNS, rows_of
from dossiers.models import Line, Period
from reports.demo import bulk

MANY, EXPORTED, ROUNDS, EXPORT_ROUNDS = 100_000, 37_000, 7, 3


def loading(database: str) -> list[Row]:
    """P11: lines that were there are taken out and loaded again, keys, indexes and checks included."""
    columns = [field.column for field in Line._meta.concrete_fields if field.column != "note"]
    table, names = Line._meta.db_table, ", ".join(columns)
    with undone():
        rows = execute(f"SELECT {names} FROM {table} WHERE note = '' ORDER BY id LIMIT {MANY}")
        last = rows[-1][0]

        def clear():
            execute(f"DELETE FROM {table} WHERE note = '' AND id <= %s", [last])

        def raw():
            with connection.cursor() as cursor:
                if database == "postgresql":
                    cursor.copy_expert(f"COPY {table} ({names}, note) FROM STDIN", io.StringIO(text))
                else:
                    marks = ", ".join(["%s"] * len(columns))
                    cursor.executemany(f"INSERT INTO {table} ({names}, note) VALUES ({marks}, '')", rows)

        text = ""
        if database == "postgresql":
            lines = ["\t".join(bulk.NULL if value is None else str(value) for value in row) for row in rows]
            text = "".join(f"{line}\t\n" for line in lines)
        spent = milliseconds(
            ROUNDS,
            run=Timed(lambda: bulk.insert(Line, columns, rows, {"note": ""}), before=clear),
            raw=Timed(raw, before=clear),
        )
    limit, goal = ("COPY", 1.5) if database == "postgresql" else ("executemany", 2)
    return [ratio(f"P11 loading {len(rows):,} lines", database, spent["run"], limit, spent["raw"], goal)]


def exporting(database: str) -> list[Row]:
    """P17: the lines of a quarter as a workbook."""
    rows = []
    for period in Period.objects.filter(label__lte=PERIOD).order_by("-label"):
        rows += rows_of(period)
        if len(rows) >= EXPORTED:
            break
    rows = rows[:EXPORTED]

    def with_openpyxl():
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("Lines")
        sheet.append(COLUMNS)
        for row in rows:
            sheet.append(row)
        book.save(io.BytesIO())

    spent = milliseconds(
        EXPORT_ROUNDS,
        run=Timed(lambda: write_xlsx(io.BytesIO(), COLUMNS, rows)),
        openpyxl=Timed(with_openpyxl),
    )
    faster = spent["openpyxl"] / spent["run"]
    name = f"P17 export of {len(rows):,} lines to XLSX"
    limit = "openpyxl writing the same"
    return [Row(name, database, "ms", spent["run"], limit, spent["openpyxl"], AT_LEAST, faster, 3, faster >= 3)]


ROWS = (loading, exporting)
