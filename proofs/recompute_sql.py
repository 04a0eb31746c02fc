"""Every sum, rate and place once more, in plain SQL written from the definitions of the domain.

Nothing here is taken from the tables of `dossiers.rules` or from the statements of `dossiers.tally`: figures, formulas
and columns are spelled out a second time, so that a slip in one of the two shows. The same text runs on SQLite and
PostgreSQL. Two exact rates are told apart by 18 decimal places, enough for denominators below 10**9.
"""

FIGURES = (
    "received_online",
    "received_direct",
    "carried_over",
    "received",
    "resolved_early",
    "resolved_on_time",
    "resolved_overdue",
    "in_time",
    "resolved",
    "pending_within",
    "pending_overdue",
    "pending",
    "withdrawn",
    "resolved_overdue_with_apology",
    "pending_overdue_with_apology",
)

# Formula → numerator and denominator on one line (or, where told, on a sum).
RATES = {
    "d1": ("in_time", "received"),
    "d2": ("in_time", "resolved"),
    "d2c": ("resolved_early + resolved_on_time", "resolved_early + resolved_on_time + resolved_overdue"),
    "d3": ("pending_within", "pending"),
    "d4": ("in_time + pending_within", "received"),
    "d5": ("in_time", "resolved + pending_overdue"),
    "online_share": ("received_online", "COALESCE(received_online + received_direct, stated_received)"),
    "overdue_share": ("resolved_overdue", "resolved"),
    "apology_share": (
        "resolved_overdue_with_apology + pending_overdue_with_apology",
        "resolved_overdue + pending_overdue",
    ),
}
LESS_IS_BETTER = ("overdue_share",)
# Formulas that look at what passes to a successor inside the period: the pending, and so the received.
ON_STOCKS = ("d1", "d3", "d4", "d5", "apology_share")
TERMS = [f"{code}_{part}" for code in RATES for part in ("numerator", "denominator", "used")]
COLUMNS = ["returns", "lines", "complete", *FIGURES, *TERMS]

# A derived figure is the sum of its parts, else what the source states; in a quoted publication the other way round.
LINES = """CREATE TEMPORARY TABLE again_line AS
SELECT r.agency_id, r.period_id, r.id AS return_id,
    CASE WHEN l.procedure_id IS NOT NULL THEN l.procedure_id WHEN l.field_id IS NOT NULL THEN -l.field_id ELSE 0 END
        AS about,
    l.received_online, l.received_direct, l.carried_over, l.resolved_early, l.resolved_on_time, l.resolved_overdue,
    l.pending_within, l.pending_overdue, l.withdrawn, l.resolved_overdue_with_apology, l.pending_overdue_with_apology,
    l.stated_received,
    CASE WHEN r.form_version = 'published' AND l.stated_received IS NOT NULL THEN l.stated_received
        WHEN l.received_online IS NOT NULL AND l.received_direct IS NOT NULL AND l.carried_over IS NOT NULL
        THEN l.received_online + l.received_direct + l.carried_over ELSE l.stated_received END AS received,
    CASE WHEN r.form_version = 'published' AND l.stated_in_time IS NOT NULL THEN l.stated_in_time
        WHEN l.resolved_early IS NOT NULL AND l.resolved_on_time IS NOT NULL
        THEN l.resolved_early + l.resolved_on_time ELSE l.stated_in_time END AS in_time,
    CASE WHEN r.form_version = 'published' AND l.stated_resolved IS NOT NULL THEN l.stated_resolved
        WHEN l.resolved_early IS NOT NULL AND l.resolved_on_time IS NOT NULL AND l.resolved_overdue IS NOT NULL
        THEN l.resolved_early + l.resolved_on_time + l.resolved_overdue ELSE l.stated_resolved END AS resolved,
    CASE WHEN r.form_version = 'published' AND l.stated_pending IS NOT NULL THEN l.stated_pending
        WHEN l.pending_within IS NOT NULL AND l.pending_overdue IS NOT NULL
        THEN l.pending_within + l.pending_overdue ELSE l.stated_pending END AS pending
FROM dossiers_line l JOIN dossiers_return r ON r.id = l.of_id
WHERE r.state = 'accepted'"""


def _summed_lines() -> str:
    """Columns of a sum over lines: a figure only where every line knows it, a rate over the lines that know both."""
    known = " AND ".join(f"{name} IS NOT NULL" for name in ("received", "in_time", "resolved", "pending"))
    columns = ["COUNT(DISTINCT return_id) AS returns", "COUNT(*) AS lines"]
    columns.append(f"MIN(CASE WHEN {known} THEN 1 ELSE 0 END) AS complete")
    columns += [
        f"CASE WHEN MIN(CASE WHEN {name} IS NULL THEN 0 ELSE 1 END) = 1 THEN SUM({name}) END AS {name}"
        for name in FIGURES
    ]
    for code, (upper, lower) in RATES.items():
        both = f"({upper}) IS NOT NULL AND ({lower}) IS NOT NULL"
        columns += [
            f"SUM(CASE WHEN {both} THEN {upper} ELSE 0 END) AS {code}_numerator",
            f"SUM(CASE WHEN {both} THEN {lower} ELSE 0 END) AS {code}_denominator",
            f"SUM(CASE WHEN {both} THEN 1 ELSE 0 END) AS {code}_used",
        ]
    return ",\n    ".join(columns)


def _added(rows: str) -> str:
    """Columns of a sum over sums `rows`."""
    columns = [f"SUM({rows}.returns) AS returns", f"SUM({rows}.lines) AS lines", f"MIN({rows}.complete) AS complete"]
    columns += [
        f"CASE WHEN MIN(CASE WHEN {rows}.{name} IS NULL THEN 0 ELSE 1 END) = 1 THEN SUM({rows}.{name}) END AS {name}"
        for name in FIGURES
    ]
    columns += [f"SUM({rows}.{name}) AS {name}" for name in TERMS]
    return ",\n    ".join(columns)


def _handed_on(row: str) -> str:
    """Columns of `row` of an agency whose pending is its successor's opening balance: counted there, not here.

    A rate on stocks has terms only where the counts are known on every line.
    """
    gone = {name: "0" for name in ("pending_within", "pending_overdue", "pending", "pending_overdue_with_apology")}
    gone |= {name: f"({row}.{name} - {row}.pending)" for name in ("carried_over", "received")}
    columns = [f"{row}.returns", f"{row}.lines", f"{row}.complete"]
    columns += [f"{gone.get(name, f'{row}.{name}')} AS {name}" for name in FIGURES]
    for code, (upper, lower) in RATES.items():
        if code not in ON_STOCKS:
            columns += [f"{row}.{code}_{part}" for part in ("numerator", "denominator", "used")]
            continue
        upper, lower = (
            " + ".join(gone.get(name, f"{row}.{name}") for name in term.split(" + ")) for term in (upper, lower)
        )
        both = f"({upper}) IS NOT NULL AND ({lower}) IS NOT NULL"
        columns += [
            f"CASE WHEN {both} THEN {upper} ELSE 0 END AS {code}_numerator",
            f"CASE WHEN {both} THEN {lower} ELSE 0 END AS {code}_denominator",
            f"CASE WHEN {both} THEN {row}.lines ELSE 0 END AS {code}_used",
        ]
    return ",\n    ".join(columns)


OWN = f"""CREATE TEMPORARY TABLE again_own AS
SELECT agency_id, period_id, {_summed_lines()}
FROM again_line GROUP BY agency_id, period_id"""

# Agency → itself and each agency above it, by the parents alone (the stored path is not read).
ABOVE = """CREATE TEMPORARY TABLE again_above AS
WITH RECURSIVE up(agency_id, above_id) AS (
    SELECT id, id FROM agencies_agency
    UNION ALL
    SELECT up.agency_id, a.parent_id FROM up JOIN agencies_agency a ON a.id = up.above_id
    WHERE a.parent_id IS NOT NULL
)
SELECT agency_id, above_id FROM up"""

# Absorbed whole after the period's first day and up to its last, and both report for the period.
HANDED = """CREATE TEMPORARY TABLE again_handed AS
SELECT DISTINCT s.predecessor_id, s.successor_id, p.id AS period_id
FROM agencies_succession s JOIN dossiers_period p
    ON p.first_day < s.effective_date AND s.effective_date <= p.last_day
WHERE s.kind IN ('merge', 'rename')
    AND s.predecessor_id NOT IN (SELECT predecessor_id FROM agencies_succession WHERE kind IN ('split', 'dissolved'))
    AND EXISTS (SELECT 1 FROM again_own o WHERE o.agency_id = s.predecessor_id AND o.period_id = p.id)
    AND EXISTS (SELECT 1 FROM again_own o WHERE o.agency_id = s.successor_id AND o.period_id = p.id)"""

TREE = f"""CREATE TEMPORARY TABLE again_tree AS
WITH inside AS (
    SELECT DISTINCT h.predecessor_id AS agency_id, h.period_id, one.above_id
    FROM again_handed h
    JOIN again_above one ON one.agency_id = h.predecessor_id
    JOIN again_above two ON two.agency_id = h.successor_id AND two.above_id = one.above_id
),
part AS (
    SELECT u.above_id, o.period_id, {", ".join(f"o.{name}" for name in COLUMNS)}
    FROM again_own o JOIN again_above u ON u.agency_id = o.agency_id
    WHERE NOT EXISTS (
        SELECT 1 FROM inside i
        WHERE i.agency_id = o.agency_id AND i.period_id = o.period_id AND i.above_id = u.above_id
    )
    UNION ALL
    SELECT i.above_id, o.period_id, {_handed_on("o")}
    FROM again_own o JOIN inside i ON i.agency_id = o.agency_id AND i.period_id = o.period_id
)
SELECT part.above_id AS agency_id, part.period_id, {_added("part")}
FROM part GROUP BY part.above_id, part.period_id"""

# Sums by procedure (or field, or neither): what was absorbed inside the period is taken once, agency by agency.
_GONE = "EXISTS (SELECT 1 FROM again_handed h WHERE h.predecessor_id = l.agency_id AND h.period_id = l.period_id)"
ABOUT = f"""CREATE TEMPORARY TABLE again_about AS
WITH gone AS (
    SELECT l.period_id, l.about, {_summed_lines()}
    FROM again_line l WHERE {_GONE} GROUP BY l.agency_id, l.period_id, l.about
),
part AS (
    SELECT l.period_id, l.about, {_summed_lines()}
    FROM again_line l WHERE NOT {_GONE} GROUP BY l.period_id, l.about
    UNION ALL
    SELECT g.period_id, g.about, {_handed_on("g")} FROM gone g
)
SELECT part.period_id, part.about, {_added("part")} FROM part GROUP BY part.period_id, part.about"""

TABLES = ("again_line", "again_own", "again_above", "again_handed", "again_tree", "again_about")
MAKING = (LINES, OWN, ABOVE, HANDED, TREE, ABOUT)

BILLION = 1_000_000_000


def rates(table: str, code: str) -> str:
    """Select agency, period, numerator, denominator, the rate as printed and in millionths, of every row of `table`.

    Printed: one decimal, half up, a comma; never 100 below 100 nor 0 above 0; ",0" only away for a whole number.
    """
    upper, lower = f"{code}_numerator", f"{code}_denominator"
    tenths = f"({upper} * 2000 + {lower}) / (2 * {lower})"
    return f"""SELECT agency_id, period_id, {upper}, {lower},
    CASE WHEN {lower} = 0 OR {upper} > {lower} THEN '–'
        WHEN ({upper} * 100) % {lower} = 0 THEN CAST(({upper} * 100) / {lower} AS text) || '%'
        WHEN {tenths} >= 1000 THEN '99,9%'
        WHEN {tenths} < 1 THEN '0,1%'
        ELSE CAST({tenths} / 10 AS text) || ',' || CAST({tenths} % 10 AS text) || '%' END,
    CASE WHEN {lower} > 0 THEN ({upper} * 2000000 + {lower}) / (2 * {lower}) END
FROM (SELECT agency_id, period_id, CAST({upper} AS bigint) AS {upper}, CAST({lower} AS bigint) AS {lower}
    FROM {table}) counts"""


def places(code: str) -> str:
    """Select period, kind, agency, dense place and size of the group, of every agency's own defined rate."""
    upper, lower = f"{code}_numerator", f"{code}_denominator"
    order = "ASC" if code in LESS_IS_BETTER else "DESC"
    return f"""WITH counts AS (
    SELECT o.period_id, a.kind, o.agency_id, CAST(o.{upper} AS bigint) AS above, CAST(o.{lower} AS bigint) AS below
    FROM again_own o JOIN agencies_agency a ON a.id = o.agency_id
    WHERE o.{lower} > 0 AND o.{upper} <= o.{lower}
),
digits AS (
    SELECT period_id, kind, agency_id, (above * {BILLION}) / below AS first_nine,
    (((above * {BILLION}) % below) * {BILLION}) / below AS next_nine
    FROM counts
)
SELECT period_id, kind, agency_id,
DENSE_RANK() OVER (PARTITION BY period_id, kind ORDER BY first_nine {order}, next_nine {order}),
COUNT(*) OVER (PARTITION BY period_id, kind)
FROM digits"""
