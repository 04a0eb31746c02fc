"""Who is reminded of what on a day: returns owed or waiting for a signature, recommendations, adjustments, gaps."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.choices import AGENCY_ROLES, AgencyKind, RoleCode
from agencies.models import Agency
from agencies.tally import Staff
from cchc_portal.lib.numbers import format_count
from cchc_portal.lib.reminders import working_days_left
from dossiers.choices import OPEN_ADJUSTMENTS, SENT_STATES, AdjustmentState, ReturnState
from dossiers.models import Adjustment, Extension, Period, Return
from dossiers.rules.reminders import adjustment_due, reminds_of_adjustment, reminds_of_return
from inspections.choices import OPEN_RECOMMENDATIONS, MemberRole, RecommendationState
from inspections.models import Recommendation, SelfCheck, TeamMember
from inspections.rules import reminds_of_recommendation
from inspections.tally.board import ESCALATED, PROPOSED, RELAPSED
from procedures.models import Holiday

# No reminder comes earlier before a deadline than this, long holidays included.
HORIZON = timedelta(days=30)
NAMES_SHOWN = 10
TEXT_SHOWN = 160
WAITING_FOR_TEAM = (RecommendationState.ANSWERED, RecommendationState.DISPUTED)


@dataclass(frozen=True)
class Item:
    """One thing to be reminded of: what it is, when it is due in words, where it is done."""

    text: str
    when: str
    path: str
    overdue: bool
    due: datetime


class Day:
    """The day of the reminders with what every rule asks for: the holidays and who acts for whom.

    `missed` are earlier days whose reminders were never written, because the clock stood still: they are made good.
    What the clock noticed after `since`, when the mails were last written, has not been told yet.
    """

    def __init__(self, now: datetime, missed: tuple[date, ...] = (), since: datetime | None = None):
        self.now = now
        self.today = timezone.localdate(now)
        self.days = (*missed, self.today)
        self.since = since or timezone.make_aware(datetime.combine(min(self.days), datetime.min.time()))
        self.holidays = frozenset(Holiday.objects.values_list("day", flat=True))
        self.staff = Staff(self.today)

    def reminds_of_return(self, due: datetime, locks: datetime) -> bool:
        first, last = timezone.localdate(due), timezone.localdate(locks)
        return any(reminds_of_return(day, due=first, locks=last, holidays=self.holidays) for day in self.days)

    def reminds_of_recommendation(self, due: date) -> bool:
        return any(reminds_of_recommendation(day, due, self.holidays) for day in self.days)

    def reminds_of_adjustment(self, since: date) -> bool:
        return any(reminds_of_adjustment(day, since=since, holidays=self.holidays) for day in self.days)

    @property
    def news(self) -> set[date]:
        """The days whose outcomes this digest tells: each day before one that it stands for."""
        return {day - timedelta(days=1) for day in self.days}

    def due_words(self, due: datetime | date) -> str:
        """When it is or was due, seen from today."""
        instant = isinstance(due, datetime)
        day = timezone.localdate(due) if instant else due
        printed = f"{timezone.localtime(due):%H:%M %d/%m/%Y}" if instant else f"{due:%d/%m/%Y}"
        if day < self.today or (instant and due <= self.now):
            return _("Overdue since %(due)s.") % {"due": printed}
        if day == self.today:
            return _("Due today, %(due)s.") % {"due": printed}
        left = format_count(working_days_left(self.today, day, self.holidays))
        return _("Due %(due)s, %(days)s working days left.") % {"due": printed, "days": left}


@dataclass(frozen=True)
class Deadline:
    """When an agency's return of a period is due, and when entry closes for that agency."""

    due: datetime
    closes: datetime


def _deadline(period: Period, until: datetime | None, now: datetime) -> Deadline:
    """The period's own deadline until it locks; after the lock the agency's extension is its deadline."""
    if until is None or period.locks_at > now:
        return Deadline(period.due_at, max(period.locks_at, until or period.locks_at))
    return Deadline(until, until)


def _extensions(now: datetime) -> dict[tuple[int, int], datetime]:
    """Until when entry is open, by period and agency, for the extensions that still run."""
    rows = Extension.objects.filter(until__gt=now).order_by("until")
    return {(period, agency): until for period, agency, until in rows.values_list("period_id", "agency_id", "until")}


def _periods(now: datetime, today: date, extended: set[int]) -> list[Period]:
    """Ended periods with deadlines that are not far off and not over for everybody."""
    ended = Period.objects.ended(today).filter(due_at__isnull=False, locks_at__isnull=False)
    return [
        period for period in ended.filter(due_at__lte=now + HORIZON) if period.locks_at > now or period.pk in extended
    ]


def _returns(day: Day, told: dict[int, list[Item]]) -> None:
    """Reporters hear of what is not submitted, approvers of what waits for them, officers of what is missing."""
    extensions = _extensions(day.now)
    for period in _periods(day.now, day.today, {period for period, _agency in extensions}):
        owing = list(period.owing().order_by("sort_key", "pk"))
        current = {item.agency_id: item for item in Return.objects.current().filter(period=period)}
        missing = []
        for agency in owing:
            item = current.get(agency.pk)
            if item is not None and item.state in SENT_STATES:
                continue
            missing.append(agency)
            deadline = _deadline(period, extensions.get((period.pk, agency.pk)), day.now)
            if deadline.closes > day.now and day.reminds_of_return(deadline.due, deadline.closes):
                _tell_agency(day, told, period, agency, item, deadline.due)
        late = period.due_at <= day.now < period.locks_at
        if missing and late and day.reminds_of_return(period.due_at, period.locks_at):
            found = _missing_item(day, period, missing, len(owing))
            for person in day.staff.anywhere(RoleCode.PROGRAMME_OFFICER):
                told[person].append(found)


def _tell_agency(day: Day, told, period: Period, agency: Agency, item: Return | None, due: datetime) -> None:
    named = {"period": period, "agency": agency}
    if item is None:
        role, text = RoleCode.REPORTER, _("The return %(period)s of %(agency)s has not been begun.") % named
        path = f"{reverse('dossiers:return_list')}?period={period.label}"
    elif item.state == ReturnState.DRAFT:
        role, text = RoleCode.REPORTER, _("The return %(period)s of %(agency)s is still a draft.") % named
        path = reverse("dossiers:grid", args=[item.pk])
    else:
        role, text = RoleCode.APPROVER, _("The return %(period)s of %(agency)s waits for your approval.") % named
        path = item.get_absolute_url()
    found = Item(text, day.due_words(due), path, due <= day.now, due)
    for person in day.staff.of(agency.pk, role):
        told[person].append(found)


def _missing_item(day: Day, period: Period, missing: list[Agency], owing: int) -> Item:
    names = ", ".join(agency.short_name for agency in missing[:NAMES_SHOWN])
    counts = {
        "period": period,
        "missing": format_count(len(missing)),
        "owing": format_count(owing),
        "names": names,
        "more": format_count(len(missing) - NAMES_SHOWN),
    }
    if len(missing) > NAMES_SHOWN:
        text = _("%(period)s: %(missing)s of %(owing)s agencies have not sent: %(names)s and %(more)s more.") % counts
    else:
        text = _("%(period)s: %(missing)s of %(owing)s agencies have not sent: %(names)s.") % counts
    return Item(text, day.due_words(period.due_at), reverse("dossiers:review"), True, period.due_at)


def _recommendations(day: Day, told: dict[int, list[Item]]) -> None:
    """The agency hears of what it has to do, head and secretary of the team of what waits for their word."""
    found = Recommendation.objects.open().filter(due__lte=day.today + HORIZON).for_list()
    found = [item for item in found.order_by("due", "pk") if day.reminds_of_recommendation(item.due)]
    leading = _leading(day, {item.team_id for item in found if item.state in WAITING_FOR_TEAM})
    for item in found:
        people = leading[item.team_id] if item.state in WAITING_FOR_TEAM else _owners(day, item.agency)
        due = timezone.make_aware(datetime.combine(item.due, datetime.max.time()))
        told_item = Item(
            _recommendation_text(item), day.due_words(item.due), item.get_absolute_url(), item.due < day.today, due
        )
        for person in people:
            told[person].append(told_item)


def _leading(day: Day, teams: set[int]) -> dict[int, set[int]]:
    """Head and secretary of each team today."""
    leading = defaultdict(set)
    members = TeamMember.objects.on(day.today).filter(
        team__in=teams, role__in=(MemberRole.HEAD, MemberRole.SECRETARY), person__is_active=True
    )
    for team, person in members.values_list("team_id", "person_id"):
        leading[team].add(person)
    return leading


def _noticed(day: Day, told: dict[int, list[Item]]) -> None:
    """What the clock noticed since the last mails, once each.

    What went up is told to leaders and programme officers, a proposed closing to the team, a relapse to both.
    """
    since = day.since
    above = day.staff.anywhere(RoleCode.LEADER) | day.staff.anywhere(RoleCode.PROGRAMME_OFFICER)
    fresh = Q(escalated_at__gte=since) & ESCALATED | Q(condition__met_at__gte=since) & PROPOSED
    fresh |= Q(condition__relapsed_at__gte=since) & RELAPSED
    found = list(Recommendation.objects.filter(fresh).for_list().select_related("condition").order_by("due", "pk"))
    leading = _leading(day, {item.team_id for item in found})
    for item in found:
        condition = getattr(item, "condition", None)
        named = {"agency": item.agency, "text": _shortened(item)}
        if item.state in OPEN_RECOMMENDATIONS and item.escalated_at and item.escalated_at >= since:
            text = _("Sent up: recommendation to %(agency)s: %(text)s") % named
            _tell(day, told, above, item, text, day.due_words(item.due), overdue=True)
        if condition and item.state in OPEN_RECOMMENDATIONS and condition.met_at and condition.met_at >= since:
            text = _("Closing proposed, %(agency)s: %(text)s") % named
            _tell(day, told, leading[item.team_id], item, text, _("The figures meet the closing condition."))
        if condition and condition.relapsed_at and condition.relapsed_at >= since:
            text = _("Relapsed after closing, %(agency)s: %(text)s") % named
            words = _("Later figures break the closing condition.")
            _tell(day, told, above | leading[item.team_id], item, text, words, overdue=True)


def _tell(
    day: Day,
    told: dict[int, list[Item]],
    people: set[int],
    item: Recommendation,
    text: str,
    words: str,
    *,
    overdue=False,
) -> None:
    found = Item(text, words, item.get_absolute_url(), overdue, day.now)
    for person in people:
        told[person].append(found)


def _self_checks(day: Day, told: dict[int, list[Item]]) -> None:
    """The agency hears of a report on itself that it owes, on the days it hears of a recommendation."""
    for item in SelfCheck.objects.awaited().filter(due__lte=day.today + HORIZON).for_list():
        if not day.reminds_of_recommendation(item.due):
            continue
        due = timezone.make_aware(datetime.combine(item.due, datetime.max.time()))
        text = _("Self-check report of %(agency)s for %(team)s") % {"agency": item.agency, "team": item.visit.team}
        found = Item(text, day.due_words(item.due), item.get_absolute_url(), item.due < day.today, due)
        for person in _owners(day, item.agency):
            told[person].append(found)


def _owners(day: Day, agency: Agency) -> set[int]:
    """Who acts for the agency; for a division without accounts of its own those of the unit above it."""
    own = day.staff.of(agency.pk, *AGENCY_ROLES)
    if own or agency.kind != AgencyKind.DIVISION or agency.parent_id is None:
        return own
    return day.staff.of(agency.parent_id, *AGENCY_ROLES)


def _shortened(item: Recommendation) -> str:
    words = " ".join(item.text.split())
    return words if len(words) <= TEXT_SHOWN else f"{words[:TEXT_SHOWN]}…"


def _recommendation_text(item: Recommendation) -> str:
    named = {"agency": item.agency, "text": _shortened(item)}
    if item.state == RecommendationState.ANSWERED:
        return _("Remedy to verify, %(agency)s: %(text)s") % named
    if item.state == RecommendationState.DISPUTED:
        return _("Disputed by %(agency)s, waits for the team: %(text)s") % named
    return _("Recommendation to %(agency)s: %(text)s") % named


def _adjustments(day: Day, told: dict[int, list[Item]]) -> None:
    """Who has to sign or decide hears of what waits; when it waits too long, those who are waiting and the leaders too.

    What was accepted is told the morning after to those who proposed and signed it.
    """
    waiting = Adjustment.objects.filter(state__in=OPEN_ADJUSTMENTS, of__state=ReturnState.ACCEPTED).for_list()
    for item in waiting.order_by("proposed_at", "pk"):
        since = timezone.localdate(item.signed_at or item.proposed_at)
        if day.reminds_of_adjustment(since):
            _tell_waiting(day, told, item, since)
    accepted = Adjustment.objects.filter(state=AdjustmentState.ACCEPTED, decided_at__gte=day.now - HORIZON).for_list()
    for item in accepted.order_by("decided_at", "pk"):
        if timezone.localdate(item.decided_at) not in day.news:
            continue
        text = _("Accepted: adjustment %(number)s of the return %(period)s of %(agency)s.") % _named(item)
        when = _("The new figures count since %(when)s.") % {
            "when": f"{timezone.localtime(item.decided_at):%H:%M %d/%m/%Y}"
        }
        for person in {item.proposed_by_id, item.signed_by_id} - {None, item.decided_by_id}:
            told[person].append(Item(text, when, item.get_absolute_url(), False, item.decided_at))


def _named(item: Adjustment) -> dict:
    return {"number": item.number, "period": item.of.period, "agency": item.of.agency}


def _tell_waiting(day: Day, told, item: Adjustment, since: date) -> None:
    due = adjustment_due(since, day.holidays)
    late = day.today > due
    agency = item.of.agency_id
    if item.state == AdjustmentState.PROPOSED:
        text = _("Adjustment %(number)s of the return %(period)s of %(agency)s waits for a signature.")
        people = day.staff.of(agency, RoleCode.APPROVER) - {item.proposed_by_id}
        beside = {item.proposed_by_id} & day.staff.of(agency, *AGENCY_ROLES)
    else:
        text = _("Adjustment %(number)s of the return %(period)s of %(agency)s waits for the programme office.")
        people = day.staff.anywhere(RoleCode.PROGRAMME_OFFICER) - {item.proposed_by_id, item.signed_by_id}
        beside = day.staff.anywhere(RoleCode.LEADER)
    days = format_count(working_days_left(since, day.today, day.holidays))
    when = _("Waiting since %(day)s, %(days)s working days.") % {"day": f"{since:%d/%m/%Y}", "days": days}
    at = timezone.make_aware(datetime.combine(due, datetime.max.time()))
    found = Item(text % _named(item), when, item.get_absolute_url(), late, at)
    for person in people | (beside if late else set()):
        told[person].append(found)


def reminders_for(day: Day) -> dict[int, list[Item]]:
    """By person, everything to be reminded of on the day, what is overdue first; nobody who has nothing."""
    told: dict[int, list[Item]] = defaultdict(list)
    _returns(day, told)
    _recommendations(day, told)
    _self_checks(day, told)
    _adjustments(day, told)
    _noticed(day, told)
    return {
        person: sorted(set(items), key=lambda item: (not item.overdue, item.due, item.text))
        for person, items in told.items()
    }
