"""Who may do what in supervision: one predicate per action, each asked with the person and the thing.

A team's rights last from joining to leaving. The agency's side acts for itself and for what it absorbed; nobody of the
agency in charge, and nobody who reported a remedy, ever verifies it. What a state allows is said by the models and by
the workflow.
"""

from django.db.models import Q
from django.utils import timezone

from agencies.choices import AGENCY_ROLES, OVERSIGHT_ROLES, AgencyKind, RoleCode, SuccessionKind
from agencies.models import Agency, Person, Succession
from inspections.choices import FindingState, MemberRole, VisitState
from inspections.models import Finding, Proposal, Recommendation, Team, TeamMember, Visit

LEADING = frozenset({MemberRole.HEAD, MemberRole.SECRETARY})
NOT_ASSIGNED = (SuccessionKind.SPLIT, SuccessionKind.DISSOLVED)


def team_roles(user: Person) -> dict[int, set[str]]:
    """Teams at work that the person belongs to today, with the roles held there; read once for the object's life.

    A closed team is none of them: it reads on between joining and leaving, and writes nothing.
    """
    if not user.is_authenticated:
        return {}
    known = getattr(user, "_team_roles_today", None)
    if known is None:
        known = {}
        rows = TeamMember.objects.writing_on(timezone.localdate()).filter(person=user).values_list("team_id", "role")
        for team_id, role in rows:
            known.setdefault(team_id, set()).add(role)
        user._team_roles_today = known
    return known


def _teams_read(user: Person) -> list[int]:
    """Teams whose work the person reads today, closed ones among them; read once for the object's life."""
    if not user.is_authenticated:
        return []
    if "_teams_read_today" not in user.__dict__:
        rows = TeamMember.objects.on(timezone.localdate()).filter(person=user)
        user._teams_read_today = sorted(set(rows.values_list("team_id", flat=True)))
    return user._teams_read_today


def _in_team(user: Person, visit: Visit) -> bool:
    return visit.team_id in team_roles(user)


def _leads(user: Person, visit: Visit) -> bool:
    """Head or secretary of the visit's team."""
    return bool(team_roles(user).get(visit.team_id, set()) & LEADING)


def _heads(user: Person, visit: Visit) -> bool:
    return MemberRole.HEAD in team_roles(user).get(visit.team_id, set())


def _agency_ids(user: Person, codes: tuple[str, ...]) -> set[int]:
    """Agencies the person acts for in one of these roles.

    Its own, what was absorbed whole into it, divisions without accounts of their own, and divided or dissolved units
    under it as long as nobody else was named: entering does not flow down the tree, open work passes on.
    """
    if not user.is_authenticated:
        return set()
    known = user.__dict__.setdefault("_agencies_acted_for", {})
    if codes not in known:
        ids = fresh = {role.agency_id for role in user.current_roles() if role.code in codes}
        while fresh:
            absorbed = Succession.objects.absorbed_whole().filter(successor_id__in=fresh)
            orphaned = Agency.objects.filter(
                Q(kind=AgencyKind.DIVISION) | Q(successions__kind__in=NOT_ASSIGNED), parent_id__in=fresh
            )
            found = set(absorbed.values_list("predecessor_id", flat=True)) | set(orphaned.values_list("pk", flat=True))
            fresh = found - ids
            ids = ids | fresh
        known[codes] = ids
    return known[codes]


def acts_for(user: Person, agency_id: int, *codes: str) -> bool:
    """May the person act in one of these roles (any role of an agency when none is named) for this agency?"""
    return agency_id in _agency_ids(user, codes or AGENCY_ROLES)


def belongs_to(user: Person, agency_id: int) -> bool:
    """Is the person of this agency, in whatever role, or of the one that absorbed it whole?"""
    if acts_for(user, agency_id):
        return True
    homes = {role.agency_id for role in user.current_roles()}
    return agency_id in homes or not homes.isdisjoint(_absorbers(agency_id))


def _absorbers(agency_id: int) -> set[int]:
    """Whoever absorbed the agency whole, in a chain."""
    found, fresh = set(), {agency_id}
    while fresh:
        steps = Succession.objects.absorbed_whole().filter(predecessor_id__in=fresh)
        fresh = set(steps.values_list("successor_id", flat=True)) - found
        found |= fresh
    return found


def agencies_with_figures_for(user: Person):
    """Agencies whose sent figures the person may read, those visited by the person's current teams among them."""
    known = Agency.objects.with_figures_for(user)
    teams = _teams_read(user)
    if not teams:
        return known
    visited = Visit.objects.filter(team_id__in=teams).exclude(state=VisitState.CANCELLED).values("agency_id")
    return Agency.objects.filter(Q(pk__in=known.values("pk")) | Q(pk__in=visited))


def reads_figures(user: Person) -> bool:
    """Whether the person reads the figures of any agency at all: pages of figures are refused to everybody else."""
    return agencies_with_figures_for(user).exists()


# Teams and visits


def sets_teams(user: Person, team: Team | None = None) -> bool:
    """Teams and their members are set by the programme office."""
    return user.is_authenticated and user.has_role(RoleCode.PROGRAMME_OFFICER)


def closes_team(user: Person, team: Team) -> bool:
    """Closing is the programme office's and the head's; reopening the office's alone."""
    return sets_teams(user) or MemberRole.HEAD in team_roles(user).get(team.pk, set())


def asks_team_papers(user: Person, team: Team) -> bool:
    """Drafts of the founding decision and of the closing note: the programme office, head and secretary."""
    return sets_teams(user) or bool(team_roles(user).get(team.pk, set()) & LEADING)


def keeps_plans(user: Person, plan=None) -> bool:
    """Yearly plans are drawn up, issued and closed by the programme office."""
    return sets_teams(user)


def reads_plans(user: Person) -> bool:
    """Plans are for the oversight and for whoever belongs to a team."""
    return reads_coverage(user) or bool(_teams_read(user))


def reads_coverage(user: Person) -> bool:
    """Which agencies were visited, of the whole city, is the oversight's to read."""
    return user.is_authenticated and user.has_role(*OVERSIGHT_ROLES)


def prepares_visit(user: Person, visit: Visit) -> bool:
    """The brief and the self-check report are asked for by head, secretary and programme office."""
    return _leads(user, visit) or sets_teams(user)


def handles_self_check(user: Person, self_check) -> bool:
    return prepares_visit(user, self_check.visit)


def answers_self_check(user: Person, self_check) -> bool:
    """The report on itself is the agency's, in whatever role, and never somebody's of the team that asked."""
    return acts_for(user, self_check.agency_id) and self_check.visit.team_id not in team_roles(user)


def plans_visits(user: Person) -> bool:
    """Visits are planned by the programme office, and by a head for a team of his or hers."""
    return sets_teams(user) or any(MemberRole.HEAD in roles for roles in team_roles(user).values())


def teams_to_plan_for(user: Person):
    """Teams the person may plan a visit for."""
    if sets_teams(user):
        return Team.objects.all()
    return Team.objects.filter(pk__in=[pk for pk, roles in team_roles(user).items() if MemberRole.HEAD in roles])


def edits_visit(user: Person, visit: Visit) -> bool:
    """Facts of a visit are kept by head, secretary and programme office (until its result is reported)."""
    return _leads(user, visit) or sets_teams(user)


def moves_visit(user: Person, visit: Visit) -> bool:
    """Preparing, starting, recording and reporting are the head's and the secretary's."""
    return _leads(user, visit)


def concludes_visit(user: Person, visit: Visit) -> bool:
    return _heads(user, visit)


def cancels_visit(user: Person, visit: Visit) -> bool:
    return _heads(user, visit) or sets_teams(user)


def asks_report(user: Person, visit: Visit) -> bool:
    """The result report is drawn up by the head or the secretary, or for the programme office."""
    return _leads(user, visit) or sets_teams(user)


def asks_notice(user: Person, visit: Visit) -> bool:
    """The conclusion notice is drawn up by the head, or for the programme office."""
    return concludes_visit(user, visit) or sets_teams(user)


def reads_reports(user: Person, visit: Visit) -> bool:
    """Reports of a visit are the team's and the oversight's; the agency gets released findings and recommendations."""
    return visits_with_reports(user).filter(pk=visit.pk).exists()


def visits_with_reports(user: Person):
    """Visits whose result report the person may read."""
    if not user.is_authenticated:
        return Visit.objects.none()
    if user.has_role(*OVERSIGHT_ROLES):
        return Visit.objects.all()
    return Visit.objects.filter(team_id__in=_teams_read(user))


def visits_told(user: Person):
    """Visits whose issued minutes and conclusion notice the visited agency reads: those that are concluded."""
    told = Visit.objects.visible_to(user).filter(state__in=(VisitState.CONCLUDED, VisitState.CLOSED))
    if not user.is_authenticated:
        return told
    own = [role.agency_id for role in user.current_roles() if role.code in AGENCY_ROLES]
    return told.filter(agency__in=Agency.objects.below(own)) if own else told.none()


# Findings


def records_findings(user: Person, visit: Visit) -> bool:
    """Everyone in the team writes findings (until the result is reported)."""
    return _in_team(user, visit)


def edits_finding(user: Person, finding: Finding) -> bool:
    """A draft is changed by head and secretary, a member changes what he or she wrote."""
    own = finding.created_by_id == user.pk and _in_team(user, finding.visit)
    return own or _leads(user, finding.visit)


def finalises_finding(user: Person, finding: Finding) -> bool:
    return _heads(user, finding.visit)


def releases_finding(user: Person, finding: Finding) -> bool:
    return _heads(user, finding.visit) or sets_teams(user)


def withdraws_finding(user: Person, finding: Finding) -> bool:
    """The head withdraws before release; the author a draft of his or her own."""
    own_draft = finding.state == FindingState.DRAFT and finding.created_by_id == user.pk
    return _heads(user, finding.visit) or (own_draft and _in_team(user, finding.visit))


def redacts_evidence(user: Person, finding: Finding) -> bool:
    """Withdrawing evidence later on takes two of these: heads of the team, the programme office."""
    return redacts_photos(user, finding.visit)


def redacts_photos(user: Person, visit: Visit) -> bool:
    """The same for what was taken on site and stands behind no finding."""
    return _heads(user, visit) or sets_teams(user)


def answers_finding(user: Person, finding: Finding) -> bool:
    return acts_for(user, finding.visit.agency_id)


# Recommendations


def drafts_recommendations(user: Person, visit: Visit) -> bool:
    """The team drafts recommendations (as long as the visit is neither closed nor cancelled)."""
    return _in_team(user, visit)


def edits_recommendation(user: Person, recommendation: Recommendation) -> bool:
    """A draft is changed by head and secretary, a member changes what he or she wrote."""
    own = recommendation.created_by_id == user.pk and _in_team(user, recommendation.visit)
    return own or _leads(user, recommendation.visit)


def _follows(user: Person, recommendation: Recommendation) -> bool:
    """Head or secretary of the team that follows it up: the issuing one until it hands over."""
    return bool(team_roles(user).get(recommendation.team_id, set()) & LEADING)


def issues_recommendation(user: Person, recommendation: Recommendation) -> bool:
    """Issuing, and answering a dispute, is the head's."""
    return MemberRole.HEAD in team_roles(user).get(recommendation.team_id, set())


def decides_for_agency(user: Person, recommendation: Recommendation) -> bool:
    """Accepting and disputing is the approver's."""
    return acts_for(user, recommendation.agency_id, RoleCode.APPROVER)


def reports_remedy(user: Person, recommendation: Recommendation) -> bool:
    return acts_for(user, recommendation.agency_id)


def verifies_recommendation(user: Person, recommendation: Recommendation) -> bool:
    """Head and secretary of the following team, unless they are of the agency in charge or reported a remedy of it."""
    return extends_deadline(user, recommendation) and not recommendation.remedies.filter(reported_by=user).exists()


def extends_deadline(user: Person, recommendation: Recommendation) -> bool:
    """Head and secretary of the following team, never somebody of the agency in charge."""
    return _follows(user, recommendation) and not belongs_to(user, recommendation.agency_id)


def redacts_remedy_evidence(user: Person, recommendation: Recommendation) -> bool:
    """As with evidence of findings: heads of the following team, the programme office, two of them."""
    return issues_recommendation(user, recommendation) or sets_teams(user)


def hands_over(user: Person, recommendation: Recommendation) -> bool:
    """The head of the following team passes its recommendations on, and the programme office when a team is closed."""
    return issues_recommendation(user, recommendation) or sets_teams(user)


def hands_over_some(user: Person) -> bool:
    return sets_teams(user) or any(MemberRole.HEAD in roles for roles in team_roles(user).values())


def writes_letters(user: Person) -> bool:
    """Letters that urge agencies are the programme office's, and head's and secretary's for what their team follows."""
    return sets_teams(user) or any(roles & LEADING for roles in team_roles(user).values())


def recommendations_to_urge(user: Person):
    """Recommendations the person may write a letter about."""
    if not user.is_authenticated:
        return Recommendation.objects.none()
    if sets_teams(user):
        return Recommendation.objects.visible_to(user)
    return Recommendation.objects.followed_by([pk for pk, roles in team_roles(user).items() if roles & LEADING])


def sets_escalation(user: Person) -> bool:
    """After how many days what is late goes up is set by the programme office."""
    return sets_teams(user)


# Proposals


def records_proposals(user: Person, visit: Visit) -> bool:
    """What the agency proposes is written down by the team."""
    return drafts_recommendations(user, visit)


def handles_proposal(user: Person, proposal: Proposal) -> bool:
    """Forwarding, and writing down what came back, is the head's, the secretary's and the programme office's."""
    return _leads(user, proposal.visit) or sets_teams(user)


# Checklists and what was recorded on site


def keeps_checklists(user: Person) -> bool:
    """Checklists and their versions are the programme office's."""
    return sets_teams(user)


def reads_checklists(user: Person) -> bool:
    """Whoever oversees or inspects reads the checklists; an agency meets the questions on site."""
    return user.is_authenticated and (user.has_role(*OVERSIGHT_ROLES) or bool(team_roles(user)))


def reads_answers(user: Person, visit: Visit) -> bool:
    """Answers on the checklist are notes of the team: read by it and by the oversight, as its reports are."""
    return reads_reports(user, visit)


def chooses_checklists(user: Person, visit: Visit) -> bool:
    """What a visit looks at is chosen by head and secretary."""
    return _leads(user, visit)


def merges_findings(user: Person, visit: Visit) -> bool:
    """Findings of several members are brought together by head and secretary."""
    return _leads(user, visit)


def sees_place(user: Person, visit: Visit, taken_by_id: int | None) -> bool:
    """Where and when a photo was taken: head, secretary, programme office and auditor; a member of his or her own."""
    if user.has_role(RoleCode.PROGRAMME_OFFICER, RoleCode.AUDITOR) or _leads(user, visit):
        return True
    return _in_team(user, visit) and taken_by_id == user.pk
