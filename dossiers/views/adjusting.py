"""The page that asks for other figures, late reasons and explanations in an accepted return.

A page holds as many lines as one request may carry; of a larger return the lines to adjust are chosen first.
"""

from dataclasses import dataclass, field

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.numbers import Cell, NumberError, format_count, parse_cell
from cchc_portal.lib.text import clean_text
from dossiers import permissions, rules
from dossiers.choices import EXPLAINED_LABELS, FIGURE_LABELS
from dossiers.forms import LONGEST_WORDS, MoveForm
from dossiers.models import LateReason, Line, Return
from dossiers.tally import checking
from dossiers.views.adjustments import crumbs
from dossiers.views.words import SHOWN
from dossiers.workflow import EXPLAINED, ensure_accepted, propose_adjustment, stored_words
from procedures.choices import ProcedureLevel
from records.moves import tell_both

TYPED = [(name, column) for name, column in SHOWN if name in rules.TYPED_NAMES]
# A return of at most this many lines is shown whole; of a longer one the lines are chosen first.
LINES_SHOWN = 40
# Inputs of a request that belong to no line: token, version, reason, button; some more for safety.
OTHER_INPUTS = 50
LONGEST_TYPED = 40


@dataclass
class Input:
    """One input of the page: its name, what is typed, what is wrong with it."""

    name: str
    label: str
    typed: str
    error: str = ""


@dataclass
class InputReason:
    """A late reason of a line: how many dossiers, and its text."""

    key: int
    count: Input
    text: Input


@dataclass
class InputLine:
    pk: int
    title: str
    group: str
    stands: rules.Figures
    cells: dict[str, Input]
    reasons: list[InputReason] = field(default_factory=list)
    explanations: dict[str, Input] = field(default_factory=dict)

    @property
    def said(self) -> bool:
        """Is anything said of the line, or wrong with what is? Then its words are shown open."""
        words = [one for reason in self.reasons for one in (reason.count, reason.text)]
        return any(one.typed or one.error for one in (*words, *self.explanations.values()))


@dataclass
class Sheet:
    """The lines of a return, or those chosen, with their inputs."""

    lines: list[InputLine]
    heads: list[tuple]
    at_most: int


def _typed_form(value: Cell) -> str:
    return "" if value is None else format_count(value)


def _rows(item: Return) -> list[tuple]:
    """Key, names and figures of every line, in the order of the form."""
    names = ("procedure__code", "procedure__name", "procedure__field__name", "field__name", "level")
    rows = Line.objects.filter(of=item).order_by("position", "pk")
    return [
        (pk, code, name, group or (str(ProcedureLevel(level).label) if level else ""), own, checking.as_figures(cells))
        for pk, code, name, group, own, level, *cells in rows.values_list("pk", *names, *checking.FIGURE_COLUMNS)
    ]


def _columns(rows: list[tuple]) -> list[tuple[str, int | None]]:
    """The typed figures, and the stated totals that some line has."""
    return TYPED + [(name, None) for name in rules.STATED if any(row[-1].cells[name] is not None for row in rows)]


def _sheet(item: Return, chosen: set[int] | None) -> Sheet:
    """The inputs of the lines in `chosen`, of all lines where that is None."""
    rows = _rows(item)
    columns = _columns(rows)
    said = stored_words(item)
    used = {key for words in said.values() for key in words if not isinstance(key, str)}
    reasons = [one for one in LateReason.objects.order_by("order", "code") if one.active or one.pk in used]
    each = len(columns) + 2 * len(reasons) + len(EXPLAINED) + 1
    at_most = (settings.DATA_UPLOAD_MAX_NUMBER_FIELDS - OTHER_INPUTS) // each
    lines = []
    for pk, code, name, group, own, stands in rows:
        if chosen is not None and pk not in chosen:
            continue
        line = InputLine(pk, checking.line_name(code, name, own), group, stands, {})
        for figure, _column in columns:
            label = str(FIGURE_LABELS[figure])
            line.cells[figure] = Input(f"cell-{pk}-{figure}", label, _typed_form(stands.cells[figure]))
        for reason in reasons:
            count, text = said.get(pk, {}).get(reason.pk, (None, ""))
            about = f"late-{pk}-{reason.pk}"
            number = Input(f"{about}-count", str(reason), _typed_form(count))
            line.reasons.append(InputReason(reason.pk, number, Input(f"{about}-text", str(reason), text)))
        for code in EXPLAINED:
            text = said.get(pk, {}).get(code, (None, ""))[1]
            line.explanations[code] = Input(f"explain-{pk}-{code}", str(EXPLAINED_LABELS[code]), text)
        lines.append(line)
    return Sheet(lines, [(FIGURE_LABELS[name], column) for name, column in columns], at_most)


class _Reading:
    """Reads what was typed into a sheet; what is wrong stays in its input and is told as a sentence."""

    def __init__(self, data):
        self.data = data
        self.changes: dict[int, dict[str, Cell]] = {}
        self.words: dict[int, dict] = {}
        self.problems: list[str] = []
        self.wanted: list[tuple[str, str]] = []

    def _wrong(self, line: InputLine, one: Input, error) -> None:
        one.error = str(error)
        told = {"line": line.title, "figure": one.label, "problem": error}
        self.problems.append(_("%(line)s, %(figure)s: %(problem)s") % told)

    def _number(self, line: InputLine, one: Input):
        """The count typed; what stood there where nothing was sent or it is none. Second: may it be taken?"""
        typed = self.data.get(one.name)
        if typed is None:
            return None, False
        one.typed = typed[:LONGEST_TYPED]
        try:
            return parse_cell(typed), True
        except NumberError as error:
            self._wrong(line, one, error)
            return None, False

    def _text(self, line: InputLine, one: Input) -> str:
        typed = self.data.get(one.name)
        if typed is None:
            return one.typed
        one.typed = clean_text(typed).strip()
        if len(one.typed) > LONGEST_WORDS:
            self._wrong(line, one, _("At most %(count)s characters.") % {"count": format_count(LONGEST_WORDS)})
        return one.typed

    def _want(self, line: InputLine, one: Input, value: str) -> None:
        self.wanted.append((f"{line.title}, {one.label}", value))

    def _reason(self, line: InputLine, reason: InputReason) -> None:
        was = (reason.count.typed, reason.text.typed)
        count, sent = self._number(line, reason.count)
        text = self._text(line, reason.text)
        if not sent or (reason.count.typed, text) == was:
            return
        if count is rules.NA:
            self._wrong(line, reason.count, _("Type how many dossiers, or leave it blank."))
            return
        said = (count or 0, text) if count or text else (None, "")
        self.words.setdefault(line.pk, {})[reason.key] = said
        self._want(line, reason.count, f"{format_count(said[0])} {text}".strip())

    def read(self, lines: list[InputLine]) -> None:
        for line in lines:
            for name, one in line.cells.items():
                value, sent = self._number(line, one)
                if sent and value != line.stands.cells[name]:
                    self.changes.setdefault(line.pk, {})[name] = value
                    self._want(line, one, format_count(value))
            for reason in line.reasons:
                self._reason(line, reason)
            for code, one in line.explanations.items():
                was = one.typed
                if (text := self._text(line, one)) != was:
                    self.words.setdefault(line.pk, {})[code] = (None, text)
                    self._want(line, one, text)


def _chosen(data) -> set[int]:
    return {int(value) for value in data.getlist("line") if value.isascii() and value.isdigit() and len(value) < 18}


@require_http_methods(["GET", "HEAD", "POST"])
def adjustment_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Other figures and words for an accepted return, with a reason. Only what differs from what stands is proposed."""
    item = get_object_or_404(Return.objects.visible_to(request.user).for_list(), pk=pk)
    if not permissions.may_propose_adjustment(request.user, item):
        raise PermissionDenied
    chosen = _chosen(request.POST if request.method == "POST" else request.GET)
    whole = not chosen and Line.objects.filter(of=item).count() <= LINES_SHOWN
    sheet = _sheet(item, None if whole else chosen)
    if request.method == "POST" and "choose" not in request.POST and sheet.lines:
        return _proposed(request, item, sheet, whole=whole)
    ensure_accepted(item)
    over = len(sheet.lines) > sheet.at_most
    if over or not sheet.lines:
        asked = request.method == "POST" and not over
        return _choosing(request, item, sheet, chosen, over=over, asked=asked)
    return _page(request, item, sheet, MoveForm(initial={"version": item.version}, needs_reason=True), whole=whole)


def _choosing(request, item: Return, sheet: Sheet, chosen: set[int], *, over: bool, asked: bool) -> HttpResponse:
    """Which lines are to be adjusted, where there are too many for one page."""
    problems = []
    if over:
        told = {"count": format_count(len(sheet.lines)), "most": format_count(sheet.at_most)}
        problems = [_("You chose %(count)s lines; one adjustment takes at most %(most)s. Choose fewer.") % told]
    elif asked:
        problems = [_("Choose the lines that are wrong.")]
    rows = [(pk, checking.line_name(code, name, own), group) for pk, code, name, group, own, _figures in _rows(item)]
    context = {
        "item": item,
        "rows": rows,
        "chosen": chosen,
        "at_most": sheet.at_most,
        "problems": problems,
        "breadcrumb": crumbs(item, _("Propose an adjustment")),
    }
    return render(request, "dossiers/adjustment_lines.html", context, status=422 if problems else 200)


def _page(request, item: Return, sheet: Sheet, form: MoveForm, problems=(), *, whole: bool) -> HttpResponse:
    context = {
        "item": item,
        "lines": sheet.lines,
        "heads": sheet.heads,
        "whole": whole,
        "form": form,
        "problems": problems,
        "breadcrumb": crumbs(item, _("Propose an adjustment")),
    }
    return render(request, "dossiers/adjustment_new.html", context, status=422 if form.is_bound else 200)


def _proposed(request, item: Return, sheet: Sheet, *, whole: bool) -> HttpResponse:
    """Take what was typed; what cannot be taken is shown again with all that was typed."""
    form = MoveForm(request.POST, needs_reason=True)
    reading = _Reading(request.POST)
    reading.read(sheet.lines)
    problems = reading.problems
    try:
        ensure_accepted(item)
        if form.is_valid() and not problems:
            adjustment = propose_adjustment(
                item,
                reading.changes,
                words=reading.words,
                reason=form.cleaned_data["reason"],
                by=request.user,
                version=form.cleaned_data["version"],
            )
            messages.success(request, _("The adjustment is proposed. The leader of your agency signs it next."))
            return redirect(adjustment)
    except Refused as refusal:
        problems = refusal.problems
    except Conflict as conflict:
        conflict.mine += reading.wanted
        tell_both(conflict, item, _("Propose an adjustment"), form)
        raise
    form.renew_version(item.version)
    return _page(request, item, sheet, form, problems, whole=whole)
