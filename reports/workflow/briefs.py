"""The weekly brief: what changed in a week, frozen for each leader and programme officer, told by mail with its PDF."""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agencies.models import Agency, Person, Role
from cchc_portal.lib.numbers import format_count
from cchc_portal.lib.paper import place_of
from dossiers.choices import FORMULA_LABELS
from records.choices import MailKind
from records.models import Event
from records.registry import content_hash
from records.workflow import ask_document, ask_mail
from reports.choices import WEEKLY_BRIEF
from reports.models import BriefChoice, WeeklyBrief
from reports.permissions import BRIEFED
from reports.tally.changes import Changes, changes_for, scopes
from reports.tally.overview import data_version

WEEK = timedelta(days=7)
# A brief tells of no more than this, however long the clock stood still.
LONGEST = 4 * WEEK
# A brief is to stay within two pages: lines of each section, lines in all, and how long a text may be.
LINES = 5
LINES_IN_ALL = 12
TEXT_SHOWN = 110
# Goes up with every change of what the brief says or how it says it.
TEMPLATE_VERSION = 2


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _briefed(monday: date, now: datetime) -> list[Person]:
    """Who gets a brief this week and has none yet: held the office on Monday and today, did not switch it off."""
    held = Person.objects.filter(is_active=True).exclude(brief_choice__wanted=False)
    for day in {monday, timezone.localdate(now)}:
        roles = Role.objects.on(day).filter(code__in=BRIEFED)
        held = held.filter(pk__in=roles.values("person"))
    return list(held.exclude(weekly_briefs__week=monday).order_by("pk"))


def _since(person: Person, monday: date) -> datetime:
    """Where the last brief ended; a week before Monday for the first one, and never longer ago than four weeks."""
    last = WeeklyBrief.objects.filter(person=person, week__lt=monday).order_by("-week").first()
    start = _midnight(monday)
    return max(last.until, start - LONGEST) if last else start - WEEK


def _shares(changes: Changes) -> list[int]:
    """How many lines of each section are told: one more of each in turn until there is no more room or nothing left."""
    shares = [0] * len(changes.sections)
    for _round in range(LINES):
        for place, section in enumerate(changes.sections):
            if shares[place] < len(section.lines) and sum(shares) < LINES_IN_ALL:
                shares[place] += 1
    return shares


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_SHOWN else f"{text[:TEXT_SHOWN].rstrip()}…"


def content_of(person: Person, changes: Changes) -> dict:
    """What the brief says, as JSON holds it."""
    root = changes.root
    return {
        "template": TEMPLATE_VERSION,
        "person": person.full_name,
        "agency": {
            "name": root.name,
            "superior": root.parent.name if root.parent_id else "",
            "place": place_of(root.name),
        },
        "since": timezone.localtime(changes.since).isoformat(timespec="seconds"),
        "until": timezone.localtime(changes.now).isoformat(timespec="seconds"),
        "data_version": data_version(),
        "formula": changes.formula,
        "sections": [
            {
                "code": section.code,
                "title": section.title,
                "total": section.total,
                "lines": [
                    {"text": _cut(line.text), "number": line.number, "basis": _cut(line.basis), "path": line.path}
                    for line in section.lines[:number]
                ],
            }
            for section, number in zip(changes.sections, _shares(changes), strict=True)
        ],
    }


def title_of(brief: WeeklyBrief) -> str:
    """Name of the document in lists and on the check page; documents are Vietnamese."""
    return f"Bản tin tuần về cải cách hành chính, {brief.week:%d/%m/%Y}"


def freeze_brief(person: Person, root: Agency, monday: date, since: datetime, now: datetime) -> WeeklyBrief:
    """Keep what changed for the person; without content where nothing did."""
    changes = changes_for(person, root, since, now, shown=LINES)
    brief = WeeklyBrief(person=person, agency=root, week=monday, since=since, until=now)
    if changes.total:
        brief.content = content_of(person, changes)
        brief.sha256 = content_hash(brief.content)
    brief.save(force_insert=True)
    return brief


def _write(person: Person, monday: date, now: datetime) -> bool:
    """The brief of one person, its document and its mail, in one transaction; True where there was something to say."""
    root = next(iter(scopes(person)), None)
    if root is None:
        return False
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)  # two clocks at once take turns
        if WeeklyBrief.objects.filter(person=person, week=monday).exists():
            return False
        brief = freeze_brief(person, root, monday, _since(person, monday), now)
        if brief.content is None:
            return False
        document = ask_document(WEEKLY_BRIEF, brief.pk, title=title_of(brief), by=None, draft=False)
        subject = _("Weekly brief of %(day)s: %(count)s changes") % {
            "day": f"{monday:%d/%m/%Y}",
            "count": format_count(sum(section["total"] for section in brief.content["sections"])),
        }
        context = {"person": person, "brief": brief, "base": settings.BASE_URL, "document": document}
        context["formula_label"] = FORMULA_LABELS[brief.content["formula"]]
        context["page"] = f"{reverse('reports:changes')}?since={timezone.localtime(brief.since):%Y-%m-%dT%H:%M:%S}"
        body = render_to_string("emails/weekly_brief.txt", context)
        ask_mail(person, MailKind.WEEKLY_BRIEF, subject, body, monday.isoformat(), attach=document)
    return True


def write_briefs(now: datetime) -> int:
    """Write this week's brief to everybody who has none yet; returns how many had something to say.

    In Vietnamese, whoever reads. A Monday on which the clock stood still is made good on the next day it runs.
    """
    with translation.override(settings.LANGUAGE_CODE), timezone.override(settings.TIME_ZONE):
        monday = monday_of(timezone.localdate(now))
        return sum(_write(person, monday, now) for person in _briefed(monday, now))


def choose_brief(person: Person, wanted: bool) -> None:
    """Switch the person's weekly brief on or off; one event where that changes anything."""
    with transaction.atomic():
        row, _fresh = BriefChoice.objects.get_or_create(person=person)
        if BriefChoice.objects.filter(pk=row.pk).exclude(wanted=wanted).update(wanted=wanted):
            Event.objects.append(
                actor=person,
                action="choose_brief",
                target=row,
                before={"wanted": not wanted},
                after={"wanted": wanted},
            )
