"""Việc của tôi: what a person owes, by when, in what state, with whose words. Overdue first."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.choices import AGENCY_ROLES, RoleCode
from agencies.models import Agency
from dossiers.choices import AdjustmentState, LineSort, ReturnState
from dossiers.models import Adjustment, Period, Return, UnusualFlag
from dossiers.tally.flags import range_text, value_text
from inspections.choices import OPEN_RECOMMENDATIONS, RecommendationState, VisitState
from inspections.models import Recommendation, SelfCheck, TeamMember, Visit
from inspections.tally import unfinished
from inspections.tally.board import ESCALATED, PROPOSED, RELAPSED
from records.choices import JobState
from records.models import Document, Mail

OPEN_PERIODS_SHOWN = 4
ROWS_SHOWN = 30
FAR_FUTURE = datetime.max.replace(tzinfo=timezone.get_default_timezone(), hour=0)


@dataclass(frozen=True)
class Task:
    """One line of the work list, one click from the work.

    `due` is an instant (or None where nothing is due), `overdue` compares it with now, `words` are what somebody wrote
    when sending it back, with `by`.
    """

    title: str
    detail: str
    url: str
    state: Any
    due: datetime | None = None
    overdue: bool = False
    words: str = ""
    by: str = ""
    action: str = ""


@dataclass(frozen=True)
class Group:
    """Tasks of one kind under one heading; `total` may exceed the rows shown, `more_url` leads to all of them."""

    title: str
    tasks: list[Task]
    total: int
    more_url: str = ""


def _end_of(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59))) if day else None


def _sorted(tasks: list[Task]) -> list[Task]:
    return sorted(tasks, key=lambda task: (not task.overdue, task.due or FAR_FUTURE, task.title))


def _latest_periods(now: datetime) -> list[Period]:
    """Ended periods that still take entries, newest first."""
    ended = Period.objects.ended(timezone.localdate(now)).filter(first_day__isnull=False)
    return list(ended.exclude(locks_at__lte=now).latest_first()[:OPEN_PERIODS_SHOWN])


def _returns_to_write(user, now: datetime) -> list[Task]:
    agencies = user.agencies_as(RoleCode.REPORTER)
    if not agencies:
        return []
    periods = _latest_periods(now)
    current = (
        Return.objects.current()
        .filter(agency__in=agencies)
        .filter(Q(period__in=periods) | Q(state=ReturnState.DRAFT))
        .for_list()
        .prefetch_related("remarks__by")
        .annotate(
            blank_lines=Count(
                "lines", filter=Q(lines__received_online__isnull=True, lines__received_direct__isnull=True)
            )
        )
    )
    tasks, filed = [], set()
    for item in current:
        filed.add((item.agency_id, item.period_id))
        if item.state != ReturnState.DRAFT:
            continue
        remark = next((remark for remark in item.remarks.all() if remark.open), None)
        if remark is not None:
            detail = _("Sent back to be corrected")
        elif item.blank_lines and item.line_sort == LineSort.PROCEDURE:
            detail = _("%(count)s lines not filled in yet") % {"count": item.blank_lines}
        else:
            detail = _("All lines filled in, not sent yet")
        tasks.append(
            Task(
                title=_("Return %(period)s of %(agency)s") % {"period": item.period, "agency": item.agency},
                detail=detail,
                url=reverse("dossiers:grid", args=[item.pk]),
                state=item,
                due=item.period.due_at,
                overdue=bool(item.period.due_at and item.period.due_at < now),
                words=remark.text if remark else "",
                by=str(remark.by) if remark else "",
                action=_("Go on entering"),
            )
        )
    for period in periods:
        for agency in period.owing().filter(pk__in=[agency.pk for agency in agencies]):
            if (agency.pk, period.pk) in filed:
                continue
            tasks.append(
                Task(
                    title=_("Return %(period)s of %(agency)s") % {"period": period, "agency": agency},
                    detail=_("Not begun"),
                    url=f"{reverse('dossiers:return_list')}?period={period.label}",
                    state="not_started",
                    due=period.due_at,
                    overdue=bool(period.due_at and period.due_at < now),
                    action=_("Begin"),
                )
            )
    return _sorted(tasks)


def _waiting_returns(user, states, agencies, now: datetime, action: str) -> tuple[list[Task], int]:
    found = Return.objects.visible_to(user).filter(state__in=states)
    if agencies is not None:
        found = found.filter(agency__in=agencies)
    total = found.count()
    rows = found.for_list().select_related("agency", "period", "submitted_by").order_by("period__due_at", "pk")
    return [
        Task(
            title=_("Return %(period)s of %(agency)s") % {"period": item.period, "agency": item.agency},
            detail=(_("Entered and sent by %(person)s") % {"person": item.submitted_by}) if item.submitted_by else "",
            url=reverse("dossiers:return_detail", args=[item.pk]),
            state=item,
            due=item.period.due_at,
            overdue=bool(item.period.due_at and item.period.due_at < now),
            action=action,
        )
        for item in rows[:ROWS_SHOWN]
    ], total


def _adjustments(user, state, agencies, action: str) -> Group | None:
    """Adjustments that wait for the person's signature or decision; None where there are none."""
    found = Adjustment.objects.visible_to(user).filter(state=state, of__state=ReturnState.ACCEPTED)
    if agencies is not None:
        found = found.filter(of__agency__in=agencies).exclude(proposed_by=user)
    rows = [
        Task(
            title=_("Adjustment of the return %(period)s of %(agency)s")
            % {"period": item.of.period, "agency": item.of.agency},
            detail=_("Proposed by %(person)s") % {"person": item.proposed_by},
            url=reverse("dossiers:adjustment_detail", args=[item.pk]),
            state=item,
            words=item.reason,
            by=str(item.proposed_by),
            action=action,
        )
        for item in found.for_list().order_by("proposed_at", "pk")[:ROWS_SHOWN]
    ]
    total = found.count() if len(rows) == ROWS_SHOWN else len(rows)
    return Group(_("Adjustments"), rows, total) if rows else None


def _recommendation_tasks(found, today: date, action: str) -> tuple[list[Task], int]:
    total = found.count()
    rows = found.for_list().order_by(F("due").asc(nulls_last=True), "pk")[:ROWS_SHOWN]
    return [
        Task(
            title=item.text,
            detail=_("%(agency)s · %(team)s") % {"agency": item.agency, "team": item.team},
            url=reverse("inspections:recommendation_detail", args=[item.pk]),
            state=item,
            due=_end_of(item.due),
            overdue=item.is_overdue(today),
            action=action,
        )
        for item in rows
    ], total


def _board(query: str) -> str:
    return f"{reverse('inspections:board')}?{query}"


def _group(title: str, found, today: date, action: str, url: str) -> list[Group]:
    """The group of these recommendations, or nothing where there are none."""
    rows, total = _recommendation_tasks(found, today, action)
    return [Group(title, rows, total, url)] if total else []


def _raised(user, today: date) -> list[Group]:
    """What went up, and what fell back after closing: the leaders' and the programme office's."""
    seen = Recommendation.objects.visible_to(user)
    up = _group(_("Escalated recommendations"), seen.filter(ESCALATED), today, _("Look"), _board("mark=escalated"))
    return up + _group(_("Relapsed after closing"), seen.filter(RELAPSED), today, _("Look"), _board("mark=relapsed"))


def _self_check_group(title: str, found, today: date, action: str) -> Group | None:
    """Self-check reports that are owed or came in; None where there are none."""
    rows = list(found.for_list()[: ROWS_SHOWN + 1])
    tasks = [
        Task(
            title=_("Self-check report of %(agency)s") % {"agency": item.agency},
            detail=str(item.visit.team),
            url=reverse("inspections:self_check", args=[item.pk]),
            state=item,
            due=_end_of(item.due),
            overdue=item.is_overdue(today),
            words=item.state_reason,
            by=str(item.visit.team),
            action=action,
        )
        for item in rows[:ROWS_SHOWN]
    ]
    return Group(title, _sorted(tasks), len(rows)) if tasks else None


def _unusual_group(user) -> Group | None:
    """Unusual figures of the person's own returns to which nobody of the agency has said anything yet."""
    found = UnusualFlag.objects.visible_to(user).waiting().filter(agency_says="")
    found = found.filter(of__agency__in=user.agency_ids_as(*AGENCY_ROLES))
    rows = list(found.for_list()[: ROWS_SHOWN + 1])
    tasks = [
        Task(
            title=_("%(measure)s: %(value)s, expected %(range)s")
            % {"measure": flag.get_measure_display(), "value": value_text(flag), "range": range_text(flag)},
            detail=_("Return %(period)s of %(agency)s") % {"period": flag.of.period, "agency": flag.of.agency},
            url=flag.get_absolute_url(),
            state=flag,
            action=_("Answer"),
        )
        for flag in rows[:ROWS_SHOWN]
    ]
    return Group(_("Unusual figures in your returns"), tasks, len(rows)) if tasks else None


def _agency_groups(user, now: datetime, today: date) -> list[Group]:
    groups = []
    tasks = _returns_to_write(user, now)
    if tasks or user.has_role(RoleCode.REPORTER):
        groups.append(Group(_("Returns to enter"), tasks, len(tasks), reverse("dossiers:return_list")))
    approving = user.agencies_as(RoleCode.APPROVER)
    if approving:
        rows, total = _waiting_returns(user, [ReturnState.SUBMITTED], approving, now, _("Check and sign off"))
        groups.append(
            Group(_("Returns to sign off"), rows, total, f"{reverse('dossiers:return_list')}?state=submitted")
        )
        if group := _adjustments(user, AdjustmentState.PROPOSED, approving, _("Check and sign off")):
            groups.append(group)
    if group := _unusual_group(user):
        groups.append(group)
    own = user.agencies_as(*AGENCY_ROLES)
    if own:
        due = (
            Recommendation.objects.visible_to(user)
            .filter(agency__in=Agency.objects.below([agency.pk for agency in own]), state__in=OPEN_RECOMMENDATIONS)
            .exclude(state=RecommendationState.ANSWERED)
        )
        rows, total = _recommendation_tasks(due, today, _("Report the remedy"))
        if total:
            groups.append(
                Group(_("Recommendations to carry out"), rows, total, reverse("inspections:recommendation_list"))
            )
        asked = SelfCheck.objects.awaited().filter(agency__in=Agency.objects.below([agency.pk for agency in own]))
        if group := _self_check_group(_("Self-check reports to write"), asked, today, _("Write the report")):
            groups.append(group)
    return groups


def _officer_groups(user, now: datetime, today: date) -> list[Group]:
    rows, total = _waiting_returns(user, [ReturnState.APPROVED], None, now, _("Check and accept"))
    groups = [Group(_("Returns to accept"), rows, total, reverse("dossiers:review"))]
    if group := _adjustments(user, AdjustmentState.SIGNED, None, _("Check and accept")):
        groups.append(group)
    groups += _raised(user, today)
    late = Recommendation.objects.visible_to(user).overdue(today)
    return groups + _group(_("Overdue recommendations"), late, today, _("Look"), _board("only=overdue"))


def _recording_group(visits) -> Group | None:
    """What the person's teams recorded on site and did not finish: values to choose between, lines that lack."""
    under_way = visits.filter(state__in=(VisitState.UNDER_WAY, VisitState.RECORDED)).for_list()[:ROWS_SHOWN]
    tasks = []
    for one in unfinished(under_way):
        words = []
        if one.disputed:
            words.append(_("%(count)s values to choose between") % {"count": one.disputed})
        if one.lacking:
            words.append(_("%(count)s lines without the note or photo they ask for") % {"count": one.lacking})
        if one.open:
            words.append(_("%(count)s lines not answered") % {"count": one.open})
        title = _("Checklist of %(agency)s") % {"agency": one.visit.agency}
        url = reverse("inspections:visit_checklist", args=[one.visit.pk])
        tasks.append(Task(title, " · ".join(words), url, one.visit, due=_end_of(one.visit.date), action=_("Finish")))
    return Group(_("Unfinished recording on site"), tasks, len(tasks)) if tasks else None


def _team_groups(user, today: date) -> list[Group]:
    teams = list(TeamMember.objects.on(today).filter(person=user).values_list("team_id", flat=True))
    visits = (
        Visit.objects.visible_to(user)
        .filter(team_id__in=teams)
        .exclude(state__in=[VisitState.CLOSED, VisitState.CANCELLED])
    )
    rows = [
        Task(
            title=_("Visit to %(agency)s") % {"agency": item.agency},
            detail=str(item.team),
            url=reverse("inspections:visit_detail", args=[item.pk]),
            state=item,
            due=_end_of(item.date),
            action=_("Open"),
        )
        for item in visits.for_list()[:ROWS_SHOWN]
    ]
    groups = [Group(_("My team's visits"), _sorted(rows), visits.count(), reverse("inspections:visit_list"))]
    if group := _recording_group(visits):
        groups.append(group)
    awaited = SelfCheck.objects.awaited().filter(visit__team_id__in=teams)
    if group := _self_check_group(_("Self-check reports awaited"), awaited, today, _("Look")):
        groups.append(group)
    followed = Recommendation.objects.visible_to(user).followed_by(teams)
    for title, found, action, query in (
        (_("Remedies to verify"), Q(state=RecommendationState.ANSWERED), _("Verify the remedy"), "state=answered"),
        (_("Disputes to answer"), Q(state=RecommendationState.DISPUTED), _("Decide"), "state=disputed"),
        (_("Closing proposed by the figures"), PROPOSED, _("Decide"), "mark=proposed"),
        (_("Relapsed after closing"), RELAPSED, _("Decide"), "mark=relapsed"),
    ):
        groups += _group(title, followed.filter(found), today, action, _board(query))
    return groups


def _leader_groups(user, today: date) -> list[Group]:
    late = Recommendation.objects.visible_to(user).overdue(today)
    rows, total = _recommendation_tasks(late, today, _("Look"))
    return [*_raised(user, today), Group(_("Overdue recommendations"), rows, total, _board("only=overdue"))]


def _failed_jobs() -> Group:
    failed = Document.objects.filter(state=JobState.FAILED).order_by("-asked_at")
    rows = [
        Task(title=str(item), detail=item.error, url=reverse("agencies:administration"), state=item)
        for item in failed[:ROWS_SHOWN]
    ]
    mails = Mail.objects.filter(state=JobState.FAILED).select_related("person").order_by("-asked_at")
    rows += [
        Task(
            title=_("Mail to %(person)s") % {"person": item.person},
            detail=item.error.split(":", 1)[0],
            url=f"{reverse('dossiers:job_list')}?of=mails&state=failed",
            state=item,
        )
        for item in mails[:ROWS_SHOWN]
    ]
    return Group(_("Background work that failed"), rows, failed.count() + mails.count(), reverse("dossiers:job_list"))


def groups_for(user, now: datetime | None = None) -> list[Group]:
    """The person's groups of tasks, by the roles held today; what is overdue stands first in each."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    groups = []
    if user.has_role(*AGENCY_ROLES):
        groups += _agency_groups(user, now, today)
    if user.has_role(RoleCode.PROGRAMME_OFFICER):
        groups += _officer_groups(user, now, today)
    if user.memberships.on(today).exists() or user.has_role(RoleCode.TEAM_HEAD, RoleCode.TEAM_SECRETARY):
        groups += _team_groups(user, today)
    if user.has_role(RoleCode.LEADER):
        groups += _leader_groups(user, today)
    if user.has_role(RoleCode.ADMINISTRATOR):
        groups.append(_failed_jobs())
    return groups
