"""What a person hands over on the import pages: one workbook, or those of many agencies."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from dossiers.models import Period
from dossiers.workbooks.uploads import FILES_AT_ONCE


class WorkbookForm(forms.Form):
    """One workbook; its content is judged by the reader, not by its name."""

    file = forms.FileField(
        label=_("Workbook (.xlsx)"),
        help_text=_("At most 10 MB. The template of this return, or another table with the head of form II.06a."),
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )


class WorkbooksInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class WorkbooksField(forms.FileField):
    """Several workbooks or one ZIP; cleans to the list of uploads, whose names and sizes are judged when kept."""

    widget = WorkbooksInput(
        attrs={
            "accept": ".xlsx,.zip",
            "data-cchc-most": FILES_AT_ONCE,
            "data-cchc-most-text": _("Too many files at once: pack them into one ZIP."),
        }
    )

    def clean(self, data, initial=None):
        uploads = data if isinstance(data, list | tuple) else [data] if data else []
        if not uploads:
            raise ValidationError(self.error_messages["required"], code="required")
        return [super(WorkbooksField, self).clean(upload, initial) for upload in uploads]


class ConsolidationForm(forms.Form):
    """The period and its workbooks, one of each agency."""

    period = forms.ModelChoiceField(
        queryset=Period.objects.filter(first_day__isnull=False).latest_first(),
        to_field_name="label",
        label=_("Period"),
    )
    files = WorkbooksField(
        label=_("Workbooks (.xlsx) or one ZIP of them"),
        help_text=format_lazy(
            _("Up to {count} files at once, each at most 10 MB; pack more into one ZIP of up to 2,000 files, 500 MB."),
            count=FILES_AT_ONCE,
        ),
    )
