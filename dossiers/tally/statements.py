"""The SQL that sums lines up, written from the tables of `rules`; the same text runs on SQLite and PostgreSQL.

Two steps refill the summary: own rows from the lines of accepted returns, tree rows from own rows. Each is a SELECT
of what should stand there, an upsert of what differs from it, and a delete of what should not.

Most returns know every count that the derived figures are made of (`CORE`), so their sums come from plain column
sums. A return that does not, or that quotes a publication, is summed by expressions per line.
"""

from dataclasses import dataclass
from functools import cached_property

from agencies.choices import ABSORBED_WHOLE, SuccessionKind
from agencies.models import Agency, Succession
from dossiers.choices import COUNTED_STATES, FormVersion
from dossiers.models import Line, Period, Return, Summary
from dossiers.rules import DERIVED, DERIVED_NAMES, FORMULAS, TYPED_NAMES

FIGURE_NAMES = TYPED_NAMES + DERIVED_NAMES
PARTS = {derived.name: derived.parts for derived in DERIVED}
CORE = tuple(name for name in TYPED_NAMES if any(name in derived.parts for derived in DERIVED))
OTHERS = tuple(name for name in TYPED_NAMES if name not in CORE)
RATE_COLUMNS = {
    code: tuple(f"{code.lower()}_{part}" for part in ("numerator", "denominator", "used")) for code in FORMULAS
}
VALUES = ("returns", "lines", "complete", *FIGURE_NAMES, *(name for three in RATE_COLUMNS.values() for name in three))

# What lies at an agency on its last day; its successor's return carries it over.
PASSED_ON = ("pending_within", "pending_overdue", "pending", "pending_overdue_with_apology")
TOOK_OVER = ("carried_over", "received")

LINE, RETURN, PERIOD, SUMMARY, AGENCY, SUCCESSION = (
    model._meta.db_table for model in (Line, Return, Period, Summary, Agency, Succession)
)


def listed(words) -> str:
    """Constant words between the brackets of IN."""
    return ", ".join(f"'{word}'" for word in words)


COUNTED = f"r.state IN ({listed(COUNTED_STATES)})"
PUBLISHED = f"r.form_version = '{FormVersion.PUBLISHED}'"
ABSORBED, DIVIDED = listed(ABSORBED_WHOLE), listed((SuccessionKind.SPLIT, SuccessionKind.DISSOLVED))


@dataclass(frozen=True)
class Scope:
    """Which (agency, period) pairs a statement is about: the `pairs`, one `period_id`, or all when neither is given.

    `touched_sums` are the (period, procedure or field) of which the pairs' lines tell; None: not looked up. `kinds` are
    the kinds of returns that there are, as `procedure_statements.kinds` tells them.

    Pairs and sums stand in the text by names whose values are `parameters()`: for as many of them the text is the same,
    and SQLite, which takes longer to read such a text than to do what it says, reads it once.
    """

    period_id: int | None = None
    pairs: tuple[tuple[int, int], ...] | None = None
    touched_sums: tuple[tuple[int, int], ...] | None = None
    kinds: tuple[str, ...] = ()

    def parameters(self) -> dict[str, int]:
        """The values of the names in the text."""
        return {
            name[2:-2]: key for names in (self._agencies, self._periods, self._abouts) for key, name in names.items()
        }

    @cached_property
    def _agencies(self) -> dict[int, str]:
        return _names("agency", (agency for agency, _period in self.pairs or ()))

    @cached_property
    def _periods(self) -> dict[int, str]:
        return _names("period", (period for _agency, period in self.pairs or ()))

    @cached_property
    def _abouts(self) -> dict[int, str]:
        return _names("about", (about for _period, about in self.touched_sums or ()))

    def own(self, row: str) -> str:
        """The condition that the row called `row`, with an agency and a period, is in scope."""
        if self.pairs is not None:
            # The two lists beside the pairs are for SQLite, which finds no index for pairs.
            near = f"{row}.agency_id IN ({', '.join(self._agencies.values())}) AND {self.periods(f'{row}.period_id')}"
            return f"({near} AND ({row}.agency_id, {row}.period_id) IN (VALUES {self._pairs()}))"
        return self.periods(f"{row}.period_id")

    def _pairs(self) -> str:
        return ", ".join(f"({self._agencies[agency]}, {self._periods[period]})" for agency, period in self.pairs)

    def periods(self, column: str) -> str:
        """The condition that a period is in scope."""
        if self.pairs is not None:
            return f"{column} IN ({', '.join(self._periods.values())})"
        return "TRUE" if self.period_id is None else f"{column} = {int(self.period_id)}"

    def touched_sum(self, period: str, about: str) -> str:
        """The condition that a sum is one of the touched; the lists beside the pairs are for the planners again."""
        pairs = ", ".join(f"({self._periods[one]}, {self._abouts[two]})" for one, two in self.touched_sums)
        near = f"{self.periods(period)} AND {about} IN ({', '.join(self._abouts.values())})"
        return f"({near} AND ({period}, {about}) IN (VALUES {pairs}))"

    def tree(self, agency: str, period: str) -> str:
        """The condition that a tree row is in scope: its agency is one of the pairs' agencies or above one."""
        if self.pairs is None:
            return self.periods(period)
        return f"({agency}, {period}) IN (SELECT above_id, period_id FROM touched)"

    def touched(self) -> str:
        """The CTE of the tree rows that pairs reach; empty text where whole periods are summed."""
        if self.pairs is None:
            return ""
        return f""",
touched(above_id, period_id) AS (
    SELECT DISTINCT up.above_id, pair.column2
    FROM (VALUES {self._pairs()}) AS pair JOIN up ON up.agency_id = pair.column1
)"""


def _names(kind: str, keys) -> dict[int, str]:
    """By key, the name by which its value stands in the text."""
    return {key: f"%({kind}_{number})s" for number, key in enumerate(sorted(set(keys)))}


def per_line(name: str) -> str:
    """A figure of line `l` of return `r`, as `rules.Figures.number` gives it: NULL where it is not known."""
    for derived in DERIVED:
        if derived.name == name:
            parts = " + ".join(f"l.{part}" for part in derived.parts)
            return (
                f"CASE WHEN {PUBLISHED} THEN COALESCE(l.{derived.stated}, {parts})"
                f" ELSE COALESCE({parts}, l.{derived.stated}) END"
            )
    return f"l.{name}"


def _terms(formula) -> tuple[str, str]:
    """Numerator and denominator of a formula on line `l`."""
    upper, lower, other = (
        " + ".join(f"({per_line(name)})" for name in names)
        for names in (formula.numerator, formula.denominator, formula.otherwise)
    )
    return upper, f"COALESCE({lower}, {other})" if other else lower


def rate_per_line(formula) -> list[str]:
    """The three sums of a formula over the lines where both its terms are known."""
    upper, lower = _terms(formula)
    return [
        f"COALESCE(SUM(CASE WHEN ({lower}) IS NOT NULL THEN {upper} END), 0)",
        f"COALESCE(SUM(CASE WHEN ({upper}) IS NOT NULL THEN {lower} END), 0)",
        f"COUNT(({upper}) + ({lower}))",
    ]


def made_of(names) -> tuple[str, ...]:
    """The typed figures behind figures."""
    return tuple(part for name in names for part in PARTS.get(name, (name,)))


def _column_sums(scope: Scope) -> str:
    """Per return: its lines, how many know every core figure, and the sum of each column."""
    columns = [f"SUM(l.{name}) AS {name}" for name in TYPED_NAMES]
    columns += [f"COUNT(l.{name}) AS {name}_known" for name in OTHERS]
    returns = ""
    if scope != Scope():
        returns = f"WHERE l.of_id IN (SELECT r.id FROM {RETURN} r WHERE {COUNTED} AND {scope.own('r')})"
    return f"""SELECT l.of_id, COUNT(*) AS lines, COUNT({" + ".join(f"l.{name}" for name in CORE)}) AS known,
    {", ".join(columns)}
    FROM {LINE} l {returns} GROUP BY l.of_id"""


def _plain() -> str:
    """The condition that column sums `s` say all of return `r`: every other column is known on all lines or on none."""
    uniform = [f"s.{name}_known IN (0, s.lines)" for name in OTHERS]
    return " AND ".join(["s.known = s.lines", *uniform, f"NOT {PUBLISHED}"])


def _from_column_sums() -> list[str]:
    """`VALUES` of a plain return, from its column sums `s`; a column known on no line sums up to NULL."""
    columns = ["1", "s.lines", "TRUE", *(f"s.{name}" for name in TYPED_NAMES)]
    columns += [total(PARTS[name]) for name in DERIVED_NAMES]
    for formula in FORMULAS.values():
        upper, lower = total(made_of(formula.numerator)), total(made_of(formula.denominator))
        known = f"{upper} + {lower} IS NOT NULL"
        columns += [f"CASE WHEN {known} THEN {term} ELSE 0 END" for term in (upper, lower, "s.lines")]
    return columns


def total(names) -> str:
    return " + ".join(f"s.{name}" for name in names)


def from_lines() -> list[str]:
    """`VALUES` of any return, from its lines `l` one by one."""
    known = [f"COUNT({per_line(name)}) = COUNT(*)" for name in DERIVED_NAMES]
    columns = ["1", "COUNT(*)", " AND ".join(known)]
    columns += [f"CASE WHEN COUNT({per_line(name)}) = COUNT(*) THEN SUM({per_line(name)}) END" for name in FIGURE_NAMES]
    for formula in FORMULAS.values():
        columns += rate_per_line(formula)
    return columns


def named(expressions) -> str:
    return ", ".join(f"{expression} AS {name}" for expression, name in zip(expressions, VALUES, strict=True))


def own_rows(scope: Scope) -> str:
    """CTEs ending in `fresh`: the own rows that accepted returns with lines give, one row a return."""
    return f"""WITH sums AS MATERIALIZED ({_column_sums(scope)}),
fresh AS (
    SELECT r.agency_id, r.period_id, {named(_from_column_sums())}
    FROM sums s JOIN {RETURN} r ON r.id = s.of_id
    WHERE {COUNTED} AND {_plain()}
    UNION ALL
    SELECT r.agency_id, r.period_id, {named(from_lines())}
    FROM {LINE} l JOIN {RETURN} r ON r.id = l.of_id
    WHERE r.id IN (
        SELECT r.id FROM sums s JOIN {RETURN} r ON r.id = s.of_id WHERE {COUNTED} AND NOT ({_plain()})
    )
    GROUP BY r.id, r.agency_id, r.period_id
)"""


def passed_on() -> list[str]:
    """`VALUES` of an own row `o` whose agency was absorbed whole inside the period by one that reports for it too.

    Its pending is its successor's carried_over, so sums over both take it once (domain: agencies, succession). A rate
    on these counts is left out where they are not known on every line; other rates stay as they are.
    """
    columns = ["o.returns", "o.lines", "o.complete"]
    once = {name: "0" for name in PASSED_ON} | {name: f"o.{name} - o.pending" for name in TOOK_OVER}
    columns += [once.get(name, f"o.{name}") for name in FIGURE_NAMES]
    for code, formula in FORMULAS.items():
        if not once.keys() & {*formula.numerator, *formula.denominator}:
            columns += [f"o.{name}" for name in RATE_COLUMNS[code]]
            continue
        upper, lower = (
            " + ".join(once.get(name, f"o.{name}") for name in names)
            for names in (formula.numerator, formula.denominator)
        )
        known = f"({upper} + {lower}) IS NOT NULL"
        columns += [f"CASE WHEN {known} THEN {term} ELSE 0 END" for term in (upper, lower, "o.lines")]
    return columns


def tree_rows(scope: Scope) -> str:
    """CTEs ending in `fresh`: the tree rows that the own rows below each agency give, the agency's own among them.

    An agency with none below it, which most are, has its own row for a tree.
    """
    sums = ["SUM(g.returns)", "SUM(g.lines)", "SUM(CASE WHEN g.complete THEN 0 ELSE 1 END) = 0"]
    sums += [f"CASE WHEN COUNT(g.{name}) = COUNT(*) THEN CAST(SUM(g.{name}) AS bigint) END" for name in FIGURE_NAMES]
    sums += [f"CAST(SUM(g.{name}) AS bigint)" for three in RATE_COLUMNS.values() for name in three]
    leaf = f"NOT EXISTS (SELECT 1 FROM {AGENCY} c WHERE c.parent_id = {{}})"
    joined = f"up JOIN {SUMMARY} o ON o.agency_id = up.agency_id"
    if scope.pairs is not None:  # SQLite keeps the order of CROSS JOIN: the few periods first, not all sums there are
        joined = f"{SUMMARY} o CROSS JOIN up"
    return f"""{forest()}{scope.touched()},
passed AS MATERIALIZED (
    SELECT DISTINCT p.above_id, x.predecessor_id AS agency_id, d.id AS period_id
    FROM {PERIOD} d
    JOIN {SUCCESSION} x ON x.effective_date > d.first_day AND x.effective_date <= d.last_day AND x.kind IN ({ABSORBED})
    JOIN {SUMMARY} o ON o.agency_id = x.predecessor_id AND o.period_id = d.id AND o.tree = FALSE
    JOIN {SUMMARY} n ON n.agency_id = x.successor_id AND n.period_id = d.id AND n.tree = FALSE
    JOIN up p ON p.agency_id = x.predecessor_id
    JOIN up s ON s.agency_id = x.successor_id AND s.above_id = p.above_id
    WHERE {scope.periods("d.id")} AND NOT EXISTS (
        SELECT 1 FROM {SUCCESSION} y WHERE y.predecessor_id = x.predecessor_id AND y.kind IN ({DIVIDED})
    )
),
given AS (
    SELECT up.above_id, o.period_id, {", ".join(f"o.{name}" for name in VALUES)}
    FROM {joined}
    LEFT JOIN passed t ON t.above_id = up.above_id AND t.agency_id = o.agency_id AND t.period_id = o.period_id
    WHERE up.agency_id = o.agency_id AND o.tree = FALSE AND {scope.periods("o.period_id")}
    AND {scope.tree("up.above_id", "o.period_id")} AND t.agency_id IS NULL
    AND NOT {leaf.format("up.above_id")}
    UNION ALL
    SELECT t.above_id, o.period_id, {named(passed_on())}
    FROM passed t
    JOIN {SUMMARY} o ON o.agency_id = t.agency_id AND o.period_id = t.period_id AND o.tree = FALSE
    WHERE {scope.tree("t.above_id", "t.period_id")}
),
fresh AS (
    SELECT g.above_id AS agency_id, g.period_id, {named(sums)} FROM given g GROUP BY g.above_id, g.period_id
    UNION ALL
    SELECT o.agency_id, o.period_id, {", ".join(f"o.{name}" for name in VALUES)} FROM {SUMMARY} o
    WHERE o.tree = FALSE AND {scope.own("o")} AND {leaf.format("o.agency_id")}
)"""


def forest() -> str:
    """The CTE `up`: every agency with itself and each agency above it."""
    return f"""WITH RECURSIVE up(agency_id, above_id) AS (
    SELECT a.id, a.id FROM {AGENCY} a
    UNION ALL
    SELECT up.agency_id, a.parent_id FROM up JOIN {AGENCY} a ON a.id = up.above_id WHERE a.parent_id IS NOT NULL
)"""


def kept_aside(scope: Scope, *, tree: bool) -> str:
    """Put the rows that should stand in scope into the temporary table `fresh`.

    For everything at once: then they are counted up once, by several processes where the database can, for the delete
    as for the upsert.
    """
    rows = tree_rows(scope) if tree else own_rows(scope)
    return f"CREATE TEMPORARY TABLE fresh AS {rows} SELECT * FROM fresh"


def _others(scope: Scope, tree: bool) -> str:
    """The condition that a summary row in scope is not in the temporary table `fresh`."""
    which = str(tree).upper()
    return f"""tree = {which} AND {scope.periods("period_id")} AND id NOT IN (
    SELECT s.id FROM fresh f JOIN {SUMMARY} s
    ON s.agency_id = f.agency_id AND s.period_id = f.period_id AND s.tree = {which})"""


def delete_others(scope: Scope, *, tree: bool) -> str:
    """Delete the rows in scope that are not in the temporary table `fresh`; all that are have been written before.

    Only where there are more rows than fresh ones, which is seldom, they are looked for.
    """
    stored = f"SELECT COUNT(*) FROM {SUMMARY} WHERE tree = {str(tree).upper()} AND {scope.periods('period_id')}"
    return f"""DELETE FROM {SUMMARY}
WHERE (SELECT COUNT(*) FROM fresh) < ({stored}) AND {_others(scope, tree)}"""


def wrong(*, tree: bool) -> str:
    """Select agency and period of every row that is not what the temporary table `fresh` says."""
    return f"""SELECT f.agency_id, f.period_id {_differing(Scope(), tree)}
UNION SELECT agency_id, period_id FROM {SUMMARY} WHERE {_others(Scope(), tree)}"""


def _differing(scope: Scope, tree: bool) -> str:
    """The end of a SELECT from `fresh` that keeps what the summary does not say yet."""
    near = scope.periods("s.period_id") if tree else scope.own("s")
    fresh, stored = (", ".join(f"{row}.{name}" for name in VALUES) for row in ("f", "s"))
    return f"""FROM fresh f LEFT JOIN {SUMMARY} s
    ON s.agency_id = f.agency_id AND s.period_id = f.period_id AND s.tree = {str(tree).upper()} AND {near}
WHERE s.id IS NULL OR ({fresh}) IS DISTINCT FROM ({stored})"""


def upsert(scope: Scope, *, tree: bool, aside: bool = False) -> str:
    """Write the rows in scope that differ, from `kept_aside` if told so. Also takes `now`, the instant of computing."""
    rows = "" if aside else tree_rows(scope) if tree else own_rows(scope)
    replaced = ", ".join(f"{name} = excluded.{name}" for name in (*VALUES, "computed_at"))
    return f"""{rows}
INSERT INTO {SUMMARY} (agency_id, period_id, tree, computed_at, {", ".join(VALUES)})
SELECT f.agency_id, f.period_id, {str(tree).upper()}, %(now)s, {", ".join(f"f.{name}" for name in VALUES)}
{_differing(scope, tree)}
ON CONFLICT (agency_id, period_id, tree) DO UPDATE SET {replaced}"""


def _without_ground(scope: Scope, *, tree: bool) -> str:
    """The condition that a summary row has nothing under it any more; follows the CTEs of `forest` for a tree row."""
    if tree:
        near = scope.tree(f"{SUMMARY}.agency_id", f"{SUMMARY}.period_id")
        return f"""{SUMMARY}.tree = TRUE AND {near} AND NOT EXISTS (
    SELECT 1 FROM up JOIN {SUMMARY} o ON o.agency_id = up.agency_id AND o.tree = FALSE
    WHERE up.above_id = {SUMMARY}.agency_id AND o.period_id = {SUMMARY}.period_id)"""
    return f"""{SUMMARY}.tree = FALSE AND {scope.own(SUMMARY)} AND NOT EXISTS (
    SELECT 1 FROM {RETURN} r JOIN {LINE} l ON l.of_id = r.id
    WHERE r.agency_id = {SUMMARY}.agency_id AND r.period_id = {SUMMARY}.period_id AND {COUNTED})"""


def delete(scope: Scope, *, tree: bool) -> str:
    """Delete the rows in scope that have no accepted return with a line under them."""
    head = f"{forest()}{scope.touched()}\n" if tree else ""
    return f"{head}DELETE FROM {SUMMARY} WHERE {_without_ground(scope, tree=tree)}"
