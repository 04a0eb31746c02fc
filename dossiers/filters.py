"""How the list of periods is narrowed."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cchc_portal.lib.filters import SortFilter
from dossiers.choices import Calendar, PeriodKind
from dossiers.models import Period


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
