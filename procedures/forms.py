"""What is typed on the pages of procedures and what belongs to them, of fields and of holidays."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.models import Agency
from cchc_portal.lib.forms import DayInput, RegisterForm, check_day_order
from procedures.choices import SCALE_VALUES, Level2022
from procedures.imports import HIGHEST_DAYS, code_problem
from procedures.models import (
    AgencyProcedure,
    Decision,
    Field,
    Holiday,
    OnlineLevel,
    Procedure,
    StatedLevelCount,
)
from records.models import Source

DAYS = {"valid_from": DayInput, "valid_to": DayInput}
FEE_CHOICES = [("", "–"), ("true", gettext_lazy("yes")), ("false", gettext_lazy("no"))]
VALUE_CHOICES = [
    ("", "–"),
    (gettext_lazy("Levels 1–4"), [(value, value) for value in ("1", "2", "3", "4")]),
    (gettext_lazy("Full or partial service (2022)"), Level2022.choices),
]


class ProcedureForm(RegisterForm):
    fee = forms.TypedChoiceField(
        label=gettext_lazy("Fee"),
        choices=FEE_CHOICES,
        required=False,
        coerce={"true": True, "false": False}.get,
        empty_value=None,
    )
    statutory_days = forms.IntegerField(
        label=gettext_lazy("Statutory working days"), min_value=0, max_value=HIGHEST_DAYS, required=False
    )

    class Meta:
        model = Procedure
        fields = [
            "code",
            "name",
            "field",
            "level",
            "statutory_days",
            "fee",
            "legal_basis",
            "valid_from",
            "valid_to",
        ]
        widgets = {**DAYS, "legal_basis": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"code": gettext_lazy("As published, for example 1.004194 or 2.000815.000.00.00.H55.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["code"].disabled = True
            self.initial["fee"] = {True: "true", False: "false"}.get(self.instance.fee, "")

    def clean_code(self):
        code = self.cleaned_data["code"]
        if not self.instance.pk and (problem := code_problem(code)):
            raise forms.ValidationError(problem)
        return code

    def clean(self):
        cleaned = super().clean()
        check_day_order(self)
        return cleaned


class PartForm(RegisterForm):
    """A dated row that belongs to a procedure; rows of one sort must not overlap."""

    def __init__(self, *args, procedure: Procedure, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.procedure = procedure

    def siblings(self):
        """Stored rows that the one being typed must not overlap."""
        return type(self.instance).objects.none()

    def clean(self):
        cleaned = super().clean()
        if "valid_from" not in self.fields:
            return cleaned
        check_day_order(self)
        if self.errors:
            return cleaned
        opened, closed = cleaned.get("valid_from"), cleaned.get("valid_to")
        for other in self.siblings().exclude(pk=self.instance.pk):
            begins_before = closed is None or other.valid_from is None or other.valid_from <= closed
            ends_after = opened is None or other.valid_to is None or other.valid_to >= opened
            if begins_before and ends_after:
                self.add_error(
                    "valid_from", _("These days overlap with a row that is there already; end that one first.")
                )
                break
        return cleaned


class OnlineLevelForm(PartForm):
    value = forms.ChoiceField(label=gettext_lazy("Level"), choices=VALUE_CHOICES)

    class Meta:
        model = OnlineLevel
        fields = ["scale", "value", "valid_from", "valid_to"]
        widgets = DAYS

    def siblings(self):
        return OnlineLevel.objects.filter(procedure=self.instance.procedure, scale=self.cleaned_data["scale"])

    def clean(self):
        scale, value = self.cleaned_data.get("scale"), self.cleaned_data.get("value")
        if scale and value and value not in SCALE_VALUES[scale]:
            self.add_error("value", _("This level belongs to another scale; the scales are never mixed."))
        return super().clean()


class DecisionForm(PartForm):
    class Meta:
        model = Decision
        fields = ["kind", "number", "date"]
        widgets = {"date": DayInput}


class HandlerForm(PartForm):
    agency = forms.ModelChoiceField(label=gettext_lazy("Agency"), queryset=Agency.objects.order_by("sort_key", "pk"))

    class Meta:
        model = AgencyProcedure
        fields = ["agency", "valid_from", "valid_to"]
        widgets = DAYS

    def siblings(self):
        return AgencyProcedure.objects.filter(procedure=self.instance.procedure, agency=self.cleaned_data["agency"])

    def clean(self):
        cleaned = super().clean()
        agency, opened, closed = cleaned.get("agency"), cleaned.get("valid_from"), cleaned.get("valid_to")
        if agency and opened and agency.valid_to and opened > agency.valid_to:
            self.add_error("valid_from", _("The agency is closed on this day."))
        if agency and closed and agency.valid_from and closed < agency.valid_from:
            self.add_error("valid_to", _("The agency does not exist yet on this day."))
        return cleaned


class FieldForm(RegisterForm):
    class Meta:
        model = Field
        fields = ["code", "name"]


class HolidayForm(RegisterForm):
    class Meta:
        model = Holiday
        fields = ["day", "name"]
        widgets = {"day": DayInput}


class StatedLevelForm(RegisterForm):
    agency = forms.ModelChoiceField(label=gettext_lazy("Agency"), queryset=Agency.objects.order_by("sort_key", "pk"))
    value = forms.ChoiceField(label=gettext_lazy("Level"), choices=VALUE_CHOICES)
    source = forms.ModelChoiceField(label=gettext_lazy("Source"), queryset=Source.objects.all(), required=False)

    class Meta:
        model = StatedLevelCount
        fields = ["agency", "as_of", "scale", "value", "procedures", "of", "counting", "source"]
        widgets = {"as_of": DayInput}

    def clean(self):
        cleaned = super().clean()
        scale, value = cleaned.get("scale"), cleaned.get("value")
        if scale and value and value not in SCALE_VALUES[scale]:
            self.add_error("value", _("This level belongs to another scale; the scales are never mixed."))
        stated, total = cleaned.get("procedures"), cleaned.get("of")
        if stated is not None and total is not None and stated > total:
            self.add_error("procedures", _("There cannot be more at the level than in all."))
        return cleaned
