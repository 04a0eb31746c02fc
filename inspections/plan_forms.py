"""What is typed about yearly plans and their units, and how their lists are narrowed."""

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.choices import AgencyKind
from agencies.models import Agency
from cchc_portal.lib.fields import NfcFormField, search_q
from cchc_portal.lib.forms import DayInput, StepForm
from cchc_portal.lib.text import clean_line, clean_text
from inspections.choices import InspectionKind, PlanState, TeamState
from inspections.forms import LONGEST_TEXT, AnswerForm, TeamForm, VersionedForm
from inspections.models import Plan, PlanUnit, Team
from inspections.tally import Coverage

FIRST_YEAR, LAST_YEAR = 1990, 2200
LONGEST_SPAN = 10
MONTHS = [("", gettext_lazy("some time in the year")), *((month, f"{month:02d}") for month in range(1, 13))]


def _text(label, rows: int = 4, **options) -> NfcFormField:
    options = {"required": False, "max_length": LONGEST_TEXT, "clean": clean_text} | options
    return NfcFormField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **options)


class PlanForm(VersionedForm):
    class Meta:
        model = Plan
        fields = (
            "year",
            "kind",
            "title",
            "issuing_agency",
            "decision_number",
            "head_title",
            "purpose",
            "content",
            "carrying_out",
        )
        widgets = {name: forms.Textarea(attrs={"rows": 4}) for name in ("purpose", "content", "carrying_out")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["issuing_agency"].queryset = Agency.objects.for_list()
        self.fields["decision_number"].help_text = _("Given by the registry; leave it blank until then.")
        self.fields["content"].help_text = _("One a line; they become the themes of its visits.")
        self.fields["year"].min_value, self.fields["year"].max_value = FIRST_YEAR, LAST_YEAR
        self.fields["year"].widget.attrs |= {"min": FIRST_YEAR, "max": LAST_YEAR}
        for name in ("purpose", "content", "carrying_out"):
            self.fields[name].max_length = LONGEST_TEXT

    def clean_year(self):
        year = self.cleaned_data["year"]
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise forms.ValidationError(_("A year is a number of four digits, such as 2026."))
        return year


class UnitForm(StepForm):
    """When a unit is due and which team goes there; a reason once the plan is issued."""

    month = forms.TypedChoiceField(
        label=gettext_lazy("Month"), choices=MONTHS, coerce=int, empty_value=None, required=False
    )
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=gettext_lazy("not yet known"),
    )
    note = NfcFormField(label=gettext_lazy("Note"), clean=clean_line, required=False, max_length=250)
    reason = _text(gettext_lazy("Why the issued plan is changed"), 2)

    def __init__(self, *args, plan: Plan, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.filter(state=TeamState.OPEN)
        if plan.state == PlanState.DRAFT:
            del self.fields["reason"]


class LeaveOutForm(StepForm):
    """Why a unit is taken out of an issued plan."""

    reason = _text(gettext_lazy("Why it is taken out"), 2)

    def __init__(self, *args, plan: Plan, **kwargs):
        super().__init__(*args, **kwargs)
        if plan.state == PlanState.DRAFT:
            del self.fields["reason"]


class UnitsForm(UnitForm):
    """Several agencies at once; those that were never visited stand first."""

    agencies = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Agencies"), queryset=Agency.objects.none(), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, plan: Plan, known: Coverage, **kwargs):
        super().__init__(*args, plan=plan, **kwargs)
        inside = set(plan.units.values_list("agency_id", flat=True))
        rows = [row for row in known.rows if row.agency.pk not in inside]
        never = [(row.agency.pk, row.agency.name) for row in rows if row.last is None]
        before = sorted((row for row in rows if row.last), key=lambda row: row.last)
        since = [(row.agency.pk, f"{row.agency.name} ({row.last.year})") for row in before]
        groups = [(_("Never visited"), never), (_("Visited, the longest ago first"), since)]
        self.fields["agencies"].queryset = Agency.objects.filter(pk__in=[row.agency.pk for row in rows])
        self.fields["agencies"].choices = [group for group in groups if group[1]]


class OwnPlanForm(forms.Form):
    """That agencies have made their plans of the year: which, and number and day where only one is named."""

    agencies = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Agencies"), queryset=Agency.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    number = NfcFormField(label=gettext_lazy("number of the plan"), clean=clean_line, required=False, max_length=60)
    issued_on = forms.DateField(label=gettext_lazy("issued on"), required=False, widget=DayInput())

    def __init__(self, *args, known: Coverage, **kwargs):
        super().__init__(*args, **kwargs)
        missing = [row.agency for row in known.rows if row.own_plan is None]
        self.fields["agencies"].queryset = Agency.objects.filter(pk__in=[agency.pk for agency in missing])
        self.fields["agencies"].choices = [(agency.pk, agency.name) for agency in missing]

    def clean(self):
        cleaned = super().clean()
        if len(cleaned.get("agencies") or ()) > 1 and cleaned.get("number"):
            self.add_error("number", _("A number belongs to one plan: choose one agency, or leave it blank."))
        return cleaned


class PlanFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=gettext_lazy("Search"), method="search")
    year = django_filters.NumberFilter(label=gettext_lazy("Year"), min_value=FIRST_YEAR, max_value=LAST_YEAR)
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"), choices=InspectionKind, empty_label=gettext_lazy("every kind")
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=PlanState, empty_label=gettext_lazy("every state")
    )

    class Meta:
        model = Plan
        fields = ()

    def search(self, rows, name, value):
        units = PlanUnit.objects.filter(search_q(value, "agency__search_key"))
        return rows.filter(search_q(value) | Q(pk__in=units.values("plan_id")))


class CoverageForm(forms.Form):
    """Of which year, over how many years, of which agencies and which inspections."""

    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=FIRST_YEAR, max_value=LAST_YEAR)
    years = forms.IntegerField(label=gettext_lazy("over how many years"), min_value=1, max_value=LONGEST_SPAN)
    agency_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of agency"),
        choices=[
            ("", gettext_lazy("every kind")),
            *((kind.value, kind.label) for kind in (AgencyKind.DEPARTMENT, AgencyKind.DISTRICT, AgencyKind.COMMUNE)),
        ],
        required=False,
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of inspection"),
        choices=[("", gettext_lazy("every kind but self-inspection")), *InspectionKind.choices],
        required=False,
    )
    only = forms.ChoiceField(
        label=gettext_lazy("Show"),
        choices=[
            ("", gettext_lazy("all agencies")),
            ("never", gettext_lazy("never visited")),
            ("not_in_year", gettext_lazy("not visited in the year")),
            ("no_plan", gettext_lazy("without a plan of their own")),
        ],
        required=False,
    )


class TeamEditForm(VersionedForm, TeamForm):
    """A team's facts, with the version they were filled from."""

    class Meta(TeamForm.Meta):
        pass


class CloseTeamForm(AnswerForm):
    """What is said when a team is closed."""

    prefilled = ()

    text = NfcFormField(
        label=gettext_lazy("Closing note"),
        clean=clean_text,
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
