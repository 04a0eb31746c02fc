"""How the lists of visits and recommendations are narrowed; every filter lives in the URL."""

import django_filters
from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cchc_portal.lib.fields import search_q
from cchc_portal.lib.filters import RowFilter
from cchc_portal.lib.forms import DayInput
from inspections.choices import OPEN_RECOMMENDATIONS, InspectionKind, ProposalState, RecommendationState, VisitState
from inspections.models import Area, ProposalAddressee, Recommendation, Team, Theme, Visit
from inspections.tally.board import ESCALATED, PROPOSED, RELAPSED, REPEATED


def _agencies(request):
    return Agency.objects.visible_to(request.user).for_list() if request else Agency.objects.none()


def _teams(request):
    """Teams that follow something up which the person may see."""
    if not request:
        return Team.objects.none()
    rows = Recommendation.objects.visible_to(request.user)
    followed = Q(pk__in=rows.values("visit__team_id")) | Q(pk__in=rows.values("follow_team_id"))
    return Team.objects.filter(followed)


class VisitFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=InspectionKind, empty_label=_("every kind"))
    state = django_filters.ChoiceFilter(label=_("State"), choices=VisitState, empty_label=_("every state"))
    agency = RowFilter(
        label=_("Agency"),
        queryset=_agencies,
        to_field_name="code",
        empty_label=_("every agency"),
        label_column="short_name",
    )
    year = django_filters.NumberFilter(
        label=_("Year"), field_name="date", lookup_expr="year", min_value=1990, max_value=2200
    )

    class Meta:
        model = Visit
        fields = ()

    def search(self, rows, name, value):
        keys = ("search_key", "agency__search_key", "team__search_key")
        found = Q(pk__in=Theme.objects.filter(search_q(value)).values("visit_id"))
        for key in keys:
            found |= search_q(value, key)
        return rows.filter(found)


class RecommendationFilter(django_filters.FilterSet):
    OVERDUE, OPEN, CLOSED = "overdue", "open", "closed"

    q = django_filters.CharFilter(label=_("Search"), method="search")
    only = django_filters.ChoiceFilter(
        label=_("Follow-up"),
        choices=(
            (OVERDUE, _("overdue")),
            (OPEN, pgettext_lazy("follow-up", "open")),
            (CLOSED, pgettext_lazy("follow-up", "closed")),
        ),
        method="follow_up",
        empty_label=pgettext_lazy("follow-up", "all"),
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=RecommendationState, empty_label=_("every state"))
    agency = RowFilter(
        label=_("Agency"),
        queryset=_agencies,
        to_field_name="code",
        empty_label=_("every agency"),
        label_column="short_name",
    )
    due_from = django_filters.DateFilter(label=_("Due from"), field_name="due", lookup_expr="gte", widget=DayInput())
    due_to = django_filters.DateFilter(label=_("Due until"), field_name="due", lookup_expr="lte", widget=DayInput())

    class Meta:
        model = Recommendation
        fields = ()

    def search(self, rows, name, value):
        return rows.filter(search_q(value) | search_q(value, "agency__search_key"))

    def follow_up(self, rows, name, value):
        if value == self.OVERDUE:
            return rows.overdue(timezone.localdate())
        closed = (RecommendationState.CLOSED_IMPLEMENTED, RecommendationState.CLOSED_NOT_IMPLEMENTED)
        return rows.filter(state__in=OPEN_RECOMMENDATIONS if value == self.OPEN else closed)


class BoardFilter(RecommendationFilter):
    """What the follow-up board shows: open ones unless the URL says otherwise."""

    REPEAT, FIRST = "repeat", "first"

    by = django_filters.CharFilter(widget=forms.HiddenInput, method="keep")
    sort = django_filters.CharFilter(widget=forms.HiddenInput, method="keep")
    area = django_filters.ModelChoiceFilter(
        label=_("Area"), queryset=Area.objects.all(), field_name="finding__area", empty_label=_("every area")
    )
    team = django_filters.ModelChoiceFilter(
        label=_("Team"), queryset=_teams, method="followed_by", empty_label=_("every team")
    )
    mark = django_filters.ChoiceFilter(
        label=_("Mark"),
        choices=(
            ("escalated", _("sent up")),
            ("proposed", _("closing proposed")),
            ("relapsed", _("relapsed after closing")),
        ),
        method="marked",
        empty_label=pgettext_lazy("follow-up", "all"),
    )
    again = django_filters.ChoiceFilter(
        label=_("Repetition"),
        choices=(
            (REPEAT, pgettext_lazy("recommendation", "repeats an earlier one")),
            (FIRST, pgettext_lazy("recommendation", "for the first time")),
        ),
        method="repeated",
        empty_label=pgettext_lazy("follow-up", "all"),
    )

    def __init__(self, data=None, *args, **kwargs):
        data = data.copy() if data is not None else {}
        if not data.get("mark"):
            data.setdefault("only", self.OPEN)
        super().__init__(data, *args, **kwargs)

    def keep(self, rows, name, value):
        return rows

    def followed_by(self, rows, name, value):
        return rows.followed_by([value.pk])

    def marked(self, rows, name, value):
        return rows.filter({"escalated": ESCALATED, "proposed": PROPOSED, "relapsed": RELAPSED}[value])

    def repeated(self, rows, name, value):
        return rows.filter(REPEATED if value == self.REPEAT else ~REPEATED)


class ProposalFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    state = django_filters.ChoiceFilter(
        label=_("State"), field_name="proposal__state", choices=ProposalState, empty_label=_("every state")
    )
    agency = django_filters.ModelChoiceFilter(
        label=_("Agency"),
        field_name="proposal__agency",
        queryset=_agencies,
        to_field_name="code",
        empty_label=_("every agency"),
    )
    to = django_filters.CharFilter(widget=forms.HiddenInput, method="addressed")
    only = django_filters.ChoiceFilter(
        label=_("Reply"),
        choices=(("waiting", _("waiting for an answer")), ("answered", _("answered"))),
        method="follow_up",
        empty_label=pgettext_lazy("follow-up", "all"),
    )

    class Meta:
        model = ProposalAddressee
        fields = ()

    def search(self, rows, name, value):
        keys = ("key", "proposal__search_key", "proposal__agency__search_key")
        found = search_q(value, keys[0])
        for key in keys[1:]:
            found |= search_q(value, key)
        return rows.filter(found)

    def addressed(self, rows, name, value):
        return rows.filter(key=value)

    def follow_up(self, rows, name, value):
        return rows.filter(answered_at__isnull=value == "waiting")
