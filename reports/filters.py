"""How the lists of this floor narrow."""

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cchc_portal.lib.fields import search_q
from cchc_portal.lib.filters import RowFilter, SortFilter
from cchc_portal.lib.forms import DayInput
from cchc_portal.lib.text import search_key, search_terms
from records.choices import SourceKind
from records.models import Source
from reports.choices import Clash, Verdict
from reports.models import Claim, Target
from reports.tally.claims import judged


class ClaimFilter(django_filters.FilterSet):
    """Claims by words, agency, source and verdict."""

    q = django_filters.CharFilter(label=_("Words"), method="by_words")
    agency = RowFilter(
        label=_("Agency"),
        queryset=Agency.objects.none(),
        to_field_name="code",
        empty_label=_("All agencies"),
        label_column="short_name",
    )
    source = django_filters.ModelChoiceFilter(
        label=_("Source"), queryset=Source.objects.all(), to_field_name="code", empty_label=_("All sources")
    )
    verdict = django_filters.ChoiceFilter(
        label=_("Verdict"), choices=Verdict.choices, empty_label=_("All verdicts"), method="by_verdict"
    )
    sort = SortFilter(
        agency="agency__sort_key", period="period__last_day", source="source__code", measure="measure", text="text"
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

    def by_verdict(self, rows, name, value):
        """The register is short and a verdict is never stored, so that it cannot grow stale: judged on the spot."""
        return rows.filter(pk__in=[row.claim.pk for row in judged(list(rows)) if row.verdict == value])


class ContradictionFilter(ClaimFilter):
    """Contradictions by what the claims in them are found by, and by what speaks against them."""

    verdict = None
    kind = django_filters.ChoiceFilter(
        label=_("What speaks against it"), choices=Clash.choices, empty_label=_("Anything"), method="left_alone"
    )

    def left_alone(self, rows, name, value):
        """A kind belongs to the contradiction, not to a claim: `chosen` asks for it."""
        return rows

    def chosen(self, found: list) -> list:
        """Those of these contradictions that the filters leave, in the order that was asked for."""
        place = {pk: number for number, pk in enumerate(self.qs.values_list("pk", flat=True))}
        kind = self.form.cleaned_data.get("kind")
        kept = [
            one for one in found if (not kind or one.kind == kind) and any(claim.pk in place for claim in one.claims)
        ]
        if self.form.cleaned_data.get("sort"):
            kept.sort(key=lambda one: min(place[claim.pk] for claim in one.claims if claim.pk in place))
        return kept


def _search_box(method: str) -> django_filters.CharFilter:
    widget = forms.TextInput(attrs={"type": "search", "autocomplete": "off"})
    return django_filters.CharFilter(label=_("Search"), method=method, widget=widget)


def _holding(rows, value: str, *columns: str):
    """Rows whose columns hold every word, without regard to tones; these registers are short and have no search key."""
    terms = search_terms(value)
    keys = ((pk, search_key(" ".join(filter(None, texts)))) for pk, *texts in rows.values_list("pk", *columns))
    return rows.filter(pk__in=[pk for pk, key in keys if all(any(way in key for way in ways) for ways in terms)])


class SourceFilter(django_filters.FilterSet):
    """Sources by words and kind."""

    q = _search_box("by_words")
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=SourceKind.choices, empty_label=_("All kinds"))
    sort = SortFilter(code="code", publisher="publisher", date="date_text", kind="kind")

    class Meta:
        model = Source
        fields = []

    def by_words(self, rows, name, value):
        return _holding(rows, value, "code", "publisher", "date_text", "about")


class TargetFilter(django_filters.FilterSet):
    """Targets by words, agency, source and deadline."""

    q = _search_box("by_words")
    agency = RowFilter(
        label=_("Agency"),
        queryset=Agency.objects.none(),
        to_field_name="code",
        empty_label=_("All agencies"),
        label_column="short_name",
    )
    source = django_filters.ModelChoiceFilter(
        label=_("Source"), queryset=Source.objects.all(), to_field_name="code", empty_label=_("All sources")
    )
    due_from = django_filters.DateFilter(label=_("Due from"), field_name="due", lookup_expr="gte", widget=DayInput())
    due_to = django_filters.DateFilter(label=_("Due until"), field_name="due", lookup_expr="lte", widget=DayInput())
    sort = SortFilter(agency="agency__sort_key", measure="measure", value="value", due="due")

    class Meta:
        model = Target
        fields = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        aimed = Target.objects.visible_to(self.request.user).values("agency_id")
        self.filters["agency"].queryset = Agency.objects.filter(pk__in=aimed)

    def by_words(self, rows, name, value):
        columns = ("measure", "agency__name", "agency__short_name", "agency_kind", "source__publisher")
        return _holding(rows, value, *columns)
