"""Reading the sums by procedure and by field, of all agencies or of some; rows are dicts like those of the summary."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from cchc_portal.lib.sql import marks, values
from dossiers import rules
from dossiers.choices import COUNTED_STATES, FormVersion
from dossiers.models import Line, Period, ProcedureSum
from dossiers.tally.checking import FIGURE_COLUMNS
from dossiers.tally.reading import added
from dossiers.tally.statements import FIGURE_NAMES, RATE_COLUMNS, VALUES

ALL = ("computed_at", *VALUES)
KEYS = ("period_id", "procedure_id", "field_id")
LATE = ("resolved_overdue", "pending_overdue")


def sums_of_line(figures: rules.Figures) -> dict:
    """One line in the columns of a sum, so that lines and sums add up alike."""
    row = {"returns": 1, "lines": 1, "complete": rules.complete([figures])}
    row |= {name: figures.number(name) for name in FIGURE_NAMES}
    for code, columns in RATE_COLUMNS.items():
        upper, lower = rules.terms(figures, code)
        both = upper is not None and lower is not None
        row |= dict(zip(columns, (upper, lower, 1) if both else (0, 0, 0), strict=True))
    return row


def late_of(row) -> int | None:
    """Dossiers resolved or pending overdue; None where either is not known."""
    resolved, pending = (row[name] for name in LATE)
    return None if resolved is None or pending is None else resolved + pending


def _about(rows, procedure, field):
    """Narrowed to a procedure, or to a field: its own lines and those of its procedures."""
    if procedure is not None:
        return rows.filter(procedure=procedure)
    if field is not None:
        return rows.filter(Q(procedure__field=field) | Q(field=field))
    return rows


def counted_lines(periods: Iterable[Period], agencies=None, *, procedure=None, field=None) -> list[dict]:
    """The lines of accepted returns in these periods, each as a row with `agency_id` and the keys of its sum.

    `agencies` (a queryset or ids) narrows to some, None reads all. One query.
    """
    rows = Line.objects.filter(of__state__in=COUNTED_STATES, of__period__in=list(periods))
    if agencies is not None:
        rows = rows.filter(of__agency__in=agencies)
    rows = _about(rows, procedure, field).order_by("of_id", "position", "pk")
    read = ("of_id", "of__agency_id", "of__period_id", "procedure_id", "field_id", "of__form_version")
    found = []
    for of, agency, period, about, under, form, *cells in rows.values_list(*read, *FIGURE_COLUMNS):
        stored = dict(zip(FIGURE_COLUMNS, cells, strict=True))
        figures = rules.Figures.from_stored(stored, published=form == FormVersion.PUBLISHED)
        keys = {"return_id": of, "agency_id": agency, "period_id": period, "procedure_id": about, "field_id": under}
        found.append(keys | sums_of_line(figures))
    return found


def grouped(rows: Iterable[dict], *names: str) -> dict[tuple, dict]:
    """Rows of one period added up by these columns, or of several where the period is one of the columns."""
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in names)].append(row)
    return {key: added(members) for key, members in groups.items()}


def procedure_sums(
    periods: Iterable[Period],
    agencies=None,
    *,
    procedure=None,
    field=None,
    names: Iterable[str] = ("computed_at", *VALUES),
) -> list[dict]:
    """Sums by period and procedure (or field, or neither), of all agencies from the stored ones, of some from lines.

    A page that shows a few columns of many rows names them; it can count on no others. One statement.
    """
    if agencies is not None:
        lines = counted_lines(periods, agencies, procedure=procedure, field=field)
        return [dict(zip(KEYS, key, strict=True)) | row for key, row in grouped(lines, *KEYS).items()]
    if procedure is None and field is None:
        ids = [period.pk for period in periods]
        tail = f"FROM {ProcedureSum._meta.db_table} t WHERE t.period_id IN ({marks(ids)}) ORDER BY t.about"
        return values(ProcedureSum, (*KEYS, *names), tail, ids) if ids else []
    rows = _about(ProcedureSum.objects.filter(period__in=list(periods)), procedure, field)
    return list(rows.order_by("about").values(*KEYS, *names))
