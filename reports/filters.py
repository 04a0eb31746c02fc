"""How the lists of this floor narrow."""

import django_filters
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cchc_portal.lib.fields import search_q
from records.models import Source
from reports.models import Claim


class ClaimFilter(django_filters.FilterSet):
    """Claims by words, agency and source."""

    q = django_filters.CharFilter(label=_("Words"), method="by_words")
    agency = django_filters.ModelChoiceFilter(
        label=_("Agency"), queryset=Agency.objects.none(), to_field_name="code", empty_label=_("All agencies")
    )
    source = django_filters.ModelChoiceFilter(
        label=_("Source"), queryset=Source.objects.all(), to_field_name="code", empty_label=_("All sources")
    )

    class Meta:
        model = Claim
        fields = ["q", "agency", "source"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        claimed = Claim.objects.visible_to(self.request.user).values("agency_id")
        self.filters["agency"].queryset = Agency.objects.filter(pk__in=claimed)

    def by_words(self, rows, name, value):
        return rows.filter(search_q(value))
