"""One agency in one period: its accepted return line by line."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Agency
from dossiers import tally
from dossiers.models import Period, Return
from procedures.models import Field, Procedure
from reports.tally.slices import SliceRow, most_late_first


@dataclass(frozen=True)
class FieldLines:
    """A field's lines of the return and what they add up to."""

    field: SliceRow
    lines: list[SliceRow]


@dataclass(frozen=True)
class AgencyPeriod:
    """The accepted return of the period: its sums, its lines by field with most overdue first.

    `looked` is when it was looked through for unusual figures; None where it never was.
    """

    item: Return
    looked: datetime | None
    total: dict
    fields: list[FieldLines]


def agency_period(agency: Agency, period: Period, formula: str) -> AgencyPeriod | None:
    """What the agency reported for the period; None where nothing was accepted. A constant number of queries."""
    found = Return.objects.accepted().filter(agency=agency, period=period)
    item = found.select_related("agency", "period", "unusual_scan").first()
    if item is None:
        return None
    lines = tally.counted_lines([period], [agency.pk])
    scan = getattr(item, "unusual_scan", None)
    return AgencyPeriod(item, scan and scan.scanned_at, tally.added(lines), _by_field(lines, period, formula))


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
