"""What the entry page says while one types; the browser fills in the placeholders."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def grid_words() -> dict[str, str]:
    """Sentences of the entry page by the names its scripts use, in the language of the person."""
    return _states() | _cell_states() | _refusals() | _marks() | _paste() | _beside() | _left()


def _states() -> dict[str, str]:
    return {
        "nothing": _("Nothing to save"),
        "typing": _("Not saved yet"),
        "saving": _("Saving…"),
        "saved": _("Saved at %(time)s"),
        "unsent": _("Could not be sent: kept on this device and tried again"),
        "unsent_here": _("Could not be sent: kept on this page only and tried again"),
        "not_kept": _(
            "This browser keeps nothing on this device. What you type stays on this page only until it is saved: do "
            "not close it before, or download what is entered."
        ),
        "restored": _("What you had typed and not sent was put back."),
        "expired": _(
            "Your session has ended. Sign in again in another tab; what you typed stays here and is sent then."
        ),
        "other_person": _(
            "Somebody else is signed in now. What you typed stays on this device until you sign in again."
        ),
        "sign_in": _("Sign in"),
        "conflict": _("Somebody else changed a line you were typing in: choose below"),
        "closed": _("Not saved: %(message)s"),
        "refused": _("Not saved: correct the marked cells"),
        "broken": _("Not saved: %(message)s"),
    }


def _cell_states() -> dict[str, str]:
    return {
        "cell_typing": _("This cell: not saved yet"),
        "cell_saving": _("This cell: being saved"),
        "cell_saved": _("This cell: saved at %(time)s"),
        "cell_unsent": _("This cell: not sent, kept on this device"),
        "cell_refused": _("This cell: not accepted, correct it"),
        "cell_conflict": _("This cell: changed by somebody else too"),
    }


def _left() -> dict[str, str]:
    return {
        "left_told": _(
            "%(count)s entries of yours were not sent before the return was closed. They are kept on this device for "
            "you; download them and ask your colleague or the programme office what becomes of them."
        ),
        "left_figure": _("Figure"),
        "left_download": _("Download these entries"),
        "left_return": _("To the return"),
        "left_file": pgettext("file name", "not-sent"),
        "code": _("Code"),
    }


def _paste() -> dict[str, str]:
    return {
        "selected": _("%(lines)s × %(columns)s cells selected"),
        "paste_count_accepted": _("%(count)s cells to take over"),
        "paste_count_clears": _("%(count)s cells to be emptied"),
        "paste_count_same": _("%(count)s unchanged"),
        "paste_count_total": _("%(count)s totals, computed here"),
        "paste_count_total_differs": _("%(count)s totals that differ"),
        "paste_count_refused": _("%(count)s refused"),
        "paste_count_covered": _("%(count)s under merged cells"),
        "paste_count_outside": _("%(count)s outside the table"),
        "paste_place": _("Row %(row)s, column %(column)s of the block"),
        "paste_outside": _("“%(typed)s” lies outside the table and is not taken over."),
        "paste_covered": _("lies under a merged cell; the cell here stays as it is."),
        "paste_total_differs": _("the block says %(typed)s, its parts add up to %(computed)s."),
        "paste_more": _("and %(count)s more"),
        "paste_apply": _("Take over %(count)s cells"),
        "paste_cancel": _("Leave everything as it is"),
        "paste_left": _("Nothing was taken over."),
        "paste_mode": _("The columns of the block are"),
        "paste_mode_form": _("those of the form, totals included"),
        "paste_mode_typed": _("only those one types in"),
    }


def _beside() -> dict[str, str]:
    return {
        "context_none": _("There are no figures of earlier periods."),
        "context_failed": _("The figures of earlier periods could not be fetched. Try again in a moment."),
        "restated": _(
            "The balance of the period before was adjusted from %(before)s to %(after)s at %(at)s, after this return "
            "was opened."
        ),
        "openings_filled": _(
            "%(count)s opening balances were filled in from the period before. Change what differs; Ctrl+Z takes them "
            "out again."
        ),
        "openings_taken": _("%(count)s opening balances taken over from the period before"),
        "openings_none": _("No blank opening balance has a closing balance before it."),
        "unusual": _(
            "%(line)s, %(figure)s: %(value)s is far from what this line held before: the last %(periods)s periods had "
            "%(least)s to %(most)s, in the middle %(middle)s; from %(low)s to %(high)s nothing would be asked. Is it a "
            "slip of the pen? If it is right, write a note. What is unusual in the whole return is told after it is "
            "sent."
        ),
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
