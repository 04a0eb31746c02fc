"""Replacing all the lines of a draft at once, as the API does: all or nothing, one event."""

from collections import defaultdict

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dossiers import rules
from dossiers.choices import ReturnState
from dossiers.imports.payload import SentLine
from dossiers.imports.saving import NotOpen
from dossiers.models import Explanation, LateReasonCount, Line, Return
from records.models import Event

COLUMNS = (*rules.CELL_NAMES, "not_applicable")


def _changes(line: Line, cells: rules.Figures) -> tuple[dict, dict]:
    """Figures of the line before and after, only of those that change, as the API writes them."""
    stood, written = rules.Figures.from_stored(line).to_json(), cells.to_json()
    differing = [name for name in rules.CELL_NAMES if stood[name] != written[name]]
    return {name: stood[name] for name in differing}, {name: written[name] for name in differing}


def _told(explanations: dict[str, str] | None) -> dict[str, str] | None:
    return None if explanations is None else {code: text for code, text in explanations.items() if text}


def _beside(item: Return) -> tuple[dict, dict]:
    """Late reasons (code → count and text) and explanations (identity → text) of the return, by the key of the line."""
    reasons, explanations = defaultdict(dict), defaultdict(dict)
    rows = LateReasonCount.objects.filter(line__of=item).values_list("line_id", "reason_id", "count", "text")
    for line_id, reason_id, count, text in rows:
        reasons[line_id][reason_id] = (count, text)
    rows = Explanation.objects.filter(of=item, line__isnull=False).values_list("line_id", "identity", "text")
    for line_id, code, text in rows:
        explanations[line_id][code] = text
    return reasons, explanations


def _put_beside(item: Return, line: Line, sent: SentLine, now, by) -> None:
    """Late reasons and explanations of a line, where they were sent."""
    if sent.reasons is not None:
        LateReasonCount.objects.filter(line=line).delete()
        LateReasonCount.objects.bulk_create(
            LateReasonCount(line=line, reason_id=key, count=count, text=text)
            for key, (count, text) in sent.reasons.items()
        )
    if sent.explanations is not None:
        Explanation.objects.filter(of=item, line=line).delete()
        Explanation.objects.bulk_create(
            Explanation(of=item, line=line, identity=code, text=text, by=by, at=now)
            for code, text in sent.explanations.items()
            if text
        )


def replace_lines(item: Return, wanted: dict[int, SentLine], *, by, opened: bool = False) -> Return:
    """Put these lines, by the key of their procedure, into the draft; a line not named becomes blank.

    Notes stay, late reasons and explanations too where none are sent. A line is written only where it changes, so
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
        reasons, explanations = _beside(item)
        touched, before, after = [], [], []
        for key, line in lines.items():
            sent = wanted.get(key, SentLine())
            stood, put = _changes(line, sent.figures)
            there = {"late_reasons": reasons.get(line.pk, {}), "explanations": explanations.get(line.pk, {})}
            coming = {"late_reasons": sent.reasons, "explanations": _told(sent.explanations)}
            for name, value in coming.items():
                if value is not None and value != there[name]:
                    stood[name], put[name] = there[name], value
            if not put and line.pk:
                continue
            for name, value in sent.figures.to_stored().items():
                setattr(line, name, value)
            line.version, line.changed_at, line.changed_by = line.version + 1, now, by
            touched.append(line)
            before.append(stood)
            after.append(put)
        stored = [line for line in touched if line.pk]
        Line.objects.bulk_create(line for line in touched if not line.pk)
        Line.objects.bulk_update(stored, [*COLUMNS, "version", "changed_at", "changed_by"], batch_size=50)
        for line in touched:
            _put_beside(item, line, wanted.get(line.procedure_id, SentLine()), now, by)
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
