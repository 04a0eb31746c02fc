"""What an agency proposes to its superiors, to whom it was forwarded, and what came back."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Person
from cchc_portal.lib.fields import NfcCharField, NfcTextField, SearchKeyField
from inspections.choices import SHOWN_TO_AGENCY, ProposalState
from inspections.models.seeing import seen_by
from inspections.models.visits import Visit


class ProposalQuerySet(models.QuerySet):
    def visible_to(self, user) -> "ProposalQuerySet":
        """Oversight and the team see all, the agency what it proposed (and what it absorbed proposed)."""
        shown = Q(visit__state__in=SHOWN_TO_AGENCY)
        return seen_by(user, self, teams=("visit__team_id",), agency="agency", shown=shown)

    def for_list(self) -> "ProposalQuerySet":
        return self.select_related("agency", "visit__agency", "visit__team").prefetch_related("addressees")


class Proposal(models.Model):
    """What an agency proposes to its superiors; kept apart from recommendations to it."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="proposals")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="proposals")
    text = NfcTextField(_("proposal"))
    state = models.CharField(_("state"), max_length=10, choices=ProposalState, default=ProposalState.RECORDED)
    order = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1, editable=False)
    search_key = SearchKeyField(sources=("text",))

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["visit", "order", "pk"]

    def __str__(self) -> str:
        return self.text[:80]

    def get_absolute_url(self) -> str:
        return reverse("inspections:proposal_detail", args=[self.pk])


class ProposalAddressee(models.Model):
    """To whom a proposal was forwarded, and what came back. `key` tells addressees apart, however they are typed."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="addressees")
    name = NfcCharField(_("addressee"), max_length=200)
    forwarded_on = models.DateField(_("forwarded on"), null=True, blank=True)
    answer = NfcTextField(_("answer"), blank=True, default="")
    answered_at = models.DateField(_("answered on"), null=True, blank=True)
    recorded_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    key = SearchKeyField(sources=("name",))

    class Meta:
        ordering = ["proposal", "pk"]

    def __str__(self) -> str:
        return self.name
