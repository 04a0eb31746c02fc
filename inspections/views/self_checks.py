"""Self-check reports: asked of the visited agency, answered with text and files, sent back or no longer asked for."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cchc_portal.lib.errors import Refused
from cchc_portal.lib.fields import NfcFormField
from cchc_portal.lib.text import clean_text
from inspections import permissions
from inspections.choices import DayUnit
from inspections.forms import LONGEST_TEXT, RemedyForm
from inspections.models import Area, SelfCheck, SelfCheckFile, Visit
from inspections.views.handling import hand_out, moves_for, try_move
from inspections.workflow import SELF_CHECKS, ask_self_check

LONGEST_DAYS = 60


class AskForm(forms.Form):
    """What the agency reports about, and how many days it has."""

    outline = NfcFormField(
        label=gettext_lazy("outline of the report"),
        clean=clean_text,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    days = forms.IntegerField(label=gettext_lazy("days to answer"), min_value=1, max_value=LONGEST_DAYS, initial=5)
    unit = forms.ChoiceField(label=gettext_lazy("unit"), choices=DayUnit, initial=DayUnit.WORKING)


class ReportForm(RemedyForm):
    """The agency's report on itself."""

    text = NfcFormField(
        label=gettext_lazy("report of the agency"),
        clean=clean_text,
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 10}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["evidence"].label = _("Files")


FORMS = {"answer": ReportForm}


def _outline(visit: Visit) -> str:
    """What is asked by default: every area of reform, figures, limits with their causes, proposals."""
    newest = Area.objects.order_by("-list_version").values_list("list_version", flat=True).first()
    areas = [area.name for area in Area.objects.filter(list_version=newest).order_by("order")]
    lines = [_("Results, figures, limits and causes in each of these areas:"), *(f"- {name}" for name in areas)]
    if visit.themes.exists():
        lines += [_("Themes of the visit:"), *(f"- {theme.text}" for theme in visit.themes.all())]
    return "\n".join([*lines, _("What became of earlier recommendations; proposals of the agency.")])


@require_http_methods(["GET", "HEAD", "POST"])
def self_check_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the visited agency for a report on itself."""
    visit = get_object_or_404(Visit.objects.visible_to(request.user).select_related("agency", "team"), pk=pk)
    if not permissions.prepares_visit(request.user, visit):
        raise PermissionDenied
    form = AskForm(request.POST or None, initial={"outline": _outline(visit)})
    if request.method == "POST" and form.is_valid():
        try:
            item = ask_self_check(visit, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.problems)
        else:
            messages.success(request, _("The agency is asked; everybody who acts for it got a message."))
            return redirect(item)
    title, back = _("Ask for a self-check report"), reverse("inspections:visit_detail", args=[visit.pk])
    context = {"form": form, "title": title, "back": back, "breadcrumb": [(str(visit), back), (title, "")]}
    return render(request, "inspections/form.html", context, status=422 if form.errors else 200)


def _item_of(request: HttpRequest, pk: int) -> SelfCheck:
    rows = SelfCheck.objects.visible_to(request.user).select_related("visit__agency", "visit__team", "agency")
    return get_object_or_404(rows.select_related("asked_by", "answered_by"), pk=pk)


def _page(request: HttpRequest, item: SelfCheck, *, tried=None, action: str = "", status: int = 200) -> HttpResponse:
    sees_visit = Visit.objects.visible_to(request.user).filter(pk=item.visit_id).exists()
    context = {
        "item": item,
        "overdue": item.is_overdue(timezone.localdate()),
        "files": item.files.select_related("file"),
        "sees_visit": sees_visit,
        "moves": moves_for(request, SELF_CHECKS, item, FORMS, tried, action),
        "moves_url": item.get_absolute_url(),
        "breadcrumb": [
            (_("Supervision and inspection"), reverse("inspections:visit_list")),
            (str(item.visit), reverse("inspections:visit_detail", args=[item.visit_id]) if sees_visit else ""),
            (_("Self-check report"), ""),
        ],
    }
    return render(request, "inspections/self_check.html", context, status=status)


@require_safe
def self_check(request: HttpRequest, pk: int) -> HttpResponse:
    """What is asked, until when, and what the agency sent."""
    return _page(request, _item_of(request, pk))


@require_POST
def self_check_action(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Send the report, send it back, or ask no more."""
    item = _item_of(request, pk)
    problems = try_move(request, SELF_CHECKS, item, action, FORMS)
    if problems is not None:
        return _page(request, item, tried=problems, action=action, status=422)
    messages.success(request, _("Saved."))
    return redirect(item)


@require_safe
def self_check_file(request: HttpRequest, pk: UUID) -> FileResponse:
    """A file of a report, always as a download."""
    items = SelfCheck.objects.visible_to(request.user)
    found = get_object_or_404(SelfCheckFile.objects.select_related("file"), file_id=pk, of__in=items)
    return hand_out(found.file, attachment=True)
