"""What the entry page says while one types; the browser fills in the placeholders."""

from django.utils.translation import gettext as _


def grid_words() -> dict[str, str]:
    """Sentences of the entry page by the names its scripts use, in the language of the person."""
    return _states() | _refusals() | _marks()


def _states() -> dict[str, str]:
    return {
        "nothing": _("Nothing to save"),
        "typing": _("Not saved yet"),
        "saving": _("Saving…"),
        "saved": _("Saved at %(time)s"),
        "unsent": _("Could not be sent: it stays on this page and is tried again"),
        "expired": _(
            "Your session has ended. Sign in again in another tab; what you typed stays here and is sent then."
        ),
        "conflict": _("Somebody else changed a line you were typing in: choose below"),
        "closed": _("Not saved: %(message)s"),
        "refused": _("Not saved: correct the marked cells"),
        "broken": _("Not saved: %(message)s"),
    }


def _refusals() -> dict[str, str]:
    return {
        "comma": _("“%(typed)s” can be read as a decimal number. For thousands type a dot or nothing."),
        "sign": _("“%(typed)s” has a sign. A count is never negative: type digits only."),
        "fraction": _("“%(typed)s” is no whole number. A count has no decimals; dots only part groups of three."),
        "grouping": _("“%(typed)s” is not grouped by three digits. Type the digits without dots or spaces."),
        "digits": _("“%(typed)s” uses digits of another script. Type the digits 0–9."),
        "not_a_count": _(
            "“%(typed)s” is no count. Type digits only, KAD where it does not apply, or leave the cell blank."
        ),
        "leading_zero": _("“%(typed)s” begins with 0. Type the number without it."),
        "range": _("“%(typed)s” is outside the range: a count lies between 0 and 10.000.000."),
        "text": _("Write which reason it is."),
    }


def _marks() -> dict[str, str]:
    return {
        "line": _("Line"),
        "total": _("Total"),
        "filled": _("%(known)s/%(all)s lines"),
        "details": _("Details"),
        "note": _("Note"),
        "late": _("Late reasons (dossiers)"),
        "late_text": _("Which one?"),
        "explain": _("Reason for %(code)s"),
        "previous": _("Pending at the end of the period before: %(count)s"),
        "to_cell": _("To the cell"),
        "repair": _("Change %(cell)s to %(value)s"),
        "blocks": _("stops the submission"),
        "explains": _("needs a reason"),
        "explained": _("reason given"),
        "no_breach": _("Every check holds."),
        "cell": _("%(line)s: %(figure)s"),
        "column": _("%(figure)s (%(column)s)"),
        "conflict_line": _("%(line)s was changed by %(who)s at %(at)s."),
        "theirs": _("As it stands now"),
        "mine": _("What you typed"),
        "keep_mine": _("Keep mine"),
        "take_theirs": _("Take theirs"),
        "leave": _("What you typed is not saved yet."),
        "remark": _("%(by)s, %(at)s: %(text)s"),
        "blank": _("blank"),
        "submit_wait": _("Wait until everything is saved, then submit."),
    }
