"""Recommendations to an agency and the remedies it reports."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Person
from cchc_portal.lib.fields import Among, NfcTextField, SearchKeyField
from inspections.choices import OPEN_RECOMMENDATIONS, RecommendationState
from inspections.models.findings import Finding
from inspections.models.seeing import seen_by
from inspections.models.visits import Team, Visit

# Values as the indexes below have them, word for word.
OPEN = [state.value for state in OPEN_RECOMMENDATIONS]
REST = [state.value for state in RecommendationState if state not in OPEN_RECOMMENDATIONS]


class RecommendationQuerySet(models.QuerySet):
    def visible_to(self, user) -> "RecommendationQuerySet":
        """Oversight sees all, a team what it issued or follows up, the agency what was issued to it (or its past)."""
        paths, shown = ("visit__team_id", "follow_team_id"), ~Q(state=RecommendationState.DRAFT)
        return seen_by(user, self, teams=paths, agency="agency", shown=shown)

    def open(self) -> "RecommendationQuerySet":
        return self.filter(state__in=OPEN_RECOMMENDATIONS)

    def overdue(self, day: date) -> "RecommendationQuerySet":
        """Open ones whose deadline has passed. Derived from the date, never stored; no deadline is never overdue."""
        return self.open().filter(due__lt=day)

    def by_deadline(self) -> "RecommendationQuerySet":
        """The earliest deadline first, those without one behind."""
        return self.order_by(F("due").asc(nulls_last=True), "pk")

    def in_follow_up_order(self) -> list["RecommendationQuerySet"]:
        """Open ones by deadline, so the overdue first, then the rest; each an index of its own."""
        return [self.filter(Among("state", OPEN)).by_deadline(), self.filter(Among("state", REST)).by_deadline()]

    def for_list(self) -> "RecommendationQuerySet":
        return self.select_related("agency", "visit__agency", "visit__team", "follow_team")

    def followed_by(self, team_ids) -> "RecommendationQuerySet":
        """Those that one of the teams follows up: its own that it did not hand over, and those handed over to it."""
        return self.filter(Q(follow_team_id__in=team_ids) | Q(follow_team__isnull=True, visit__team_id__in=team_ids))


class Recommendation(models.Model):
    """A unit, a task and a deadline. Only the team that follows it up verifies and closes it.

    That is the issuing team until it hands over. The deadline is a day, or `due_days` working days from issuing until
    it is issued. `escalated_at` is when it went up, cleared when it is closed or gets another deadline.
    """

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="recommendations")
    finding = models.ForeignKey(
        Finding, on_delete=models.SET_NULL, null=True, blank=True, related_name="recommendations"
    )
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, related_name="recommendations", verbose_name=_("agency in charge")
    )
    text = NfcTextField(_("recommendation"))
    due = models.DateField(_("due"), null=True, blank=True)
    due_days = models.PositiveSmallIntegerField(_("due, in working days from issuing"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=24, choices=RecommendationState, default=RecommendationState.DRAFT)
    state_reason = NfcTextField(blank=True, default="")
    order = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1, editable=False)
    issued_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    follow_team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="followed")
    repeats = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="repeated_by",
        verbose_name=_("repeats an earlier one"),
    )
    escalated_at = models.DateTimeField(null=True)
    search_key = SearchKeyField(sources=("text",))

    objects = RecommendationQuerySet.as_manager()

    class Meta:
        ordering = ["visit", "order", "pk"]
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RecommendationState.values), name="recommendation_state_known")
        ]
        # The list's order: open ones by deadline, then the rest.
        indexes = [
            models.Index(fields=["state", "due"], name="recommendation_due"),
            models.Index(fields=["due", "id"], name="recommendation_open", condition=Q(state__in=sorted(OPEN))),
            models.Index(fields=["due", "id"], name="recommendation_rest", condition=Q(state__in=sorted(REST))),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    def get_absolute_url(self) -> str:
        return reverse("inspections:recommendation_detail", args=[self.pk])

    @property
    def is_editable(self) -> bool:
        return self.state == RecommendationState.DRAFT

    @property
    def team(self) -> Team:
        """The team that follows it up and alone verifies."""
        return self.follow_team or self.visit.team

    @property
    def team_id(self) -> int:
        return self.follow_team_id or self.visit.team_id

    def is_overdue(self, day: date | None = None) -> bool:
        return self.state in OPEN_RECOMMENDATIONS and self.due is not None and self.due < (day or timezone.localdate())


class Remedy(models.Model):
    """What the agency says it did, with files that show it; verified or returned by the team."""

    recommendation = models.ForeignKey(Recommendation, on_delete=models.CASCADE, related_name="remedies")
    text = NfcTextField(_("remedy"))
    reported_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField(default=timezone.now)
    verdict = NfcTextField(_("verdict of the team"), blank=True, default="")
    judged_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    judged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-reported_at", "-pk"]
        verbose_name = _("remedy")

    def __str__(self) -> str:
        return self.text[:80]
