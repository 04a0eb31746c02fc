"""The SQL that sums lines up by procedure and period; the same text runs on SQLite and PostgreSQL.

It reads the lines once. Where every line of a procedure knows the counts that the derived figures are made of, which is
the rule, its sums come from plain column sums; other procedures, lines by field or on a whole agency, publications and
what was absorbed inside the period are summed by expressions per line and added.
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
    total,
)

SUMS = ProcedureSum._meta.db_table
ABOUT = "COALESCE(l.procedure_id, -l.field_id, 0)"
# Formulas with a term that a line may leave open although it knows all that the derived figures are made of.
OPEN = tuple(code for code, one in FORMULAS.items() if set(OTHERS) & {*one.numerator, *one.denominator})


def touched(scope: Scope) -> str:
    """Select (period, about) of every line that the pairs' returns hold, accepted or not, or what they absorbed.

    Asked before the sums are, and its answer, where it is short, written into them: the planner then knows how few.
    """
    own = scope.own("r")
    absorbed = scope.own("x")
    # The returns first and by themselves: with OR, PostgreSQL reads every line there is.
    return f"""SELECT DISTINCT w.period_id, {ABOUT} AS about FROM (
        SELECT r.id, r.period_id FROM {RETURN} r WHERE {own}
        UNION
        SELECT r.id, r.period_id FROM (
            SELECT s.successor_id AS agency_id, s.predecessor_id AS gone_id, d.id AS period_id
            FROM {SUCCESSION} s JOIN {PERIOD} d ON s.effective_date > d.first_day AND s.effective_date <= d.last_day
            WHERE s.kind IN ({ABSORBED}) AND {scope.periods("d.id")}
        ) x JOIN {RETURN} r ON r.agency_id = x.gone_id AND r.period_id = x.period_id WHERE {absorbed}
    ) w JOIN {LINE} l ON l.of_id = w.id"""


def _inside(scope: Scope, period: str, about: str) -> str:
    """The condition that a sum is in scope."""
    if scope.pairs is None:
        return scope.periods(period)
    if scope.touched_sums is None:
        return f"({period}, {about}) IN ({touched(scope)})"
    if not scope.touched_sums:
        return "FALSE"
    pairs = ", ".join(f"({int(one)}, {int(two)})" for one, two in scope.touched_sums)
    return f"({period}, {about}) IN (VALUES {pairs})"


def _columns() -> str:
    columns = [f"SUM(l.{name}) AS {name}" for name in TYPED_NAMES]
    columns += [f"COUNT(l.{name}) AS {name}_known" for name in OTHERS]
    for code in OPEN:
        columns += [
            f"{expression} AS {name}"
            for expression, name in zip(rate_per_line(FORMULAS[code]), RATE_COLUMNS[code], strict=True)
        ]
    return ", ".join(columns)


def _from_column_sums() -> list[str]:
    """`VALUES` of a procedure all of whose lines know every core figure, from its column sums `s`."""
    columns = ["s.lines", "s.lines", "TRUE"]
    columns += [
        f"CASE WHEN s.{name}_known = s.lines THEN s.{name} END" if name in OTHERS else f"s.{name}"
        for name in TYPED_NAMES
    ]
    columns += [total(PARTS[name]) for name in DERIVED_NAMES]
    for code, formula in FORMULAS.items():
        if code in OPEN:
            columns += [f"s.{name}" for name in RATE_COLUMNS[code]]
        else:
            columns += [total(made_of(formula.numerator)), total(made_of(formula.denominator)), "s.lines"]
    return columns


def _line_by_line() -> list[str]:
    return ["COUNT(DISTINCT l.of_id)", *from_lines()[1:]]


def _gone(scope: Scope) -> str:
    """Select agency and period of every return whose agency was absorbed inside the period by one that reports too."""
    return f"""SELECT DISTINCT x.predecessor_id AS agency_id, d.id AS period_id
    FROM {PERIOD} d
    JOIN {SUCCESSION} x ON x.effective_date > d.first_day AND x.effective_date <= d.last_day
    JOIN {SUMMARY} o ON o.agency_id = x.predecessor_id AND o.period_id = d.id AND o.tree = FALSE
    JOIN {SUMMARY} n ON n.agency_id = x.successor_id AND n.period_id = d.id AND n.tree = FALSE
    WHERE x.kind IN ({ABSORBED}) AND {scope.periods("d.id")} AND NOT EXISTS (
        SELECT 1 FROM {SUCCESSION} y WHERE y.predecessor_id = x.predecessor_id AND y.kind IN ({DIVIDED}))"""


def _is_odd(scope: Scope) -> str:
    """The condition that the lines of return `r` cannot be summed by columns."""
    return f"(r.line_sort <> 'procedure' OR {PUBLISHED} OR (r.agency_id, r.period_id) IN ({_gone(scope)}))"


def odd_returns(scope: Scope) -> str:
    """Select the accepted returns in the scope's periods whose lines cannot be summed by columns."""
    return f"SELECT r.id FROM {RETURN} r WHERE {COUNTED} AND {scope.periods('r.period_id')} AND {_is_odd(scope)}"


def _ordinary(scope: Scope) -> tuple[str, str]:
    """The returns `r` whose lines may be summed by columns: what to join to the lines, and the condition.

    For everything at once they are told from the tables alone: PostgreSQL reads the lines by several processes then.
    """
    return ("counted", "r.ordinary") if scope.pairs is not None else (RETURN, f"{COUNTED} AND NOT {_is_odd(scope)}")


def procedure_rows(scope: Scope) -> str:
    """CTEs ending in `fresh`: the sums that accepted returns give in scope, from lines and own rows of the summary.

    Whether any procedure has to be summed line by line is asked first: PostgreSQL would sort all lines to find none.
    """
    inside = _inside(scope, "r.period_id", ABOUT)
    returns, ordinary = _ordinary(scope)
    lines = f"FROM {LINE} l JOIN counted r ON r.id = l.of_id"
    each = named(_line_by_line())
    added = ["SUM(g.returns)", "SUM(g.lines)", "SUM(CASE WHEN g.complete THEN 0 ELSE 1 END) = 0"]
    added += [f"CASE WHEN COUNT(g.{name}) = COUNT(*) THEN SUM(g.{name}) END" for name in FIGURE_NAMES]
    added += [f"SUM(g.{name})" for three in RATE_COLUMNS.values() for name in three]
    cast = [added[0], added[1], added[2], *(f"CAST({one} AS bigint)" for one in added[3:])]
    counted, absorbed, others = f"SELECT r.*, TRUE AS ordinary FROM {RETURN} r WHERE {COUNTED}", "", ""
    if scope.odd:
        counted = f"""SELECT r.*, t.agency_id IS NOT NULL AS gone,
    t.agency_id IS NULL AND r.line_sort = 'procedure' AND NOT {PUBLISHED} AS ordinary
    FROM {RETURN} r LEFT JOIN ({_gone(scope)}) t ON t.agency_id = r.agency_id AND t.period_id = r.period_id
    WHERE {COUNTED}"""
        absorbed = f"""absorbed AS (
    SELECT r.period_id, {ABOUT} AS about, {each} {lines} WHERE r.gone AND {inside} GROUP BY r.period_id, {ABOUT}
),"""
        others = f"""UNION ALL
    SELECT r.period_id, {ABOUT}, {each} {lines} WHERE NOT r.ordinary AND NOT r.gone AND {inside}
    GROUP BY r.period_id, {ABOUT}
    UNION ALL
    SELECT o.period_id, o.about, {named(passed_on())} FROM absorbed o"""
    return f"""WITH counted AS MATERIALIZED ({counted} AND {scope.periods("r.period_id")}),
sums AS MATERIALIZED (
    SELECT r.period_id, l.procedure_id AS about, COUNT(*) AS lines,
    COUNT({" + ".join(f"l.{name}" for name in CORE)}) AS known, {_columns()}
    FROM {LINE} l JOIN {returns} r ON r.id = l.of_id
    WHERE {ordinary} AND l.procedure_id IS NOT NULL AND {_inside(scope, "r.period_id", "l.procedure_id")}
    GROUP BY r.period_id, l.procedure_id
),
{absorbed}
given AS (
    SELECT s.period_id, s.about, {named(_from_column_sums())} FROM sums s WHERE s.known = s.lines
    UNION ALL
    SELECT r.period_id, l.procedure_id, {each}
    FROM (SELECT period_id, about FROM sums WHERE known < lines) p
    JOIN counted r ON r.period_id = p.period_id AND r.ordinary
    JOIN {LINE} l ON l.of_id = r.id AND l.procedure_id = p.about
    WHERE EXISTS (SELECT 1 FROM sums WHERE known < lines)
    GROUP BY r.period_id, l.procedure_id
    {others}
),
fresh AS (
    SELECT g.period_id, g.about, {named(cast)} FROM given g GROUP BY g.period_id, g.about
)"""


def procedures_aside(scope: Scope) -> str:
    """Put the sums that should stand in scope into the temporary table `fresh`."""
    return f"CREATE TEMPORARY TABLE fresh AS {procedure_rows(scope)} SELECT * FROM fresh"


def _others(scope: Scope) -> str:
    """The condition that a stored sum in scope is not in the temporary table `fresh`."""
    inside = _inside(scope, f"{SUMS}.period_id", f"{SUMS}.about")
    if scope.touched_sums:
        # For the planner, as in `Scope.own`: pairs alone let it read all sums there are.
        abouts = ", ".join(str(int(about)) for about in sorted({about for _period, about in scope.touched_sums}))
        inside += f" AND {scope.periods(f'{SUMS}.period_id')} AND {SUMS}.about IN ({abouts})"
    return f"""{inside} AND {SUMS}.id NOT IN (
    SELECT s.id FROM fresh f JOIN {SUMS} s ON s.period_id = f.period_id AND s.about = f.about)"""


def delete_procedures(scope: Scope) -> str:
    """Delete the sums in scope that are not in the temporary table `fresh`."""
    return f"DELETE FROM {SUMS} WHERE {_others(scope)}"


def _differing() -> str:
    fresh, stored = (", ".join(f"{row}.{name}" for name in VALUES) for row in ("f", "s"))
    return f"""FROM fresh f LEFT JOIN {SUMS} s ON s.period_id = f.period_id AND s.about = f.about
WHERE s.id IS NULL OR ({fresh}) IS DISTINCT FROM ({stored})"""


def upsert_procedures() -> str:
    """Write the sums of the temporary table `fresh` that differ. One parameter: the instant of computing."""
    replaced = ", ".join(f"{name} = excluded.{name}" for name in (*VALUES, "computed_at"))
    return f"""INSERT INTO {SUMS} (period_id, about, procedure_id, field_id, computed_at, {", ".join(VALUES)})
SELECT f.period_id, f.about, CASE WHEN f.about > 0 THEN f.about END, CASE WHEN f.about < 0 THEN -f.about END, %s,
{", ".join(f"f.{name}" for name in VALUES)}
{_differing()}
ON CONFLICT (period_id, about) DO UPDATE SET {replaced}"""


def wrong_procedures() -> str:
    """Select period and about of every sum that is not what the temporary table `fresh` says."""
    return f"""SELECT f.period_id, f.about {_differing()}
UNION SELECT period_id, about FROM {SUMS} WHERE {_others(Scope())}"""
