"""Operations as a device sends them, made into what the portal stores; every text cleaned, every number bounded.

An operation that cannot be read is refused by itself: the others of its batch do not wait for it.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from django.utils.translation import gettext as _

from cchc_portal.lib.text import clean_line, clean_text
from dossiers import rules as figures
from inspections.choices import FindingKind, OperationKind, Result, SampleMethod, Severity

MOST_OPERATIONS = 200
LONGEST_REQUEST = 1_000_000
LONGEST_TEXT, LONGEST_LINE = 20_000, 200
LARGEST_COUNT = 10_000_000
MOST_MARKS, MOST_POINTS = 50, 500
MARKS = {"arrow": 2, "line": 2, "box": 2, "circle": 2, "text": 1, "pen": None}
CODE = re.compile(r"[-\w]{1,40}", re.ASCII)
SHA256 = re.compile(r"[0-9a-f]{64}")
FINDING_TEXTS = ("text", "evidence", "cause", "legal_basis")
COUNTED = (*figures.TYPED_NAMES, "received", "in_time", "resolved", "pending")


class Unreadable(ValueError):
    """What was sent is not what a device sends; the message is a sentence for its screen."""


@dataclass
class Sent:
    """One operation as it is stored, and why it is refused if it is."""

    uuid: UUID
    seq: int
    at: datetime
    kind: str
    subject: str
    base: UUID | None
    body_hash: str
    value: dict = field(default_factory=dict)
    settles: list[str] = field(default_factory=list)
    problem: str = ""


def _text(value: dict, name: str, *, longest: int = LONGEST_TEXT, clean: Callable = clean_text) -> str:
    text = value.get(name, "")
    if not isinstance(text, str):
        raise Unreadable(_("A text was expected."))
    text = clean(text)
    if len(text) > longest:
        raise Unreadable(_("The text is longer than %(count)s characters.") % {"count": longest})
    return text


def _one_of(value: dict, name: str, known, *, blank: bool = False) -> str:
    chosen = value.get(name, "")
    if not isinstance(chosen, str) or (chosen not in known and not (blank and chosen == "")):
        raise Unreadable(_("This choice does not exist."))
    return chosen


def _count(value: dict, name: str, *, blank: bool = False) -> int | None:
    count = value.get(name)
    if count is None and blank:
        return None
    if type(count) is not int or not 0 <= count <= LARGEST_COUNT:
        raise Unreadable(_("A whole number from 0 to 10.000.000 was expected."))
    return count


def _uuid(text) -> UUID:
    """The UUID of its one written form, in lower case with hyphens."""
    if isinstance(text, str) and len(text) == 36:
        try:
            found = UUID(text)
        except ValueError:
            pass
        else:
            if str(found) == text:
                return found
    raise Unreadable(_("A key made by the device was expected."))


def _code(value: dict, name: str, *, blank: bool = False) -> str:
    code = value.get(name, "")
    if blank and code == "":
        return ""
    if not isinstance(code, str) or not CODE.fullmatch(code):
        raise Unreadable(_("This line of the checklist does not exist."))
    return code


def _answer(value: dict) -> dict:
    if "number" in value:
        return {"number": _count(value, "number", blank=True)}
    if "result" not in value:
        raise Unreadable(_("The answer is missing."))
    return {"result": _one_of(value, "result", Result.values, blank=True)}


def _note(value: dict) -> dict:
    return {"text": _text(value, "text")}


def _item(value: dict) -> dict:
    text = _text(value, "text", longest=1_000)
    section = _text(value, "section", longest=LONGEST_LINE, clean=clean_line)
    return {"text": text, "area": _code(value, "area"), "section": section}


def _finding(value: dict) -> dict:
    return {
        "kind": _one_of(value, "kind", FindingKind.values),
        "area": _code(value, "area"),
        "severity": _one_of(value, "severity", Severity.values, blank=True),
        "item": _code(value, "item", blank=True),
        **{name: _text(value, name) for name in FINDING_TEXTS},
    }


def _point(point) -> list[float]:
    if isinstance(point, list) and len(point) == 2 and all(type(part) in (int, float) for part in point):
        x, y = (round(float(part), 4) for part in point)
        if 0 <= x <= 1 and 0 <= y <= 1:
            return [x, y]
    raise Unreadable(_("A mark lies outside the photo."))


def _marks(value: dict) -> list[dict]:
    marks = value.get("marks", [])
    if not isinstance(marks, list) or len(marks) > MOST_MARKS or not all(isinstance(mark, dict) for mark in marks):
        raise Unreadable(_("At most %(count)s marks on a photo.") % {"count": MOST_MARKS})
    read = []
    for mark in marks:
        kind, points = _one_of(mark, "kind", MARKS), mark.get("points")
        if not isinstance(points, list) or not 1 <= len(points) <= (MARKS[kind] or MOST_POINTS):
            raise Unreadable(_("A mark lies outside the photo."))
        if MARKS[kind] and len(points) != MARKS[kind]:
            raise Unreadable(_("A mark lies outside the photo."))
        made = {"kind": kind, "points": [_point(point) for point in points]}
        if kind == "text":
            made["text"] = _text(mark, "text", longest=80, clean=clean_line)
        read.append(made)
    return read


def _photo(value: dict) -> dict:
    sha256 = value.get("sha256")
    if not isinstance(sha256, str) or not SHA256.fullmatch(sha256):
        raise Unreadable(_("The photo has no hash."))
    read = {"sha256": sha256, "marks": _marks(value), "keep_place": value.get("keep_place") is True}
    read["caption"] = _text(value, "caption", longest=LONGEST_LINE, clean=clean_line)
    if value.get("finding"):
        return read | {"finding": str(_uuid(value["finding"]))}
    return read | {"item": _code(value, "item")}


def _recount(value: dict) -> dict:
    reported, counted = _count(value, "reported"), _count(value, "counted")
    population = _count(value, "population", blank=True)
    if not reported:
        raise Unreadable(_("A recount needs at least one reported dossier."))
    if population is not None and population < reported:
        raise Unreadable(_("The sample is larger than all that was reported."))
    method = _one_of(value, "method", SampleMethod.values)
    return {
        "reported": reported,
        "counted": counted,
        "population": population,
        "method": method,
        "note": _text(value, "note"),
    }


# What a subject begins with, how the rest of it looks, and how its values are read.
READERS = {
    OperationKind.ANSWER: (CODE, _answer),
    OperationKind.NOTE: (CODE, _note),
    OperationKind.ITEM: (None, _item),
    OperationKind.FINDING: (None, _finding),
    OperationKind.PHOTO: (None, _photo),
    OperationKind.RECOUNT: (re.compile(rf"({'|'.join(COUNTED)})(@[-\w]{{1,20}})?", re.ASCII), _recount),
}


def _value(kind: str, subject: str, value) -> tuple[dict, list[str]]:
    """The value as stored, and the operations that it settles. Raises Unreadable."""
    if not isinstance(value, dict):
        raise Unreadable(_("A value was expected."))
    about, _colon, name = subject.partition(":")
    if about not in READERS or (kind not in (about, OperationKind.RESOLVE)):
        raise Unreadable(_("This subject does not exist."))
    pattern, read = READERS[about]
    if pattern is None:
        _uuid(name)
    elif not pattern.fullmatch(name):
        raise Unreadable(_("This subject does not exist."))
    if kind != OperationKind.RESOLVE:
        return read(value), []
    over, chosen = value.get("over"), value.get("value")
    if not isinstance(over, list) or not 1 <= len(over) <= MOST_OPERATIONS or not isinstance(chosen, dict):
        raise Unreadable(_("A decision names the values that it settles, and the one that holds."))
    return read(chosen), [str(_uuid(key)) for key in over]


def read_operation(raw: dict, person_id: int) -> Sent:
    """One operation. Raises Unreadable where it has no key to be kept under; other faults are its `problem`."""
    key = _uuid(raw.get("id"))
    whole = json.dumps(raw, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    sent = Sent(
        uuid=key,
        seq=0,
        at=datetime.min,
        kind=OperationKind.NOTE,
        subject="",
        base=None,
        body_hash=hashlib.sha256(f"{person_id}\n{whole}".encode()).hexdigest(),
    )
    kind, subject, at, seq = (raw.get(name) for name in ("kind", "subject", "at", "seq"))
    moment = _moment(at)
    if moment is None or type(seq) is not int or not 0 <= seq < 2**53:
        raise Unreadable(_("The operation has no time or no number."))
    sent.at, sent.seq = moment, seq
    if kind not in OperationKind.values or not isinstance(subject, str) or len(subject) > 100:
        sent.problem = _("This subject does not exist.")
        return sent
    sent.kind, sent.subject = kind, clean_line(subject)
    try:
        sent.base = _uuid(raw["base"]) if raw.get("base") else None
        if sent.base == key:
            raise Unreadable(_("An operation cannot be based on itself."))
        sent.value, sent.settles = _value(kind, subject, raw.get("value"))
        if str(key) in sent.settles:
            raise Unreadable(_("An operation cannot be based on itself."))
    except Unreadable as fault:
        sent.problem = str(fault)
        sent.value = {"unread": raw.get("value")} if len(whole) < LONGEST_TEXT else {}
    return sent


def _moment(text) -> datetime | None:
    try:
        moment = parse_datetime(text) if isinstance(text, str) and len(text) <= 40 else None
    except ValueError:
        return None
    return moment if moment is not None and is_aware(moment) and 2000 <= moment.year <= 2200 else None
