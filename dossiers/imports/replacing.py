"""Replacing all the lines of a draft at once, as the API does: all or nothing, one event."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dossiers import rules
from dossiers.choices import ReturnState
from dossiers.imports.saving import NotOpen
from dossiers.models import Line, Return
from records.models import Event

COLUMNS = (*rules.CELL_NAMES, "not_applicable")


def _changes(line: Line, cells: rules.Figures) -> tuple[dict, dict]:
    """Figures of the line before and after, only of those that change, as the API writes them."""
    stood, written = rules.Figures.from_stored(line).to_json(), cells.to_json()
    differing = [name for name in rules.CELL_NAMES if stood[name] != written[name]]
    return {name: stood[name] for name in differing}, {name: written[name] for name in differing}


def replace_lines(item: Return, wanted: dict[int, rules.Figures], *, by, opened: bool = False) -> Return:
    """Put these figures, by the key of their procedure, into the draft; a line not named becomes blank.

    Notes, late reasons and explanations of a line stay with it. A line is written only where its figures change, so
    what stands in an open entry page stays current. `opened` says that the return was opened for this in the same
    transaction: then the one event tells of that too. Raises NotOpen when the return is no draft any more, or no
    longer in the version that `item` has.
    """
    with transaction.atomic():
        moved = Return.objects.filter(pk=item.pk, state=ReturnState.DRAFT, version=item.version).update(
            version=F("version") + 1
        )
        if moved != 1:
            raise NotOpen
        now = timezone.now()
        lines = {line.procedure_id: line for line in Line.objects.filter(of=item)}
        last = max((line.position for line in lines.values()), default=0)
        missing = [key for key in wanted if key not in lines]
        for position, key in enumerate(missing, start=last + 1):
            lines[key] = Line(of=item, procedure_id=key, position=position, version=0)
        touched, before, after = [], [], []
        for key, line in lines.items():
            cells = wanted.get(key, rules.Figures())
            stood, put = _changes(line, cells)
            if not put and line.pk:
                continue
            for name, value in cells.to_stored().items():
                setattr(line, name, value)
            line.version, line.changed_at, line.changed_by = line.version + 1, now, by
            touched.append(line)
            before.append(stood)
            after.append(put)
        stored = [line for line in touched if line.pk]
        Line.objects.bulk_create(line for line in touched if not line.pk)
        Line.objects.bulk_update(stored, [*COLUMNS, "version", "changed_at", "changed_by"], batch_size=50)
        told = {"agency": item.agency.code, "period": item.period.label, "state": item.state} if opened else {}
        Event.objects.append(
            actor=by,
            action="replace_lines",
            target=item,
            before={"lines": {str(line.pk): stood for line, stood in zip(touched, before, strict=True)}},
            after=told | {"lines": {str(line.pk): put for line, put in zip(touched, after, strict=True)}},
        )
        item.refresh_from_db(fields=["version"])
    return item
