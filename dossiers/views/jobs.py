"""What the worker does and what failed, for the administrator: kinds and states, never what a document says."""

from collections.abc import Iterator

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agencies.permissions import keeps_accounts
from cchc_portal.lib.errors import Conflict
from cchc_portal.lib.paging import long_page_of
from cchc_portal.lib.tables import Column, table_response, wants_table
from dossiers.models import Consolidation, RateRun, UnusualRun
from records import registry
from records.choices import UNFINISHED, JobState, MailKind
from records.models import Document, Event, Mail

# What stands in the address → the table of jobs.
TABLES = {
    "documents": Document,
    "mails": Mail,
    "rates": RateRun,
    "unusual": UnusualRun,
    "consolidations": Consolidation,
}
SHOWN_STATES = (*UNFINISHED, JobState.FAILED)


@require_safe
def job_list(request: HttpRequest) -> HttpResponse:
    """Jobs of one table that are queued, running or failed; ?of= names the table, ?state= narrows, ?format= exports."""
    if not keeps_accounts(request.user):
        raise PermissionDenied
    of = request.GET.get("of") if request.GET.get("of") in TABLES else "documents"
    state = request.GET.get("state")
    states = (state,) if state in SHOWN_STATES else SHOWN_STATES
    jobs = TABLES[of].objects.filter(state__in=states).order_by("-asked_at", "-pk")
    if wants_table(request):
        return _export(of, jobs, request.GET["format"])
    page = long_page_of(request, jobs)
    page.object_list = list(_told(of, page.object_list))
    context = {
        "page": page,
        "of": of,
        "state": state,
        "states": [choice for choice in JobState.choices if choice[0] in SHOWN_STATES],
        "breadcrumb": [
            (_("Administration"), reverse("agencies:administration")),
            (_("Background jobs"), None),
        ],
    }
    return render(request, "dossiers/job_list.html", context)


def _told(of: str, jobs) -> Iterator:
    """The jobs with what they are about (`told`) and the kind of their error (`error_kind`)."""
    ours = {"rates": _("Rates"), "unusual": _("Unusual figures"), "consolidations": _("Workbooks")}
    labels = {kind.code: kind.label for kind in registry.kinds()} | dict(MailKind.choices)
    for job in jobs:
        job.told = ours[of] if of in ours else labels.get(job.kind, job.kind)
        # The first word of an error names its kind; the rest may quote what the document says.
        job.error_kind = job.error.split(":", 1)[0].splitlines()[0][:60] if job.error else ""
        yield job


def _export(of: str, jobs, fmt: str) -> HttpResponse:
    columns = [Column(_("Kind"), 30), Column(_("Job"), 38), _("State"), _("Attempts"), Column(_("Asked"), 18)]
    columns += [Column(_("Begun"), 18), Column(_("Ended"), 18), Column(_("Error"), 30)]
    rows = (
        (
            str(job.told),
            str(job.pk),
            job.get_state_display(),
            job.attempt,
            job.asked_at,
            job.started_at,
            job.finished_at,
            job.error_kind,
        )
        for job in _told(of, jobs.iterator())
    )
    return table_response(_("Background jobs"), columns, rows, fmt)


@require_POST
def job_retry(request: HttpRequest, of: str, pk: str) -> HttpResponse:
    """Put a failed job in the queue again, with all its attempts; the sweeper hands it to a worker."""
    if not keeps_accounts(request.user):
        raise PermissionDenied
    with transaction.atomic():
        job = _job(of, pk)
        if not TABLES[of].objects.retry(pk):
            raise Conflict(_("The job is not failed any more. Look at the list again."))
        Event.objects.append(
            actor=request.user, action="retry_job", target=job, before={"state": job.state}, after={"state": "queued"}
        )
    messages.success(request, _("The job is in the queue again."))
    return redirect(f"{reverse('dossiers:job_list')}?of={of}")


def _job(of: str, pk: str):
    """The job of the address; a name or number that is none is not found."""
    try:
        return TABLES[of].objects.get(pk=pk)
    except (KeyError, ValueError, ValidationError, ObjectDoesNotExist) as error:
        raise Http404 from error
