"""Asking for a report: which one, on which agency and period, as known on which day."""

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.models import Agency, Person
from agencies.permissions import oversees
from cchc_portal.lib.forms import DayInput
from dossiers.models import Period, Summary
from records.choices import UNFINISHED
from records.models import Document
from records.workflow import ask_document
from reports.choices import REPORT_KINDS, Scope
from reports.documents.papers import title_of
from reports.models import Report


def may_ask(user: Person) -> bool:
    """Whoever reads some agency's figures may have them printed."""
    return Agency.objects.with_figures_for(user).exists()


class ReportForm(forms.Form):
    """What the report is about. A city report is offered to those alone who read the whole city."""

    scope = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Scope.choices)
    agency = forms.ModelChoiceField(
        Agency.objects.none(),
        label=gettext_lazy("Agency"),
        help_text=gettext_lazy("For a city report the city itself; its report tells of every agency below it."),
    )
    period = forms.ModelChoiceField(Period.objects.none(), label=gettext_lazy("Period"))
    known_on = forms.DateField(
        label=gettext_lazy("As known on"),
        required=False,
        widget=DayInput(),
        input_formats=["%d/%m/%Y", "%Y-%m-%d"],
        help_text=gettext_lazy("The figures as they were known at the end of that day. Empty: as they stand now."),
    )

    def __init__(self, user: Person, data=None, **options):
        super().__init__(data, **options)
        self.user = user
        sums = Summary.objects.order_by().values("period")
        periods = Period.objects.filter(pk__in=sums, last_day__isnull=False).latest_first()
        agencies = Agency.objects.with_figures_for(user).filter(summaries__isnull=False).distinct()
        self.fields["agency"].queryset = agencies.order_by("sort_key", "pk")
        self.fields["agency"].initial = agencies.filter(parent=None).first()
        self.fields["period"].queryset = periods
        self.fields["period"].empty_label = self.fields["agency"].empty_label = None
        if not oversees(user):
            self.fields["scope"].choices = [(Scope.AGENCY.value, Scope.AGENCY.label)]

    def clean_known_on(self):
        day = self.cleaned_data["known_on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError(_("Choose a day that has come."))
        return day

    def clean(self):
        found = super().clean()
        agency, period, day = found.get("agency"), found.get("period"), found.get("known_on")
        if agency and found.get("scope") == Scope.CITY and agency.parent_id:
            self.add_error("agency", _("A city report is about the city itself: choose it as the agency."))
        if period and day and day <= period.last_day:
            self.add_error("known_on", _("Nothing was known of this period before it ended: choose a later day."))
        return found

    def ask(self, *, address: str) -> Document:
        """Put the report in the queue; the same one still in work is returned instead."""
        values = {name: self.cleaned_data[name] for name in ("scope", "agency", "period", "known_on")}
        kind = REPORT_KINDS[Scope(values["scope"])]
        with transaction.atomic():
            waiting = Report.objects.filter(**values, sha256="", asked_by=self.user).values("pk")
            document = Document.objects.filter(kind=kind, subject_id__in=waiting, state__in=UNFINISHED).first()
            if document is not None:
                return document
            report = Report.objects.create(**values, asked_by=self.user)
            return ask_document(kind, report.pk, title=title_of(report), by=self.user, draft=False, address=address)
