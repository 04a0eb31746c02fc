"""The brief on an agency: read once, frozen with its instant and SHA-256, then printed as often as asked."""

import json

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from inspections.choices import AGENCY_BRIEF
from inspections.models import Brief, Visit
from inspections.tally.briefing import brief_on
from records.models import Event
from records.registry import content_hash
from records.workflow import ask_document


def freeze_brief(visit: Visit, *, by, address: str = "") -> Brief:
    """Freeze what is known of the visited agency now, and have it printed. Documents are Vietnamese, whoever asks."""
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE), timezone.override(settings.TIME_ZONE):
        known = brief_on(visit, timezone.localdate())
        content = json.loads(json.dumps(known, ensure_ascii=False, cls=DjangoJSONEncoder))
        brief = Brief.objects.create(visit=visit, content=content, sha256=content_hash(content), made_by=by)
        Event.objects.append(
            actor=by, action="freeze_brief", target=brief, after={"visit": visit.pk, "sha256": brief.sha256}
        )
        title = _("Brief on %(agency)s, %(day)s") % {
            "agency": visit.agency.name,
            "day": f"{timezone.localtime(brief.made_at):%d/%m/%Y}",
        }
        ask_document(AGENCY_BRIEF, brief.pk, title=title, by=by, draft=False, address=address)
    return brief
