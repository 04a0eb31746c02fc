"""The checklist of a visit: freezing templates on it, its lines by section, how far it has come, its score."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from inspections.choices import ItemKind
from inspections.models import Answer, Template, Visit, VisitItem
from inspections.models.checklists import FACTS
from inspections.rules import Score, is_needed, score


@dataclass
class Section:
    """A section of a visit's checklist with its lines; `checklist` names the template, blank for what was added."""

    name: str
    checklist: str
    items: list[VisitItem] = field(default_factory=list)

    @property
    def answered(self) -> int:
        return sum(answer_of(item).is_given for item in self.items)

    @property
    def is_done(self) -> bool:
        """Every line answered, none disputed, none without the note or photo that it asks for."""
        return all(answer_of(item).is_given and not answer_of(item).is_disputed for item in self.items) and not any(
            lacking(item) for item in self.items
        )


def freeze(visit: Visit, templates: Iterable[Template]) -> list[Template]:
    """Copy the lines of these versions onto the visit, and leave those that it has as they are; returns what was taken.

    A line whose code another checklist of the visit uses gets its template's code before it.
    """
    taken, order = set(visit.items.values_list("code", flat=True)), visit.items.count()
    held = set(visit.items.filter(template__isnull=False).values_list("template__code", flat=True))
    made, copied = [], []
    for template in templates:
        if template.code in held:
            continue
        copied.append(template)
        for item in template.items.all():
            code = item.code if item.code not in taken else f"{template.code[:18]}-{item.code}"
            taken.add(code)
            order += 1
            facts = {name: getattr(item, name) for name in FACTS} | {"order": order}
            made.append(VisitItem(visit=visit, template=template, area_id=template.area_id, code=code, **facts))
    VisitItem.objects.bulk_create(made)
    return copied


def usual(visit: Visit) -> list[Template]:
    """What a visit takes where nobody chose: every checklist in use, that of the desk unless the desk is left out."""
    if visit.items.exists():
        return []
    offered = Template.objects.offered().prefetch_related("items")
    return list(offered.filter(desk=False) if visit.one_stop_desk_inspected is False else offered)


def labels(templates: Iterable[Template]) -> list[str]:
    """Versions as the trail names them."""
    return [f"{template.code} v{template.number}" for template in templates]


def lines(visit: Visit) -> list[VisitItem]:
    """The visit's lines in order, with area, template and answer."""
    rows = visit.items.select_related("area", "template", "answer__answered_by")
    return list(rows.order_by("order", "pk"))


def answer_of(item: VisitItem) -> Answer:
    """The line's answer; a blank one where nobody wrote anything."""
    return getattr(item, "answer", None) or Answer(item=item)


def sections(visit: Visit, items: Iterable[VisitItem] | None = None) -> list[Section]:
    """Lines by section in the order of the checklist."""
    found: list[Section] = []
    for item in lines(visit) if items is None else items:
        checklist = item.template.name if item.template else ""
        if not found or (found[-1].name, found[-1].checklist) != (item.section, checklist):
            found.append(Section(item.section, checklist))
        found[-1].items.append(item)
    return found


def lacking(item: VisitItem) -> list[str]:
    """What the line's rule asks for and its answer does not have: "note", "photo"."""
    answer = answer_of(item)
    counted = item.kind == ItemKind.NUMBER and answer.number is not None
    needs = []
    if is_needed(item.note_needed, answer.result, counted=counted) and not answer.note.strip():
        needs.append("note")
    if is_needed(item.photo_needed, answer.result, counted=counted) and not answer.photos:
        needs.append("photo")
    return needs


def progress(visit: Visit, items: list[VisitItem] | None = None) -> tuple[dict, list[dict]]:
    """Counts of lines, answered, disputed and lacking ones; and which line lacks what."""
    items = lines(visit) if items is None else items
    answers = [answer_of(item) for item in items]
    missing = [{"code": item.code, "needs": need} for item in items for need in lacking(item)]
    counts = {
        "items": len(items),
        "answered": sum(answer.is_given for answer in answers),
        "disputed": sum(answer.is_disputed for answer in answers),
        "missing": len({row["code"] for row in missing}),
    }
    return counts, missing


def scores(items: Iterable[VisitItem]) -> list[tuple[Template, Score]]:
    """The score of each template of the visit that bears points."""
    by_template: dict[Template, list[tuple[int | None, str]]] = {}
    for item in items:
        if item.template:
            by_template.setdefault(item.template, []).append((item.points, answer_of(item).result))
    told = [(template, score(pairs)) for template, pairs in by_template.items()]
    return [(template, found) for template, found in told if found is not None]
