"""What changed in a return since the version that was sent back, read from its trail."""

import json
from dataclasses import dataclass

from dossiers.choices import FIGURE_LABELS, ReturnState
from dossiers.models import Line, Return
from dossiers.rules import CELL_NAMES, NA
from dossiers.tally.checking import line_name
from records.models import Event

SAVING = ("save_lines", "import_return", "replace_lines")
ORDER = {name: position for position, name in enumerate(CELL_NAMES)}


@dataclass(frozen=True)
class ChangedCell:
    """A figure (or the note) of a line as it was sent back and as it stands after the last save."""

    line: int
    line_name: str
    name: str
    old: object
    new: object

    @property
    def label(self):
        return FIGURE_LABELS.get(self.name)


@dataclass(frozen=True)
class Correction:
    """What was changed since the return was sent back, and the event that sent it back."""

    sent_back: Event
    cells: list[ChangedCell]


def _cell(value):
    return NA if value == "NA" else value


def since_sent_back(item: Return, *, by_office: bool = False) -> Correction | None:
    """Every cell that differs from the version last sent back; None where the return was never sent back.

    `by_office` compares with the version that the programme office last sent back, which is the one it had seen.
    """
    events = Event.objects.about(item)
    found = events.filter(action="send_back")
    sent_back = next((one for one in found if not by_office or _was_sent(one)), None)
    if sent_back is None:
        return None
    first, last = {}, {}
    saved = events.filter(action__in=SAVING, number__gt=sent_back.number).order_by("number")
    for before, after in saved.values_list("before", "after"):
        old, new = (json.loads(text).get("lines", {}) for text in (before, after))
        for key, cells in new.items():
            for name, value in cells.items():
                if name in ORDER or name == "note":
                    first.setdefault((int(key), name), old.get(key, {}).get(name))
                    last[int(key), name] = value
    changed = [key for key in last if last[key] != first[key]]
    rows = Line.objects.filter(of=item, pk__in={pk for pk, _name in changed})
    names = {
        pk: (position, line_name(code, name, field))
        for pk, position, code, name, field in rows.values_list(
            "pk", "position", "procedure__code", "procedure__name", "field__name"
        )
    }
    changed = [key for key in changed if key[0] in names]
    changed.sort(key=lambda key: (names[key[0]][0], key[0], ORDER.get(key[1], len(ORDER))))
    cells = [ChangedCell(pk, names[pk][1], name, _cell(first[pk, name]), _cell(last[pk, name])) for pk, name in changed]
    return Correction(sent_back, cells)


def _was_sent(event: Event) -> bool:
    return json.loads(event.before).get("state") == ReturnState.APPROVED
