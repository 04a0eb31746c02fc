"""What forms of register rows share: date controls, and saving that names the version it saw. No models."""

import hashlib
import json
from contextlib import suppress
from datetime import date, datetime

from django import forms
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cchc_portal.lib.errors import Conflict


def day_typed(text: str) -> date | None:
    """A day typed as 31/12/2026, or 2026-12-31 as in an address; None for anything else."""
    for shape in ("%d/%m/%Y", "%Y-%m-%d"):
        with suppress(ValueError):
            return datetime.strptime(text.strip(), shape).date()
    return None


class DayInput(forms.DateInput):
    """A day typed as 31/12/2026. The browser's own control shows 12/31 where its language is English."""

    def __init__(self, attrs=None):
        shape = {"placeholder": gettext_lazy("dd/mm/yyyy"), "autocomplete": "off", "inputmode": "numeric"}
        super().__init__(shape | (attrs or {}), format="%d/%m/%Y")


class InstantInput(forms.DateTimeInput):
    """A time and a day of Hanoi typed as 17:00 31/12/2026, the way instants are printed."""

    def __init__(self, attrs=None):
        shape = {"placeholder": gettext_lazy("hh:mm dd/mm/yyyy"), "autocomplete": "off"}
        super().__init__(shape | (attrs or {}), format="%H:%M %d/%m/%Y")


def stored_values(thing, names) -> dict:
    """Values of these fields as the trail keeps them: a reference by the text it is shown as."""
    values = {}
    for name in names:
        value = getattr(thing, name)
        values[name] = str(value) if hasattr(value, "_meta") else value
    return values


def version_of(thing, names) -> str:
    """What a form remembers of the row it showed: its version, or a fingerprint of a row that carries none."""
    if hasattr(thing, "version"):
        return str(thing.version)
    text = json.dumps(stored_values(thing, names), cls=DjangoJSONEncoder, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def printed(value) -> str:
    """A stored value for people, on the page that shows both versions."""
    if value in (None, ""):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"{value:%d/%m/%Y}" if hasattr(value, "strftime") else str(value)


MAX_VERSION = 2**31 - 1


class StepForm(forms.Form):
    """What every step of a workflow sends: the version of the thing that its page showed.

    A step without one is refused: whoever takes it must have seen what he decides on.
    """

    version = forms.IntegerField(
        widget=forms.HiddenInput(attrs={"autocomplete": "off"}), min_value=1, max_value=MAX_VERSION
    )

    def clean(self):
        if "version" in self.errors:
            raise forms.ValidationError(
                _("It was not said which version this step was taken on. Look at what stands here, then take it again.")
            )
        return super().clean()

    def renew_version(self, version: int) -> None:
        """A form that was sent without a version is shown again with the one that its page shows now."""
        if "version" in self.errors:
            self.data = self.data.copy()
            self.data[self.add_prefix("version")] = str(version)


def words_typed(form: forms.BaseForm) -> list[tuple[str, str]]:
    """(label, text) of all that a form was sent, for a page that can no longer take it; blank fields are left out."""
    if not form.is_bound:
        return []
    typed = [(field.label, field.value()) for field in form.visible_fields()]
    return [(label, str(value)) for label, value in typed if value not in (None, "", [])]


class RegisterForm(forms.ModelForm):
    """A model form that carries the version it showed in a hidden field and refuses to overwrite a newer one."""

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["version"] = version_of(self.instance, self._meta.fields)

    def save_checked(self) -> dict:
        """Save inside the caller's transaction; gives target, before and after for the trail (what changed alone).

        Raises Conflict, with both values, when the stored row is not the one that the form showed.
        """
        names = self._meta.fields
        before = {}
        if self.instance.pk:
            stored = type(self.instance)._default_manager.select_for_update().get(pk=self.instance.pk)
            before = stored_values(stored, names)
            if version_of(stored, names) != self.cleaned_data["version"]:
                raise self._conflict(before)
            if hasattr(stored, "version"):
                self.instance.version = stored.version + 1
        target = self.save()
        after = stored_values(target, names)
        changed = [name for name in names if not before or before[name] != after[name]]
        return {
            "target": target,
            "before": {name: before[name] for name in changed} if before else None,
            "after": {name: after[name] for name in changed},
        }

    def _conflict(self, stored: dict) -> Conflict:
        mine = stored_values(self.instance, self._meta.fields)
        differing = [name for name in mine if mine[name] != stored[name]] or list(mine)
        return Conflict(
            _("Somebody else has saved this meanwhile; nothing of yours was saved. Compare and enter it again."),
            theirs=[(self.fields[name].label, printed(stored[name])) for name in differing if name in self.fields],
            mine=[(self.fields[name].label, printed(mine[name])) for name in differing if name in self.fields],
        )


def check_day_order(form: forms.BaseForm, first: str = "valid_from", last: str = "valid_to") -> None:
    """Add an error at the last day when it lies before the first; both may be open."""
    opened, closed = form.cleaned_data.get(first), form.cleaned_data.get(last)
    if opened and closed and closed < opened:
        form.add_error(last, _("The last day lies before the first day."))
