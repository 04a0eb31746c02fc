"""Who followed whom, from a file with the columns of `data/agency_successions.csv`."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agencies.choices import ABSORBED_WHOLE, SuccessionKind
from agencies.imports.agency import moved
from agencies.imports.checks import succession_problems
from agencies.models import Agency, Person, Succession
from agencies.tally import forest_changed
from cchc_portal.lib.importing import Change, Plan, Row
from records.models import Event

COLUMNS = REQUIRED = ("predecessor", "successor", "effective_date", "kind")
ACTION = "import_successions"


def plan_import(rows: list[tuple[int, dict[str, str]]]) -> Plan:
    """What the rows would create and change, and every error by row. A step is named by both units and the day."""
    plan = Plan()
    agencies = {agency.code: agency for agency in Agency.objects.all()}
    steps = Succession.objects.select_related("predecessor", "successor")
    stored = {
        (step.predecessor.code, step.successor.code if step.successor else "", step.effective_date): step
        for step in steps
    }
    whole = {key[0]: key for key, step in stored.items() if step.kind in ABSORBED_WHOLE}
    seen: dict[tuple, int] = {}
    for number, cells in rows:
        row = Row(number, cells, plan)
        key, kind = _read(row, agencies)
        if key in seen:
            row.error("predecessor", _("The same step stands in row %(row)s already.") % {"row": seen[key]})
        seen.setdefault(key, number)
        if kind in ABSORBED_WHOLE and whole.setdefault(key[0], key) != key:
            row.error("kind", _("This unit is absorbed whole by another one already; a divided unit is “split”."))
        if row.bad:
            continue
        step = stored.get(key)
        if step and step.kind == kind:
            plan.same += 1
            continue
        label = f"{key[0]} → {key[1] or '–'} {key[2]:%d/%m/%Y}"
        thing = step or Succession(
            predecessor=agencies[key[0]], successor=agencies.get(key[1]), effective_date=key[2], kind=kind
        )
        plan.changes.append(Change(number, label, step is None, {"kind": (step and step.kind, kind)}, thing))
    plan.errors.sort(key=lambda error: error.row)
    return plan


def _read(row: Row, agencies: dict[str, Agency]) -> tuple[tuple, str]:
    predecessor = row.text("predecessor", 40, required=True)
    successor = row.text("successor", 40)
    effective = row.day("effective_date")
    if not effective:
        row.text("effective_date", 10, required=True)
    kind = row.choice("kind", SuccessionKind.choices, required=True)
    for column, code in (("predecessor", predecessor), ("successor", successor)):
        if code and code not in agencies:
            row.error(column, _("No agency has this code."))
    if not row.bad:
        problems = succession_problems(
            kind=kind,
            effective=effective,
            predecessor=predecessor,
            predecessor_last_day=agencies[predecessor].valid_to,
            successor=successor,
            successor_first_day=agencies[successor].valid_from if successor else None,
        )
        for column, problem in problems:
            row.error(column, problem)
    return (predecessor, successor, effective), kind


def apply(plan: Plan, by: Person | None) -> None:
    """Save the plan in one transaction with one event. Raises Refused for a plan with errors, Conflict if overtaken."""
    plan.refuse_errors()
    if not plan.changes:
        return
    try:
        with transaction.atomic():
            Succession.objects.bulk_create([change.thing for change in plan.created])
            for change in plan.updated:
                before, after = change.fields["kind"]
                if Succession.objects.filter(pk=change.thing.pk, kind=before).update(kind=after) != 1:
                    raise moved()
            Event.objects.append(actor=by, action=ACTION, before=plan.before(), after=plan.after())
            forest_changed()
    except IntegrityError as error:
        raise moved() from error
