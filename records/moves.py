"""The one engine behind every workflow: a table of moves, `offered` for the buttons and `perform` for the doing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.forms import words_typed
from records.models import Event


@dataclass(frozen=True)
class Move:
    """One row of a workflow: what it is called, from where to where, who may, what is checked, what follows.

    `target` None keeps the state. `may(user, thing)` is a predicate of `permissions.py`; `guard(thing, data)` returns
    the problems that stop the move, as sentences; `changes(thing, by, now, data)` gives further columns of the same
    UPDATE; `tells(thing, data)` gives what the event keeps beside the snapshot; `follow(thing, by, data)` does what
    belongs to the same transaction and starts tasks on commit.
    """

    action: str
    label: Any
    sources: tuple[str, ...]
    target: str | None
    may: Callable[[Any, Any], bool]
    guard: Callable[[Any, dict], Iterable[str]] | None = None
    changes: Callable[[Any, Any, datetime, dict], dict] | None = None
    tells: Callable[[Any, dict], dict] | None = None
    follow: Callable[[Any, Any, dict], None] | None = None
    needs_reason: bool = False
    primary: bool = False
    confirm: Any = ""


def tell_both(conflict: Conflict, thing: models.Model, step: Any, form=None) -> Conflict:
    """Give a conflict both sides for its page and return it.

    What stands: the state, and who moved the thing when. What was wanted: the step and every word typed for it in
    `form`. Values that the conflict tells already follow.
    """
    stands = type(thing)._default_manager.get(pk=thing.pk)
    theirs = [(_("State"), stands.get_state_display())]
    last = Event.objects.about(thing).select_related("actor").first()
    if last is not None:
        theirs += [
            (_("Changed by"), last.actor or _("the portal")),
            (_("Changed at"), f"{timezone.localtime(last.at):%H:%M %d/%m/%Y}"),
        ]
        if last.reason:
            theirs.append((_("With the words"), last.reason))
    mine = [(_("Step"), step)] + (words_typed(form) if form is not None else [])
    conflict.theirs = theirs + conflict.theirs
    conflict.mine = mine + conflict.mine
    conflict.url = thing.get_absolute_url()
    return conflict


def as_seen(thing) -> dict:
    """What must still stand in the row for a move to count. The proofs switch this off to show what it prevents."""
    return {"state": thing.state, "version": thing.version}


@dataclass(frozen=True)
class Machine:
    """The workflow of one model: its moves and what the trail keeps of a thing before and after."""

    model: type[models.Model]
    moves: tuple[Move, ...]
    snapshot: Callable[[Any], dict] = field(default=lambda thing: {"state": thing.state})

    def move(self, action: str) -> Move:
        """The move of that name. Raises KeyError for a name that is not in the table."""
        for move in self.moves:
            if move.action == action:
                return move
        raise KeyError(action)

    def offered(self, user, thing) -> list[Move]:
        """Moves the person may make on the thing as it stands: the buttons of its page."""
        return [move for move in self.moves if thing.state in move.sources and move.may(user, thing)]

    def perform(self, thing, action: str, *, by, version: int | None = None, reason: str = "", **data):
        """Make the move and return the thing as it then stands.

        Permission, source state, version and guard are checked, then one conditional UPDATE must touch exactly one
        row, one event goes to the trail, and the follow-ups run in the same transaction. Raises PermissionDenied,
        Conflict (state or version moved; somebody was first) or Refused (the guard's problems).
        """
        move = self.move(action)
        reason = reason.strip()
        data["reason"] = reason
        with transaction.atomic():
            if not move.may(by, thing):
                raise PermissionDenied
            if thing.state not in move.sources:
                raise Conflict(_("This is no longer possible: somebody has already moved it on. Look at it again."))
            if version is not None and version != thing.version:
                raise Conflict(_("It was changed meanwhile. Look at it again before you decide."))
            problems = list(move.guard(thing, data)) if move.guard else []
            if move.needs_reason and not reason:
                problems.insert(0, _("Write the reason."))
            if problems:
                raise Refused(problems)
            before = self.snapshot(thing)
            changes = move.changes(thing, by, timezone.now(), data) if move.changes else {}
            if move.target is not None:
                changes["state"] = move.target
            unmoved = self.model._default_manager.filter(pk=thing.pk, **as_seen(thing))
            moved = unmoved.update(version=F("version") + 1, **changes)
            if moved != 1:
                raise Conflict(_("Somebody else was faster. Look at it again before you decide."))
            thing.refresh_from_db()
            after = self.snapshot(thing) | (move.tells(thing, data) if move.tells else {})
            Event.objects.append(actor=by, action=action, target=thing, before=before, after=after, reason=reason)
            if move.follow:
                move.follow(thing, by, data)
        return thing
