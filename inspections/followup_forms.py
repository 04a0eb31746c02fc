"""What is typed about following up: deadlines, closing conditions, hand-overs, letters, answers to proposals."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.models import Agency
from cchc_portal.lib.fields import NfcFormField
from cchc_portal.lib.forms import DayInput
from cchc_portal.lib.numbers import NumberError, parse_percent
from cchc_portal.lib.text import clean_text
from dossiers.choices import FORMULA_LABELS, PeriodKind
from inspections.choices import Comparison, FindingState, MemberRole, RecommendationState
from inspections.forms import LONGEST_TEXT, LinesField, MoveForm, VersionedForm
from inspections.models import ClosingCondition, EscalationRule, Recommendation, Team, TeamMember

MOST_DAYS = 1_000


def _days_field(help_text) -> forms.IntegerField:
    return forms.IntegerField(
        label=gettext_lazy("or in working days"),
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        help_text=help_text,
    )


class RecommendationForm(VersionedForm):
    class Meta:
        model = Recommendation
        fields = ("agency", "text", "due", "due_days", "finding", "repeats")
        widgets = {"text": forms.Textarea(attrs={"rows": 4}), "due": DayInput()}

    def __init__(self, *args, visit, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["agency"].queryset = Agency.objects.for_list()
        self.fields["text"].max_length = LONGEST_TEXT
        self.fields["due"].help_text = _("Leave it blank where there is no deadline.")
        days = self.fields["due_days"]
        days.label, days.min_value, days.max_value = _("or in working days"), 1, MOST_DAYS
        days.help_text = _("Counted from the day of issuing, by the holiday table.")
        self.fields["finding"].label = _("Finding")
        self.fields["finding"].queryset = visit.findings.exclude(state=FindingState.WITHDRAWN)
        self.fields["finding"].empty_label = _("no single finding")
        earlier = Recommendation.objects.filter(agency=self.instance.agency_id or visit.agency_id)
        hidden = (RecommendationState.DRAFT, RecommendationState.WITHDRAWN)
        self.fields["repeats"].queryset = earlier.exclude(state__in=hidden).exclude(visit=visit).order_by("-issued_at")
        self.fields["repeats"].empty_label = _("none")

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("due") and cleaned.get("due_days"):
            self.add_error("due_days", _("Give the deadline either as a day or in working days."))
        if cleaned.get("due_days") is not None and not 1 <= cleaned["due_days"] <= MOST_DAYS:
            self.add_error("due_days", _("Between 1 and %(most)s working days.") % {"most": MOST_DAYS})
        return cleaned


class PercentField(forms.CharField):
    """A percentage typed as 95 or 99,5; cleans to a Decimal with at most four decimals, None for a blank."""

    def clean(self, value):
        try:
            share = parse_percent(super().clean(value))
        except NumberError as refusal:
            raise ValidationError(str(refusal)) from refusal
        if share is not None and share != round(share, 4):
            raise ValidationError(_("At most four decimals."))
        return share


def formula_choices() -> list[tuple[str, str]]:
    """The rates by their names, with the code where it is one that offices use."""
    return [(code, label if code[1:2].islower() else f"{code}: {label}") for code, label in FORMULA_LABELS.items()]


class ConditionForm(forms.ModelForm):
    """The closing condition of a draft; a blank threshold means that there is none."""

    threshold = PercentField(
        label=gettext_lazy("threshold, in percent"),
        required=False,
        help_text=gettext_lazy("Such as 95 or 99,5. Leave it blank where no figures decide."),
    )

    class Meta:
        model = ClosingCondition
        fields = ("formula", "comparison", "threshold", "periods", "kind")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, prefix="condition", **kwargs)
        self.fields["formula"].choices = formula_choices()
        self.fields["periods"].min_value, self.fields["periods"].max_value = 1, 12
        for name in ("formula", "comparison", "periods", "kind"):
            self.fields[name].required = False
        if self.instance.pk:
            self.initial["threshold"] = self.instance.threshold_printed.removesuffix("%")

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("threshold") is None:
            return cleaned
        for name in ("formula", "comparison", "periods", "kind"):
            if not cleaned.get(name):
                self.add_error(name, _("This field is required."))
        if cleaned.get("periods") and not 1 <= cleaned["periods"] <= 12:
            self.add_error("periods", _("Between 1 and 12 periods."))
        return cleaned

    def _post_clean(self):
        """Without a threshold there is no condition to check."""
        if self.cleaned_data.get("threshold") is not None:
            super()._post_clean()

    def keep(self, recommendation: Recommendation) -> dict:
        """Save or remove the condition inside the caller's transaction; returns what the trail keeps of it."""
        share: Decimal | None = self.cleaned_data.get("threshold")
        if share is None:
            removed, _rows = ClosingCondition.objects.filter(recommendation=recommendation).delete()
            return {"condition": ""} if removed else {}
        self.instance.recommendation = recommendation
        condition = self.save()
        return {"condition": f"{condition} × {condition.periods} {condition.kind}"}


class AmendForm(MoveForm):
    prefilled = ("text", "due")

    text = NfcFormField(
        label=gettext_lazy("Recommendation"),
        clean=clean_text,
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    due = forms.DateField(label=gettext_lazy("due"), required=False, widget=DayInput())
    days = _days_field(gettext_lazy("Counted from today, by the holiday table; goes before the day above."))


class ExtendForm(MoveForm):
    due = forms.DateField(label=gettext_lazy("New deadline"), required=False, widget=DayInput())
    days = _days_field(gettext_lazy("Counted from the old deadline, from today where that has passed."))


def teams_with_leaders():
    """Teams whose head or secretary holds office today: only these can verify."""
    leading = TeamMember.objects.on(timezone.localdate()).filter(role__in=(MemberRole.HEAD, MemberRole.SECRETARY))
    return Team.objects.filter(pk__in=leading.values("team_id"))


class SetConditionForm(MoveForm):
    """Set, change or (with a blank threshold) take away the closing condition of what has been issued."""

    formula = forms.ChoiceField(label=gettext_lazy("rate"), required=False)
    comparison = forms.ChoiceField(
        label=gettext_lazy("comparison"),
        required=False,
        choices=Comparison,
    )
    threshold = PercentField(
        label=gettext_lazy("threshold, in percent"),
        required=False,
        help_text=gettext_lazy("Such as 95 or 99,5. Leave it blank where no figures decide."),
    )
    periods = forms.IntegerField(
        label=gettext_lazy("consecutive periods"), required=False, min_value=1, max_value=12, initial=2
    )
    kind = forms.ChoiceField(label=gettext_lazy("kind of period"), required=False, choices=PeriodKind)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["formula"].choices = formula_choices()
        self.initial = {"formula": "D2", "kind": PeriodKind.QUARTER} | self.initial
        reason = self.fields.pop("reason")
        self.fields["reason"] = reason

    def begin_with(self, condition: ClosingCondition | None) -> None:
        """Show the condition that stands."""
        if condition is None or self.is_bound:
            return
        names = ("formula", "comparison", "periods", "kind")
        self.initial |= {name: getattr(condition, name) for name in names}
        self.initial["threshold"] = condition.threshold_printed.removesuffix("%")

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("threshold") is not None:
            for name in ("formula", "comparison", "periods", "kind"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("This field is required."))
        return cleaned


class HandOverForm(MoveForm):
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team that follows up from now on"), queryset=Team.objects.none(), required=False
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams_with_leaders()
        self.fields["team"].empty_label = _("choose a team")


class ManyForm(forms.Form):
    """Recommendations that were ticked, of those that may be."""

    chosen = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Recommendations"),
        queryset=Recommendation.objects.none(),
        error_messages={"required": gettext_lazy("Choose at least one recommendation.")},
    )

    def __init__(self, *args, rows, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["chosen"].queryset = rows

    @property
    def ticked(self) -> set[str]:
        """Keys of the ticked ones, as typed."""
        return set(self.data.getlist("chosen")) if self.is_bound else set()


class HandOverManyForm(ManyForm):
    team = forms.ModelChoiceField(label=gettext_lazy("Team that follows up from now on"), queryset=Team.objects.none())
    reason = NfcFormField(
        label=gettext_lazy("Reason"),
        clean=clean_text,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams_with_leaders()
        self.fields["team"].empty_label = _("choose a team")


class LettersForm(ManyForm):
    answer_by = forms.DateField(label=gettext_lazy("Answer by"), widget=DayInput())

    def clean_answer_by(self):
        day = self.cleaned_data["answer_by"]
        if day <= timezone.localdate():
            raise ValidationError(_("Choose a day after today."))
        return day


class EscalationForm(VersionedForm):
    class Meta:
        model = EscalationRule
        fields = ("days", "unit")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["days"].min_value, self.fields["days"].max_value = 0, 365

    def clean_days(self):
        days = self.cleaned_data["days"]
        if days > 365:
            raise ValidationError(_("At most 365 days."))
        return days


class ForwardForm(MoveForm):
    reason = None
    names = LinesField(
        label=gettext_lazy("Further addressees"), help_text=gettext_lazy("One a line."), required=False, longest=200
    )
    day = forms.DateField(label=gettext_lazy("Forwarded on"), required=False, widget=DayInput())


class ProposalAnswerForm(MoveForm):
    reason = None
    addressee = forms.IntegerField(widget=forms.HiddenInput)
    text = NfcFormField(
        label=gettext_lazy("Reply"),
        clean=clean_text,
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    day = forms.DateField(label=gettext_lazy("Answered on"), required=False, widget=DayInput())
