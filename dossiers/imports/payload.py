"""How the lines that a programme sends through the API become checked figures: everything wrong is told at once."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from cchc_portal.lib.api import fault
from cchc_portal.lib.text import clean_text
from dossiers import rules
from dossiers.imports.cells import EXPLAINED, LONGEST_TEXT

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


@dataclass(slots=True)
class SentLine:
    """One line as sent. Late reasons (key → count, text) and explanations (identity → text) stay where None."""

    figures: rules.Figures = field(default_factory=rules.Figures)
    reasons: dict[int, tuple[int, str]] | None = None
    explanations: dict[str, str] | None = None


class Payload:
    """Reads `{"lines": [{"procedure": …, figure: count, null or "NA"}]}`.

    `offered` are the procedures a line may be for, `reasons` the late reasons in use, both by code.
    """

    def __init__(self, offered: dict[str, int], reasons: dict[str, int]):
        self.offered = offered
        self.reasons = reasons
        self.errors: list[dict] = []

    def _wrong(self, code: str, message: str, line: str | None = None, field: str | None = None, pointer="") -> None:
        self.errors.append(fault(code, message, line=line, field=field, pointer=pointer))

    def read(self, sent) -> dict[int, SentLine]:
        """Lines by the key of the procedure, in the order sent. Raises PayloadErrors with every fault found."""
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
        taken: dict[int, SentLine] = {}
        for number, line in enumerate(lines):
            self._line(number, line, taken)
        if self.errors:
            raise PayloadErrors(self.errors)
        return taken

    def _line(self, number: int, line, taken: dict) -> None:
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
        read = SentLine()
        cells = {}
        for key, value in line.items():
            if key == "late_reasons":
                read.reasons = self._reasons(value, name, f"{pointer}/{key}")
            elif key == "explanations":
                read.explanations = self._explanations(value, name, f"{pointer}/{key}")
            elif key != "procedure":
                cells[key] = self._cell(value, name, key, f"{pointer}/{key}")
        read.figures = rules.Figures({key: cell for key, cell in cells.items() if key in CELLS})
        if not isinstance(code, str):
            return
        key = self.offered.get(code)
        if key is None:
            message = _("This return does not offer this procedure.")
            self._wrong("not_offered", message, name, "procedure", f"{pointer}/procedure")
        elif key in taken:
            message = _("This procedure is named twice.")
            self._wrong("duplicate", message, name, "procedure", f"{pointer}/procedure")
        else:
            taken[key] = read

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

    def _reasons(self, value, line: str, pointer: str) -> dict[int, tuple[int, str]]:
        """`{code of the reason: {"count": 3, "text": "…"}}`; the text is for the reasons that ask for one."""
        reasons = {}
        if not isinstance(value, dict):
            self._wrong("not_an_object", _("Late reasons are an object by code."), line, "late_reasons", pointer)
            return reasons
        for code, row in value.items():
            place = (line, f"late_reasons.{code}", f"{pointer}/{code}")
            if code not in self.reasons:
                self._wrong("unknown_reason", _("This reason is not in the list."), *place)
            elif not isinstance(row, dict) or not rules.is_count(row.get("count")) or row.keys() - {"count", "text"}:
                self._wrong("not_a_count", _("Give a count, and a text where the reason asks for one."), *place)
            else:
                reasons[self.reasons[code]] = (row["count"], self._text(row.get("text", ""), *place))
        return reasons

    def _explanations(self, value, line: str, pointer: str) -> dict[str, str]:
        """`{"R4": "why"}` for the identities that may be explained; an empty text takes the explanation away."""
        if not isinstance(value, dict):
            self._wrong("not_an_object", _("Explanations are an object by identity."), line, "explanations", pointer)
            return {}
        told = {}
        for code, text in value.items():
            place = (line, f"explanations.{code}", f"{pointer}/{code}")
            if code in EXPLAINED:
                told[code] = self._text(text, *place)
            else:
                self._wrong("unknown_identity", _("No identity of this code is explained."), *place)
        return told

    def _text(self, value, line: str, field: str, pointer: str) -> str:
        text = clean_text(value).strip() if isinstance(value, str) else None
        if text is None or len(text) > LONGEST_TEXT:
            message = _("A text of at most %(count)s characters.") % {"count": LONGEST_TEXT}
            self._wrong("not_a_text", message, line, field, pointer)
        return text or ""
