"""How the lists of procedures, fields, holidays and stated level counts are narrowed."""

import django_filters
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cchc_portal.lib.filters import RowFilter, SortFilter, search_filter
from cchc_portal.lib.forms import DayInput
from procedures.choices import SCALE_VALUES, Counting, Level2022, ProcedureLevel, Scale
from procedures.models import AgencyProcedure, Field, Holiday, OnlineLevel, Procedure, StatedLevelCount


def level_choices():
    """Scale and value in one choice, so that values of different scales are never compared."""
    for scale, values in SCALE_VALUES.items():
        named = dict(Level2022.choices) if scale == Scale.LEVEL_2022 else {}
        yield (
            Scale(scale).label,
            [
                (f"{scale}:{value}", named.get(value) or gettext("Level %(level)s") % {"level": value})
                for value in values
            ],
        )


class ProcedureFilter(django_filters.FilterSet):
    """The register as of a day (`on`, today unless told; empty for every procedure there ever was)."""

    q = search_filter()
    field = RowFilter(
        queryset=Field.objects.all(),
        to_field_name="code",
        label=_("Field"),
        empty_label=_("All fields"),
        label_column="name",
    )
    level = django_filters.ChoiceFilter(
        choices=ProcedureLevel.choices, label=pgettext_lazy("procedure register", "Level"), empty_label=_("All levels")
    )
    online = django_filters.ChoiceFilter(
        method="at_level", choices=level_choices, label=_("Online service"), empty_label=_("Any")
    )
    agency = RowFilter(
        method="handled_by",
        queryset=Agency.objects.none(),
        to_field_name="code",
        label=_("Handled by"),
        empty_label=_("Any agency"),
        label_column="short_name",
    )
    on = django_filters.DateFilter(
        method="existing_on",
        label=_("As of"),
        widget=DayInput,
        help_text=_("Empty: every procedure, also those that are abolished."),
    )
    sort = SortFilter(
        name="sort_key", code="code", field="field__sort_key", level="level", days="statutory_days", valid_to="valid_to"
    )

    class Meta:
        model = Procedure
        fields = []

    def __init__(self, data=None, *args, **kwargs):
        data = data.copy() if data is not None else {}
        data.setdefault("on", f"{timezone.localdate():%d/%m/%Y}")
        super().__init__(data, *args, **kwargs)
        handling = AgencyProcedure.objects.filter(agency=OuterRef("pk"))
        self.filters["agency"].queryset = Agency.objects.filter(Exists(handling)).order_by("sort_key", "pk")

    @property
    def day(self):
        """The day the register is shown as of; None for all days or a day that cannot be read."""
        return self.form.cleaned_data.get("on") if self.form.is_valid() else None

    def existing_on(self, queryset, name, value):
        return queryset.valid_on(value)

    def _dated(self, rows):
        return rows.valid_on(self.day) if self.day else rows

    def at_level(self, queryset, name, value):
        scale, _colon, level = value.partition(":")
        rows = self._dated(OnlineLevel.objects.filter(scale=scale, value=level))
        return queryset.filter(pk__in=rows.values("procedure_id"))

    def handled_by(self, queryset, name, value):
        rows = self._dated(AgencyProcedure.objects.filter(agency=value))
        return queryset.filter(pk__in=rows.values("procedure_id"))


class StatedLevelFilter(django_filters.FilterSet):
    q = search_filter("agency__search_key")
    scale = django_filters.ChoiceFilter(choices=Scale.choices, label=_("Scale"), empty_label=_("All scales"))
    counting = django_filters.ChoiceFilter(choices=Counting.choices, label=_("Counting"), empty_label=_("Any"))

    class Meta:
        model = StatedLevelCount
        fields = []


class FieldFilter(django_filters.FilterSet):
    q = search_filter()

    class Meta:
        model = Field
        fields = []


class HolidayFilter(django_filters.FilterSet):
    year = django_filters.NumberFilter(
        field_name="day", lookup_expr="year", label=_("Year"), min_value=1900, max_value=2200
    )

    class Meta:
        model = Holiday
        fields = []
