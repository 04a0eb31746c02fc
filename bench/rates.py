"""P2, P3, P4: refilling the sums, one acceptance, rankings."""

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from agencies.models import Agency
from bench.measure import Row, Timed, absolute, fetched, milliseconds, ratio, signed_in
from dossiers import tally
from dossiers.models import Line, Period, ProcedureSum, RateRun, Return, Summary
from dossiers.rules import DERIVED, FORMULAS, TYPED_NAMES
from dossiers.tally.statements import VALUES
from dossiers.tasks import request_run, run_rates

PERIOD = "2024-Q4"
SCRATCH, SCRATCH_BY_PROCEDURE = "bench_summary", "bench_procedure_sum"
PARTS = {derived.name: derived.parts for derived in DERIVED}


def execute(sql: str, parameters=None) -> list:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def tidy() -> None:
    """What heavy writing leaves to be done is done now: else it is done behind the rows that are measured next."""
    for statement in ("VACUUM ANALYZE", "CHECKPOINT") if connection.vendor == "postgresql" else ("ANALYZE",):
        execute(statement)


def raw_refill() -> str:
    """One statement that fills a table like the summary with plain sums: no blanks, no stated totals."""
    sums = ", ".join(f"SUM(l.{name}) AS {name}" for name in TYPED_NAMES)
    again = ", ".join(f"CAST(SUM(o.{name}) AS bigint)" for name in TYPED_NAMES)

    def total(names):
        return " + ".join(part for name in names for part in PARTS.get(name, (name,)))

    values = ["returns", "lines", "TRUE", *TYPED_NAMES, *(total(parts) for parts in PARTS.values())]
    for formula in FORMULAS.values():
        values += [f"COALESCE({total(names)}, 0)" for names in (formula.numerator, formula.denominator)]
        values.append("lines")
    line, agency, returns = Line._meta.db_table, Agency._meta.db_table, Return._meta.db_table
    return f"""WITH RECURSIVE up(agency_id, above_id) AS (
    SELECT id, id FROM {agency} UNION ALL
    SELECT up.agency_id, a.parent_id FROM up JOIN {agency} a ON a.id = up.above_id WHERE a.parent_id IS NOT NULL),
sums AS MATERIALIZED (SELECT l.of_id, COUNT(*) AS lines, {sums} FROM {line} l GROUP BY l.of_id),
own AS MATERIALIZED (SELECT r.agency_id, r.period_id, 1 AS returns, s.lines, {", ".join(f"s.{n}" for n in TYPED_NAMES)}
    FROM sums s JOIN {returns} r ON r.id = s.of_id WHERE r.state = 'accepted'),
fresh AS (SELECT FALSE AS tree, own.* FROM own UNION ALL
    SELECT TRUE, up.above_id, o.period_id, SUM(o.returns), SUM(o.lines), {again}
    FROM own o JOIN up ON up.agency_id = o.agency_id GROUP BY up.above_id, o.period_id)
INSERT INTO {SCRATCH} (agency_id, period_id, tree, computed_at, {", ".join(VALUES)})
SELECT agency_id, period_id, tree, %s, {", ".join(values)} FROM fresh"""


def raw_refill_by_procedure() -> str:
    """One statement that fills a table like the sums by procedure: plain sums of the lines that name one."""
    values = ["COUNT(*)", "COUNT(*)", "TRUE", *(f"SUM(l.{name})" for name in TYPED_NAMES)]

    def total(names):
        return " + ".join(f"SUM(l.{part})" for name in names for part in PARTS.get(name, (name,)))

    values += [total(parts) for parts in PARTS.values()]
    for formula in FORMULAS.values():
        values += [f"COALESCE({total(names)}, 0)" for names in (formula.numerator, formula.denominator)]
        values.append("COUNT(*)")
    return f"""INSERT INTO {SCRATCH_BY_PROCEDURE} (period_id, about, procedure_id, computed_at, {", ".join(VALUES)})
SELECT r.period_id, l.procedure_id, l.procedure_id, %s, {", ".join(values)}
FROM {Line._meta.db_table} l JOIN {Return._meta.db_table} r ON r.id = l.of_id
WHERE r.state = 'accepted' AND l.procedure_id IS NOT NULL GROUP BY r.period_id, l.procedure_id"""


def make_scratch(name: str, table: str, *keys: str) -> None:
    """A table with the columns, the unique key, the indexes and the references of another."""
    execute(f"DROP TABLE IF EXISTS {name}")
    if connection.vendor == "postgresql":
        execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
        found = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'"
        for (reference,) in execute(found, [table]):
            execute(f"ALTER TABLE {name} ADD {reference}")
        return
    [(made,)] = execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [table])
    execute(made.replace(f'"{table}"', name, 1))
    for number, columns in enumerate(keys):
        execute(f"CREATE {'' if number else 'UNIQUE'} INDEX {name}_{number} ON {name} ({columns})")


def full_recompute(database: str, rounds: int = 7) -> list[Row]:
    """P2 with every row to be written, and with every row right already: sums by agency and by procedure."""
    make_scratch(SCRATCH, Summary._meta.db_table, "agency_id, period_id, tree", "period_id, tree")
    make_scratch(SCRATCH_BY_PROCEDURE, ProcedureSum._meta.db_table, "period_id, about", "procedure_id", "field_id")
    statements, now = (raw_refill(), raw_refill_by_procedure()), timezone.now()

    def through_celery():
        run = RateRun.objects.create(everything=True)
        run_rates.apply(args=[run.pk], throw=True)

    def raw():
        with transaction.atomic():
            for statement in statements:
                execute(statement, [connection.ops.adapt_datetimefield_value(now)])

    def emptied(*tables):
        """Rows that are gone are cleared away: how many of which table PostgreSQL has by itself is chance."""
        statements = ["DELETE FROM {}", *(["VACUUM {}"] if connection.vendor == "postgresql" else [])]
        return lambda: [execute(statement.format(table)) for table in tables for statement in statements]

    spent = milliseconds(
        rounds,
        raw=Timed(raw, before=emptied(SCRATCH, SCRATCH_BY_PROCEDURE)),
        refilled=Timed(through_celery, before=emptied(Summary._meta.db_table, ProcedureSum._meta.db_table)),
        verified=Timed(through_celery),
    )
    execute(f"DROP TABLE {SCRATCH}")
    execute(f"DROP TABLE {SCRATCH_BY_PROCEDURE}")
    tidy()  # what was emptied and filled so often, for the rows that follow
    limit = "one raw statement for each of the two tables of sums"
    return [
        ratio("P2 full recompute, every row written", database, spent["refilled"], limit, spent["raw"], 1.3),
        ratio("P2 full recompute, every row right already", database, spent["verified"], limit, spent["raw"], 1.3),
    ]


def acceptance(database: str) -> list[Row]:
    """P3: a changed and accepted return until the overview shows it, and its recompute beside the raw upsert."""
    period = Period.objects.get(label=PERIOD)
    row = Summary.objects.filter(period=period, tree=False, agency__kind="department").order_by("pk").first()
    overview = fetched(signed_in("lanhdao"), "/overview/", period=PERIOD)
    line = Line.objects.filter(of__agency=row.agency_id, of__period=period, of__state="accepted").order_by("pk").first()
    step = 0

    def change():
        nonlocal step
        step += 1
        Line.objects.filter(pk=line.pk).update(resolved_on_time=(line.resolved_on_time or 0) + step % 2)
        tally.mark_stale(row.agency_id, period.pk)

    def until_shown():
        request_run()
        overview()

    columns = [field.column for field in Summary._meta.concrete_fields if field.column != "id"]
    ids = [row.agency_id, *row.agency.ancestor_ids]
    upsert = (
        f"INSERT INTO {Summary._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(columns)} "
        f"FROM {Summary._meta.db_table} WHERE period_id = %s AND agency_id IN ({', '.join(map(str, ids))}) "
        "ON CONFLICT (agency_id, period_id, tree) DO UPDATE SET "
        + ", ".join(f"{column} = excluded.{column}" for column in columns)
    )

    of_procedures = list(
        Line.objects.filter(of=line.of_id, procedure__isnull=False).values_list("procedure", flat=True)
    )
    within = ", ".join(map(str, of_procedures))
    kept = [field.column for field in ProcedureSum._meta.concrete_fields if field.column != "id"]
    upsert_by_procedure = (
        f"INSERT INTO {ProcedureSum._meta.db_table} ({', '.join(kept)}) SELECT {', '.join(kept)} "
        f"FROM {ProcedureSum._meta.db_table} WHERE period_id = %s AND about IN ({within}) "
        "ON CONFLICT (period_id, about) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in kept)
    )

    def raw():
        """Plain sums of the return, of the trees above it and of its procedures, and what is there written again."""
        with transaction.atomic():
            sums = ", ".join(f"SUM(l.{name})" for name in TYPED_NAMES)
            execute(
                f"SELECT l.procedure_id, {sums} FROM {Return._meta.db_table} r JOIN {Line._meta.db_table} l "
                f"ON l.of_id = r.id WHERE r.period_id = %s AND r.state = 'accepted' AND l.procedure_id IN ({within}) "
                "GROUP BY l.procedure_id",
                [period.pk],
            )
            execute(upsert_by_procedure, [period.pk])
            execute(f"SELECT {sums} FROM {Line._meta.db_table} l WHERE l.of_id = %s", [line.of_id])
            trees = ", ".join(f"SUM(s.{column})" for column in VALUES[3:])
            for above in Agency.objects.filter(pk__in=ids).values_list("path", flat=True):
                execute(
                    f"SELECT {trees} FROM {Summary._meta.db_table} s JOIN {Agency._meta.db_table} a "
                    "ON a.id = s.agency_id WHERE s.period_id = %s AND NOT s.tree AND a.path LIKE %s",
                    [period.pk, f"{above}%"],
                )
            execute(upsert, [period.pk])

    spent = milliseconds(
        shown=Timed(until_shown, before=change),
        recompute=Timed(tally.recompute_stale, before=change, repeat=3),
        raw=Timed(raw, repeat=3),
    )
    return [
        absolute("P3 one acceptance until the overview shows it", database, "s", spent["shown"] / 1000, 2),
        ratio("P3 recompute of one return", database, spent["recompute"], "the raw upsert", spent["raw"], 3),
    ]


def rankings(database: str) -> list[Row]:
    """P4: all agencies ranked with the change to the period before."""
    period = Period.objects.get(label=PERIOD)
    before = tally.period_before(period)
    query = f"""SELECT a.code, a.kind, s.d2_numerator, s.d2_denominator, b.d2_numerator, b.d2_denominator,
    DENSE_RANK() OVER (PARTITION BY a.kind ORDER BY s.d2_numerator * 1.0 / NULLIF(s.d2_denominator, 0) DESC) AS place
    FROM {Summary._meta.db_table} s JOIN {Agency._meta.db_table} a ON a.id = s.agency_id
    LEFT JOIN {Summary._meta.db_table} b ON b.agency_id = s.agency_id AND b.tree = s.tree AND b.period_id = %s
    WHERE s.period_id = %s AND s.tree = FALSE ORDER BY a.kind, place"""
    spent = milliseconds(
        ranking=Timed(lambda: tally.ranking(period, "D2"), repeat=5),
        raw=Timed(lambda: execute(query, [before.pk, period.pk]), repeat=5),
    )
    cache.clear()
    return [ratio("P4 ranking with change", database, spent["ranking"], "the window query", spent["raw"], 2)]


ROWS = (full_recompute, acceptance, rankings)
