"""What is typed about checklists, recounts and decisions between two values, and whether it is well formed."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cchc_portal.lib.fields import NfcFormField
from cchc_portal.lib.text import clean_text
from dossiers.choices import FIGURE_LABELS
from inspections.capture.reading import COUNTED, LARGEST_COUNT
from inspections.choices import ItemKind, Needed, SampleMethod
from inspections.models import Area, Template, TemplateItem

ITEMS_AT_MOST = 150
EMPTY_ROWS = 6


class TemplateForm(forms.ModelForm):
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    class Meta:
        model = Template
        fields = ("name", "code", "area", "basis", "desk", "in_use", "change")
        widgets = {"basis": forms.Textarea(attrs={"rows": 3}), "change": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args, previous: Template | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = Area.objects.in_force()
        self.fields["code"].help_text = _("Short and without marks, for example tiep-cong-dan; it stays.")
        self.initial["seen"] = previous.number if previous else 0
        if previous:
            del self.fields["code"]
            self.fields["change"].required = True
        else:
            del self.fields["change"]

    def clean_code(self):
        code = self.cleaned_data["code"]
        if Template.objects.filter(code=code).exists():
            raise ValidationError(_("There is a checklist with this code already."))
        return code


class ItemForm(forms.ModelForm):
    order = forms.IntegerField(label=gettext_lazy("Position"), min_value=1, max_value=9_999, required=False)

    class Meta:
        model = TemplateItem
        fields = ("order", "code", "section", "text", "kind", "legal_basis", "note_needed", "photo_needed", "points")
        widgets = {"text": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = ItemKind.choices
        self.fields["note_needed"].choices = self.fields["photo_needed"].choices = Needed.choices
        self.fields["text"].required = False  # emptied: the line is left out

    def has_changed(self):
        """A row without a text is none, whatever else it holds."""
        return bool(self["text"].value()) if self.is_bound else super().has_changed()


class _Items(forms.BaseFormSet):
    def rows(self) -> list[TemplateItem]:
        """The typed items in their order; a row whose text was emptied is left out."""
        filled = [form for form in self.forms if form.has_changed()]
        placed = sorted(filled, key=lambda form: form.cleaned_data.get("order") or 10_000)
        return [form.save(commit=False) for form in placed]

    def clean(self):
        codes = [form.cleaned_data.get("code") for form in self.forms if form.has_changed() and form.is_valid()]
        if len(codes) != len(set(codes)):
            raise ValidationError(_("Two lines have the same code."))
        if not codes:
            raise ValidationError(_("A checklist has at least one line."))


Items = forms.formset_factory(ItemForm, formset=_Items, extra=EMPTY_ROWS, max_num=ITEMS_AT_MOST, validate_max=True)


class RecountForm(forms.Form):
    figure = forms.ChoiceField(label=gettext_lazy("Figure"))
    reported = forms.IntegerField(
        label=gettext_lazy("Dossiers of the sample that were reported under it"), min_value=1, max_value=LARGEST_COUNT
    )
    counted = forms.IntegerField(
        label=gettext_lazy("Of these, found to be so by the team"), min_value=0, max_value=LARGEST_COUNT
    )
    population = forms.IntegerField(
        label=gettext_lazy("Dossiers reported under it in all"),
        min_value=1,
        max_value=LARGEST_COUNT,
        required=False,
    )
    method = forms.ChoiceField(
        label=gettext_lazy("How the sample was taken"),
        help_text=gettext_lazy("Only a sample drawn by chance says something about all dossiers."),
    )
    note = NfcFormField(
        label=gettext_lazy("Note"),
        clean=clean_text,
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["figure"].choices = [(code, FIGURE_LABELS[code]) for code in COUNTED]
        self.fields["method"].choices = SampleMethod.choices

    def clean(self):
        cleaned = super().clean()
        reported, population = cleaned.get("reported"), cleaned.get("population")
        if reported and population and population < reported:
            self.add_error("population", _("The sample is larger than all that was reported."))
        return cleaned


class ChooseForm(forms.Form):
    """Which checklists a visit works with."""

    templates = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Checklists"), queryset=Template.objects.none(), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, offered, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["templates"].queryset = offered
