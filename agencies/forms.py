"""What is typed on the pages of agencies, successions, people and roles."""

import re
from datetime import timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.choices import ABSORBED_WHOLE, RoleCode
from agencies.imports.checks import code_problem, in_cycle, kind_problem, succession_problems
from agencies.models import Agency, OfficialCode, Person, Role, Succession
from cchc_portal.lib.forms import DayInput, RegisterForm, check_day_order

# The electronic identification codes of agencies: H26.12, H26.12.3, and the older 000.00.12.H26.
OFFICIAL_CODE = re.compile(r"[A-Z][0-9]{2}(\.[0-9]{1,3}){0,3}|([0-9]{2,3}\.){2,3}[A-Z][0-9]{2}")


class AgencyChoice(forms.ModelChoiceField):
    """An agency chosen by its code, listed with name and code; closed ones say until when they were open."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("queryset", Agency.objects.order_by("sort_key", "pk"))
        super().__init__(*args, **kwargs)

    def label_from_instance(self, agency: Agency) -> str:
        if agency.valid_to:
            return _("%(name)s (%(code)s, until %(day)s)") % {
                "name": agency.short_name,
                "code": agency.code,
                "day": f"{agency.valid_to:%d/%m/%Y}",
            }
        return f"{agency.short_name} ({agency.code})"


class AgencyForm(RegisterForm):
    parent = AgencyChoice(label=gettext_lazy("Directly below"), required=False)

    class Meta:
        model = Agency
        fields = ["code", "name", "short_name", "kind", "parent", "valid_from", "valid_to", "gso_code", "reporting"]
        widgets = {"valid_from": DayInput, "valid_to": DayInput}
        help_texts = {
            "valid_from": gettext_lazy("Empty: open or not known."),
            "valid_to": gettext_lazy("The last valid day. Empty: open or not known."),
            "reporting": gettext_lazy("A unit that handles procedures owes a return for each period."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # The code stands in addresses and in other people's files; a unit with another code is another unit.
            self.fields["code"].disabled = True

    def clean_code(self):
        code = self.cleaned_data["code"]
        if problem := code_problem(code):
            raise forms.ValidationError(problem)
        return code

    def clean(self):
        cleaned = super().clean()
        check_day_order(self)
        parent = cleaned.get("parent")
        if self.instance.pk and parent and self._leads_back(parent):
            self.add_error("parent", _("The unit would stand below itself."))
        elif "parent" in cleaned and (
            problem := kind_problem(cleaned.get("kind", ""), parent.kind if parent else None)
        ):
            self.add_error("parent", problem)
        return cleaned

    def _leads_back(self, parent: Agency) -> bool:
        rows = Agency.objects.values_list("code", "parent__code")
        parents = {code: above or "" for code, above in rows} | {self.instance.code: parent.code}
        return in_cycle(self.instance.code, parents)


class OfficialCodeForm(RegisterForm):
    """An official code of a unit for a span of days; two never hold on the same day."""

    class Meta:
        model = OfficialCode
        fields = ["code", "valid_from", "valid_to"]
        widgets = {"valid_from": DayInput, "valid_to": DayInput}

    def __init__(self, *args, agency: Agency, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.agency = agency

    def clean_code(self):
        code = self.cleaned_data["code"]
        if not OFFICIAL_CODE.fullmatch(code):
            raise forms.ValidationError(_("An official code looks like H26.12 or 000.00.12.H26."))
        return code

    def clean(self):
        cleaned = super().clean()
        check_day_order(self)
        if self.errors:
            return cleaned
        others = self.instance.agency.official_codes.exclude(pk=self.instance.pk)
        if any(_overlap(other, cleaned.get("valid_from"), cleaned.get("valid_to")) for other in others):
            self.add_error("valid_from", _("These days overlap with a row that is there already; end that one first."))
        return cleaned


class SuccessionForm(RegisterForm):
    predecessor = AgencyChoice(label=gettext_lazy("Predecessor"))
    successor = AgencyChoice(label=gettext_lazy("Successor"), required=False)

    class Meta:
        model = Succession
        fields = ["predecessor", "successor", "effective_date", "kind"]
        widgets = {"effective_date": DayInput}

    def clean(self):
        cleaned = super().clean()
        predecessor, successor = cleaned.get("predecessor"), cleaned.get("successor")
        if not predecessor or "successor" not in cleaned or "kind" not in cleaned:
            return cleaned
        problems = succession_problems(
            kind=cleaned["kind"],
            effective=cleaned.get("effective_date"),
            predecessor=predecessor.code,
            predecessor_last_day=predecessor.valid_to,
            successor=successor.code if successor else "",
            successor_first_day=successor.valid_from if successor else None,
        )
        for name, problem in problems:
            self.add_error(name, problem)
        others = predecessor.successions.filter(kind__in=ABSORBED_WHOLE).exclude(pk=self.instance.pk)
        if cleaned["kind"] in ABSORBED_WHOLE and others.exists():
            self.add_error("kind", _("This unit is absorbed whole by another one already; a divided unit is “split”."))
        return cleaned


class PersonForm(RegisterForm):
    class Meta:
        model = Person
        fields = ["username", "full_name", "job_title", "email"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["username"].disabled = True

    def clean_username(self):
        username = Person.normalize_username(self.cleaned_data["username"]).lower()
        if Person.objects.filter(username__iexact=username).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Somebody has this user name already."))
        return username


class RoleForm(forms.ModelForm):
    """A dated role for a person; an administrator or an auditor holds no other role at the same time."""

    agency = AgencyChoice(label=gettext_lazy("Agency"))

    class Meta:
        model = Role
        fields = ["code", "agency", "valid_from", "valid_to"]
        widgets = {"valid_from": DayInput, "valid_to": DayInput}

    ALONE = (RoleCode.ADMINISTRATOR, RoleCode.AUDITOR)

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = self.instance.person = person
        self.fields["valid_from"].initial = timezone.localdate

    def clean(self):
        cleaned = super().clean()
        check_day_order(self)
        opened, closed = cleaned.get("valid_from"), cleaned.get("valid_to")
        agency, code = cleaned.get("agency"), cleaned.get("code")
        if self.errors or not opened:
            return cleaned
        if not agency.is_valid_on(opened):
            self.add_error("agency", _("The agency does not exist on the first day of the role."))
        overlapping = [role for role in self.person.roles.all() if _overlap(role, opened, closed)]
        if any(role.code == code and role.agency_id == agency.pk for role in overlapping):
            self.add_error("valid_from", _("The person holds this role at this agency on some of these days already."))
        elif any(role.code != code and (role.code in self.ALONE or code in self.ALONE) for role in overlapping):
            self.add_error("code", _("An administrator or an auditor holds no other role at the same time."))
        return cleaned


def _overlap(row, opened, closed) -> bool:
    """Does the stored dated row share a day with the span? Unknown bounds are open."""
    ends_after = row.valid_to is None or opened is None or row.valid_to >= opened
    begins_before = closed is None or row.valid_from is None or row.valid_from <= closed
    return ends_after and begins_before


def last_day_of_revoked(role: Role, today):
    """The last day that a role revoked today was held; None where it has not been held for a whole day."""
    return today - timedelta(days=1) if role.valid_from < today else None
