"""How the lists of visits and recommendations are narrowed; every filter lives in the URL."""

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cchc_portal.lib.fields import search_q
from cchc_portal.lib.forms import DayInput
from inspections.choices import OPEN_RECOMMENDATIONS, InspectionKind, RecommendationState, VisitState
from inspections.models import Recommendation, Theme, Visit


def _agencies(request):
    return Agency.objects.visible_to(request.user).for_list() if request else Agency.objects.none()


class VisitFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=InspectionKind, empty_label=_("every kind"))
    state = django_filters.ChoiceFilter(label=_("State"), choices=VisitState, empty_label=_("every state"))
    agency = django_filters.ModelChoiceFilter(
        label=_("Agency"), queryset=_agencies, to_field_name="code", empty_label=_("every agency")
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
    agency = django_filters.ModelChoiceFilter(
        label=_("Agency"), queryset=_agencies, to_field_name="code", empty_label=_("every agency")
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
