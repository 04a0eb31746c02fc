"""Sentences that the page used on site says by itself, with or without a connection."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def _states() -> dict[str, str]:
    return {
        "ready": _("This page opens without a connection."),
        "not_ready": _("Not yet prepared to open without a connection: keep this page open."),
        "all_sent": _("Everything is on the server."),
        "waiting": _("%(count)s entries (%(size)s) are kept on this phone and not sent yet."),
        "sending": _("Sending…"),
        "idle": "",
        "offline": _("No connection. They are sent by themselves as soon as there is one."),
        "expired": _("You are signed out. Sign in again, then they are sent; nothing is lost meanwhile."),
        "other_person": _("Somebody else is signed in. Sign in again yourself, then they are sent."),
        "forbidden": _("You are not of this visit's team any more. Save the entries to a file and ask its head."),
        "gone": _("You do not see this visit any more. Save the entries to a file and ask the team's head."),
        "failed": _("The server could not take them just now. It is tried again by itself."),
        "tried": _("The server said: %(reason)s"),
        "full": _(
            "The phone's storage is full. What you enter now is on this page only: do not close it. Save it to a file, "
            "or make room on the phone."
        ),
        "blocked": _(
            "This browser keeps nothing on the phone (a private window, perhaps). What you enter is on this page only: "
            "do not close it before everything is sent, or save it to a file."
        ),
        "not_for_good": _("The browser may clear its storage when the phone runs out of room."),
        "late": _("The result has been reported: what comes now is kept on the server but not taken over."),
        "closed": _("The result has been reported: nothing more is recorded."),
        "clock": _(
            "The phone's clock differs by %(minutes)s minutes. That does no harm: the server's time is %(time)s."
        ),
        "server_time": _("Last heard from the server at %(time)s."),
    }


def _items() -> dict[str, str]:
    return {
        "answered": _("%(done)s of %(all)s answered"),
        "needs_note": _("A note is needed here."),
        "needs_photo": _("A photo is needed here."),
        "note": _("Note"),
        "number": _("Number"),
        "raise": _("Raise a finding"),
        "raised": _("Finding raised: open it"),
        "photo": _("Take a photo"),
        "added": _("added on site"),
        "added_section": _("Added on site"),
        "not_a_number": _("Write a whole number, such as 5441."),
        "nothing_left": _("Every line of this list has been answered."),
        "no_list": _("This visit has no checklist. Add lines below, or record findings."),
        "basis": _("Basis: %(text)s"),
    }


def _findings() -> dict[str, str]:
    return {
        "from_item": _("%(item)s: %(result)s."),
        "no_text": _("(no text yet)"),
        "no_findings": _("No findings here yet."),
        "by": _("by %(person)s"),
        "keep_here": _("Kept on this phone"),
        "on_server": _("On the server"),
        "photos": _("Photos: %(count)s"),
        "photo_number": _("Photo %(number)s"),
        "photo_sent": _("Photo %(number)s, on the server"),
        "caption": _("Caption"),
        "photo_caption": _("Caption of photo %(number)s"),
        "mark": _("Draw on it"),
        "marks": _("%(count)s marks"),
        "no_picture": _("%(name)s is not a picture that can be read. Take or choose it again."),
        "too_large": _("%(name)s is larger than 15 MB."),
    }


def _queue() -> dict[str, str]:
    return {
        "kind_answer": pgettext("queue", "Answer"),
        "kind_note": pgettext("queue", "Note"),
        "kind_item": pgettext("queue", "Added line"),
        "kind_finding": pgettext("queue", "Finding"),
        "kind_photo": pgettext("queue", "Photo"),
        "kind_recount": pgettext("queue", "Recount"),
        "kind_resolve": pgettext("queue", "Decision"),
        "refused": _("Not taken: %(reason)s"),
        "again": _("Send again"),
        "give_up": _("Remove from this phone"),
        "on_its_way": _("sent, no receipt yet"),
        "unsent": _("not sent yet"),
        "photo_bytes": _("Photo, %(size)s"),
        "queue_empty": _("Nothing is waiting."),
    }


def _deciding() -> dict[str, str]:
    return {
        "conflict": _("Two members recorded different values. Both are kept; choose which one holds."),
        "choose": _("Keep this one"),
        "said_by": _("%(person)s, %(time)s"),
        "empty_value": _("(left blank)"),
        "factor": _("Verification factor: %(factor)s"),
        "interval": _("95%% interval: %(low)s – %(high)s"),
        "more_counted": _("More was found than was reported: the factor is above 100%%, it has no interval."),
        "too_many": _("A sample has at most 1.000 dossiers for an interval."),
        "fill_in": _("Write how many dossiers of the sample were reported, and how many of these were found to be so."),
        "not_random": _("The sample was not drawn at random: the interval does not hold for all dossiers."),
    }


def capture_words() -> dict[str, str]:
    """All of them under the names that the scripts ask for."""
    return {**_states(), **_items(), **_findings(), **_queue(), **_deciding()}
