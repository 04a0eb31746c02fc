"""How the lines that a programme sends through the API become checked figures: everything wrong is told at once."""

from django.utils.translation import gettext as _

from cchc_portal.lib.api import fault
from dossiers import rules

LINES_AT_MOST = 2_000
# What a reading of the return has beside its lines; sent back unchanged it is left alone.
READ_ONLY = ("agency", "period", "state", "version", "line_sort", "form_version")
TYPED = frozenset(rules.TYPED_NAMES)
CELLS = frozenset(rules.CELL_NAMES)


class PayloadErrors(ValueError):
    """What was sent cannot be saved: `errors` are the faults, with line, field, code and message."""

    def __init__(self, errors: list[dict]):
        super().__init__("; ".join(error["message"] for error in errors))
        self.errors = errors


class Payload:
    """Reads `{"lines": [{"procedure": …, figure: count, null or "NA"}]}` against the procedures that are offered."""

    def __init__(self, offered: dict[str, int]):
        self.offered = offered
        self.errors: list[dict] = []

    def _wrong(self, code: str, message: str, line: str | None = None, field: str | None = None, pointer="") -> None:
        self.errors.append(fault(code, message, line=line, field=field, pointer=pointer))

    def read(self, sent) -> dict[int, rules.Figures]:
        """Figures by the key of the procedure, in the order sent. Raises PayloadErrors with every fault found."""
        lines = sent.get("lines") if isinstance(sent, dict) else None
        if not isinstance(lines, list):
            self._wrong("lines_missing", _("Send an object with a list of lines."), field="lines", pointer="/lines")
            raise PayloadErrors(self.errors)
        if len(lines) > LINES_AT_MOST:
            message = _("At most %(count)s lines.") % {"count": LINES_AT_MOST}
            self._wrong("too_many_lines", message, field="lines", pointer="/lines")
            raise PayloadErrors(self.errors)
        for name in sent.keys() - {"lines", *READ_ONLY}:
            self._wrong("unknown_field", _("There is no such field."), field=name, pointer=f"/{name}")
        figures: dict[int, rules.Figures] = {}
        for number, line in enumerate(lines):
            self._line(number, line, figures)
        if self.errors:
            raise PayloadErrors(self.errors)
        return figures

    def _line(self, number: int, line, figures: dict) -> None:
        name, pointer = f"#{number + 1}", f"/lines/{number}"
        if not isinstance(line, dict):
            self._wrong("not_an_object", _("A line is an object."), name, None, pointer)
            return
        code = line.get("procedure")
        if not isinstance(code, str):
            message = _("Name the procedure by its code, as text.")
            self._wrong("procedure_missing", message, name, "procedure", f"{pointer}/procedure")
        else:
            name = code
        cells = {
            field: self._cell(value, name, field, f"{pointer}/{field}")
            for field, value in line.items()
            if field != "procedure"
        }
        if not isinstance(code, str):
            return
        key = self.offered.get(code)
        if key is None:
            message = _("This return does not offer this procedure.")
            self._wrong("not_offered", message, name, "procedure", f"{pointer}/procedure")
        elif key in figures:
            message = _("This procedure is named twice.")
            self._wrong("duplicate", message, name, "procedure", f"{pointer}/procedure")
        else:
            figures[key] = rules.Figures({field: cell for field, cell in cells.items() if field in CELLS})

    def _cell(self, value, line: str, field: str, pointer: str):
        """A count, None (blank) or NA; a fault otherwise (R7). A JSON 3.0 is a fraction, true is no number."""
        if field not in CELLS:
            self._wrong("unknown_field", _("There is no such field."), line, field, pointer)
            return None
        if value is None or rules.is_count(value):
            return value
        if value == "NA" and field in TYPED:
            return rules.NA
        if type(value) is int:
            message = _("A count is a whole number from 0 to %(maximum)s.") % {"maximum": rules.MAX_COUNT}
            self._wrong("out_of_range", message, line, field, pointer)
        else:
            message = _('A count is a JSON integer, null or "NA".')
            self._wrong("not_a_count", message, line, field, pointer)
        return None
