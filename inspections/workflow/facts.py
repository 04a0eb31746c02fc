"""What the trail keeps of a visit, a finding or a recommendation, and how their facts are saved."""

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cchc_portal.lib.errors import Conflict
from inspections.models import Finding, Recommendation, Visit
from records.models import Event

VISIT_FACTS = (
    "state",
    "agency_id",
    "team_id",
    "kind",
    "date",
    "date_precision",
    "last_day",
    "period_id",
    "one_stop_desk_inspected",
    "place",
    "situation",
    "assessment",
    "cancel_reason",
)
FINDING_FACTS = (
    "state",
    "kind",
    "area_id",
    "severity",
    "text",
    "cause",
    "evidence",
    "legal_basis",
    "repeats_id",
    "withdraw_reason",
    "answer",
)
RECOMMENDATION_FACTS = (
    "state",
    "agency_id",
    "finding_id",
    "repeats_id",
    "text",
    "due",
    "due_days",
    "state_reason",
    "follow_team_id",
    "escalated_at",
)


def facts(thing: models.Model) -> dict:
    """What the trail keeps of a visit, a finding or a recommendation."""
    names = {Visit: VISIT_FACTS, Finding: FINDING_FACTS, Recommendation: RECOMMENDATION_FACTS}.get(type(thing))
    return {name: getattr(thing, name) for name in names or [field.attname for field in thing._meta.concrete_fields]}


def keep_new(thing: models.Model, *, by, action: str, after: dict | None = None) -> None:
    """Tell the trail of a new row; call it in the transaction that made it."""
    Event.objects.append(actor=by, action=action, target=thing, after=facts(thing) | (after or {}))


def keep_edit(thing: models.Model, *, by, seen: int, names: list[str], extra: dict | None = None) -> None:
    """Save the changed fields `names` of a versioned row, when it still has the version `seen`, and tell the trail.

    Raises Conflict when somebody saved meanwhile; the row in the database is then untouched.
    """
    model = type(thing)
    with transaction.atomic():
        stood = {"pk": thing.pk, "version": seen} | ({"state": thing.state} if hasattr(thing, "state") else {})
        moved = model._default_manager.filter(**stood).update(version=F("version") + 1)
        if moved != 1:
            raise Conflict(_("Somebody else has changed it meanwhile."))
        before = facts(model._default_manager.get(pk=thing.pk))
        keys = [field.name for field in thing._meta.concrete_fields if field.name == "search_key"]
        if names:
            thing.save(update_fields=[*names, *keys])
        thing.version = seen + 1
        Event.objects.append(actor=by, action="edit", target=thing, before=before, after=facts(thing) | (extra or {}))
