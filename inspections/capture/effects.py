"""What follows from the operations that stand: answers, lines added on site, findings, photos, recounts.

Rows are made from the set of standing operations alone, so that the same operations give the same rows in any order. A
subject on which two values stand keeps the row that it has; nothing is overwritten until somebody decides.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Max, Prefetch
from django.utils.translation import gettext as _

from dossiers.models import Period
from inspections import repeats
from inspections.capture import marking
from inspections.capture.reading import FINDING_TEXTS
from inspections.capture.standing import agreed, sides
from inspections.choices import ItemKind, Outcome, SampleMethod
from inspections.models import (
    Answer,
    Area,
    CapturedPhoto,
    Finding,
    Operation,
    Photo,
    Recount,
    Shot,
    VisitItem,
)
from inspections.rules import LARGEST_SAMPLE, clopper_pearson

FINDING_COLUMNS = ("kind", "area", "severity", *FINDING_TEXTS, "item_code", "template_code")


def newest_areas() -> dict[str, Area]:
    """Areas of the list in force by code."""
    return {area.code: area for area in Area.objects.in_force()}


class Effects:
    """Brings the rows of one visit in line with what stands, for the subjects that a request touched.

    `held_back` tells for a subject why its value was kept but not taken over; `findings_made` are keys of new findings.
    """

    def __init__(self, visit, by, *, deciding: bool = False):
        self.visit, self.by, self.deciding = visit, by, deciding
        self.held_back: dict[str, str] = {}
        self.findings_made: list[int] = []
        self._areas: dict[str, Area] | None = None

    @property
    def areas(self) -> dict[str, Area]:
        if self._areas is None:
            self._areas = newest_areas()
        return self._areas

    def apply(self, subjects: Iterable[str]) -> None:
        """Make, change or leave the rows of these subjects and of those that waited for them."""
        names: dict[str, set[str]] = {}
        for subject in subjects:
            kind, _colon, name = subject.partition(":")
            names.setdefault(kind, set()).add(name)
        items, findings = names.get("item", set()), names.get("finding", set())
        self._items(items)
        self._findings(findings)
        self._photos(names.get("photo", set()), findings, items)
        self._answers(names.get("answer", set()) | names.get("note", set()) | items)
        self._recounts(names.get("recount", set()))

    def photos_with(self, sha256: str) -> None:
        """The bytes of a photo have arrived: link what waited for them."""
        waiting = self.visit.shots.filter(sha256=sha256, captured__isnull=True).values_list("subject", flat=True)
        self._photos({subject.partition(":")[2] for subject in waiting}, set(), set())

    def _standing(self, kind: str, names: Iterable[str]) -> dict[str, list[Operation]]:
        wanted = [f"{kind}:{name}" for name in names]
        found: dict[str, list[Operation]] = {}
        rows = self.visit.operations.standing().filter(subject__in=wanted).select_related("person").order_by("pk")
        for operation in rows if wanted else ():
            found.setdefault(operation.subject.partition(":")[2], []).append(operation)
        return found

    def _items(self, names: set[str]) -> None:
        for name, standing in self._standing("item", names).items():
            operation = agreed(standing)
            known = self.visit.items.filter(code=name).first()
            operation = operation or (None if known else standing[0])
            area = self.areas.get(operation.value["area"]) if operation else None
            if operation is None or area is None or not operation.value["text"].strip():
                if operation is not None and area is None:
                    self.held_back[f"item:{name}"] = _("This area does not exist.")
                continue
            last = self.visit.items.aggregate(last=Max("order"))["last"] or 0
            made = known or VisitItem(visit=self.visit, code=name, created_by=operation.person, order=last + 1)
            made.text, made.area = operation.value["text"], area
            made.section = operation.value["section"] or _("Added on site")
            made.save()

    def _answers(self, codes: set[str]) -> None:
        if not codes:
            return
        results, notes = self._standing("answer", codes), self._standing("note", codes)
        items = (
            self.visit.items.filter(code__in=codes)
            .select_related("answer")
            .prefetch_related(Prefetch("shots", Shot.objects.standing()))
        )
        for item in items:
            answer = getattr(item, "answer", None) or Answer(item=item)
            said, noted = results.get(item.code, []), notes.get(item.code, [])
            given, note = agreed(said), agreed(noted)
            value = given.value if given else {}
            answer.result_disputed, answer.note_disputed = len(sides(said)) > 1, len(sides(noted)) > 1
            answer.result = value.get("result", "") if item.kind == ItemKind.RESULT else ""
            answer.number = value.get("number") if item.kind == ItemKind.NUMBER else None
            answer.note = note.value["text"] if note else ""
            answer.photos = len(item.shots.all())
            last = given or note
            answer.answered_by, answer.answered_at = (last.person, last.received_at) if last else (None, None)
            answer.save()

    def _findings(self, names: set[str]) -> None:
        for name, standing in self._standing("finding", names).items():
            finding = Finding.objects.filter(client_id=name, visit=self.visit).select_related("visit", "area").first()
            operation = agreed(standing) or (None if finding else standing[0])
            if operation is None:
                continue
            facts = self._finding_facts(operation.value)
            if facts is None:
                self.held_back[f"finding:{name}"] = _("This area does not exist.")
            elif finding is None:
                self._new_finding(name, operation, facts)
            else:
                self._changed_finding(finding, f"finding:{name}", facts)

    def _finding_facts(self, value: dict) -> dict | None:
        area = self.areas.get(value["area"])
        if area is None:
            return None
        item = None
        if value["item"]:
            item = self.visit.items.filter(code=value["item"]).select_related("template").first()
        facts = {name: value[name] for name in ("kind", "severity", *FINDING_TEXTS)}
        facts["item_code"] = value["item"]
        facts["template_code"] = item.template.code if item and item.template else ""
        return facts | {"area": area}

    def _new_finding(self, name: str, operation: Operation, facts: dict) -> None:
        if not facts["text"].strip():
            return
        finding = Finding(
            visit=self.visit,
            client_id=UUID(name),
            created_by=operation.person,
            order=self.visit.findings.count(),
            captured_version=1,
            **facts,
        )
        finding.repeats = repeats.earlier(finding)
        finding.save()
        self.findings_made.append(finding.pk)

    def _changed_finding(self, finding: Finding, subject: str, facts: dict) -> None:
        changed = {name: value for name, value in facts.items() if getattr(finding, name) != value}
        free = finding.is_editable and (self.deciding or finding.version == finding.captured_version)
        if changed and (not free or not facts["text"].strip()):
            self.held_back[subject] = _("The finding was changed at the desk; what you recorded is kept beside it.")
            return
        for name, value in changed.items():
            setattr(finding, name, value)
        if not changed and finding.captured_version == finding.version:
            return
        finding.version += 1 if changed else 0
        finding.captured_version = finding.version
        if changed:
            finding.repeats = repeats.earlier(finding)
        finding.save(
            update_fields=[*FINDING_COLUMNS, "version", "captured_version", "repeats", "search_key"]
            if changed
            else ["captured_version"]
        )

    def _photos(self, names: set[str], findings: set[str], items: set[str]) -> None:
        standing = self._standing("photo", names)
        if findings or items:  # photos that came before what they belong to
            for operation in self.visit.operations.standing().filter(subject__startswith="photo:").order_by("pk"):
                if operation.value.get("finding") in findings or operation.value.get("item") in items:
                    rows = standing.setdefault(operation.subject.partition(":")[2], [])
                    if operation not in rows:
                        rows.append(operation)
        for name, rows in standing.items():
            shot = self.visit.shots.filter(subject=f"photo:{name}").select_related("photo").first()
            operation = agreed(rows) or (None if shot else rows[0])
            if operation is not None:
                self._shot(shot or Shot(visit=self.visit, subject=f"photo:{name}"), operation)

    def _shot(self, shot: Shot, operation: Operation) -> None:
        value = operation.value
        captured = CapturedPhoto.objects.filter(visit=self.visit, sha256=value["sha256"]).first()
        redraw = captured is not None and (shot.captured_id != captured.pk or shot.marks != value["marks"])
        shot.sha256, shot.caption, shot.marks, shot.captured = (
            value["sha256"],
            value["caption"],
            value["marks"],
            captured,
        )
        if not shot.pk:
            shot.taken_by, shot.taken_at = operation.person, operation.at
        shot.item = self.visit.items.filter(code=value["item"]).first() if value.get("item") else None
        if redraw:
            shot.marked = marking.marked_copy(captured, shot.marks, by=operation.person) if shot.marks else None
        if captured is not None and value.get("finding"):
            self._link(shot, value["finding"], operation)
        shot.save()
        if shot.item_id:
            Answer.objects.filter(item=shot.item_id).update(photos=shot.item.shots.standing().count())

    def _link(self, shot: Shot, client_id: str, operation: Operation) -> None:
        """The photo among those of its finding, as long as the finding is a draft."""
        finding = Finding.objects.filter(client_id=client_id, visit=self.visit).select_related("visit").first()
        if finding is None:
            return
        if not finding.is_editable:
            self.held_back[shot.subject] = _("The finding is no longer a draft; the photo is kept with the visit.")
            return
        if shot.photo is None and shot.captured.withdrawn_at:
            self.held_back[shot.subject] = _("The photo has been withdrawn.")
            return
        photo = shot.photo or Photo(finding=finding, created_by=operation.person)
        photo.finding, photo.caption, photo.original_sha256 = finding, shot.caption, shot.sha256
        photo.picture, photo.thumbnail = shot.captured.picture, shot.captured.thumbnail
        photo.width, photo.height, photo.marked = shot.captured.width, shot.captured.height, shot.marked
        photo.save()
        shot.photo = photo

    def _recounts(self, names: set[str]) -> None:
        for name, standing in self._standing("recount", names).items():
            figure, _at, label = name.partition("@")
            period = Period.objects.filter(label=label).first() if label else self.visit.period
            if label and period is None:
                self.held_back[f"recount:{name}"] = _("This period does not exist.")
                continue
            recount = self.visit.recounts.filter(figure=figure, period=period).first()
            operation = agreed(standing)
            if operation is None and recount is not None:
                Recount.objects.filter(pk=recount.pk).update(is_disputed=True)
                continue
            operation = operation or standing[0]
            recount = recount or Recount(visit=self.visit, figure=figure, period=period)
            for column, value in operation.value.items():
                setattr(recount, column, value)
            recount.low, recount.high = interval_of(recount)
            recount.is_disputed = len(sides(standing)) > 1
            recount.counted_by, recount.counted_at = operation.person, operation.at
            recount.save()


def interval_of(recount: Recount) -> tuple[int | None, int | None]:
    """Bounds in millionths; none where the sample was not drawn by chance, or more was found than reported."""
    drawn = recount.method in (SampleMethod.RANDOM, SampleMethod.SYSTEMATIC)
    if not drawn or recount.counted > recount.reported or recount.reported > LARGEST_SAMPLE:
        return None, None
    found = clopper_pearson(recount.counted, recount.reported)
    return found.low, found.high


def beside_finding(finding: Finding) -> list[Operation]:
    """What was recorded on site of a finding and stands beside what it says: kept, taken over by nobody yet."""
    if finding.client_id is None:
        return []
    rows = finding.visit.operations.standing().filter(subject=f"finding:{finding.client_id}").select_related("person")
    found = sides(rows.order_by("pk"))
    names = ("kind", "severity", *FINDING_TEXTS)
    different = [item for item in found if any(item.value[name] != getattr(finding, name) for name in names)]
    return different if len(found) > 1 else [item for item in different if item.outcome == Outcome.BESIDE]


def desk_value(finding: Finding) -> dict:
    """What the finding says now, as an operation recorded on site would say it."""
    said = {name: getattr(finding, name) for name in ("kind", "severity", *FINDING_TEXTS)}
    return said | {"area": finding.area.code, "item": finding.item_code}


def standing_keys(finding: Finding) -> list[str]:
    """Keys of all that stands of a finding recorded on site: what a decision made on its page has seen."""
    rows = finding.visit.operations.standing().filter(subject=f"finding:{finding.client_id}")
    return [str(key) for key in rows.order_by("pk").values_list("uuid", flat=True)]
