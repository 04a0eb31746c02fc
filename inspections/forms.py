"""What is typed about visits, findings, recommendations and teams, and whether it is well formed."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.models import Agency, Person
from cchc_portal.lib.fields import NfcFormField
from cchc_portal.lib.forms import DayInput, StepForm
from cchc_portal.lib.pdf_scan import PdfRefused, check_pdf
from cchc_portal.lib.text import clean_line, clean_text
from dossiers.models import Period
from inspections import photos
from inspections.choices import FindingKind
from inspections.models import Area, Finding, Team, TeamMember, Visit
from inspections.photos import PhotoRefused

LONGEST_TEXT = 20_000
PHOTOS_AT_ONCE = 10
LONGEST_THEME = 300
LINES_AT_MOST = 60


class LinesField(NfcFormField):
    """A text box that holds one thing a line; cleans to the list of its lines."""

    def __init__(self, *, longest: int = LONGEST_THEME, **kwargs):
        self.longest = longest
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(clean=clean_text, max_length=LONGEST_TEXT, **kwargs)

    def clean(self, value):
        lines = [clean_line(line).strip() for line in super().clean(value).splitlines()]
        lines = [line for line in lines if line]
        if len(lines) > LINES_AT_MOST:
            raise ValidationError(_("At most %(count)s lines.") % {"count": LINES_AT_MOST})
        if any(len(line) > self.longest for line in lines):
            raise ValidationError(_("A line has at most %(count)s characters.") % {"count": self.longest})
        return lines


class PhotosInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Photos of a finding; cleans to prepared photos, refuses by name what is none."""

    widget = PhotosInput

    def clean(self, data, initial=None):
        uploads = data if isinstance(data, list | tuple) else [data] if data else []
        if len(uploads) > PHOTOS_AT_ONCE:
            raise ValidationError(_("At most %(count)s photos at once.") % {"count": PHOTOS_AT_ONCE})
        prepared, problems = [], []
        for upload in uploads:
            try:
                prepared.append(photos.prepare(upload))
            except PhotoRefused as refusal:
                problems.append(f"{clean_line(upload.name or '')[:80]}: {refusal}")
        if problems:
            raise ValidationError([*problems, _("What you typed is kept; choose the photos again.")])
        return prepared


class VersionedForm(forms.ModelForm):
    """A form that carries the version it was filled from."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = self.instance.version

    @property
    def changed_columns(self) -> list[str]:
        """Names of model fields whose value was changed, for a save of those alone."""
        return [name for name in self.changed_data if name in self._meta.fields]


def _areas():
    """Areas of the list in force: the newest version."""
    newest = Area.objects.order_by("-list_version").values_list("list_version", flat=True).first()
    return Area.objects.filter(list_version=newest).order_by("order")


class VisitForm(VersionedForm):
    themes = LinesField(label=gettext_lazy("Themes"), help_text=gettext_lazy("One a line."), required=False)
    units = LinesField(
        label=gettext_lazy("Units inspected"),
        help_text=gettext_lazy("One a line; a self-inspection names its divisions."),
        required=False,
        longest=250,
    )

    class Meta:
        model = Visit
        fields = (
            "kind",
            "agency",
            "team",
            "date",
            "date_precision",
            "last_day",
            "period",
            "one_stop_desk_inspected",
            "place",
            "situation",
            "assessment",
        )
        widgets = {
            "date": DayInput(),
            "last_day": DayInput(),
            "situation": forms.Textarea(attrs={"rows": 4}),
            "assessment": forms.Textarea(attrs={"rows": 4}),
            "one_stop_desk_inspected": forms.NullBooleanSelect(),
        }

    def __init__(self, *args, teams, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams
        self.fields["agency"].queryset = Agency.objects.for_list()
        self.fields["period"].queryset = Period.objects.latest_first()
        self.fields["period"].empty_label = _("no period")
        for name in ("situation", "assessment"):
            self.fields[name].max_length = LONGEST_TEXT
        self.fields["one_stop_desk_inspected"].widget.choices = [
            ("unknown", _("not known")),
            ("true", _("yes")),
            ("false", _("no")),
        ]
        if self.instance.pk:
            self.initial["themes"] = "\n".join(theme.text for theme in self.instance.themes.all())
            self.initial["units"] = "\n".join(unit.name for unit in self.instance.units.all())
            for name in ("agency", "kind"):  # whom and what the visit is about stays
                self.fields[name].disabled = True

    def clean(self):
        cleaned = super().clean()
        day, last = cleaned.get("date"), cleaned.get("last_day")
        if day and last and last < day:
            self.add_error("last_day", _("The last day lies before the first."))
        agency = cleaned.get("agency")
        if agency and day and not agency.is_valid_on(day):
            self.add_error("agency", _("This agency does not exist on that day. Choose the one that followed it."))
        return cleaned

    def save_lines(self) -> None:
        """Themes and units as they stand in the boxes, in that order."""
        visit = self.instance
        if "themes" in self.changed_data or not visit.themes.exists():
            visit.themes.all().delete()
            for order, text in enumerate(self.cleaned_data["themes"]):
                visit.themes.create(text=text, order=order)
        if "units" in self.changed_data or not visit.units.exists():
            visit.units.all().delete()
            for order, name in enumerate(self.cleaned_data["units"]):
                visit.units.create(name=name, order=order)


class FindingForm(VersionedForm):
    photos = PhotosField(
        label=gettext_lazy("Photos"),
        required=False,
        help_text=gettext_lazy("JPEG, PNG or WebP, at most 15 MB each. The place in the file is removed."),
        widget=PhotosInput(
            attrs={"accept": "image/jpeg,image/png,image/webp", "capture": "environment", "multiple": True}
        ),
    )
    caption = NfcFormField(label=gettext_lazy("Caption of the photos"), required=False, max_length=200)

    class Meta:
        model = Finding
        fields = ("kind", "area", "severity", "text", "evidence", "legal_basis")
        widgets = {
            "kind": forms.RadioSelect(),
            "text": forms.Textarea(attrs={"rows": 4}),
            "evidence": forms.Textarea(attrs={"rows": 2}),
            "legal_basis": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = FindingKind.choices
        self.fields["area"].queryset = (_areas() | Area.objects.filter(pk=self.instance.area_id)).distinct()
        for name in ("text", "evidence", "legal_basis"):
            self.fields[name].max_length = LONGEST_TEXT


class CaptureForm(FindingForm):
    """The few fields of a finding on site; the rest is written afterwards."""

    class Meta(FindingForm.Meta):
        fields = ("kind", "area", "text")
        widgets = {"kind": forms.RadioSelect(), "text": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **kwargs):
        forms.ModelForm.__init__(self, *args, **kwargs)
        self.fields["kind"].choices = FindingKind.choices
        self.fields["area"].queryset = _areas()
        self.fields["text"].max_length = LONGEST_TEXT


class ProposalForm(forms.Form):
    text = NfcFormField(
        label=gettext_lazy("Proposal"), clean=clean_text, max_length=LONGEST_TEXT, widget=forms.Textarea
    )
    addressees = LinesField(
        label=gettext_lazy("Addressed to"), help_text=gettext_lazy("One a line."), required=False, longest=200
    )


class TeamForm(forms.ModelForm):
    class Meta:
        model = Team
        fields = ("name", "kind", "issuing_agency", "decision_number", "head_title", "term", "duties")
        widgets = {"duties": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["issuing_agency"].queryset = Agency.objects.for_list()
        self.fields["decision_number"].help_text = _("Given by the registry; leave it blank until then.")


class MemberForm(forms.ModelForm):
    class Meta:
        model = TeamMember
        fields = ("person", "role", "joined_on", "left_on")
        widgets = {"joined_on": DayInput(), "left_on": DayInput()}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["person"].label = _("Person")
        self.fields["person"].queryset = Person.objects.filter(is_active=True).order_by("full_name")

    def clean(self):
        cleaned = super().clean()
        joined, left = cleaned.get("joined_on"), cleaned.get("left_on")
        if joined and left and left < joined:
            self.add_error("left_on", _("The last day lies before the first."))
        return cleaned


class LeaveForm(forms.Form):
    """Until when somebody belongs to the team."""

    member = forms.IntegerField(widget=forms.HiddenInput)
    left_on = forms.DateField(label=gettext_lazy("to (last day)"), widget=DayInput())


class MoveForm(StepForm):
    """What goes with a move: the version that was seen, and a reason where one is asked for.

    `prefilled` names the fields that begin with what the thing says.
    """

    prefilled: tuple[str, ...] = ()

    reason = NfcFormField(
        label=gettext_lazy("Reason"),
        clean=clean_text,
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AnswerForm(MoveForm):
    reason = None
    text = NfcFormField(
        label=gettext_lazy("Answer"),
        clean=clean_text,
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


def _checked_evidence(upload) -> tuple[str, bytes, str]:
    """Name, bytes and type of a photo, which is re-encoded, or a PDF, which is only ever handed out."""
    name = clean_line(upload.name or "")[:200]
    if upload.size > photos.MAX_BYTES:
        limit = {"name": name, "limit": photos.MAX_BYTES // 2**20}
        raise ValidationError(_("%(name)s is larger than %(limit)s MB.") % limit)
    if upload.read(5) == b"%PDF-":
        upload.seek(0)
        data = upload.read()
        try:
            check_pdf(data)
        except PdfRefused as refusal:
            raise ValidationError(f"{name}: {refusal}") from refusal
        return (name, data, "application/pdf")
    upload.seek(0)
    try:
        prepared = photos.prepare(upload)
    except PhotoRefused as refusal:
        raise ValidationError(f"{name}: {refusal}") from refusal
    return (prepared.name, prepared.picture, photos.CONTENT_TYPE)


class EvidenceField(forms.FileField):
    """Files that show what was done, photos and PDFs; cleans to a list, empty where nothing was chosen."""

    widget = PhotosInput

    def clean(self, data, initial=None):
        uploads = data if isinstance(data, list | tuple) else [data] if data else []
        if len(uploads) > PHOTOS_AT_ONCE:
            raise ValidationError(_("At most %(count)s files at once.") % {"count": PHOTOS_AT_ONCE})
        checked, problems = [], []
        for upload in uploads:
            try:
                checked.append(_checked_evidence(upload))
            except ValidationError as problem:
                problems += problem.messages
        if problems:
            raise ValidationError(
                [
                    _("Only photos and PDFs can be attached."),
                    *problems,
                    _("What you typed is kept; choose the files again."),
                ]
            )
        return checked


class RemedyForm(AnswerForm):
    text = NfcFormField(
        label=gettext_lazy("What was done"),
        clean=clean_text,
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    evidence = EvidenceField(
        label=gettext_lazy("Evidence"),
        required=False,
        help_text=gettext_lazy("Photos and PDFs, at most 15 MB each. A file of the same name is its next version."),
        widget=PhotosInput(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf", "multiple": True}),
    )
