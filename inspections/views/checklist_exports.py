"""Tables of a checklist, of the answers of a visit and of its recounts, for a spreadsheet."""

from django.http import HttpResponse
from django.utils.translation import gettext as _

from cchc_portal.lib import tables
from dossiers.choices import FIGURE_LABELS
from inspections.checklists import answer_of
from inspections.choices import ItemKind, SampleMethod
from inspections.models import Template, Visit, VisitItem


def export_list(templates, fmt: str) -> HttpResponse:
    """The newest version of every checklist; `templates` carry how many `lines` they have."""
    columns = [tables.Column(_("Name"), 40), tables.Column(_("Area"), 30), _("Lines"), _("Version"), _("Published")]
    rows = ((one.name, one.area.name, one.lines, one.number, one.created_at, one.in_use) for one in templates)
    return tables.table_response(_("Checklists"), [*columns, _("in use")], rows, fmt)


def export_template(template: Template, fmt: str) -> HttpResponse:
    """The lines of one version of a checklist."""
    columns = [_("code"), tables.Column(_("section"), 30), tables.Column(_("Question"), 60), _("Kind of answer")]
    columns += [tables.Column(_("legal basis"), 40), _("points"), _("note needed"), _("photo needed")]
    rows = (
        (
            item.code,
            item.section,
            item.text,
            item.get_kind_display(),
            item.legal_basis,
            item.points,
            item.get_note_needed_display(),
            item.get_photo_needed_display(),
        )
        for item in template.items.all()
    )
    return tables.table_response(f"{template.name} v{template.number}", columns, rows, fmt)


def export_answers(visit: Visit, items: list[VisitItem], fmt: str) -> HttpResponse:
    """Every line of the visit with its answer, its note and how many photos stand behind it."""
    columns = [_("code"), tables.Column(_("section"), 30), tables.Column(_("Question"), 60), _("result"), _("number")]
    columns += [tables.Column(_("note"), 60), _("photos"), _("answered by"), _("answered on")]

    def row(item: VisitItem) -> tuple:
        said = answer_of(item)
        number = said.number if item.kind == ItemKind.NUMBER else None
        by, result = said.answered_by, said.get_result_display() if said.result else ""
        return (
            item.code,
            item.section,
            item.text,
            result,
            number,
            said.note,
            said.photos,
            by.full_name if by else "",
            said.answered_at,
        )

    name = _("Checklist of %(visit)s") % {"visit": visit}
    return tables.table_response(name, columns, (row(item) for item in items), fmt)


def export_recounts(visit: Visit, fmt: str) -> HttpResponse:
    """Every recount of the visit: reported against counted, with the sample and who counted."""
    columns = [tables.Column(_("figure"), 50), _("period"), _("reported"), _("counted"), _("population"), _("method")]
    columns += [tables.Column(_("note"), 60), _("counted by"), _("counted on")]
    rows = (
        (
            str(FIGURE_LABELS.get(one.figure, one.figure)),
            str(one.period or ""),
            one.reported,
            one.counted,
            one.population,
            str(SampleMethod(one.method).label) if one.method in SampleMethod.values else one.method,
            one.note,
            one.counted_by.full_name if one.counted_by else "",
            one.counted_at,
        )
        for one in visit.recounts.select_related("period", "counted_by")
    )
    return tables.table_response(_("Recounts of %(visit)s") % {"visit": visit}, columns, rows, fmt)
