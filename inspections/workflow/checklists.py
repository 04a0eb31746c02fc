"""Versions of checklists: a newer one is published, the ones before it stay as visits took them."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cchc_portal.lib.errors import Conflict
from inspections.models import Template, TemplateItem
from records.models import Event

TEMPLATE_FACTS = ("name", "basis", "change", "desk", "in_use", "order")


def publish(template: Template, items: list[TemplateItem], *, by, seen: int) -> Template:
    """Store `template` with its items as the version after `seen` (0 for a new checklist).

    Raises Conflict when somebody published that version meanwhile; the database is then untouched.
    """
    template.number, template.created_by = seen + 1, by
    try:
        with transaction.atomic():
            if Template.objects.filter(code=template.code, number__gt=seen).exists():
                raise Conflict(_("Somebody else has published a newer version of this checklist meanwhile."))
            template.save(force_insert=True)
            for order, item in enumerate(items, start=1):
                item.template, item.order = template, order
            TemplateItem.objects.bulk_create(items)
            facts = {name: getattr(template, name) for name in TEMPLATE_FACTS}
            told = [
                [item.code, item.section, item.text, item.kind, item.note_needed, item.photo_needed, item.points]
                for item in items
            ]
            after = facts | {"code": template.code, "version": template.number, "items": told}
            Event.objects.append(actor=by, action="publish_checklist", target=template, after=after)
    except IntegrityError as twice:
        raise Conflict(_("Somebody else has published a newer version of this checklist meanwhile.")) from twice
    return template
