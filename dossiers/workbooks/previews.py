"""A previewed import carried to its confirmation: signed, bound to the person and the return, good for a day."""

from datetime import timedelta

from django.core import signing
from django.utils.translation import gettext as _

from cchc_portal.lib.errors import Refused
from dossiers import rules
from dossiers.models import Line, Return
from dossiers.workbooks.saving import CellChange, ImportPlan, LineChange, written

SALT = "dossiers.workbooks.preview"
GOOD_FOR = timedelta(days=1)


def _read(value):
    return rules.NA if value == "NA" else value


def seal(item: Return, plan: ImportPlan, *, by) -> str:
    """The changes of a plan as text that only this portal can have written."""
    lines = [
        [one.pk, one.version, one.row, [[cell.name, written(cell.old), written(cell.new)] for cell in one.cells]]
        for one in plan.changes
    ]
    return signing.dumps({"return": item.pk, "by": by.pk, "lines": lines}, salt=SALT, compress=True)


def unseal(item: Return, text: str, *, by) -> ImportPlan:
    """The plan that was previewed, over the lines as they stand now. Raises Refused where it is none of this person's.

    The versions are those of the preview, so that saving notices what was changed since.
    """
    try:
        told = signing.loads(text, salt=SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        told = {}
    if (told.get("return"), told.get("by")) != (item.pk, by.pk):
        raise Refused([_("The preview is too old. Choose the file again.")])
    stored = {line.pk: line for line in Line.objects.filter(of=item).select_related("procedure", "field")}
    plan = ImportPlan()
    for pk, version, row, cells in told["lines"]:
        line = stored.get(pk)
        if line is None:
            raise Refused([_("The lines of the return are others now. Choose the file again.")])
        figures = rules.Figures.from_stored(line)
        changes = [CellChange(name, _read(old), _read(new)) for name, old, new in cells]
        figures = rules.Figures(figures.cells | {cell.name: cell.new for cell in changes})
        code = line.procedure.code if line.procedure_id else str(line.field or "")
        plan.changes.append(LineChange(pk, version, row, code, "", figures, changes))
    return plan
