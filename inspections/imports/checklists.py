"""The checklists that come with the portal, read from data/checklists/."""

import json
from pathlib import Path

from django.conf import settings

from inspections.choices import ItemKind, Needed
from inspections.models import Area, Template, TemplateItem
from inspections.workflow.checklists import publish

SHIPPED = settings.BASE_DIR / "data" / "checklists"


def _item(row: dict) -> TemplateItem:
    return TemplateItem(
        code=row["code"],
        section=row["section"],
        text=row["text"],
        kind=ItemKind(row.get("kind", ItemKind.RESULT)),
        legal_basis=row.get("legal_basis", ""),
        note_needed=Needed(row.get("note", Needed.NEVER)),
        photo_needed=Needed(row.get("photo", Needed.NEVER)),
        points=row.get("points"),
    )


def load_shipped(folder: Path = SHIPPED, *, by=None) -> list[Template]:
    """Publish every shipped checklist that the portal does not have under its code; returns those.

    What an office made of one stays: it is never overwritten by a later release. Raises Area.DoesNotExist for an area
    that is not in the list, ValueError or KeyError for a file that is not well formed.
    """
    known = set(Template.objects.values_list("code", flat=True))
    made = []
    for path in sorted(folder.glob("*.json")):
        written = json.loads(path.read_text(encoding="utf-8"))
        if written["code"] in known:
            continue
        area = Area.objects.filter(code=written["area"]).order_by("-list_version").first()
        if area is None:
            raise Area.DoesNotExist(written["area"])
        template = Template(
            code=written["code"],
            name=written["name"],
            area=area,
            basis=written["basis"],
            desk=written["desk"],
            order=written["order"],
        )
        made.append(publish(template, [_item(row) for row in written["items"]], by=by, seen=0))
    return made
