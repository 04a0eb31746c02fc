"""What is typed about published figures: sources, claims, targets."""

import re

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.choices import AgencyKind
from cchc_portal.lib.errors import Conflict
from cchc_portal.lib.forms import DayInput, RegisterForm
from cchc_portal.lib.numbers import MAX_COUNT, format_count
from dossiers.choices import FIGURE_LABELS, FORMULA_LABELS
from records.models import Source
from reports.models import Claim, Target

UNITS = {
    "percent": gettext_lazy("percent"),
    "dossiers": gettext_lazy("dossiers"),
    "procedures": gettext_lazy("procedures"),
    "documents": gettext_lazy("documents"),
    "divisions": gettext_lazy("divisions"),
    "rank": gettext_lazy("rank"),
    "count": gettext_lazy("count"),
}
# How a source without any date is kept: the portal's own language, as the printed name of a source shows it.
DATE_NOT_KNOWN = "không rõ"
# Figures of a published row, in the order of the form; apology letters are no part of what others publish.
ROW_FIGURES = (
    "stated_received",
    "received_online",
    "received_direct",
    "carried_over",
    "stated_resolved",
    "resolved_early",
    "resolved_on_time",
    "stated_in_time",
    "resolved_overdue",
    "stated_pending",
    "pending_within",
    "pending_overdue",
    "withdrawn",
)
_NUMBER = re.compile(r"\d{1,12}([.,]\d{1,6})?")


def _with_stored(choices: list, stored: str) -> list:
    """The choices, and the stored word where a source uses one that is not in the list."""
    known = {code for code, _label in choices}
    return choices if not stored or stored in known else [*choices, (stored, stored)]


def row_words(row: dict | None) -> str:
    """A published row in one line, for the page that shows both versions of a claim."""
    return "; ".join(f"{FIGURE_LABELS[name]}: {format_count(value)}" for name, value in (row or {}).items()) or "–"


class SourceForm(RegisterForm):
    """A publication that figures are quoted from."""

    class Meta:
        model = Source
        fields = ["code", "kind", "publisher", "date_text", "about"]
        labels = {
            "code": gettext_lazy("Code"),
            "kind": gettext_lazy("Kind"),
            "publisher": gettext_lazy("Publisher"),
            "date_text": gettext_lazy("Date"),
            "about": gettext_lazy("About"),
        }
        help_texts = {
            "code": gettext_lazy("A short name of your own, such as HNM-2017-04-20."),
            "date_text": gettext_lazy("Year, or year-month-day as far as it is known: 2020, 2017-04-20."),
        }

    def clean_date_text(self) -> str:
        text = self.cleaned_data["date_text"].strip()
        if text == DATE_NOT_KNOWN:
            return text
        if not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", text):
            raise forms.ValidationError(_("Write 2020, 2020-05 or 2020-05-14."))
        return text


class ClaimForm(RegisterForm):
    """A published statement: its words stay as printed, its number with the decimals that were printed.

    The row that was printed with it is typed figure by figure; what is left blank was not printed.
    """

    class Meta:
        model = Claim
        fields = [
            "agency",
            "period",
            "period_text",
            "text",
            "measure",
            "value",
            "unit",
            "numerator",
            "denominator",
            "formula",
            "source",
            "row",
        ]
        widgets = {"text": forms.Textarea(attrs={"rows": 2})}
        help_texts = {
            "period_text": gettext_lazy("Only where the period is none of the list: the words of the source."),
            "measure": gettext_lazy("on_time_rate, online_share, resolved … or a word of your own."),
            "value": gettext_lazy("The number with the decimals that were printed: 97,8 or 98."),
            "numerator": gettext_lazy("Only if the source states it."),
            "denominator": gettext_lazy("Only if the source states it."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        units = _with_stored([("", "–"), *UNITS.items()], self.instance.unit)
        formulas = [("", gettext_lazy("not named by the source"))]
        formulas += [(code, f"{code}: {label}") for code, label in FORMULA_LABELS.items()]
        self.fields["unit"] = forms.ChoiceField(label=self.fields["unit"].label, choices=units, required=False)
        self.fields["formula"] = forms.ChoiceField(
            label=self.fields["formula"].label, choices=_with_stored(formulas, self.instance.formula), required=False
        )

        del self.fields["row"]
        for name in ROW_FIGURES:
            self.fields[f"row_{name}"] = forms.IntegerField(
                label=FIGURE_LABELS[name],
                min_value=0,
                max_value=MAX_COUNT,
                required=False,
                initial=(self.instance.row or {}).get(name),
            )

    @property
    def row_fields(self) -> list[forms.BoundField]:
        """The figures of the published row, for their own part of the page."""
        return [self[f"row_{name}"] for name in ROW_FIGURES]

    @property
    def claim_fields(self) -> list[forms.BoundField]:
        """Every visible field that is no figure of the row."""
        return [field for field in self.visible_fields() if not field.name.startswith("row_")]

    def _conflict(self, stored: dict) -> Conflict:
        conflict = super()._conflict(stored)
        if stored["row"] != self.instance.row:
            label = _("Published row")
            conflict.theirs.append((label, row_words(stored["row"])))
            conflict.mine.append((label, row_words(self.instance.row)))
        return conflict

    def clean_value(self) -> str:
        value = self.cleaned_data["value"].strip().removesuffix("%").strip()
        if value and not _NUMBER.fullmatch(value):
            raise forms.ValidationError(_("“%(value)s” is no number. Write it as 97,8 or 98.") % {"value": value})
        return value.replace(",", ".")

    def clean(self) -> dict:
        data = super().clean()
        if not data.get("period") and not data.get("period_text"):
            self.add_error("period", _("Choose the period, or write it in the words of the source."))
        if (data.get("numerator") is None) != (data.get("denominator") is None):
            self.add_error("denominator", _("Numerator and denominator are stated together or not at all."))
        typed = {name: data.get(f"row_{name}") for name in ROW_FIGURES}
        # Figures that the page does not show, from an import, stay.
        other = {name: value for name, value in (self.instance.row or {}).items() if name not in ROW_FIGURES}
        data["row"] = other | {name: value for name, value in typed.items() if value is not None} or None
        return data


class TargetForm(RegisterForm):
    """A dated goal of an agency or of a kind of agency."""

    class Meta:
        model = Target
        fields = ["measure", "agency", "agency_kind", "comparator", "value", "of", "unit", "due", "source"]
        widgets = {"due": DayInput}
        labels = {"source": gettext_lazy("Source")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        label = self.fields["agency_kind"].label
        self.fields["agency_kind"] = forms.ChoiceField(
            label=label, choices=[("", "–"), *AgencyKind.choices], required=False
        )
        self.fields["unit"] = forms.ChoiceField(
            label=self.fields["unit"].label, choices=_with_stored(list(UNITS.items()), self.instance.unit)
        )

    def clean(self) -> dict:
        data = super().clean()
        if bool(data.get("agency")) == bool(data.get("agency_kind")):
            self.add_error("agency", _("Choose an agency or a group of agencies, one of the two."))
        return data
