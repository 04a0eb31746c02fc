"""The page behind which an importer stands: upload, preview with every error by row, then save all or nothing."""

import hashlib
import json
from types import ModuleType

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cchc_portal.lib.importing import Plan
from cchc_portal.lib.xlsx import SheetError, read_rows

# The rows of a preview travel in the page, signed for the person who uploaded them.
PREVIEW_SECONDS = 3600
SHOWN = 200


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File (.xlsx or .csv, UTF-8)"), widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"})
    )


def _digest(plan: Plan) -> str:
    told = [(change.label, change.new, change.fields) for change in plan.changes]
    return hashlib.sha256(json.dumps(told, cls=DjangoJSONEncoder, sort_keys=True).encode()).hexdigest()


def import_page(request: HttpRequest, importer: ModuleType, *, title: str, back: str, breadcrumb: list) -> HttpResponse:
    """Answer the upload page of `importer`; `back` is the URL name of the register. Rights are the caller's matter.

    Saving plans the rows anew: when the register moved since the preview, the new preview is shown with 409.
    """
    salt = f"{importer.__name__}:{request.user.pk}"
    context = {
        "title": title,
        "columns": importer.COLUMNS,
        "required": importer.REQUIRED,
        "breadcrumb": breadcrumb,
        "form": UploadForm(),
    }
    if request.method == "POST" and "preview" in request.POST:
        return _save(request, importer, salt, back, context)
    if request.method == "POST":
        context["form"] = form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                rows = read_rows(form.cleaned_data["file"], importer.COLUMNS, importer.REQUIRED)
            except SheetError as error:
                form.add_error("file", str(error))
            else:
                return _preview(request, importer, rows, salt, context)
    return render(request, "registers/import.html", context, status=422 if context["form"].errors else 200)


def _preview(request, importer, rows, salt, context, *, status=200) -> HttpResponse:
    plan = importer.plan_import(rows)
    context |= {"plan": plan, "rows": len(rows), "errors": plan.errors[:SHOWN], "changes": plan.changes[:SHOWN]}
    if not plan.errors and plan.changes:
        context["preview"] = signing.dumps({"rows": rows, "plan": _digest(plan)}, salt=salt, compress=True)
    return render(request, "registers/import.html", context, status=422 if plan.errors else status)


def _save(request, importer, salt, back, context) -> HttpResponse:
    try:
        kept = signing.loads(request.POST["preview"], salt=salt, max_age=PREVIEW_SECONDS)
    except signing.BadSignature:
        context["form"] = form = UploadForm({}, {})
        form.add_error(None, _("The preview has expired. Choose the file again."))
        return render(request, "registers/import.html", context, status=422)
    rows = [(number, cells) for number, cells in kept["rows"]]
    plan = importer.plan_import(rows)
    if plan.errors or _digest(plan) != kept["plan"]:
        messages.warning(
            request, _("The register was changed meanwhile; nothing was saved. Look at the preview again.")
        )
        return _preview(request, importer, rows, salt, context, status=409)
    importer.apply(plan, request.user)
    messages.success(
        request,
        _("Imported: %(new)s new, %(changed)s changed, %(same)s unchanged.")
        % {"new": len(plan.created), "changed": len(plan.updated), "same": plan.same},
    )
    return redirect(back)
