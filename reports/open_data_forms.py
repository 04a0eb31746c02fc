"""What is typed about open data."""

from django import forms
from django.utils.translation import gettext_lazy

from cchc_portal.lib.fields import NfcFormField
from cchc_portal.lib.forms import StepForm
from cchc_portal.lib.text import clean_text
from dossiers.models import Period, Summary
from reports.tally.open_data import DEFAULT_LICENCE

LONGEST_NOTE = 1_000


class OpenDataForm(forms.Form):
    """Which period is given away, and on which terms."""

    period = forms.ModelChoiceField(
        label=gettext_lazy("Period"), queryset=Period.objects.none(), to_field_name="label", empty_label=None
    )
    licence = NfcFormField(
        label=gettext_lazy("Licence"),
        max_length=120,
        initial=DEFAULT_LICENCE,
        help_text=gettext_lazy("The terms on which everyone may use the data."),
    )
    note = NfcFormField(
        clean=clean_text,
        label=gettext_lazy("Note to the second officer"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        summed = Summary.objects.values("period_id")
        self.fields["period"].queryset = Period.objects.filter(pk__in=summed).latest_first()


class OpenDataStepForm(StepForm):
    """What a step asks for: the version its page showed, and a reason where it needs one."""

    reason = NfcFormField(
        clean=clean_text,
        label=gettext_lazy("Reason"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, needs_reason: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needs_reason
