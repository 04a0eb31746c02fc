"""What is typed on the pages of periods, late reasons, extensions and the steps of a return."""

from datetime import date, datetime, time

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.models import Agency
from cchc_portal.lib import periods
from cchc_portal.lib.fields import NfcFormField
from cchc_portal.lib.forms import DayInput, InstantInput, RegisterForm, StepForm, check_day_order
from cchc_portal.lib.text import clean_text
from dossiers.choices import Calendar, PeriodKind
from dossiers.models import Extension, LateReason, Period

FIRST_YEAR, LAST_YEAR = 2000, 2100


class PeriodForm(RegisterForm):
    """One period: its label says kind and calendar; days are exact; due and lock are instants of Hanoi."""

    reason = NfcFormField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Needed when an existing lock is moved; it is kept in the trail."),
    )

    class Meta:
        model = Period
        fields = ["label", "kind", "calendar", "first_day", "last_day", "due_at", "locks_at"]
        widgets = {"first_day": DayInput, "last_day": DayInput, "due_at": InstantInput, "locks_at": InstantInput}
        help_texts = {
            "label": gettext_lazy("2026, 2026-Q3, 2026-H1, 2026-9M, 2026-M09; -cal and -pub behind it."),
            "due_at": gettext_lazy("Time of Hanoi. Usually 17:00 on the 5th working day after the last day."),
            "locks_at": gettext_lazy("Time of Hanoi. Usually 30 days after it is due."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.was = {name: getattr(self.instance, name) for name in self.Meta.fields} if self.instance.pk else {}
        if self.instance.pk:
            for name in ("label", "kind", "calendar"):
                self.fields[name].disabled = True
        else:
            del self.fields["reason"]

    def clean_label(self):
        label = self.cleaned_data["label"]
        try:
            self.parsed = periods.parse_label(label)
        except ValueError as error:
            raise forms.ValidationError(_("This is no label of a period, such as 2026-Q3.")) from error
        return label

    def clean(self):
        cleaned = super().clean()
        if parsed := getattr(self, "parsed", None):
            if cleaned.get("kind") and cleaned["kind"] != parsed.kind:
                self.add_error("kind", _("The label says another kind."))
            if cleaned.get("calendar") and cleaned["calendar"] != parsed.calendar:
                self.add_error("calendar", _("The label says another calendar."))
        check_day_order(self, "first_day", "last_day")
        self._check_days(cleaned)
        self._check_instants(cleaned)
        return cleaned

    def _check_days(self, cleaned: dict) -> None:
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        published = cleaned.get("calendar") == Calendar.PUBLISHED
        for name, day in (("first_day", first), ("last_day", last)):
            if published and day:
                self.add_error(name, _("The days of a published period are not known; leave them empty."))
            elif not published and not day and name not in self.errors:
                self.add_error(name, _("This may not be empty."))
        moved = self.was and (first, last) != (self.was["first_day"], self.was["last_day"])
        if moved and self.instance.returns.exists():
            self.add_error("first_day", _("Returns exist for this period; its days stay as they are."))

    def _check_instants(self, cleaned: dict) -> None:
        due, locks, last = cleaned.get("due_at"), cleaned.get("locks_at"), cleaned.get("last_day")
        if due and last and due.astimezone(periods.HANOI).date() <= last:
            self.add_error("due_at", _("A return cannot be due before its period has ended."))
        if due and locks and locks < due:
            self.add_error("locks_at", _("The period cannot lock before it is due."))
        if locks and not due and "due_at" not in self.errors:
            self.add_error("due_at", _("A period that locks needs a due time."))
        if self.was and self.was["locks_at"] and locks != self.was["locks_at"] and not cleaned.get("reason"):
            self.add_error("reason", _("Say why the lock is moved."))


class YearForm(forms.Form):
    """The periods of one year of a calendar, made in one step."""

    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=FIRST_YEAR, max_value=LAST_YEAR)
    calendar = forms.ChoiceField(
        label=gettext_lazy("Calendar"),
        choices=[choice for choice in Calendar.choices if choice[0] != Calendar.PUBLISHED],
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds"),
        choices=PeriodKind.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[PeriodKind.QUARTER, PeriodKind.HALF, PeriodKind.NINE_MONTHS, PeriodKind.YEAR],
    )

    def made(self, holidays: set[date]) -> list[Period]:
        """The periods of the year, unsaved, with the portal's default due and lock (domain.md §4)."""
        calendar, year = self.cleaned_data["calendar"], self.cleaned_data["year"]
        found = []
        for kind in self.cleaned_data["kinds"]:
            for number in range(1, periods.NUMBERS_IN_YEAR[kind] + 1):
                label = periods.label_of(kind, year, number, calendar)
                first, last = periods.bounds(label)
                due = periods.default_due(last, holidays)
                found.append(
                    Period(
                        label=label,
                        kind=kind,
                        calendar=calendar,
                        first_day=first,
                        last_day=last,
                        due_at=due,
                        locks_at=periods.default_lock(due),
                    )
                )
        return found


class LateReasonForm(RegisterForm):
    class Meta:
        model = LateReason
        fields = ["code", "name", "order", "needs_text", "active"]
        help_texts = {
            "active": gettext_lazy("A reason out of use is offered no more; what was counted under it stays."),
            "needs_text": gettext_lazy("The reporter must describe it in words."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["code"].disabled = True


LONGEST_WORDS = 2_000


class UntilField(forms.DateField):
    """A last day, cleaned to its last second in Hanoi; a day that has passed is refused."""

    widget = DayInput

    def clean(self, value) -> datetime | None:
        day = super().clean(value)
        if day is None:
            return None
        if day < timezone.localdate():
            raise forms.ValidationError(_("This day has passed."))
        return datetime.combine(day, time(23, 59, 59), tzinfo=periods.HANOI)


class MoveForm(StepForm):
    """What a step of a return asks for: the version the page showed, and a reason."""

    reason = NfcFormField(
        clean=clean_text,
        label=gettext_lazy("Reason"),
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, needs_reason: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needs_reason

    def move_data(self) -> dict:
        """What `perform` gets beside version and reason."""
        return {}


class AnswerForm(MoveForm):
    """What is said of an unusual figure: the reason, and a day where it is put aside."""

    until = forms.DateField(label=gettext_lazy("Until"), required=False, widget=DayInput)


class SendBackForm(MoveForm):
    """A word to the whole return, a word per line, and the new end of entry where it is locked."""

    until = UntilField(label=gettext_lazy("May be corrected until (last day)"), required=False)

    def __init__(self, *args, lines: list[tuple[int, str]], locked: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = gettext_lazy("Word to the whole return")
        self.fields["until"].required = locked
        self.lines = dict(lines)
        for pk in self.lines:
            self.fields[f"line-{pk}"] = NfcFormField(
                required=False, max_length=LONGEST_WORDS, label=self.lines[pk], widget=forms.TextInput
            )

    @property
    def line_fields(self):
        """The bound fields of the lines, in the order of the form."""
        return [self[f"line-{pk}"] for pk in self.lines]

    def move_data(self) -> dict:
        words = {pk: self.cleaned_data[f"line-{pk}"] for pk in self.lines}
        return {
            "words": {pk: text for pk, text in words.items() if text},
            "until": self.cleaned_data["until"],
        }


class ExtensionForm(forms.ModelForm):
    """Who may work on which period after its lock, until when, and why."""

    agency = forms.ModelChoiceField(
        queryset=Agency.objects.filter(reporting=True).for_list(), to_field_name="code", label=gettext_lazy("Agency")
    )
    period = forms.ModelChoiceField(
        queryset=Period.objects.filter(first_day__isnull=False).latest_first(),
        to_field_name="label",
        label=gettext_lazy("Period"),
    )
    until = UntilField(label=gettext_lazy("Until (last day)"))

    class Meta:
        model = Extension
        fields = ["agency", "period", "until", "reason"]
        widgets = {"reason": forms.Textarea(attrs={"rows": 3})}

    def clean(self):
        cleaned = super().clean()
        period, until = cleaned.get("period"), cleaned.get("until")
        if period and until and period.locks_at and until <= period.locks_at:
            self.add_error("until", _("Entry is open until then anyway."))
        return cleaned
