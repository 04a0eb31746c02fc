"""What the pages of visits, findings and recommendations do alike: moves, saves that may be stale, files handed out."""

import logging

from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import FileResponse, Http404, HttpRequest
from django.utils.translation import gettext as _

from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.text import ascii_slug
from cchc_portal.templatetags.portal import vndate
from inspections.forms import MoveForm
from records.models import StoredFile
from records.moves import Machine, tell_both

logger = logging.getLogger(__name__)


def try_move(request: HttpRequest, machine: Machine, thing, action: str, forms: dict) -> MoveForm | None:
    """Make the move that was posted. None when it was made, otherwise the form with its problems.

    Raises Http404 for a name that is no move, PermissionDenied, and Conflict with what was typed.
    """
    try:
        move = machine.move(action)
    except KeyError as unknown:
        raise Http404 from unknown
    if not move.may(request.user, thing):
        raise PermissionDenied
    form = forms.get(action, MoveForm)(request.POST, request.FILES)
    if not form.is_valid():
        if thing.state not in move.sources:  # its page no longer has the form that keeps what was typed
            raise tell_both(Conflict(_("Somebody has already moved it on.")), thing, move.label, form)
        form.renew_version(thing.version)
        return form
    data = dict(form.cleaned_data)
    try:
        machine.perform(
            thing, action, by=request.user, version=data.pop("version"), reason=data.pop("reason", ""), **data
        )
    except Refused as refusal:
        form.add_error(None, refusal.problems)
        return form
    except Conflict as conflict:
        tell_both(conflict, thing, move.label, form)
        raise
    return None


def moves_for(request: HttpRequest, machine: Machine, thing, forms: dict, tried: MoveForm | None, action: str) -> list:
    """The moves offered on the page, each with its form; the one that failed keeps what was typed."""
    offered = []
    for move in machine.offered(request.user, thing):
        form_class = forms.get(move.action, MoveForm)
        form = tried
        if tried is None or move.action != action:
            initial = {name: getattr(thing, name) for name in ("version", *form_class.prefilled)}
            form = form_class(initial=initial, auto_id=f"{move.action}-%s")
        if "reason" in form.fields:
            form.fields["reason"].required = move.needs_reason
        offered.append({"move": move, "form": form, "plain": form_class is MoveForm and not move.needs_reason})
    return offered


def shown(thing, name: str) -> str:
    """A field's value as the page prints it."""
    display = getattr(thing, f"get_{name}_display", None)
    value = display() if display else getattr(thing, name)
    if hasattr(value, "strftime"):
        return vndate(value)
    return "–" if value in (None, "") else str(value)


def both_values(form: ModelForm, current) -> list[tuple[str, str, str]]:
    """(label, as it stands now, as typed) for every field in which a stale save and the stored row differ."""
    pairs = [(form.fields[name].label, shown(current, name), shown(form.instance, name)) for name in form._meta.fields]
    return [pair for pair in pairs if pair[1] != pair[2]]


def with_version(request: HttpRequest, version: int):
    """What was posted, based now on the version that stands: saving again is then a decision, not an accident."""
    data = request.POST.copy()
    data["seen"] = str(version)
    return data


def typed(form: ModelForm) -> list[tuple[str, str]]:
    """(label, text) of what was typed, for a page that can no longer take it."""
    return [(form.fields[name].label, str(form[name].value() or "–")) for name in form._meta.fields]


def hand_out(stored: StoredFile, *, attachment: bool = False) -> FileResponse:
    """The bytes of a stored file; whoever asks has been checked. Nothing in it can run or load anything.

    Raises Http404 where the store has lost it, which the log tells the operator.
    """
    suffix = stored.file.name.rpartition(".")[2]
    try:
        opened = stored.file.open("rb")
    except FileNotFoundError as error:
        logger.error("stored file %s is missing: %s", stored.pk, stored.file.name)
        raise Http404 from error
    response = FileResponse(
        opened,
        content_type=stored.content_type,
        as_attachment=attachment,
        filename=f"{ascii_slug(stored.name.rpartition('.')[0], 'tep')[:80]}.{suffix}",
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response
