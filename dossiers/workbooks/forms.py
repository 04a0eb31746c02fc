"""What a person hands over on the import page: the workbook, then the word to save what was previewed."""

from django import forms
from django.utils.translation import gettext_lazy as _


class WorkbookForm(forms.Form):
    """One workbook; its content is judged by the reader, not by its name."""

    file = forms.FileField(
        label=_("Workbook (.xlsx)"),
        help_text=_("At most 10 MB. The template of this return, or another table with the head of form II.06a."),
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )
