"""The register of procedures from a file: code, name, field, level, days, fee, three online scales, dates.

A level on a scale is a dated row. A file carries no dates for it: the first level of a procedure is stored with open
dates; one that differs from the stored level closes that on the day before and counts from the day of the import.
"""

import re
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Person
from cchc_portal.lib.errors import Conflict
from cchc_portal.lib.importing import Change, Plan, Row, differences, first_values
from cchc_portal.lib.text import ascii_slug, search_key
from procedures.choices import SCALE_VALUES, Level2022, ProcedureLevel, Scale
from procedures.models import Field, OnlineLevel, Procedure
from records.models import Event

SCALES = tuple(Scale.values)
COLUMNS = ("code", "name", "field", "level", "statutory_days", "fee", *SCALES, "valid_from", "valid_to")
REQUIRED = ("code", "name", "field", "level", "statutory_days", "fee", "valid_from", "valid_to")
ACTION = "import_procedures"
CODE = re.compile(r"[0-9]\.[0-9]{6}(\.[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2})?")
CODE_HINT = "1.004194, 2.000815.000.00.00.H55"
HIGHEST_DAYS = 3000


def code_problem(code: str) -> str | None:
    """Why the text is no procedure code (`d.dddddd` with an optional locality suffix), or None."""
    if code and not CODE.fullmatch(code):
        return _("A procedure code looks like %(examples)s; keep the cell as text.") % {"examples": CODE_HINT}
    return None


def scale_choices(scale: str) -> list[tuple[str, str]]:
    """The values of a scale with their names."""
    return Level2022.choices if scale == Scale.LEVEL_2022 else [(value, value) for value in SCALE_VALUES[scale]]


def plan_import(rows: list[tuple[int, dict[str, str]]], on: date | None = None) -> Plan:
    """What the rows would create and change, and every error by row; `on` is the day from which new levels count."""
    on = on or timezone.localdate()
    plan = Plan()
    stored = {procedure.code: procedure for procedure in Procedure.objects.select_related("field")}
    levels = _current_levels(on)
    fields = _fields_by_name()
    seen: dict[str, int] = {}
    for number, cells in rows:
        row = Row(number, cells, plan)
        code = row.text("code", 40, required=True)
        if problem := code_problem(code):
            row.error("code", problem)
        if code in seen:
            row.error("code", _("This code stands in row %(row)s already.") % {"row": seen[code]})
        seen.setdefault(code, number)
        values, scales = _values(row, fields)
        if row.bad:
            continue
        procedure = stored.get(code)
        changed = first_values(values) if procedure is None else _changed(procedure, values)
        for scale, value in scales.items():
            before = levels.get((code, scale))
            if value and (before is None or before.value != value):
                changed[scale] = (before and before.value, value)
        if changed:
            plan.changes.append(Change(number, code, procedure is None, changed, procedure or Procedure(code=code)))
        else:
            plan.same += 1
    plan.errors.sort(key=lambda error: error.row)
    return plan


def _current_levels(on: date) -> dict[tuple[str, str], OnlineLevel]:
    rows = OnlineLevel.objects.valid_on(on).select_related("procedure").order_by("valid_from", "pk")
    return {(row.procedure.code, row.scale): row for row in rows}


def _fields_by_name() -> dict[str, str]:
    """Folded name or code of a field → its name as stored."""
    known = {}
    for field in Field.objects.all():
        known[search_key(field.code)] = known[search_key(field.name)] = field.name
    return known


def _values(row: Row, fields: dict[str, str]) -> tuple[dict, dict]:
    opened, closed = row.days()
    field = row.text("field", 200, required=True)
    values = {
        "name": row.text("name", 500, required=True),
        "field_name": fields.setdefault(search_key(field), field),
        "level": row.choice("level", ProcedureLevel.choices, required=True),
        "statutory_days": row.whole("statutory_days", HIGHEST_DAYS),
        "fee": row.flag("fee"),
        "valid_from": opened,
        "valid_to": closed,
    }
    return values, {scale: row.choice(scale, scale_choices(scale)) for scale in SCALES}


def _changed(procedure: Procedure, values: dict) -> dict:
    changed = differences(procedure, {name: value for name, value in values.items() if name != "field_name"})
    if procedure.field.name != values["field_name"]:
        changed["field_name"] = (procedure.field.name, values["field_name"])
    return changed


def apply(plan: Plan, by: Person | None, on: date | None = None) -> None:
    """Save the plan in one transaction with one event; fields that are new get a row of their own.

    Raises Refused when the plan has errors, Conflict when the register moved since it was planned.
    """
    plan.refuse_errors()
    if not plan.changes:
        return
    try:
        with transaction.atomic():
            _save_procedures(plan)
            _save_levels(plan, on or timezone.localdate())
            Event.objects.append(actor=by, action=ACTION, before=plan.before(), after=plan.after())
    except IntegrityError as error:
        raise moved() from error


def moved() -> Conflict:
    """The refusal when somebody changed the register between preview and saving."""
    return Conflict(_("The register was changed meanwhile; nothing was saved. Look at the preview again."))


def _save_procedures(plan: Plan) -> None:
    old = [change.thing for change in plan.updated]
    locked = dict(
        Procedure.objects.select_for_update().filter(pk__in=[row.pk for row in old]).values_list("pk", "version")
    )
    if any(locked.get(procedure.pk) != procedure.version for procedure in old):
        raise moved()
    fields = _fields_for({change.fields["field_name"][1] for change in plan.changes if "field_name" in change.fields})
    for change in plan.changes:
        for name, (_before, after) in change.fields.items():
            if name == "field_name":
                change.thing.field = fields[after]
            elif name not in SCALES:
                setattr(change.thing, name, after)
    Procedure.objects.bulk_create([change.thing for change in plan.created])
    for procedure in old:
        procedure.version += 1
        for name in ("sort_key", "search_key"):
            Procedure._meta.get_field(name).pre_save(procedure, False)
    names = {name for change in plan.updated for name in change.fields} - {"field_name", *SCALES}
    Procedure.objects.bulk_update(old, [*names, "field", "version", "sort_key", "search_key"], batch_size=200)


def _fields_for(names: set[str]) -> dict[str, Field]:
    """The fields of these names; those that do not exist yet are made, with a code from the name."""
    found = {field.name: field for field in Field.objects.filter(name__in=names)}
    codes = set(Field.objects.values_list("code", flat=True))
    for name in sorted(names - set(found)):
        slug = ascii_slug(name, fallback="linh-vuc")[:36].strip("-")
        code = next(code for code in (slug, *(f"{slug}-{n}" for n in range(2, 999))) if code not in codes)
        codes.add(code)
        found[name] = Field.objects.create(code=code, name=name)
    return found


def _save_levels(plan: Plan, on: date) -> None:
    changed = {
        (change.label, scale): (change.thing, change.fields[scale])
        for change in plan.changes
        for scale in SCALES
        if scale in change.fields
    }
    if not changed:
        return
    current = _current_levels(on)
    made = []
    for (code, scale), (procedure, (before, value)) in changed.items():
        row = current.get((code, scale))
        if (row and row.value) != before:
            raise moved()
        if row and row.valid_from == on:
            row.value = value
            row.save(update_fields=["value"])
            continue
        if row:
            row.valid_to = on - timedelta(days=1)
            row.save(update_fields=["valid_to"])
        made.append(OnlineLevel(procedure=procedure, scale=scale, value=value, valid_from=on if row else None))
    OnlineLevel.objects.bulk_create(made)
