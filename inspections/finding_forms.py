"""What is typed about a finding at the desk: its cause, the line it was raised from, its evidence, a merger."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cchc_portal.lib.fields import NfcFormField
from inspections.choices import FindingKind, FindingState, Result
from inspections.forms import LONGEST_TEXT, EvidenceField, FindingForm
from inspections.models import Finding, Visit, VisitItem


class DeskFindingForm(FindingForm):
    """A finding as it is written at the desk, with its cause; `item` is the code of the line it was raised from."""

    item = forms.SlugField(widget=forms.HiddenInput, required=False, max_length=40)
    field_order = ("kind", "area", "severity", "text", "cause", "evidence", "legal_basis")

    class Meta(FindingForm.Meta):
        fields = ("kind", "area", "severity", "text", "cause", "evidence", "legal_basis")
        widgets = FindingForm.Meta.widgets | {"cause": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cause"].max_length = LONGEST_TEXT


def from_line(item: VisitItem) -> dict:
    """What a finding raised from a line begins with: the item's text, area and legal basis, and the note on it."""
    answer = getattr(item, "answer", None)
    good = answer is not None and answer.result == Result.CONFORM
    return {
        "kind": FindingKind.STRENGTH if good else FindingKind.LIMITATION,
        "area": item.area_id,
        "text": item.text,
        "evidence": answer.note if answer else "",
        "legal_basis": item.legal_basis,
        "item": item.code,
    }


class ProofForm(forms.Form):
    """A file behind a finding."""

    name = NfcFormField(
        label=gettext_lazy("What it is"),
        max_length=200,
        help_text=gettext_lazy("A file of the same name is its next version; the earlier ones stay readable."),
    )
    file = EvidenceField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("A photo or a PDF, at most 15 MB."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf"}),
    )

    def clean_file(self):
        if not self.cleaned_data["file"]:
            raise ValidationError(_("Choose a file."))
        return self.cleaned_data["file"][0]


class MergeForm(forms.Form):
    """Which drafts of the visit become one finding."""

    findings = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Findings to merge"),
        queryset=Finding.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args, visit: Visit, **kwargs):
        super().__init__(*args, **kwargs)
        drafts = visit.findings.filter(state=FindingState.DRAFT).select_related("area", "created_by")
        self.fields["findings"].queryset = drafts.order_by("order", "pk")
        self.fields["findings"].label_from_instance = _told

    def clean_findings(self):
        chosen = list(self.cleaned_data["findings"])
        if len(chosen) < 2:
            raise ValidationError(_("Choose at least two drafts."))
        return chosen


def _told(finding: Finding) -> str:
    who = finding.created_by.full_name if finding.created_by else "–"
    return f"{who} · {finding.area.name} · {finding.text[:200]}"
