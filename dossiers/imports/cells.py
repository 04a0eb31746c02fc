"""Reading what the entry page sends: changed cells of lines, each with the version of the line it was typed over."""

from dataclasses import dataclass, field

from django.db.models import BigIntegerField
from django.utils.translation import gettext as _

from cchc_portal.lib.numbers import NumberError, check_range, parse_cell
from cchc_portal.lib.text import clean_text
from dossiers import rules

LINES_AT_MOST = 2_000
LONGEST_TEXT = 2_000
CELLS = frozenset(rules.TYPED_NAMES)
EXPLAINED = frozenset(one.code for one in rules.IDENTITIES if one.severity == rules.EXPLAIN)


class Malformed(ValueError):
    """The request is not what the entry page sends; nothing of it is used."""


class CellErrors(ValueError):
    """Some of what was typed is not acceptable: `errors` are {line, cell, message}. Nothing was saved."""

    def __init__(self, errors: list[dict]):
        super().__init__("; ".join(error["message"] for error in errors))
        self.errors = errors


@dataclass(slots=True)
class LineEdit:
    """What was changed on one line. `cells` holds changed figures only; None elsewhere means: not touched."""

    pk: int
    version: int
    cells: dict[str, object] = field(default_factory=dict)
    note: str | None = None
    reasons: dict[int, tuple[int, str]] | None = None
    explanations: dict[str, str] = field(default_factory=dict)


def _whole(value, name: str) -> int:
    if type(value) is not int or not 0 <= value <= BigIntegerField.MAX_BIGINT:
        raise Malformed(f"{name} is no whole number that is stored")
    return value


def _mapping(value, name: str) -> dict:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"{name} is no object")
    return value


def _text(value, name: str) -> str:
    if not isinstance(value, str):
        raise Malformed(f"{name} is no text")
    return clean_text(value).strip()


def read_cell(value) -> object:
    """A cell as typed text, as a JSON number, null or "NA". Raises NumberError for what is no count (R7)."""
    if type(value) is int:
        check_range(value)
        return value
    if value is None or value == "NA":
        return rules.NA if value else None
    if not isinstance(value, str):
        raise NumberError(_("A count is a whole number, blank or KAD."))
    return parse_cell(value)


class Reader:
    """Reads one request; collects what is wrong with what was typed, so that all of it is told at once."""

    def __init__(self):
        self.errors: list[dict] = []

    def _wrong(self, line: int, cell: str, message: str) -> None:
        self.errors.append({"line": line, "cell": cell, "message": message})

    def _long(self, line: int, cell: str, text: str) -> None:
        if len(text) > LONGEST_TEXT:
            self._wrong(line, cell, _("At most %(count)s characters.") % {"count": LONGEST_TEXT})

    def _cells(self, pk: int, sent) -> dict:
        cells = {}
        for name, value in _mapping(sent, "cells").items():
            if name not in CELLS:
                raise Malformed("an unknown figure")
            try:
                cells[name] = read_cell(value)
            except NumberError as error:
                self._wrong(pk, name, str(error))
        return cells

    def _reasons(self, pk: int, sent) -> dict | None:
        if sent is None:
            return None
        reasons = {}
        for key, row in _mapping(sent, "late_reasons").items():
            if not (isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 10):
                raise Malformed("an unknown late reason")
            row = _mapping(row, "late reason")
            text = _text(row.get("text", ""), "text of a late reason")
            self._long(pk, f"late:{key}", text)
            try:
                count = read_cell(row.get("count"))
            except NumberError as error:
                self._wrong(pk, f"late:{key}", str(error))
                continue
            if count is rules.NA:
                self._wrong(pk, f"late:{key}", _("Type how many dossiers, or leave it blank."))
            elif count or text:
                reasons[int(key)] = (count or 0, text)
        return reasons

    def _line(self, sent) -> LineEdit:
        row = _mapping(sent, "line")
        edit = LineEdit(pk=_whole(row.get("id"), "id"), version=_whole(row.get("version"), "version"))
        edit.cells = self._cells(edit.pk, row.get("cells"))
        if row.get("note") is not None:
            edit.note = _text(row["note"], "note")
            self._long(edit.pk, "note", edit.note)
        edit.reasons = self._reasons(edit.pk, row.get("late_reasons"))
        for code, value in _mapping(row.get("explanations"), "explanations").items():
            if code not in EXPLAINED:
                raise Malformed("an unknown identity")
            edit.explanations[code] = _text(value, "explanation")
            self._long(edit.pk, f"explain:{code}", edit.explanations[code])
        return edit

    def read(self, payload) -> list[LineEdit]:
        """The edits of a request. Raises Malformed, or CellErrors with every place where what was typed is refused."""
        lines = _mapping(payload, "request").get("lines")
        if not isinstance(lines, list) or len(lines) > LINES_AT_MOST:
            raise Malformed("lines is no list of bearable length")
        edits = [self._line(line) for line in lines]
        if len({edit.pk for edit in edits}) != len(edits):
            raise Malformed("a line is named twice")
        if self.errors:
            raise CellErrors(self.errors)
        return edits
