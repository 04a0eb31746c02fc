"""Tables of supervision for a spreadsheet, that more than one page hands out."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from cchc_portal.lib.tables import Column
from dossiers.rules import Rate
from inspections.models import Finding, ProposalAddressee, Recommendation
from inspections.tally import Reading
from records import registry
from records.models import Document

Table = tuple[list, Iterable]


def recommendations_table(rows: Iterable[Recommendation]) -> Table:
    """`rows` carry `overdue`."""
    columns = [_("agency in charge"), Column(_("recommendation"), 60), _("due"), _("state"), _("overdue")]
    columns += [_("visit"), _("team")]
    return columns, (
        (
            one.agency.name,
            one.text,
            one.due,
            one.get_state_display(),
            one.overdue,
            str(one.visit),
            one.visit.team.name,
        )
        for one in rows
    )


# Whether a period keeps a closing condition, in words.
KEPT = {
    True: pgettext_lazy("condition", "kept"),
    False: pgettext_lazy("condition", "broken"),
    None: gettext_lazy("no accepted figures"),
}


def readings_table(readings: Iterable[Reading]) -> Table:
    """The rates that a closing condition looks at, with what they rest on."""
    columns = [_("Period"), _("formula"), _("numerator"), _("denominator"), _("rate"), _("Condition")]
    return columns, ((one.period.label, *_basis(one.rate), str(KEPT[one.holds])) for one in readings)


def _basis(rate: Rate | None) -> tuple:
    return (rate.formula, rate.numerator, rate.denominator, rate) if rate else (None,) * 4


def proposals_table(rows: Iterable[ProposalAddressee]) -> Table:
    """A row for each addressee of each proposal."""
    columns = [Column(_("addressee"), 30), _("agency"), Column(_("proposal"), 60), _("state")]
    columns += [_("forwarded on"), Column(_("Reply"), 60), _("answered on"), _("visit")]
    return columns, (
        (
            one.name,
            one.proposal.agency.name,
            one.proposal.text,
            one.proposal.get_state_display(),
            one.forwarded_on,
            one.answer,
            one.answered_at,
            str(one.proposal.visit),
        )
        for one in rows
    )


def findings_table(rows: Iterable[Finding]) -> Table:
    columns = [_("kind"), Column(_("area"), 30), Column(_("finding"), 60), _("severity"), Column(_("cause"), 40)]
    columns += [Column(_("evidence"), 40), Column(_("legal basis"), 40), _("state"), _("photos")]
    return columns, (
        (
            one.get_kind_display(),
            one.area.name,
            one.text,
            one.get_severity_display() if one.severity else "",
            one.cause,
            one.evidence,
            one.legal_basis,
            one.get_state_display(),
            len(one.photos.all()),
        )
        for one in rows
    )


def documents_table(rows: Iterable[Document]) -> Table:
    """What was made, by whom and when, with the hashes to compare a print with."""
    labels = {kind.code: str(kind.label) for kind in registry.kinds()}
    columns = [_("kind"), Column(_("title"), 60), pgettext("document", "draft"), _("state"), _("asked for by")]
    columns += [_("asked for on"), _("pages"), Column(_("SHA-256 of the content"), 64)]
    columns += [Column(_("SHA-256 of the PDF"), 64)]
    return columns, (
        (
            labels.get(one.kind, one.kind),
            one.title,
            one.draft,
            one.get_state_display(),
            one.asked_by.full_name if one.asked_by else "",
            one.asked_at,
            one.pages,
            one.content_hash,
            one.file_hash,
        )
        for one in rows
    )
