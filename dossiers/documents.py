"""What the printed Biểu II.06a of a return says: its figures frozen into plain values, then the template.

The form is printed as the law has it: landscape, thirteen numbered columns, sums per field and over all.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy, override

from cchc_portal.lib.numbers import format_count
from cchc_portal.lib.text import ascii_slug
from dossiers import rules, tally
from dossiers.choices import ReturnState
from dossiers.models import Return
from dossiers.workbooks import layout
from dossiers.workbooks.export import Form, FormLine, form_of
from records.models import Document
from records.registry import Content, Kind, content_hash, register

RETURN_FORM = "return_form"
PRINTED = tuple(column.key for column in layout.COLUMNS[2 : layout.PRINTED_COLUMNS])
# Figures that the portal keeps and the form has no column for; their sums stand under the table.
BESIDE = ("withdrawn", "resolved_overdue_with_apology", "pending_overdue_with_apology")


@dataclass(frozen=True)
class PrintedRow:
    """A row of the form, printed already; `kind` is line, group or total."""

    kind: str
    stt: str
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class PrintedForm:
    """The whole form."""

    title: str
    agency: str
    receiver: str
    period: str
    span: str
    rows: tuple[PrintedRow, ...]
    beside: tuple[str, ...]
    draft: bool


def _values(lines: list[FormLine]) -> tuple[str, ...]:
    """The printed figures of a line, or their sums over several; not known unless known on every line."""
    figures = lines[0].figures if len(lines) == 1 else rules.sum_lines([line.figures for line in lines])
    return tuple(format_count(figures.get(key)) for key in PRINTED)


def _rows(form: Form):
    number, grouped = 0, any(name for name, _lines in form.groups)
    for index, (name, lines) in enumerate(form.groups, start=1):
        if grouped:
            yield PrintedRow("group", layout.roman(index), name, _values(lines))
        for line in lines:
            number += 1
            yield PrintedRow("line", str(number), line.name, _values([line]))
    if form.lines:
        yield PrintedRow("total", "", layout.TOTAL, _values(form.lines))


def form_title(item: Return) -> str:
    """What the document is called in lists."""
    return f"{layout.FORM_NUMBER} – {item.agency.name} – {item.period}"


def freeze(item: Return, *, draft: bool) -> PrintedForm:
    """Everything that is printed of the return. Two queries."""
    form = form_of(item)
    total = rules.sum_lines([line.figures for line in form.lines])
    return PrintedForm(
        title=form_title(item),
        agency=form.agency,
        receiver=form.receiver,
        period=form.period,
        span=form.span,
        rows=tuple(_rows(form)),
        beside=tuple(format_count(total.get(name)) for name in BESIDE),
        draft=draft,
    )


def _changed_at(item: Return) -> datetime:
    """The last instant at which something printed may have changed."""
    instants = [item.created_at, item.submitted_at, item.approved_at, item.accepted_at]
    instants += item.lines.filter(changed_by__isnull=False).values_list("changed_at", flat=True)
    return max(instant for instant in instants if instant is not None)


def is_draft(item: Return) -> bool:
    """Until it is accepted, what is printed of a return says that it is a draft."""
    return item.state != ReturnState.ACCEPTED


def build_form(document: Document) -> Content:
    """The printed form of a return. Raises Return.DoesNotExist where the return is gone."""
    item = Return.objects.select_related("agency__parent", "period").get(pk=document.subject_id)
    with override("vi"):
        form = freeze(item, draft=document.draft)
        fingerprint = asdict(form)
        context = {
            "form": form,
            "layout": layout,
            "numbers": [column.number for column in layout.COLUMNS[: layout.PRINTED_COLUMNS]],
            "draft": form.draft,
            "check_code": content_hash(fingerprint)[:32],
        }
        html = render_to_string("dossiers/pdf/return_form.html", context)
    name = f"{ascii_slug(f'II.06a {item.agency.code} {item.period.label}')}.pdf"
    return Content(html=html, fingerprint=fingerprint, media={}, created=_changed_at(item), file_name=name)


def _visible_subjects(user):
    return Return.objects.visible_to(user).values("pk")


def _restated(document: Document) -> datetime | None:
    """When the return was last adjusted or voided since its form was printed."""
    item = Return.objects.filter(pk=document.subject_id).first()
    return tally.changed_since(item, document.started_at) if item else None


register(Kind(RETURN_FORM, gettext_lazy("Form II.06a"), build_form, _visible_subjects, _restated))
