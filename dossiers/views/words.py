"""Words and columns that the pages of a return share."""

from django.utils.translation import gettext_lazy as _

from dossiers import rules

# Typed and derived figures in the order of the printed form; in_time has no column of its own there.
SHOWN = tuple(
    sorted(
        [(derived.name, derived.column) for derived in rules.DERIVED if derived.column]
        + [(figure.name, figure.column) for figure in rules.FIGURES],
        key=lambda shown: shown[1] or 99,
    )
)

ACTION_LABELS = {
    "open_return": _("Opened"),
    "save_lines": _("Figures saved"),
    "import_return": _("Workbook imported"),
    "replace_lines": _("Figures replaced through the interface for software"),
    "submit": _("Submitted"),
    "approve": _("Approved and sent"),
    "accept": _("Accepted"),
    "send_back": _("Sent back"),
    "withdraw": _("Withdrawn to be corrected"),
    "propose_void": _("Proposed to void"),
    "void": _("Voided"),
    "drop_void": _("Proposal to void dropped"),
}


ADJUSTMENT_LABELS = {
    "propose_adjustment": _("Adjustment proposed"),
    "sign": _("Adjustment signed"),
    "accept": _("Adjustment accepted"),
    "refuse": _("Adjustment refused"),
    "withdraw": _("Adjustment withdrawn"),
}
FLAG_LABELS = {
    "explain": _("Explained"),
    "correct": _("Called wrong and corrected"),
    "put_aside": _("Put aside until a day"),
    "ask_again": _("Answer taken back"),
    "say_right": _("The agency: as it really was"),
    "say_wrong": _("The agency: will be corrected"),
    "found_again": _("Found again, further out than what was answered"),
}


def action_words(action: str, kind: str = ""):
    """What an action of the trail is called on the page; `kind` is what it was done to."""
    labels = ADJUSTMENT_LABELS if kind == "dossiers.adjustment" else ACTION_LABELS
    return labels.get(action, action)
