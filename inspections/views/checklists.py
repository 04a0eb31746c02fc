"""Checklists: the list, one version with its lines, and publishing a newer version."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cchc_portal.lib import tables
from inspections import permissions
from inspections.checklist_forms import Items, TemplateForm
from inspections.models import Template
from inspections.views.checklist_exports import export_list, export_template
from inspections.workflow.checklists import publish


def _reader(request: HttpRequest) -> None:
    if not permissions.reads_checklists(request.user):
        raise PermissionDenied


@require_safe
def checklist_list(request: HttpRequest) -> HttpResponse:
    """The newest version of every checklist."""
    _reader(request)
    rows = Template.objects.newest().select_related("area").annotate(lines=Count("items"))
    if request.GET.get("format") in tables.CONTENT_TYPES:
        return export_list(rows, request.GET["format"])
    context = {
        "templates": rows,
        "may_keep": permissions.keeps_checklists(request.user),
        "breadcrumb": [(_("Supervision and inspection"), reverse("inspections:visit_list")), (_("Checklists"), "")],
    }
    return render(request, "inspections/checklist_list.html", context)


@require_safe
def checklist_template(request: HttpRequest, pk: int) -> HttpResponse:
    """One version of a checklist: its lines as visits take them, and the versions before and after it."""
    _reader(request)
    template = get_object_or_404(Template.objects.select_related("area", "created_by"), pk=pk)
    if request.GET.get("format") in tables.CONTENT_TYPES:
        return export_template(template, request.GET["format"])
    versions = list(Template.objects.filter(code=template.code).order_by("-number"))
    context = {
        "template": template,
        "items": template.items.all(),
        "versions": versions,
        "newest": versions[0],
        "visits": template.taken.values("visit").distinct().count(),
        "may_keep": versions[0] == template and permissions.keeps_checklists(request.user),
        "breadcrumb": [(_("Checklists"), reverse("inspections:checklist_list")), (template.name, "")],
    }
    return render(request, "inspections/checklist_template.html", context)


def _form_page(request: HttpRequest, form: TemplateForm, items, previous: Template | None) -> HttpResponse:
    title = _("New version of %(name)s") % {"name": previous.name} if previous else _("New checklist")
    back = previous.get_absolute_url() if previous else reverse("inspections:checklist_list")
    bad = form.is_bound and (form.errors or items.errors or items.non_form_errors())
    context = {
        "form": form,
        "items": items,
        "title": title,
        "back": back,
        "breadcrumb": [(_("Checklists"), reverse("inspections:checklist_list")), (title, "")],
    }
    return render(request, "inspections/checklist_form.html", context, status=422 if bad else 200)


def _edit(request: HttpRequest, previous: Template | None) -> HttpResponse:
    """The form of a new checklist, or of the version that follows `previous`; neither changes what is stored."""
    if not permissions.keeps_checklists(request.user):
        raise PermissionDenied
    kept = ("name", "area", "basis", "desk", "in_use", "order")
    initial = {name: getattr(previous, name) for name in kept} if previous else {}
    lines = previous.items.values() if previous else ()
    form = TemplateForm(request.POST or None, initial=initial, previous=previous)
    items = Items(request.POST or None, initial=list(lines), prefix="items")
    if request.method == "POST" and form.is_valid() and items.is_valid():
        made = form.save(commit=False)
        if previous:
            made.code, made.order = previous.code, previous.order
        publish(made, items.rows(), by=request.user, seen=form.cleaned_data["seen"])
        messages.success(request, _("Version %(number)s is published.") % {"number": made.number})
        return redirect(made)
    return _form_page(request, form, items, previous)


@require_http_methods(["GET", "HEAD", "POST"])
def checklist_new(request: HttpRequest) -> HttpResponse:
    """Write a new checklist."""
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def checklist_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish the next version. Visits keep the version that they took."""
    _reader(request)
    previous = get_object_or_404(Template, pk=pk)
    newest = Template.objects.newest().get(code=previous.code)
    return _edit(request, newest if request.method != "POST" else previous)
