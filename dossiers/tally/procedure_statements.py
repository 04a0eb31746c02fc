"""The SQL that sums lines up by procedure and period; the same text runs on SQLite and PostgreSQL.

It reads the lines once, after the own rows of the summary are right: these say of a return which counts all its lines
know. Returns that know the same, which mostly all do, are summed by plain sums of columns. Those with gaps, lines by
field or on a whole agency, publications and what was absorbed inside the period are summed by expressions per line and
added.
"""

from dossiers.models import ProcedureSum
from dossiers.rules import DERIVED_NAMES, FORMULAS, TYPED_NAMES
from dossiers.tally.statements import (
    ABSORBED,
    CORE,
    COUNTED,
    DIVIDED,
    FIGURE_NAMES,
    LINE,
    OTHERS,
    PARTS,
    PERIOD,
    PUBLISHED,
    RATE_COLUMNS,
    RETURN,
    SUCCESSION,
    SUMMARY,
    VALUES,
    Scope,
    from_lines,
    made_of,
    named,
    passed_on,
    rate_per_line,
)

SUMS = ProcedureSum._meta.db_table
ABOUT = "COALESCE(l.procedure_id, -l.field_id, 0)"
OWN_ROW = f"{SUMMARY} o ON o.agency_id = r.agency_id AND o.period_id = r.period_id AND o.tree = FALSE"

# Kinds of returns: all lines know all counts; all know those that the derived figures are made of; any other.
ALL_KNOWN, CORE_KNOWN, ODD = "all", "core", "odd"


def touched(scope: Scope) -> str:
    """Select (period, about, grounded) of what the lines of the pairs' returns, and of what they absorbed, tell of.

    Grounded: an accepted one of those returns tells of it; a sum of which none does may have to go. Asked before the
    sums are, and its answer, where it is short, written into them: the planner then knows how few.
    """
    own = scope.own("r")
    absorbed = scope.own("x")
    # The returns first and by themselves: with OR, PostgreSQL reads every line there is.
    return f"""SELECT w.period_id, {ABOUT} AS about, MAX(CASE WHEN w.counted THEN 1 ELSE 0 END) AS grounded FROM (
        SELECT r.id, r.period_id, {COUNTED} AS counted FROM {RETURN} r WHERE {own}
        UNION
        SELECT r.id, r.period_id, {COUNTED} FROM (
            SELECT s.successor_id AS agency_id, s.predecessor_id AS gone_id, d.id AS period_id
            FROM {SUCCESSION} s JOIN {PERIOD} d ON s.effective_date > d.first_day AND s.effective_date <= d.last_day
            WHERE s.kind IN ({ABSORBED}) AND {scope.periods("d.id")}
        ) x JOIN {RETURN} r ON r.agency_id = x.gone_id AND r.period_id = x.period_id WHERE {absorbed}
    ) w JOIN {LINE} l ON l.of_id = w.id GROUP BY w.period_id, {ABOUT}"""


def _inside(scope: Scope, period: str, about: str) -> str:
    """The condition that a sum is in scope."""
    if scope.pairs is None:
        return scope.periods(period)
    if scope.touched_sums is None:
        return f"({period}, {about}) IN (SELECT t.period_id, t.about FROM ({touched(scope)}) t)"
    return scope.touched_sum(period, about)


def _gone(scope: Scope) -> str:
    """Select agency and period of every return whose agency was absorbed inside the period by one that reports too."""
    return f"""SELECT DISTINCT x.predecessor_id AS agency_id, d.id AS period_id
    FROM {PERIOD} d
    JOIN {SUCCESSION} x ON x.effective_date > d.first_day AND x.effective_date <= d.last_day
    JOIN {SUMMARY} o ON o.agency_id = x.predecessor_id AND o.period_id = d.id AND o.tree = FALSE
    JOIN {SUMMARY} n ON n.agency_id = x.successor_id AND n.period_id = d.id AND n.tree = FALSE
    WHERE x.kind IN ({ABSORBED}) AND {scope.periods("d.id")} AND NOT EXISTS (
        SELECT 1 FROM {SUCCESSION} y WHERE y.predecessor_id = x.predecessor_id AND y.kind IN ({DIVIDED}))"""


def _plain(scope: Scope) -> str:
    """The condition that all lines of return `r` know every core figure, as its own row `o` says.

    Asked of one sum, which PostgreSQL takes for likely: asked figure by figure, it takes such a return for a rarity.
    """
    return f"""(r.line_sort = 'procedure' AND NOT {PUBLISHED} AND ({_row_total(CORE)}) IS NOT NULL
    AND (r.agency_id, r.period_id) NOT IN ({_gone(scope)}))"""


def _row_total(names) -> str:
    return " + ".join(f"o.{name}" for name in names)


def kinds(scope: Scope) -> str:
    """Select the kinds of accepted returns that there are in the scope's periods."""
    return f"""SELECT DISTINCT CASE WHEN {_plain(scope)} IS NOT TRUE THEN '{ODD}'
    WHEN ({_row_total(OTHERS)}) IS NULL THEN '{CORE_KNOWN}' ELSE '{ALL_KNOWN}' END
FROM {RETURN} r LEFT JOIN {OWN_ROW} WHERE {COUNTED} AND {scope.periods("r.period_id")}"""


def _by_columns(scope: Scope, kind: str) -> str:
    """Select the sums over the plain returns of one kind: sums of columns, and what is made of these."""
    gaps = kind == CORE_KNOWN
    columns = ["COUNT(*)", "COUNT(*)", "TRUE"]
    columns += [
        f"CASE WHEN COUNT(l.{name}) = COUNT(*) THEN SUM(l.{name}) END" if gaps and name in OTHERS else f"SUM(l.{name})"
        for name in TYPED_NAMES
    ]
    columns += [_total(PARTS[name]) for name in DERIVED_NAMES]
    for formula in FORMULAS.values():
        upper, lower = made_of(formula.numerator), made_of(formula.denominator)
        if gaps and {*OTHERS} & {*upper, *lower}:
            columns += rate_per_line(formula)
        else:
            columns += [_total(upper), _total(lower), "COUNT(*)"]
    return f"""SELECT r.period_id, l.procedure_id AS about, {named(columns)}
    FROM {LINE} l JOIN {RETURN} r ON r.id = l.of_id JOIN {OWN_ROW}
    WHERE {COUNTED} AND {_plain(scope)} AND ({_row_total(OTHERS)}) IS {"NULL" if gaps else "NOT NULL"}
    AND l.procedure_id IS NOT NULL AND {_inside(scope, "r.period_id", "l.procedure_id")}
    GROUP BY r.period_id, l.procedure_id"""


def _total(names) -> str:
    return " + ".join(f"SUM(l.{name})" for name in names)


def procedure_rows(scope: Scope) -> str:
    """CTEs ending in `fresh`: the sums that accepted returns give in scope, from lines and own rows of the summary.

    Only for kinds of returns that there are: PostgreSQL would sort all lines to find none of another kind.
    """
    given = [_by_columns(scope, kind) for kind in scope.kinds if kind != ODD]
    if scope.kinds != (ODD,) and len(scope.kinds) == 1:
        return f"WITH fresh AS ({given[0]})"
    ctes = []
    if ODD in scope.kinds:
        by_line = ["COUNT(DISTINCT l.of_id)", *from_lines()[1:]]
        each = f"""SELECT r.period_id, {ABOUT} AS about, {named(by_line)} FROM {LINE} l JOIN odd r ON r.id = l.of_id
    WHERE {{}} AND {_inside(scope, "r.period_id", ABOUT)} GROUP BY r.period_id, {ABOUT}"""
        ctes = [
            f"""odd AS MATERIALIZED (
    SELECT r.*, (r.agency_id, r.period_id) IN ({_gone(scope)}) AS gone FROM {RETURN} r LEFT JOIN {OWN_ROW}
    WHERE {COUNTED} AND {_plain(scope)} IS NOT TRUE AND {scope.periods("r.period_id")}
)""",
            f"absorbed AS ({each.format('r.gone')})",
        ]
        given += [
            each.format("NOT r.gone"),
            f"SELECT o.period_id, o.about, {named(passed_on())} FROM absorbed o",
        ]
    added = ["SUM(g.returns)", "SUM(g.lines)", "SUM(CASE WHEN g.complete THEN 0 ELSE 1 END) = 0"]
    added += [f"CASE WHEN COUNT(g.{name}) = COUNT(*) THEN CAST(SUM(g.{name}) AS bigint) END" for name in FIGURE_NAMES]
    added += [f"CAST(SUM(g.{name}) AS bigint)" for three in RATE_COLUMNS.values() for name in three]
    ctes += [
        f"given AS ({' UNION ALL '.join(given)})",
        f"fresh AS (SELECT g.period_id, g.about, {named(added)} FROM given g GROUP BY g.period_id, g.about)",
    ]
    return f"WITH {', '.join(ctes)}"


def procedures_aside(scope: Scope) -> str:
    """Put the sums that should stand in scope into the temporary table `fresh`."""
    return f"CREATE TEMPORARY TABLE fresh AS {procedure_rows(scope)} SELECT * FROM fresh"


def _others(scope: Scope) -> str:
    """The condition that a stored sum in scope is not in the temporary table `fresh`."""
    return f"""{_inside(scope, f"{SUMS}.period_id", f"{SUMS}.about")} AND {SUMS}.id NOT IN (
    SELECT s.id FROM fresh f JOIN {SUMS} s ON s.period_id = f.period_id AND s.about = f.about)"""


def delete_procedures(scope: Scope) -> str:
    """Delete the sums in scope that are not in the temporary table `fresh`."""
    return f"DELETE FROM {SUMS} WHERE {_others(scope)}"


def _differing() -> str:
    fresh, stored = (", ".join(f"{row}.{name}" for name in VALUES) for row in ("f", "s"))
    return f"""FROM fresh f LEFT JOIN {SUMS} s ON s.period_id = f.period_id AND s.about = f.about
WHERE s.id IS NULL OR ({fresh}) IS DISTINCT FROM ({stored})"""


def upsert_procedures(scope: Scope, *, aside: bool) -> str:
    """Write the sums in scope that differ, from `procedures_aside` if told so. Also takes `now`, the instant."""
    replaced = ", ".join(f"{name} = excluded.{name}" for name in (*VALUES, "computed_at"))
    return f"""{"" if aside else procedure_rows(scope)}
INSERT INTO {SUMS} (period_id, about, procedure_id, field_id, computed_at, {", ".join(VALUES)})
SELECT f.period_id, f.about, CASE WHEN f.about > 0 THEN f.about END, CASE WHEN f.about < 0 THEN -f.about END, %(now)s,
{", ".join(f"f.{name}" for name in VALUES)}
{_differing()}
ON CONFLICT (period_id, about) DO UPDATE SET {replaced}"""


def wrong_procedures() -> str:
    """Select period and about of every sum that is not what the temporary table `fresh` says."""
    return f"""SELECT f.period_id, f.about {_differing()}
UNION SELECT period_id, about FROM {SUMS} WHERE {_others(Scope())}"""
