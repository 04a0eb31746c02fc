"""Kinds of agency, ways of succession, roles and their groups."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AgencyKind(models.TextChoices):
    CITY = "city", pgettext_lazy("agency kind", "City or province")
    DEPARTMENT = "department", pgettext_lazy("agency kind", "Department")
    DISTRICT = "district", pgettext_lazy("agency kind", "District")
    COMMUNE = "commune", pgettext_lazy("agency kind", "Commune")
    DIVISION = "division", pgettext_lazy("agency kind", "Division")


class SuccessionKind(models.TextChoices):
    """`merge`: absorbed whole; `split`: divided among several; `dissolved`: nobody follows."""

    MERGE = "merge", pgettext_lazy("succession", "absorbed whole")
    SPLIT = "split", pgettext_lazy("succession", "divided")
    RENAME = "rename", pgettext_lazy("succession", "renamed")
    TRANSFER = "transfer", pgettext_lazy("succession", "moved under another agency")
    DISSOLVED = "dissolved", pgettext_lazy("succession", "dissolved")


ABSORBED_WHOLE = (SuccessionKind.MERGE, SuccessionKind.RENAME)


class RoleCode(models.TextChoices):
    REPORTER = "reporter", _("Reporter")
    APPROVER = "approver", _("Approver")
    PROGRAMME_OFFICER = "programme_officer", _("Programme officer")
    TEAM_HEAD = "team_head", _("Team head")
    TEAM_SECRETARY = "team_secretary", _("Team secretary")
    TEAM_MEMBER = "team_member", _("Team member")
    LEADER = "leader", _("City leader")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


AGENCY_ROLES = (RoleCode.REPORTER, RoleCode.APPROVER)
TEAM_ROLES = (RoleCode.TEAM_HEAD, RoleCode.TEAM_SECRETARY, RoleCode.TEAM_MEMBER)
OVERSIGHT_ROLES = (RoleCode.PROGRAMME_OFFICER, RoleCode.LEADER, RoleCode.AUDITOR)


class TokenScope(models.TextChoices):
    """What a machine may do with a token: read what its person may read, or also enter and submit returns."""

    RETURNS = "returns", pgettext_lazy("token scope", "Read, enter and submit returns")
    READ = "read", pgettext_lazy("token scope", "Read only")


# Names of what the trail records, for its page; an action or a kind that is not named here shows its code.
ACTION_LABELS = {
    "create_agency": pgettext_lazy("event", "Agency entered"),
    "edit_agency": pgettext_lazy("event", "Agency corrected"),
    "create_succession": pgettext_lazy("event", "Succession entered"),
    "edit_succession": pgettext_lazy("event", "Succession corrected"),
    "create_person": pgettext_lazy("event", "Account made"),
    "edit_person": pgettext_lazy("event", "Account corrected"),
    "activate_person": pgettext_lazy("event", "Account activated"),
    "deactivate_person": pgettext_lazy("event", "Account deactivated"),
    "create_officialcode": pgettext_lazy("event", "Official code entered"),
    "edit_officialcode": pgettext_lazy("event", "Official code corrected"),
    "grant_role": pgettext_lazy("event", "Role granted"),
    "revoke_role": pgettext_lazy("event", "Role revoked"),
    "issue_token": pgettext_lazy("event", "Token issued"),
    "revoke_token": pgettext_lazy("event", "Token revoked"),
    "restore": pgettext_lazy("event", "Restored from a backup"),
    "import_agencies": pgettext_lazy("event", "Agencies imported"),
    "import_successions": pgettext_lazy("event", "Successions imported"),
    "import_procedures": pgettext_lazy("event", "Procedures imported"),
    "import_history": pgettext_lazy("event", "History imported"),
    "create_procedure": pgettext_lazy("event", "Procedure entered"),
    "edit_procedure": pgettext_lazy("event", "Procedure corrected"),
    "create_onlinelevel": pgettext_lazy("event", "Online level entered"),
    "edit_onlinelevel": pgettext_lazy("event", "Online level corrected"),
    "create_decision": pgettext_lazy("event", "Decision entered"),
    "edit_decision": pgettext_lazy("event", "Decision corrected"),
    "create_agencyprocedure": pgettext_lazy("event", "Handling agency entered"),
    "edit_agencyprocedure": pgettext_lazy("event", "Handling agency corrected"),
    "create_field": pgettext_lazy("event", "Field entered"),
    "edit_field": pgettext_lazy("event", "Field corrected"),
    "create_holiday": pgettext_lazy("event", "Holiday entered"),
    "edit_holiday": pgettext_lazy("event", "Holiday corrected"),
    "remove_holiday": pgettext_lazy("event", "Holiday removed"),
    "create_stated_level": pgettext_lazy("event", "Stated count entered"),
    "edit_stated_level": pgettext_lazy("event", "Stated count corrected"),
    "create_period": pgettext_lazy("event", "Period made"),
    "edit_period": pgettext_lazy("event", "Period changed"),
    "generate_periods": pgettext_lazy("event", "Periods of a year made"),
    "create_late_reason": pgettext_lazy("event", "Reason entered"),
    "edit_late_reason": pgettext_lazy("event", "Reason corrected"),
    "open_return": pgettext_lazy("event", "Return opened"),
    "save_lines": pgettext_lazy("event", "Figures saved"),
    "import_return": pgettext_lazy("event", "Figures imported"),
    "replace_lines": pgettext_lazy("event", "Figures replaced"),
    "grant_extension": pgettext_lazy("event", "Extension granted"),
    "submit": pgettext_lazy("event", "Submitted"),
    "approve": pgettext_lazy("event", "Approved"),
    "accept": pgettext_lazy("event", "Accepted"),
    "send_back": pgettext_lazy("event", "Sent back"),
    "withdraw": pgettext_lazy("event", "Withdrawn"),
    "propose_void": pgettext_lazy("event", "Voiding proposed"),
    "void": pgettext_lazy("event", "Voided"),
    "ask_document": pgettext_lazy("event", "Document asked for"),
    "choose_brief": pgettext_lazy("event", "Weekly brief switched on or off"),
    "retry_job": pgettext_lazy("event", "Job tried again"),
    "add_photos": pgettext_lazy("event", "Photos added"),
    "record_finding": pgettext_lazy("event", "Finding recorded"),
    "draft_recommendation": pgettext_lazy("event", "Recommendation drafted"),
    "found_team": pgettext_lazy("event", "Team founded"),
    "join_team": pgettext_lazy("event", "Joined a team"),
    "leave_team": pgettext_lazy("event", "Left a team"),
    "plan_visit": pgettext_lazy("event", "Visit planned"),
    "prepare": pgettext_lazy("event", "Prepared"),
    "start": pgettext_lazy("event", "Begun"),
    "record": pgettext_lazy("event", "Minutes recorded"),
    "report": pgettext_lazy("event", "Result reported"),
    "conclude": pgettext_lazy("event", "Concluded"),
    "close": pgettext_lazy("event", "Closed"),
    "cancel": pgettext_lazy("event", "Cancelled"),
    "finalise": pgettext_lazy("event", "Made final"),
    "release": pgettext_lazy("event", "Released to the agency"),
    "answer": pgettext_lazy("event", "Answered"),
    "issue": pgettext_lazy("event", "Issued"),
    "dispute": pgettext_lazy("event", "Disputed"),
    "uphold": pgettext_lazy("event", "Upheld"),
    "amend": pgettext_lazy("event", "Amended"),
    "close_implemented": pgettext_lazy("event", "Closed as implemented"),
    "close_not_implemented": pgettext_lazy("event", "Closed as not implemented"),
    "reopen": pgettext_lazy("event", "Reopened"),
    "keep_closed": pgettext_lazy("event", "Kept closed"),
    "extend": pgettext_lazy("event", "Deadline moved"),
    "hand_over": pgettext_lazy("event", "Handed over"),
    "escalate": pgettext_lazy("event", "Sent up"),
    "propose_closing": pgettext_lazy("event", "Closing proposed"),
    "drop_closing": pgettext_lazy("event", "Closing no longer proposed"),
    "warn_relapse": pgettext_lazy("event", "Relapse noticed"),
    "drop_relapse": pgettext_lazy("event", "Relapse gone"),
    "urge": pgettext_lazy("event", "Follow-up letter written"),
    "set_escalation": pgettext_lazy("event", "Escalation set"),
    "forward": pgettext_lazy("event", "Forwarded"),
    "sign": pgettext_lazy("event", "Signed"),
    "refuse": pgettext_lazy("event", "Refused"),
    "drop_void": pgettext_lazy("event", "Voiding dropped"),
    "propose_adjustment": pgettext_lazy("event", "Adjustment proposed"),
    "record_proposal": pgettext_lazy("event", "Proposal recorded"),
    "edit_finding": pgettext_lazy("event", "Finding corrected"),
    "edit_visit": pgettext_lazy("event", "Visit corrected"),
    "edit_recommendation": pgettext_lazy("event", "Recommendation corrected"),
    "edit_team": pgettext_lazy("event", "Team corrected"),
    "create_claim": pgettext_lazy("event", "Published figure entered"),
    "edit_claim": pgettext_lazy("event", "Published figure corrected"),
    "create_source": pgettext_lazy("event", "Source entered"),
    "edit_source": pgettext_lazy("event", "Source corrected"),
    "create_target": pgettext_lazy("event", "Target entered"),
    "edit_target": pgettext_lazy("event", "Target corrected"),
    "import_visit": pgettext_lazy("event", "Visit imported"),
    "issue_plan": pgettext_lazy("event", "Plan issued"),
    "draft_plan": pgettext_lazy("event", "Plan drawn up"),
    "add_units": pgettext_lazy("event", "Units named"),
    "change_unit": pgettext_lazy("event", "Unit changed"),
    "leave_out": pgettext_lazy("event", "Unit taken out"),
    "make_visits": pgettext_lazy("event", "Visits made of the plan"),
    "record_own_plan": pgettext_lazy("event", "Plan of an agency written down"),
    "freeze_brief": pgettext_lazy("event", "Brief frozen"),
    "ask_self_check": pgettext_lazy("event", "Self-check report asked for"),
    "explain": pgettext_lazy("event", "Unusual figure explained"),
    "correct": pgettext_lazy("event", "Unusual figure called wrong and corrected"),
    "put_aside": pgettext_lazy("event", "Unusual figure put aside"),
    "ask_again": pgettext_lazy("event", "Answer to an unusual figure taken back"),
    "found_again": pgettext_lazy("event", "Unusual figure found again"),
    "load_demo": pgettext_lazy("event", "Demo data begun"),
    "load_agencies": pgettext_lazy("event", "Agencies loaded"),
    "load_people": pgettext_lazy("event", "People loaded"),
    "load_lists": pgettext_lazy("event", "Lists loaded"),
    "load_periods": pgettext_lazy("event", "Periods loaded"),
    "load_agency_procedures": pgettext_lazy("event", "Handling agencies loaded"),
}
KIND_LABELS = {
    "agencies.agency": pgettext_lazy("kind of thing", "agency"),
    "agencies.officialcode": pgettext_lazy("kind of thing", "official code"),
    "agencies.succession": pgettext_lazy("kind of thing", "succession"),
    "agencies.person": pgettext_lazy("kind of thing", "person"),
    "agencies.role": pgettext_lazy("kind of thing", "role"),
    "agencies.apitoken": pgettext_lazy("kind of thing", "token"),
    "procedures.procedure": pgettext_lazy("kind of thing", "procedure"),
    "procedures.onlinelevel": pgettext_lazy("kind of thing", "online level"),
    "procedures.decision": pgettext_lazy("kind of thing", "decision"),
    "procedures.agencyprocedure": pgettext_lazy("kind of thing", "handling agency"),
    "procedures.field": pgettext_lazy("kind of thing", "field"),
    "procedures.holiday": pgettext_lazy("kind of thing", "holiday"),
    "procedures.statedlevelcount": pgettext_lazy("kind of thing", "stated count"),
    "dossiers.period": pgettext_lazy("kind of thing", "period"),
    "dossiers.latereason": pgettext_lazy("kind of thing", "reason"),
    "dossiers.return": pgettext_lazy("kind of thing", "return"),
    "dossiers.raterun": pgettext_lazy("kind of thing", "rate run"),
    "records.document": pgettext_lazy("kind of thing", "document"),
    "records.mail": pgettext_lazy("kind of thing", "mail"),
    "inspections.visit": pgettext_lazy("kind of thing", "visit"),
    "inspections.team": pgettext_lazy("kind of thing", "team"),
    "inspections.finding": pgettext_lazy("kind of thing", "finding"),
    "inspections.recommendation": pgettext_lazy("kind of thing", "recommendation"),
    "reports.claim": pgettext_lazy("kind of thing", "published figure"),
    "reports.target": pgettext_lazy("kind of thing", "target"),
    "reports.briefchoice": pgettext_lazy("kind of thing", "choice of the weekly brief"),
    "records.source": pgettext_lazy("kind of thing", "source"),
    "inspections.plan": pgettext_lazy("kind of thing", "plan"),
    "inspections.ownplan": pgettext_lazy("kind of thing", "plan of an agency"),
    "inspections.brief": pgettext_lazy("kind of thing", "brief"),
    "inspections.selfcheck": pgettext_lazy("kind of thing", "self-check report"),
    "inspections.proposal": pgettext_lazy("kind of thing", "proposal"),
    "dossiers.adjustment": pgettext_lazy("kind of thing", "adjustment"),
    "dossiers.unusualflag": pgettext_lazy("kind of thing", "unusual figure"),
}
