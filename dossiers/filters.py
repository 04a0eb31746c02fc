"""How the lists of periods and returns and the review are narrowed; every filter lives in the URL."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.choices import AgencyKind
from agencies.models import Agency
from cchc_portal.lib.filters import SortFilter, search_filter
from dossiers.choices import AgencySays, Calendar, FlagState, PeriodKind, ReturnState, UnusualMeasure
from dossiers.models import Period, Return, UnusualFlag


class PeriodFilter(django_filters.FilterSet):
    year = django_filters.NumberFilter(method="of_year", label=_("Year"), min_value=1900, max_value=2200)
    kind = django_filters.ChoiceFilter(choices=PeriodKind.choices, label=_("Kind"), empty_label=_("All kinds"))
    calendar = django_filters.ChoiceFilter(
        choices=Calendar.choices, label=_("Calendar"), empty_label=_("All calendars")
    )
    sort = SortFilter(label="label", first="first_day", last="last_day", due="due_at", locks="locks_at")

    class Meta:
        model = Period
        fields = []

    def of_year(self, queryset, name, value):
        """The year a label names, which is the reporting year and not that of the first day."""
        year = f"{int(value):04d}"
        return queryset.filter(Q(label=year) | Q(label__startswith=f"{year}-"))


class ReturnFilter(django_filters.FilterSet):
    """Returns by agency, period and state. The periods offered are those of the returns given: others stay unknown."""

    q = search_filter("agency__search_key")
    period = django_filters.ModelChoiceFilter(
        queryset=Period.objects.none(),
        to_field_name="label",
        label=_("Period"),
        empty_label=_("All periods"),
    )
    state = django_filters.ChoiceFilter(choices=ReturnState.choices, label=_("State"), empty_label=_("All states"))
    agency = django_filters.CharFilter(field_name="agency__code", label=_("Agency code"))
    sort = SortFilter(agency="agency__sort_key", period="period__last_day", state="state")

    class Meta:
        model = Return
        fields = []

    def __init__(self, data, queryset, **kwargs):
        super().__init__(data, queryset, **kwargs)
        periods = queryset.order_by().values("period")
        self.filters["period"].queryset = Period.objects.filter(pk__in=periods).latest_first()


class ReviewFilter(django_filters.FilterSet):
    """Agencies of the review matrix."""

    q = search_filter()
    kind = django_filters.ChoiceFilter(choices=AgencyKind.choices, label=_("Kind"), empty_label=_("All kinds"))

    class Meta:
        model = Agency
        fields = []


class UnusualFilter(django_filters.FilterSet):
    """Unusual figures by agency, its kind, period, measure and what became of them."""

    WAITING = "waiting"
    NOTHING = "nothing"

    q = search_filter("of__agency__search_key")
    period = django_filters.ModelChoiceFilter(
        field_name="of__period",
        queryset=Period.objects.none(),
        to_field_name="label",
        label=_("Period"),
        empty_label=_("All periods"),
    )
    kind = django_filters.ChoiceFilter(
        field_name="of__agency__kind", choices=AgencyKind.choices, label=_("Kind of agency"), empty_label=_("All kinds")
    )
    measure = django_filters.ChoiceFilter(
        choices=UnusualMeasure.choices, label=_("Figure"), empty_label=_("All figures")
    )
    state = django_filters.ChoiceFilter(
        choices=[
            (WAITING, _("waiting for an answer")),
            *((state, label) for state, label in FlagState.choices if state not in (FlagState.OPEN, FlagState.CLEARED)),
        ],
        method="in_state",
        label=_("State"),
        empty_label=_("All states"),
    )

    agency_says = django_filters.ChoiceFilter(
        choices=[*AgencySays.choices, (NOTHING, _("nothing yet"))],
        method="said_so",
        label=_("The agency says"),
        empty_label=_("Anything or nothing"),
    )

    class Meta:
        model = UnusualFlag
        fields = []

    def __init__(self, data, queryset, **kwargs):
        super().__init__(data, queryset, **kwargs)
        periods = queryset.order_by().values("of__period")
        self.filters["period"].queryset = Period.objects.filter(pk__in=periods).latest_first()

    def in_state(self, queryset, name, value):
        """Waiting is also what was put aside until a day that has passed."""
        return queryset.waiting() if value == self.WAITING else queryset.filter(state=value)

    def said_so(self, queryset, name, value):
        return queryset.filter(agency_says="" if value == self.NOTHING else value)
