"""One field of work in one period: its procedures, the agencies that work in it; and where most is overdue."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Agency
from cchc_portal.lib.sql import fetch, instances, marks
from dossiers import rules, tally
from dossiers.models import Period, ProcedureSum, Summary
from procedures.models import Field, Procedure
from reports.tally.slices import Slice, SliceRow, most_late_first, trend_of

LATE_SHOWN = 5
_ROOTS = f"""SELECT s.agency_id FROM {Summary._meta.db_table} s JOIN {Agency._meta.db_table} a ON a.id = s.agency_id
WHERE s.period_id = %s AND s.tree = TRUE AND a.parent_id IS NULL"""


@dataclass(frozen=True)
class FieldProfile:
    """The sums of the period, rows by procedure and by agency (most overdue first), the rate over the last periods."""

    total: dict
    procedures: list[SliceRow]
    agencies: list[SliceRow]
    trend: list[tuple[Period, rules.Rate | None]]


@lru_cache(maxsize=8_192)  # a table links hundreds of procedures
def _figures_of(page: str, key: str | int, label: str) -> str:
    return f"{reverse(page, args=[key])}?period={label}"


def _procedure_row(procedure: Procedure, sums: dict, period: Period, formula: str) -> SliceRow:
    url = _figures_of("reports:procedure_profile", procedure.code, period.label)
    return SliceRow(procedure.name, procedure.code, url, sums, tally.rate_of(sums, formula))


def field_row(field: Field, sums: dict, period: Period, formula: str) -> SliceRow:
    url = _figures_of("reports:field_profile", field.pk, period.label)
    return SliceRow(field.name, "", url, sums, tally.rate_of(sums, formula))


def field_profile(field: Field, chosen: Slice) -> FieldProfile | None:
    """What the person reads of the field in the period; None where nothing of it was accepted."""
    sums = tally.procedure_sums(chosen.trend_periods, chosen.agencies, field=field)
    now = [row for row in sums if row["period_id"] == chosen.period.pk]
    if not now:
        return None
    procedures = Procedure.objects.in_bulk([row["procedure_id"] for row in now if row["procedure_id"]])
    rows = [
        _procedure_row(procedures[row["procedure_id"]], row, chosen.period, chosen.formula)
        if row["procedure_id"]
        else SliceRow(_("Reported by field, not by procedure"), "", "", row, tally.rate_of(row, chosen.formula))
        for row in now
    ]
    lines = tally.counted_lines([chosen.period], chosen.agencies, field=field)
    by_agency = tally.grouped(lines, "agency_id")
    units = Agency.objects.in_bulk([key for (key,) in by_agency])
    agencies = [
        SliceRow(
            units[key].name,
            units[key].code,
            _figures_of("reports:agency_profile", units[key].code, chosen.period.label),
            row,
            tally.rate_of(row, chosen.formula),
        )
        for (key,), row in by_agency.items()
    ]
    return FieldProfile(
        total=tally.added(now),
        procedures=most_late_first(rows),
        agencies=most_late_first(agencies),
        trend=trend_of(sums, chosen.trend_periods, chosen.formula),
    )


def by_field(period: Period, agencies, formula: str) -> tuple[list[SliceRow], list[SliceRow]]:
    """Rows by field and by procedure of one period, most overdue first; what is reported on whole agencies is left out.

    A procedure counts to the field that it belongs to now. Three queries.
    """
    sums = tally.procedure_sums([period], agencies)
    procedures = Procedure.objects.select_related("field").in_bulk(
        [row["procedure_id"] for row in sums if row["procedure_id"]]
    )
    fields = Field.objects.in_bulk([row["field_id"] for row in sums if row["field_id"]])
    members = defaultdict(list)
    rows = []
    for row in sums:
        if row["procedure_id"]:
            procedure = procedures[row["procedure_id"]]
            members[procedure.field].append(row)
            rows.append(_procedure_row(procedure, row, period, formula))
        elif row["field_id"]:
            members[fields[row["field_id"]]].append(row)
    summed = [field_row(field, tally.added(found), period, formula) for field, found in members.items()]
    return most_late_first(summed), most_late_first(rows)


@dataclass(frozen=True)
class MostLate:
    """The fields and the procedures with most dossiers overdue in a period, and how many are overdue in all."""

    fields: list[SliceRow]
    procedures: list[SliceRow]
    total: int

    @property
    def parts(self) -> tuple[list[SliceRow], list[SliceRow]]:
        return self.fields, self.procedures


_SHOWN = ("lines", *tally.LATE, *tally.RATE_COLUMNS[rules.DEFAULT_FORMULA])
_OVERDUE = " + ".join(f"t.{name}" for name in tally.LATE)
_PROCEDURES = f"""SELECT t.procedure_id, {", ".join(f"t.{name}" for name in _SHOWN)}
FROM {ProcedureSum._meta.db_table} t WHERE t.period_id = %s AND t.procedure_id IS NOT NULL AND {_OVERDUE} > 0
ORDER BY {_OVERDUE} DESC, t.about LIMIT {LATE_SHOWN}"""


def _summed(name: str) -> str:
    """A figure that is not known for one procedure is not known for its field, as `tally.added` has it."""
    total = f"CAST(SUM(t.{name}) AS bigint)"
    return f"CASE WHEN COUNT(t.{name}) = COUNT(*) THEN {total} END" if name in tally.LATE else total


_FIELDS = f"""SELECT COALESCE(p.field_id, t.field_id) AS field, {", ".join(map(_summed, _SHOWN))}
FROM {ProcedureSum._meta.db_table} t LEFT JOIN {Procedure._meta.db_table} p ON p.id = t.procedure_id
WHERE t.period_id = %s AND COALESCE(p.field_id, t.field_id) IS NOT NULL GROUP BY 1 ORDER BY 1"""


def most_late(period: Period, root: Agency) -> MostLate:
    """Where most is overdue below a root of the forest; read from the stored sums where it is the period's only one.

    A city has hundreds of procedures and a few of them are shown: only those are named, linked and rated.
    """
    code = rules.DEFAULT_FORMULA
    if fetch(_ROOTS, [period.pk]) != [(root.pk,)]:
        fields, procedures = by_field(period, Agency.objects.under(root), code)
        total = sum(row.late or 0 for row in fields)
        return MostLate(_overdue(fields)[:LATE_SHOWN], _overdue(procedures)[:LATE_SHOWN], total)
    procedures, fields = _late(_PROCEDURES, period), _late(_FIELDS, period)
    most = sorted(fields, key=lambda found: found.late, reverse=True)[:LATE_SHOWN]
    shown = _by_key(Procedure, [found.key for found in procedures], "code", "name")
    shown_fields = _by_key(Field, [found.key for found in most], "name")
    return MostLate(
        [field_row(shown_fields[found.key], found.sums, period, code) for found in most],
        [_procedure_row(shown[found.key], found.sums, period, code) for found in procedures],
        sum(found.late for found in fields),
    )


def _overdue(rows: list[SliceRow]) -> list[SliceRow]:
    return [row for row in rows if row.late]


class _Late(NamedTuple):
    """The key of a procedure or field, its sums, and how many are overdue of it."""

    key: int
    sums: dict
    late: int


def _late(statement: str, period: Period) -> list[_Late]:
    """Those of a period in which something is known to be overdue, as the statement orders them."""
    rows = [(key, dict(zip(_SHOWN, counts, strict=True))) for key, *counts in fetch(statement, [period.pk])]
    return [_Late(key, sums, late) for key, sums in rows if (late := tally.late_of(sums))]


def _by_key(model, keys: Collection[int], *names: str) -> dict:
    """The rows of these keys, by key, with the columns that are named."""
    tail = f"FROM {model._meta.db_table} t WHERE t.id IN ({marks(keys)})"
    return {row.pk: row for (row,) in instances(tail, keys, only=("id", *names), t=model)} if keys else {}
