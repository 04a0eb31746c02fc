"""The agency forest from a file with the columns of `data/agencies.csv`; parents may come later in the file."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agencies.choices import AgencyKind
from agencies.imports.checks import code_problem, in_cycle, kind_problem
from agencies.models import Agency, Person
from agencies.tally import forest_changed
from cchc_portal.lib.errors import Conflict
from cchc_portal.lib.importing import Change, Plan, Row, differences, first_values
from records.models import Event

COLUMNS = (
    "code",
    "name",
    "short_name",
    "kind",
    "parent",
    "valid_from",
    "valid_to",
    "gso_code",
    "latitude",
    "longitude",
)
REQUIRED = COLUMNS[:7]
# An empty cell of these leaves what is stored: a list without coordinates takes none away.
KEPT_WHEN_BLANK = COLUMNS[7:]
ACTION = "import_agencies"


def plan_import(rows: list[tuple[int, dict[str, str]]]) -> Plan:
    """What the rows would create and change, and every error by row; reads the register once, writes nothing."""
    plan = Plan()
    stored = {agency.code: agency for agency in Agency.objects.select_related("parent")}
    read: dict[str, tuple[Row, dict]] = {}
    for number, cells in rows:
        row = Row(number, cells, plan)
        code = row.text("code", 40, required=True)
        if problem := code_problem(code):
            row.error("code", problem)
        if code in read:
            row.error("code", _("This code stands in row %(row)s already.") % {"row": read[code][0].number})
        else:
            read[code] = (row, _values(row))
    _check_places(read, stored)
    for code, (row, values) in read.items():
        if row.bad:
            continue
        agency = stored.get(code)
        current = {"parent_code": agency.parent.code if agency and agency.parent_id else ""}
        fields = first_values(values) if agency is None else _changed(agency, values, current)
        if fields:
            thing = agency or Agency(code=code)
            plan.changes.append(Change(row.number, code, agency is None, fields, thing))
        else:
            plan.same += 1
    plan.errors.sort(key=lambda error: error.row)
    return plan


def _values(row: Row) -> dict:
    opened, closed = row.days()
    values = {
        "name": row.text("name", 250, required=True),
        "short_name": row.text("short_name", 120) or row.values.get("name", "").strip()[:120],
        "kind": row.choice("kind", AgencyKind.choices, required=True),
        "parent_code": row.text("parent", 40),
        "valid_from": opened,
        "valid_to": closed,
        "gso_code": row.text("gso_code", 10),
        "latitude": row.decimal("latitude", 90, 6),
        "longitude": row.decimal("longitude", 180, 6),
    }
    return {name: value for name, value in values.items() if name not in KEPT_WHEN_BLANK or value not in (None, "")}


def _check_places(read: dict, stored: dict) -> None:
    """Every unit stands under a unit that exists, of a kind above its own, and in no circle."""
    parents = {code: agency.parent.code if agency.parent_id else "" for code, agency in stored.items()}
    kinds = {code: agency.kind for code, agency in stored.items()}
    for code, (_row, values) in read.items():
        parents[code], kinds[code] = values["parent_code"], values["kind"]
    for code, (row, values) in read.items():
        parent = values["parent_code"]
        if parent and parent not in kinds:
            row.error("parent", _("No agency has this code, neither in the register nor in the file."))
        elif in_cycle(code, parents):
            row.error("parent", _("The unit would stand below itself."))
        elif problem := kind_problem(values["kind"], kinds[parent] if parent else None):
            row.error("parent", problem)


def _changed(agency: Agency, values: dict, current: dict) -> dict:
    plain = {name: value for name, value in values.items() if name != "parent_code"}
    fields = differences(agency, plain)
    if current["parent_code"] != values["parent_code"]:
        fields["parent_code"] = (current["parent_code"], values["parent_code"])
    return fields


def apply(plan: Plan, by: Person | None) -> None:
    """Save the plan in one transaction with one event; `by` None for an operator's command.

    Raises Refused when the plan has errors, Conflict when the register moved since it was planned.
    """
    plan.refuse_errors()
    if not plan.changes:
        return
    try:
        with transaction.atomic():
            _save(plan)
            Event.objects.append(actor=by, action=ACTION, before=plan.before(), after=plan.after())
            forest_changed()
    except IntegrityError as error:
        raise moved() from error


def moved() -> Conflict:
    """The refusal when somebody changed the register between preview and saving."""
    return Conflict(_("The register was changed meanwhile; nothing was saved. Look at the preview again."))


def _save(plan: Plan) -> None:
    old = [change.thing for change in plan.updated]
    locked = dict(
        Agency.objects.select_for_update().filter(pk__in=[agency.pk for agency in old]).values_list("pk", "version")
    )
    if any(locked.get(agency.pk) != agency.version for agency in old):
        raise moved()
    for change in plan.changes:
        for name, (_before, after) in change.fields.items():
            if name != "parent_code":
                setattr(change.thing, name, after)
    keys = _create_from_the_top(plan.created)
    for change in plan.updated:
        if "parent_code" in change.fields:
            change.thing.parent_id = keys.get(change.fields["parent_code"][1])
    for agency in old:
        agency.version += 1
        for name in ("sort_key", "search_key"):
            Agency._meta.get_field(name).pre_save(agency, False)
    names = {name for change in plan.updated for name in change.fields if name != "parent_code"}
    Agency.objects.bulk_update(old, [*names, "parent", "version", "sort_key", "search_key"], batch_size=200)
    rebuild_paths()


def _create_from_the_top(created: list[Change]) -> dict[str, int]:
    """Create the new units step by step down the tree, in bulk; gives the key of every code."""
    keys = dict(Agency.objects.values_list("code", "pk"))
    waiting = created
    while waiting:
        above = {change.label: change.fields.get("parent_code", (None, ""))[1] for change in waiting}
        ready = [change.thing for change in waiting if not above[change.label] or above[change.label] in keys]
        for agency in ready:
            agency.parent_id = keys.get(above[agency.code])
        keys |= {agency.code: agency.pk for agency in Agency.objects.bulk_create(ready)}
        waiting = [change for change in waiting if change.label not in keys]
    return keys


def rebuild_paths() -> int:
    """Set every stored path anew from the parents, in bulk; gives the number of rows that were wrong."""
    rows = {agency.pk: agency for agency in Agency.objects.only("pk", "parent_id", "path")}
    paths: dict[int, str] = {}

    def path_of(agency: Agency) -> str:
        if agency.pk not in paths:
            above = path_of(rows[agency.parent_id]) if agency.parent_id else "/"
            paths[agency.pk] = f"{above}{agency.pk}/"
        return paths[agency.pk]

    wrong = [agency for agency in rows.values() if agency.path != path_of(agency)]
    for agency in wrong:
        agency.path = paths[agency.pk]
    Agency.objects.bulk_update(wrong, ["path"], batch_size=400)
    return len(wrong)
