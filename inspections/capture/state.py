"""The state of a visit's recording as JSON: what stands of each subject, and what a device needs to go on alone."""

from django.utils import timezone

from cchc_portal.lib.numbers import format_count
from dossiers.choices import FIGURE_LABELS
from dossiers.models import Summary
from inspections import checklists, permissions, photos
from inspections.capture.effects import newest_areas
from inspections.capture.reading import COUNTED, LONGEST_REQUEST, LONGEST_TEXT, MOST_OPERATIONS
from inspections.capture.standing import sides
from inspections.capture.uploading import MOST_PHOTOS
from inspections.choices import FindingKind, Result, SampleMethod, Severity
from inspections.models import Finding, Operation, Visit


def _told(standing: list[Operation]) -> dict:
    conflict = len(sides(standing)) > 1
    return {
        "last": "" if conflict else str(standing[-1].uuid),
        "conflict": conflict,
        "standing": [
            {
                "id": str(operation.uuid),
                "value": operation.value,
                "person": {"id": operation.person_id, "name": operation.person.full_name},
                "at": operation.at.isoformat(),
            }
            for operation in standing
        ],
    }


def subjects_of(visit: Visit, names: set[str] | None = None) -> dict[str, dict]:
    """What stands of each subject, or of those named."""
    rows = visit.operations.standing().select_related("person").order_by("pk")
    if names is not None:
        rows = rows.filter(subject__in=names)
    found: dict[str, list[Operation]] = {}
    for operation in rows:
        found.setdefault(operation.subject, []).append(operation)
    return {subject: _told(standing) for subject, standing in found.items()}


def short_state(visit: Visit, names: set[str]) -> dict:
    """What goes with receipts: the subjects that the request named."""
    progress, missing = checklists.progress(visit)
    return {
        "writable": visit.is_writable,
        "server_time": timezone.now().isoformat(),
        "photos": list(visit.captured.values_list("sha256", flat=True)),
        "subjects": subjects_of(visit, names),
        "progress": progress,
        "missing": missing,
    }


def _choices(choices) -> list[dict]:
    return [{"code": code, "name": str(name)} for code, name in choices.choices]


def _figures(visit: Visit) -> list[dict]:
    """Figures that may be counted again, with what the agency reported for the visit's period."""
    summary = None
    if visit.period_id:
        summary = Summary.objects.filter(agency=visit.agency_id, period=visit.period_id, tree=False).first()
    return [
        {"code": code, "name": str(FIGURE_LABELS[code]), "reported": getattr(summary, code, None)} for code in COUNTED
    ]


def _item(item) -> dict:
    return {
        "code": item.code,
        "text": item.text,
        "kind": item.kind,
        "area": item.area.code,
        "legal_basis": item.legal_basis,
        "note_needed": item.note_needed,
        "photo_needed": item.photo_needed,
        "points": item.points,
        "added": item.added,
    }


def _findings(visit: Visit, user) -> list[dict]:
    rows = Finding.objects.visible_to(user).filter(visit=visit).select_related("area", "created_by")
    return [
        {
            "id": finding.pk,
            "client_id": str(finding.client_id or ""),
            "kind": finding.kind,
            "area": finding.area.code,
            "text": finding.text,
            "state": finding.state,
            "item": finding.item_code,
            "by": finding.created_by.full_name if finding.created_by else "",
            "url": finding.get_absolute_url(),
        }
        for finding in rows.order_by("order", "pk")
    ]


def full_state(visit: Visit, user) -> dict:
    """Everything that a device needs to record the visit without a connection."""
    sections = [
        {"name": section.name, "checklist": section.checklist, "items": [_item(row) for row in section.items]}
        for section in checklists.sections(visit)
    ]
    return short_state(visit, set()) | {
        "visit": {
            "id": visit.pk,
            "agency": visit.agency.name,
            "kind": visit.kind,
            "date": visit.date_text,
            "state": visit.state,
            "period": visit.period.label if visit.period else None,
            "url": visit.get_absolute_url(),
        },
        "person": {"id": user.pk, "name": user.full_name, "leads": permissions.moves_visit(user, visit)},
        "areas": [{"code": code, "name": area.name} for code, area in newest_areas().items()],
        "kinds": _choices(FindingKind),
        "severities": _choices(Severity),
        "results": _choices(Result),
        "methods": _choices(SampleMethod),
        "figures": _figures(visit),
        "sections": sections,
        "subjects": subjects_of(visit),
        "findings": _findings(visit, user),
        "recounts": [
            {
                "figure": recount.figure,
                "period": recount.period.label if recount.period else None,
                "reported": recount.reported,
                "counted": recount.counted,
                "factor": recount.factor_text,
                "interval": recount.interval_text,
                "sample": format_count(recount.reported),
            }
            for recount in visit.recounts.select_related("period")
        ],
        "limits": {
            "operations": MOST_OPERATIONS,
            "bytes": LONGEST_REQUEST,
            "photo_bytes": photos.MAX_BYTES,
            "photo_side": photos.VIEW_SIDE,
            "photos": MOST_PHOTOS,
            "text": LONGEST_TEXT,
        },
    }
