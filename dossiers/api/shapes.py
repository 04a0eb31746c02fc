"""How a return looks in the API, the tag of its version, and the words of its description."""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from ninja import Schema
from pydantic import Field, create_model

from agencies.models import Agency
from dossiers import rules, workflow
from dossiers.choices import FormVersion, LineSort, ReturnState
from dossiers.models import Explanation, LateReason, LateReasonCount, Line, Period, Return
from procedures.choices import ProcedureLevel

NOT_OPENED = "not_opened"
Count = int | Literal["NA"] | None

FigureCells = create_model(
    "FigureCells",
    __base__=Schema,
    **{name: (Count, Field(None, ge=0, le=rules.MAX_COUNT)) for name in rules.TYPED_NAMES},
    **{name: (int | None, Field(None, ge=0, le=rules.MAX_COUNT)) for name in rules.STATED},
)


class LateCount(Schema):
    """How many late dossiers have one reason."""

    count: int
    text: str = ""


class LineOut(FigureCells):
    """A line with its 11 figures: a count, null (blank) or "NA" (not applicable).

    `field` and `level` are there in returns by field only, `stated_…` only where the source states a total,
    `late_reasons` (by the code of the reason) and `explanations` (by the code of the identity) where there are any.
    """

    procedure: str | None
    field: str | None = None
    level: ProcedureLevel | None = None
    late_reasons: dict[str, LateCount] = {}
    explanations: dict[str, str] = {}


class ReturnOut(Schema):
    """A return: its own lines and those of every further procedure it offers."""

    agency: str
    period: str
    state: Literal[(NOT_OPENED, *ReturnState.values)]
    version: int
    form_version: FormVersion
    line_sort: LineSort
    lines: list[LineOut]


@dataclass(frozen=True)
class Place:
    """An agency and a period with the return there, or with none."""

    agency: Agency
    period: Period
    item: Return | None

    def offered(self) -> dict[str, int]:
        """Procedures that a return here offers: code → key, in the order of the form."""
        if self.period.first_day is None:
            return {}
        return dict(workflow.offered_procedures(self.agency, self.period).values_list("code", "pk"))

    def known(self) -> dict[str, int]:
        """The procedures a line here may be for: those offered, and those the return has already."""
        stored = Line.objects.filter(of=self.item, procedure__isnull=False).values_list("procedure__code", "procedure")
        return self.offered() | dict(stored)


def figures_of(row: dict) -> dict:
    """The cells of a line as the API writes them: all typed ones, the stated ones where there are any."""
    cells = rules.Figures.from_stored(row).to_json()
    return {name: cell for name, cell in cells.items() if cell is not None or name in rules.TYPED_NAMES}


def _line(row: dict, sort: str) -> dict:
    place = {"procedure": row["procedure__code"]}
    if sort == LineSort.FIELD:
        place |= {"field": row["field__code"], "level": row["level"] or None}
    return place | figures_of(row)


def late_reasons() -> dict[str, int]:
    """The late reasons in use: code → key."""
    return dict(LateReason.objects.filter(active=True).values_list("code", "pk"))


def _beside(item: Return | None) -> dict[int, dict]:
    """Late reasons and explanations as the API writes them, by the key of the line; lines without any are absent."""
    found: dict[int, dict] = defaultdict(dict)
    rows = LateReasonCount.objects.filter(line__of=item).order_by("reason__order", "reason__code")
    for line, code, count, text in rows.values_list("line_id", "reason__code", "count", "text"):
        found[line].setdefault("late_reasons", {})[code] = {"count": count, "text": text}
    rows = Explanation.objects.filter(of=item, line__isnull=False).order_by("identity")
    for line, code, text in rows.values_list("line_id", "identity", "text"):
        found[line].setdefault("explanations", {})[code] = text
    return found


def represent(place: Place) -> dict:
    """The return as the API shows it, blank lines for offered procedures without one included."""
    item = place.item
    sort = item.line_sort if item else LineSort.PROCEDURE
    rows = Line.objects.filter(of=item).order_by("position", "pk") if item else Line.objects.none()
    columns = ("procedure__code", "field__code", "level", "not_applicable", *rules.CELL_NAMES)
    beside = _beside(item) if item else {}
    lines = [_line(row, sort) | beside.get(row["pk"], {}) for row in rows.values("pk", *columns)]
    if sort == LineSort.PROCEDURE:
        there = {line["procedure"] for line in lines}
        lines += [{"procedure": code} | figures_of({}) for code in place.offered() if code not in there]
    return {
        "agency": place.agency.code,
        "period": place.period.label,
        "state": item.state if item else NOT_OPENED,
        "version": item.version if item else 0,
        "form_version": item.form_version if item else FormVersion.II_06A,
        "line_sort": sort,
        "lines": lines,
    }


def etag_of(place: Place, shown: dict) -> str:
    """A strong tag: of the very content, and of the row, so that a void return and the one after it never agree."""
    content = json.dumps([place.item.pk if place.item else 0, shown], sort_keys=True)
    return f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'
