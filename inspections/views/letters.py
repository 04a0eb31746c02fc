"""Letters that urge agencies about what is overdue: choosing, writing one to each agency, the list."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies.choices import RoleCode
from cchc_portal.lib import tables
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.periods import add_working_days
from inspections import permissions
from inspections.choices import FOLLOW_UP_LETTER
from inspections.followup_forms import LettersForm
from inspections.models import Letter
from inspections.rules import working_days_between
from inspections.workflow import holidays, write_letters
from records.models import Document

ANSWER_AFTER = 10


def _crumbs(*last: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Recommendations"), reverse("inspections:recommendation_list")), *last]


def _issuing(user):
    """The agency in whose name the programme office writes; a team writes in that of its own."""
    if not permissions.sets_teams(user):
        return None
    return next(role.agency for role in user.current_roles() if role.code == RoleCode.PROGRAMME_OFFICER)


@require_safe
def letter_list(request: HttpRequest) -> HttpResponse:
    """Letters written so far, with their documents."""
    rows = Letter.objects.visible_to(request.user).select_related("agency", "written_by").prefetch_related("lines")
    if tables.wants_table(request):
        return _export(rows, request.GET["format"])
    page = page_of(request, rows)
    letters = list(page.object_list)
    documents = Document.objects.visible_to(request.user).filter(
        kind=FOLLOW_UP_LETTER, subject_id__in=[letter.pk for letter in letters]
    )
    made = {document.subject_id: document for document in documents.order_by("asked_at")}
    for letter in letters:
        letter.document = made.get(letter.pk)
    page.object_list = letters
    context = {
        "page": page,
        "may_urge": permissions.writes_letters(request.user),
        "breadcrumb": _crumbs((_("Follow-up letters"), "")),
    }
    return render(request, "inspections/letter_list.html", context)


def _export(letters, fmt: str) -> HttpResponse:
    """A row for each recommendation that a letter is about."""
    columns = [_("agency"), _("written on"), _("written by"), _("answer by"), tables.Column(_("recommendation"), 60)]
    columns += [_("due"), _("working days late")]
    rows = (
        (
            letter.agency.name,
            letter.written_at,
            letter.written_by.full_name,
            letter.answer_by,
            line.text,
            line.due,
            line.late,
        )
        for letter in letters
        for line in letter.lines.all()
    )
    return tables.table_response(_("Follow-up letters"), columns, rows, fmt)


@require_http_methods(["GET", "HEAD", "POST"])
def letter_new(request: HttpRequest) -> HttpResponse:
    """Choose overdue recommendations of several agencies; each agency gets one letter."""
    if not permissions.writes_letters(request.user):
        raise PermissionDenied
    now, today, days_off = timezone.now(), timezone.localdate(), holidays()
    overdue = permissions.recommendations_to_urge(request.user).overdue(today)
    overdue = overdue.for_list().select_related("follow_team__issuing_agency", "visit__team__issuing_agency")
    overdue = overdue.order_by("agency__sort_key", "agency_id", "due", "pk")
    initial = {"answer_by": add_working_days(today, ANSWER_AFTER, days_off)}
    form = LettersForm(request.POST or None, rows=overdue, initial=initial)
    if request.method == "POST" and form.is_valid():
        letters = write_letters(
            list(form.cleaned_data["chosen"]),
            by=request.user,
            issuing_agency=_issuing(request.user),
            answer_by=form.cleaned_data["answer_by"],
            now=now,
            address=request.build_absolute_uri("/").rstrip("/"),
        )
        messages.success(request, _("%(count)s letters are being made, one to each agency.") % {"count": len(letters)})
        return redirect("inspections:letter_list")
    rows = list(overdue.prefetch_related("letter_lines__letter"))
    for row in rows:
        row.late = working_days_between(row.due, today, days_off)
        row.urged = max((line.letter.written_at for line in row.letter_lines.all()), default=None)
    context = {
        "form": form,
        "rows": rows,
        "breadcrumb": _crumbs((_("Follow-up letters"), reverse("inspections:letter_list")), (_("Write letters"), "")),
    }
    return render(request, "inspections/letter_form.html", context, status=422 if form.errors else 200)
