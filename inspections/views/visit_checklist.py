"""The checklist of a visit at the desk: answers without a script, two values side by side, recounts, what came late."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cchc_portal.lib import tables
from cchc_portal.lib.errors import Conflict
from cchc_portal.lib.numbers import NumberError, parse_count
from cchc_portal.lib.text import clean_text
from dossiers.choices import FIGURE_LABELS
from inspections import capture, checklists, permissions
from inspections.capture.standing import sides
from inspections.checklist_forms import ChooseForm, RecountForm
from inspections.choices import ItemKind, OperationKind, Outcome, Result, VisitState
from inspections.models import Operation, Template, Visit, VisitItem
from inspections.views.checklist_exports import export_answers, export_recounts
from inspections.views.evidence import shots_of
from records.models import Event

OPEN_TO_CHOOSE = (VisitState.PLANNED, VisitState.PREPARED, VisitState.UNDER_WAY)


def _visit_of(request: HttpRequest, pk: int) -> Visit:
    """The visit whose answers the person may read: 404 for who does not see it, 403 for the visited agency."""
    rows = Visit.objects.visible_to(request.user).select_related("agency", "team", "period")
    visit = get_object_or_404(rows, pk=pk)
    if not permissions.reads_answers(request.user, visit):
        raise PermissionDenied
    return visit


def _standing(visit: Visit) -> dict[str, list[Operation]]:
    found: dict[str, list[Operation]] = {}
    for operation in visit.operations.standing().select_related("person").order_by("pk"):
        found.setdefault(operation.subject, []).append(operation)
    return found


def _told(operation: Operation) -> str:
    """An operation's value in words."""
    value = operation.value
    if "result" in value:
        return str(Result(value["result"]).label) if value["result"] else "–"
    if "counted" in value:
        return f"{value['counted']} / {value['reported']}"
    return str(value.get("text") or value.get("number") or value.get("caption") or "–")


def _disputed(visit: Visit, standing: dict[str, list[Operation]]) -> list[dict]:
    """Subjects on which two values stand, with who wrote which when."""
    names = {item.code: item.text for item in visit.items.all()}
    found = []
    for subject, operations in standing.items():
        different = sides(operations)
        if len(different) > 1:
            kind, _colon, name = subject.partition(":")
            title = names.get(name) or FIGURE_LABELS.get(name.partition("@")[0]) or ""
            told = [{"operation": operation, "text": _told(operation)} for operation in different]
            seen = [str(operation.uuid) for operation in operations]
            label = OperationKind(kind).label
            found.append({"subject": subject, "kind": label, "title": title, "sides": told, "seen": seen})
    return found


def _with_bases(sections: list[checklists.Section], standing: dict[str, list[Operation]]) -> None:
    """Gives each line what its form says that was seen: the operation that stands, blank where several do."""
    for section in sections:
        for item in section.items:
            item.given, item.lacking = checklists.answer_of(item), checklists.lacking(item)
            for kind in ("answer", "note"):
                rows = standing.get(f"{kind}:{item.code}", [])
                seen = rows if len(sides(rows)) == 1 else []
                setattr(item, f"{kind}_base", " ".join(str(operation.uuid) for operation in seen))


def _page(request: HttpRequest, visit: Visit, *, problems=(), status: int = 200) -> HttpResponse:
    items = checklists.lines(visit)
    sections, standing = checklists.sections(visit, items), _standing(visit)
    _with_bases(sections, standing)
    counts, missing = checklists.progress(visit, items)
    leads = permissions.chooses_checklists(request.user, visit)
    back = reverse("inspections:visit_detail", args=[visit.pk])
    context = {
        "visit": visit,
        "sections": sections,
        "progress": counts,
        "missing": missing,
        "scores": checklists.scores(items),
        "disputed": _disputed(visit, standing),
        "recounts": visit.recounts.select_related("period", "counted_by"),
        "shots": shots_of(request.user, visit),
        "results": Result.choices,
        "problems": problems,
        "may_answer": visit.is_writable and permissions.records_findings(request.user, visit),
        "may_choose": visit.state in OPEN_TO_CHOOSE and leads,
        "set_aside": visit.operations.exclude(outcome__in=(Outcome.APPLIED, Outcome.BESIDE)).select_related("person")
        if leads
        else (),
        "breadcrumb": [(str(visit), back), (_("Checklist of the visit"), "")],
    }
    return render(request, "inspections/checklist.html", context, status=status)


def _typed(request: HttpRequest, item: VisitItem) -> list[dict]:
    """What was changed on one line, as operations over what its form was filled with. Raises NumberError."""
    found, code = [], item.code
    said, note = request.POST.get(f"answer-{code}"), request.POST.get(f"note-{code}")
    if said is not None and said != request.POST.get(f"answer-{code}-was", ""):
        value = {"number": parse_count(said)} if item.kind == ItemKind.NUMBER else {"result": said}
        found.append(_over(request, "answer", code, value))
    if note is not None and clean_text(note).strip() != clean_text(request.POST.get(f"note-{code}-was", "")).strip():
        found.append(_over(request, "note", code, {"text": clean_text(note).strip()}))
    return found


def _over(request: HttpRequest, kind: str, code: str, value: dict) -> dict:
    """The value as an operation over what the form was filled with, or as a decision over several equal ones."""
    seen = request.POST.get(f"{kind}-{code}-base", "").split()
    if len(seen) > 1:
        return capture.desk_operation("resolve", f"{kind}:{code}", {"over": seen, "value": value})
    return capture.desk_operation(kind, f"{kind}:{code}", value, seen[0] if seen else "")


@require_http_methods(["GET", "HEAD", "POST"])
def visit_checklist(request: HttpRequest, pk: int) -> HttpResponse:
    """Lines, answers and progress; a POST keeps the changed answers of a section."""
    visit = _visit_of(request, pk)
    if request.GET.get("format") in tables.CONTENT_TYPES:
        if request.GET.get("rows") == "recounts":
            return export_recounts(visit, request.GET["format"])
        return export_answers(visit, checklists.lines(visit), request.GET["format"])
    if request.method != "POST":
        return _page(request, visit)
    _may_record(request, visit)
    operations, problems = [], []
    for item in visit.items.all():
        try:
            operations += _typed(request, item)
        except NumberError as wrong:
            problems.append(f"{item.code}: {wrong}")
    if problems:
        return _page(request, visit, problems=problems, status=422)
    return _taken(request, visit, operations)


def _may_record(request: HttpRequest, visit: Visit) -> None:
    if not permissions.records_findings(request.user, visit):
        raise PermissionDenied
    if not visit.is_writable:
        raise Conflict(_("The result has been reported: answers can no longer be changed."), url=_address(visit))


def _address(visit: Visit) -> str:
    return reverse("inspections:visit_checklist", args=[visit.pk])


def _crumbs(visit: Visit) -> list[tuple[str, str]]:
    return [(str(visit), visit.get_absolute_url()), (_("Checklist of the visit"), _address(visit))]


def _taken(request: HttpRequest, visit: Visit, operations: list[dict], *, deciding: bool = False) -> HttpResponse:
    """Keep what was typed, and say what became of it."""
    if not operations:
        messages.info(request, _("Nothing was changed."))
        return redirect(_address(visit))
    receipts = capture.take(visit, operations, by=request.user, device=capture.DESK, deciding=deciding)
    refused = [receipt.message for receipt in receipts if receipt.outcome == Outcome.REFUSED]
    if refused:
        return _page(request, visit, problems=refused, status=422)
    if any(receipt.outcome == Outcome.LATE for receipt in receipts):
        raise Conflict(_("The result has been reported: answers can no longer be changed."), url=_address(visit))
    if any(receipt.outcome == Outcome.BESIDE for receipt in receipts):
        messages.warning(request, _("Somebody answered otherwise meanwhile. Both values stand above; choose one."))
    else:
        messages.success(request, _("Saved."))
    return redirect(_address(visit))


@require_POST
def visit_resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide between values that stand beside each other: the chosen one holds, the others stay readable."""
    visit = _visit_of(request, pk)
    _may_record(request, visit)
    try:
        key = uuid.UUID(request.POST.get("operation", ""))
    except ValueError as unknown:
        raise Http404 from unknown
    chosen = get_object_or_404(visit.operations, uuid=key)
    standing = list(visit.operations.standing().filter(subject=chosen.subject))
    over = [str(operation.uuid) for operation in standing]
    if not chosen.stands or set(request.POST.getlist("seen")) != set(over):
        raise Conflict(_("Another value has come meanwhile. Look at them again."), url=_address(visit))
    decision = capture.desk_operation("resolve", chosen.subject, {"over": over, "value": chosen.value})
    return _taken(request, visit, [decision], deciding=True)


@require_http_methods(["GET", "HEAD", "POST"])
def visit_templates(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the checklists of a visit. Their present versions are frozen on it; what it has stays."""
    visit = _visit_of(request, pk)
    if not permissions.chooses_checklists(request.user, visit):
        raise PermissionDenied
    if visit.state not in OPEN_TO_CHOOSE:
        raise Conflict(_("The visit is over: its checklist stays as it is."), url=_address(visit))
    held = visit.items.filter(template__isnull=False).values("template__code")
    offered = Template.objects.offered().exclude(code__in=held).select_related("area").prefetch_related("items")
    form = ChooseForm(request.POST if request.method == "POST" else None, offered=offered)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            visit = Visit.objects.select_for_update().get(pk=visit.pk)
            taken = checklists.freeze(visit, form.cleaned_data["templates"])
            after = {"checklists": checklists.labels(taken)}
            Event.objects.append(actor=request.user, action="choose_checklists", target=visit, after=after)
        messages.success(request, _("The checklist of the visit is ready."))
        return redirect(_address(visit))
    context = {
        "form": form,
        "title": _("Checklists of the visit"),
        "back": _address(visit),
        "breadcrumb": [*_crumbs(visit), (_("Choose"), "")],
    }
    return render(request, "inspections/form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def recount_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a recount; one of the same figure follows the one before, which stays in the log."""
    visit = _visit_of(request, pk)
    _may_record(request, visit)
    form = RecountForm(request.POST or None, initial={"figure": "in_time"})
    if request.method == "POST" and form.is_valid():
        value = dict(form.cleaned_data)
        subject = f"recount:{value.pop('figure')}"
        last = visit.operations.standing().filter(subject=subject).order_by("-pk").first()
        operation = capture.desk_operation("recount", subject, value, str(last.uuid) if last else "")
        return _taken(request, visit, [operation])
    title = _("Recount of dossiers")
    crumbs = [*_crumbs(visit), (title, "")]
    context = {"form": form, "title": title, "back": _address(visit), "breadcrumb": crumbs}
    return render(request, "inspections/form.html", context, status=422 if form.errors else 200)


@require_safe
def visit_operations(request: HttpRequest, pk: int) -> HttpResponse:
    """The log of one subject: every value that was ever recorded, by whom, when, and what became of it."""
    visit = _visit_of(request, pk)
    subject = request.GET.get("subject", "")
    rows = visit.operations.filter(subject=subject).select_related("person").order_by("pk")
    if not rows:
        raise Http404
    log = [{"operation": operation, "text": _told(operation)} for operation in rows]
    crumbs = [*_crumbs(visit), (_("All values"), "")]
    context = {"visit": visit, "log": log, "breadcrumb": crumbs}
    return render(request, "inspections/checklist_log.html", context)
