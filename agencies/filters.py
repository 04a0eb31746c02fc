"""How lists of agencies, successions, people and events are narrowed; the filters live in the URL."""

import django_filters
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.choices import ACTION_LABELS, KIND_LABELS, AgencyKind, RoleCode, SuccessionKind
from agencies.models import Agency, Person, Role, Succession
from cchc_portal.lib.fields import search_q
from cchc_portal.lib.filters import RowFilter, SortFilter, search_filter
from cchc_portal.lib.forms import DayInput
from records.models import Event


class AgencyFilter(django_filters.FilterSet):
    """The forest as of a day (`on`, today unless told; empty for every unit there ever was)."""

    q = search_filter()
    kind = django_filters.ChoiceFilter(choices=AgencyKind.choices, label=_("Kind"), empty_label=_("All kinds"))
    parent = RowFilter(
        queryset=Agency.objects.none(),
        to_field_name="code",
        label=_("Directly below"),
        empty_label=_("Any parent"),
        label_column="short_name",
    )
    on = django_filters.DateFilter(
        method="existing_on",
        label=_("As of"),
        widget=DayInput,
        help_text=_("Empty: every unit, also those that are closed."),
    )
    sort = SortFilter(name="sort_key", code="code", kind="kind", valid_from="valid_from", valid_to="valid_to")

    class Meta:
        model = Agency
        fields = []

    def __init__(self, data=None, *args, **kwargs):
        data = data.copy() if data is not None else {}
        data.setdefault("on", f"{timezone.localdate():%d/%m/%Y}")
        super().__init__(data, *args, **kwargs)
        self.filters["parent"].queryset = Agency.objects.filter(
            pk__in=Agency.objects.filter(parent__isnull=False).values("parent")
        ).order_by("sort_key", "pk")

    def existing_on(self, queryset, name, value):
        return queryset.valid_on(value)

    @property
    def day(self):
        """The day the list is shown as of; None for all days or a day that cannot be read."""
        return self.form.cleaned_data.get("on") if self.form.is_valid() else None


class SuccessionFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="either_unit", label=_("Search"), widget=forms.TextInput(attrs={"type": "search"})
    )
    kind = django_filters.ChoiceFilter(choices=SuccessionKind.choices, label=_("Kind"), empty_label=_("All kinds"))
    effective_date = django_filters.DateFilter(label=_("Effective date"), widget=DayInput)

    class Meta:
        model = Succession
        fields = []

    def either_unit(self, queryset, name, value):
        return queryset.filter(search_q(value, "predecessor__search_key") | search_q(value, "successor__search_key"))


class PersonFilter(django_filters.FilterSet):
    q = search_filter()
    role = django_filters.ChoiceFilter(
        method="holding_today", choices=RoleCode.choices, label=_("Role today"), empty_label=_("All roles")
    )
    active = django_filters.ChoiceFilter(
        field_name="is_active",
        choices=[("True", pgettext_lazy("account", "active")), ("False", pgettext_lazy("account", "deactivated"))],
        label=_("Account"),
        empty_label=_("All accounts"),
    )
    sort = SortFilter(name="full_name", username="username")

    class Meta:
        model = Person
        fields = []

    def holding_today(self, queryset, name, value):
        roles = Role.objects.on(timezone.localdate()).filter(code=value)
        return queryset.filter(pk__in=roles.values("person_id"))


class TrailFilter(django_filters.FilterSet):
    """The trail by action, thing, actor and days."""

    action = django_filters.ChoiceFilter(
        choices=list(ACTION_LABELS.items()), label=_("Action"), empty_label=_("All actions")
    )
    kind = django_filters.ChoiceFilter(
        field_name="target_kind",
        choices=list(KIND_LABELS.items()),
        label=_("Kind of thing"),
        empty_label=_("All kinds"),
    )
    target = django_filters.CharFilter(field_name="target_id", label=_("Number of the thing"), lookup_expr="exact")
    actor = django_filters.CharFilter(field_name="actor__username", label=_("User name"), lookup_expr="exact")
    since = django_filters.DateFilter(field_name="at", lookup_expr="date__gte", label=_("From day"), widget=DayInput)
    until = django_filters.DateFilter(field_name="at", lookup_expr="date__lte", label=_("To day"), widget=DayInput)

    class Meta:
        model = Event
        fields = []
