"""What people answer to an unusual figure: the agency says, the office decides.

What a later look makes of the answers: `dossiers.tally.unusual`.
"""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from dossiers import permissions
from dossiers.choices import AgencySays, FlagState
from dossiers.models import Line, UnusualFlag
from records.moves import Machine, Move

OPEN, EXPLAINED, CORRECTED, IGNORED, CLEARED = (
    FlagState.OPEN,
    FlagState.EXPLAINED,
    FlagState.CORRECTED,
    FlagState.IGNORED,
    FlagState.CLEARED,
)
LONGEST_IGNORED = timedelta(days=3 * 366)


def _aside_problems(flag: UnusualFlag, data: dict) -> list[str]:
    until, today = data.get("until"), timezone.localdate()
    if until is None:
        return [_("Say until which day it is put aside.")]
    if until <= today:
        return [_("The day lies in the past; choose a later one.")]
    if until > today + LONGEST_IGNORED:
        return [_("Nothing is put aside for more than three years.")]
    return []


def _corrected_problems(flag: UnusualFlag, data: dict) -> list[str]:
    """“Corrected” is said of a correction that is there: by a save of its agency or an accepted adjustment."""
    if Line.objects.filter(of=flag.of_id, changed_at__gt=flag.found_at).exists():
        return []
    return [
        _(
            "No figure of this return was changed since this was found. Send the return back, or have the agency"
            " propose an adjustment; say “corrected” once the new figures are there."
        )
    ]


def _answer(flag: UnusualFlag, by, now, data: dict) -> dict:
    return {"note": data["reason"], "answered_by": by, "answered_at": now, "ignored_until": None, "remembered": None}


def _aside(flag: UnusualFlag, by, now, data: dict) -> dict:
    return _answer(flag, by, now, data) | {"ignored_until": data["until"]}


def _says(stance: AgencySays):
    """What the agency answers: kept beside the state, in place of what it said before."""

    def changes(flag: UnusualFlag, by, now, data: dict) -> dict:
        return {"agency_says": stance, "agency_words": data["reason"], "agency_said_by": by, "agency_said_at": now}

    return changes


def _asked_again(flag: UnusualFlag, by, now, data: dict) -> dict:
    return {"note": "", "answered_by": None, "answered_at": None, "ignored_until": None, "remembered": None}


FLAGS = Machine(
    model=UnusualFlag,
    snapshot=lambda flag: {
        "state": flag.state,
        "measure": flag.measure,
        "value": flag.value,
        "base": flag.base,
        "ignored_until": flag.ignored_until and flag.ignored_until.isoformat(),
        "agency_says": flag.agency_says,
    },
    moves=(
        Move(
            "explain",
            pgettext_lazy("unusual", "It is right: explain"),
            (OPEN, IGNORED),
            EXPLAINED,
            permissions.may_answer_unusual,
            changes=_answer,
            needs_reason=True,
            primary=True,
            confirm=gettext_lazy(
                "The agency has a reason. The same figure is not asked about again, nor in the periods of a year."
            ),
        ),
        Move(
            "correct",
            pgettext_lazy("unusual", "It was wrong and is corrected"),
            (OPEN, IGNORED, CLEARED),
            CORRECTED,
            permissions.may_answer_unusual,
            guard=_corrected_problems,
            changes=_answer,
            needs_reason=True,
            confirm=gettext_lazy("The return was corrected by the agency, or adjusted."),
        ),
        Move(
            "put_aside",
            pgettext_lazy("unusual", "Put aside until a day"),
            (OPEN, IGNORED),
            IGNORED,
            permissions.may_answer_unusual,
            guard=_aside_problems,
            changes=_aside,
            needs_reason=True,
            confirm=gettext_lazy("Nobody is asked about it until then, in later periods neither."),
        ),
        Move(
            "ask_again",
            pgettext_lazy("unusual", "Take the answer back"),
            (EXPLAINED, CORRECTED, IGNORED),
            OPEN,
            permissions.may_answer_unusual,
            changes=_asked_again,
            needs_reason=True,
            confirm=gettext_lazy("It waits for an answer again."),
        ),
        Move(
            "say_right",
            pgettext_lazy("unusual", "For the agency: it is as it really was"),
            (OPEN, IGNORED),
            None,
            permissions.may_speak_of_unusual,
            changes=_says(AgencySays.RIGHT),
            needs_reason=True,
            primary=True,
            confirm=gettext_lazy("Say why the figure is so. The programme office reads it and decides."),
        ),
        Move(
            "say_wrong",
            pgettext_lazy("unusual", "For the agency: it will be corrected"),
            (OPEN, IGNORED),
            None,
            permissions.may_speak_of_unusual,
            changes=_says(AgencySays.WILL_CORRECT),
            needs_reason=True,
            confirm=gettext_lazy(
                "Say what is wrong. A draft is corrected in the entry grid; once sent, the office sends it back, and"
                " after acceptance you propose an adjustment."
            ),
        ),
    ),
)
