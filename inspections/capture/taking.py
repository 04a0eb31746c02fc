"""Taking a batch of operations: each once, each answered with what became of it, one event for the request."""

import uuid
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections import permissions
from inspections.capture.effects import Effects
from inspections.capture.reading import Sent, Unreadable, read_operation
from inspections.capture.standing import sides, standing_of
from inspections.choices import Outcome
from inspections.models import Finding, Operation, Visit
from records.models import Event

# What is typed at the desk is an operation too, of this device.
DESK = UUID("00000000-0000-4000-8000-00000000de5c")
KEPT = (Outcome.APPLIED, Outcome.BESIDE)


@dataclass(frozen=True)
class Receipt:
    """What became of one operation; `id` is text, since it may be none of a device's."""

    id: str
    outcome: str
    message: str = ""


def desk_operation(kind: str, subject: str, value: dict, base: str = "") -> dict:
    """An operation as a device would send it, for what is typed on a page."""
    return {
        "id": str(uuid.uuid4()),
        "seq": 0,
        "at": timezone.now().isoformat(),
        "kind": kind,
        "subject": subject,
        "base": base,
        "value": value,
    }


def take(visit: Visit, raw: list, *, by, device: UUID, deciding: bool = False) -> list[Receipt]:
    """Keep the operations and what follows from them; all in one transaction, in turn with others of the visit.

    `deciding` is a decision made at the desk over what stands there, a finding's text included.
    """
    with transaction.atomic():
        visit = Visit.objects.select_for_update(of=("self",)).select_related("team", "period").get(pk=visit.pk)
        return _Batch(visit, by, device, deciding).take(raw)


class _Batch:
    def __init__(self, visit: Visit, by, device: UUID, deciding: bool):
        self.visit, self.by, self.device, self.deciding = visit, by, device, deciding
        self.new: list[Operation] = []
        self.by_subject: dict[str, list[Operation]] = {}

    def take(self, raw: list) -> list[Receipt]:
        read = [self._read(entry) for entry in raw]
        sent = [entry for entry in read if isinstance(entry, Sent)]
        known = {item.uuid: item for item in Operation.objects.filter(uuid__in=[entry.uuid for entry in sent])}
        subjects = {entry.subject for entry in sent}
        for item in self.visit.operations.filter(subject__in=subjects, outcome__in=KEPT).order_by("pk"):
            self.by_subject.setdefault(item.subject, []).append(item)
        authors = self._foreign_findings(subjects)
        answers: list[Receipt | Operation] = []
        for entry in read:
            if isinstance(entry, Receipt):
                answers.append(entry)
                continue
            operation = known.get(entry.uuid)
            if operation is None:
                operation = known[entry.uuid] = self._kept(entry, authors)
            elif operation.body_hash != entry.body_hash or operation.visit_id != self.visit.pk:
                answers.append(Receipt(str(entry.uuid), Outcome.REFUSED, _("This key stands for another operation.")))
                continue
            answers.append(operation)
        if self.new:
            self._store()
        return [
            answer if isinstance(answer, Receipt) else Receipt(str(answer.uuid), answer.outcome, answer.message)
            for answer in answers
        ]

    def _read(self, raw) -> Sent | Receipt:
        key = str(raw.get("id", ""))[:64] if isinstance(raw, dict) else ""
        try:
            if not isinstance(raw, dict):
                raise Unreadable(_("An operation was expected."))
            return read_operation(raw, self.by.pk)
        except Unreadable as fault:
            return Receipt(key, Outcome.REFUSED, str(fault))

    def _foreign_findings(self, subjects: set[str]) -> set[str]:
        """Subjects of findings that the person may not change."""
        keys = [subject.partition(":")[2] for subject in subjects if subject.startswith("finding:")]
        keys = [key for key in keys if len(key) == 36]
        found = Finding.objects.filter(client_id__in=keys).select_related("visit") if keys else ()
        return {
            f"finding:{finding.client_id}"
            for finding in found
            if finding.visit_id != self.visit.pk or not permissions.edits_finding(self.by, finding)
        }

    def _kept(self, sent: Sent, foreign: set[str]) -> Operation:
        operation = Operation(
            uuid=sent.uuid,
            visit=self.visit,
            person=self.by,
            device=self.device,
            seq=sent.seq,
            at=sent.at,
            kind=sent.kind,
            subject=sent.subject,
            base=sent.base,
            settles=sent.settles,
            value=sent.value,
            body_hash=sent.body_hash,
        )
        self.new.append(operation)
        if sent.problem or sent.subject in foreign:
            operation.outcome = Outcome.REFUSED
            operation.message = sent.problem or _("Only its author, the head and the secretary change a finding.")
        elif not self.visit.is_writable:
            operation.outcome, operation.message = (
                Outcome.LATE,
                _("The result has been reported: kept, not taken over."),
            )
        else:
            of_subject = self.by_subject.setdefault(operation.subject, [])
            of_subject.append(operation)
            operation.outcome = Outcome.BESIDE if len(sides(standing_of(of_subject))) > 1 else Outcome.APPLIED
        return operation

    def _store(self) -> None:
        touched = {item.subject for item in self.new if item.outcome in KEPT}
        before = {item.pk: item.stands for name in touched for item in self.by_subject[name] if item.pk}
        for name in touched:
            standing = standing_of(self.by_subject[name])
            for item in self.by_subject[name]:
                item.stands = item in standing
        Operation.objects.bulk_create(self.new)
        changed = [item for name in touched for item in self.by_subject[name] if before.get(item.pk) is not None]
        for stands in (True, False):
            pks = [item.pk for item in changed if item.stands == stands != before[item.pk]]
            if pks:
                Operation.objects.filter(pk__in=pks).update(stands=stands)
        effects = Effects(self.visit, self.by, deciding=self.deciding)
        effects.apply(touched)
        for operation in self.new:
            if operation.outcome in KEPT and operation.subject in effects.held_back:
                operation.outcome, operation.message = Outcome.BESIDE, effects.held_back[operation.subject]
                operation.save(update_fields=["outcome", "message"])
        Event.objects.append(
            actor=self.by,
            action="record_on_site",
            target=self.visit,
            after={
                "device": str(self.device),
                "operations": [
                    {"id": str(item.uuid), "subject": item.subject, "outcome": item.outcome, "sha256": item.body_hash}
                    for item in self.new
                ],
                "findings": effects.findings_made,
            },
        )
