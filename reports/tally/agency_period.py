"""One agency in one period: its accepted return line by line, and what of it is unusual for the agency."""

from collections import defaultdict
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Agency
from dossiers import rules, tally
from dossiers.choices import FIGURE_LABELS
from dossiers.models import Line, Period, Return
from dossiers.tally.checking import FIGURE_COLUMNS, KEY_COLUMNS, as_figures, line_name
from dossiers.tally.history import Past, past_of
from procedures.models import Field, Procedure
from reports.tally.slices import SliceRow, most_late_first

UNUSUAL_SHOWN = 20


@dataclass(frozen=True)
class UnusualValue:
    """A count outside the range that is usual for the agency's own line."""

    line: str
    figure: str
    value: int
    lowest: int
    highest: int
    periods: int


@dataclass(frozen=True)
class FieldLines:
    """A field's lines of the return and what they add up to."""

    field: SliceRow
    lines: list[SliceRow]


@dataclass(frozen=True)
class AgencyPeriod:
    """The accepted return of the period: its sums, its lines by field with most overdue first, its unusual values."""

    item: Return
    total: dict
    fields: list[FieldLines]
    unusual: list[UnusualValue]


def agency_period(agency: Agency, period: Period, formula: str) -> AgencyPeriod | None:
    """What the agency reported for the period; None where nothing was accepted. A constant number of queries."""
    item = Return.objects.accepted().filter(agency=agency, period=period).select_related("agency", "period").first()
    if item is None:
        return None
    lines = tally.counted_lines([period], [agency.pk])
    return AgencyPeriod(item, tally.added(lines), _by_field(lines, period, formula), _unusual(item))


def _by_field(lines: list[dict], period: Period, formula: str) -> list[FieldLines]:
    procedures = Procedure.objects.select_related("field").in_bulk(
        [line["procedure_id"] for line in lines if line["procedure_id"]]
    )
    fields = Field.objects.in_bulk([line["field_id"] for line in lines if line["field_id"]])
    members: dict[Field | None, list[SliceRow]] = defaultdict(list)
    for line in lines:
        procedure, field = procedures.get(line["procedure_id"]), fields.get(line["field_id"])
        rate = tally.rate_of(line, formula)
        if procedure:
            url = f"{reverse('reports:procedure_profile', args=[procedure.code])}?period={period.label}"
            members[procedure.field].append(SliceRow(procedure.name, procedure.code, url, line, rate))
        elif field:
            members[field].append(SliceRow(_("Reported by field, not by procedure"), "", "", line, rate))
        else:
            members[None].append(SliceRow(_("Whole agency"), "", "", line, rate))
    heads = {}
    for field, rows in members.items():
        sums = tally.added(row.sums for row in rows)
        url = f"{reverse('reports:field_profile', args=[field.pk])}?period={period.label}" if field else ""
        name = field.name if field else _("Whole agency")
        heads[field] = SliceRow(name, field.code if field else "", url, sums, tally.rate_of(sums, formula))
    grouped = {id(head): FieldLines(head, most_late_first(members[field])) for field, head in heads.items()}
    return [grouped[id(head)] for head in most_late_first(heads.values())]


def _unusual(item: Return) -> list[UnusualValue]:
    past: Past = past_of(item)
    names = ("procedure__code", "procedure__name", "field__name")
    found, width = [], len(KEY_COLUMNS)
    if not past.counts:
        return found
    rows = Line.objects.filter(of=item).order_by("position", "pk")
    for row in rows.values_list(*KEY_COLUMNS, *names, *FIGURE_COLUMNS):
        key, called, cells = tuple(row[:width]), row[width : width + 3], as_figures(row[width + 3 :]).cells
        for name, history in past.counts.get(key, {}).items():
            span, value = rules.usual_range(history), cells.get(name)
            if span and rules.is_count(value) and not span[0] <= value <= span[1]:
                label = str(FIGURE_LABELS[name])
                found.append(UnusualValue(line_name(*called), label, value, *span, len(history)))
    return found[:UNUSUAL_SHOWN]
