"""What changed since one last looked: the page, the small card of other pages, and the switch of the weekly brief."""

from datetime import datetime, time
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from agencies.models import Agency
from cchc_portal.lib.forms import day_typed
from cchc_portal.lib.htmx import vary_on_htmx
from cchc_portal.lib.tables import Column, table_response, wants_table
from dossiers import rules
from dossiers.choices import FORMULA_LABELS
from reports.models import BriefChoice
from reports.permissions import gets_brief, is_told_changes
from reports.tally.changes import Changes, changes_for, looked_until, scopes
from reports.workflow import choose_brief, look

ON_THE_CARD = 4
# Lines of a section that a file holds at most.
EXPORTED = 1000
RATED = ("rates", "ranks", "restated")
INSTANT = "%Y-%m-%dT%H:%M:%S"


def _scope(request: HttpRequest, code: str) -> tuple[Agency, list[Agency]]:
    """The agency that is looked at, the person's first one by default, and all there are to choose from.

    Raises PermissionDenied for those to whom no changes are told, Http404 for an agency that is none of theirs.
    """
    choices = scopes(request.user) if is_told_changes(request.user) else []
    if not choices:
        raise PermissionDenied
    found = next((agency for agency in choices if agency.code == code), None)
    if code and found is None:
        raise Http404
    return found or choices[0], choices


def _instant(text: str, now: datetime) -> datetime | None:
    """A day (dd/mm/yyyy or ISO, from its first moment) or an instant that has come; None for anything else."""
    text = text.strip()[:40]
    day = day_typed(text)
    try:
        found = datetime.combine(day, time()) if day else parse_datetime(text)
    except ValueError:
        return None
    if found is None:
        return None
    found = timezone.make_aware(found) if timezone.is_naive(found) else found
    return found if datetime(1990, 1, 1, tzinfo=found.tzinfo) < found <= now else None


def _kept(request: HttpRequest, now: datetime) -> datetime | None:
    """The instant that the page showed, where its form comes back with the day of that instant unchanged."""
    kept = _instant(request.GET.get("kept", ""), now)
    day = day_typed(request.GET["since"].strip()[:40])
    return kept if kept and day == timezone.localdate(kept) else None


def _is_looking(request: HttpRequest) -> bool:
    """Whether a person opens the page: not a HEAD, not a browser that fetches or renders ahead."""
    ahead = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
    said = " ".join(request.headers.get(name, "") for name in ahead).lower()
    return request.method == "GET" and not any(word in said for word in ("prefetch", "prerender", "preview"))


def _formula(request: HttpRequest) -> str:
    """The formula of rates and places that the address names, the default one where it names none; Http404 for one that
    is not compared."""
    formula = request.GET.get("formula", "")[:40] or rules.DEFAULT_FORMULA
    if formula not in rules.COMPARED_FORMULAS:
        raise Http404
    return formula


def _address(agency: Agency, since: datetime, formula: str = rules.DEFAULT_FORMULA) -> str:
    query = {"agency": agency.code, "since": timezone.localtime(since).strftime(INSTANT)}
    if formula != rules.DEFAULT_FORMULA:
        query["formula"] = formula
    return f"{reverse('reports:changes')}?{urlencode(query)}"


@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """Everything that changed since the instant in the address; without one since the person last looked.

    The address then names that instant, so that a link or a reload shows the same. Rates and places are by the formula
    in the address. Opening the page counts as having looked, unless it begins later than what was seen so far.
    """
    now = timezone.now()
    agency, choices = _scope(request, request.GET.get("agency", "")[:40])
    formula = _formula(request)
    seen = looked_until(request.user, agency, now)
    if not request.GET.get("since"):
        return redirect(_address(agency, min(seen, now), formula))
    since = _kept(request, now) or _instant(request.GET["since"], now)
    context = {"agency": agency, "choices": choices, "asked": request.GET["since"][:40], "seen": seen, "now": now}
    context |= {"formula": formula, "formula_label": FORMULA_LABELS[formula]}
    context["formulas"] = [(code, FORMULA_LABELS[code]) for code in rules.COMPARED_FORMULAS]
    context["breadcrumb"] = [(_("What changed"), "")]
    if since is None:
        context["problem"] = _("Choose a day that has come, like 15/11/2026.")
        return render(request, "reports/changes.html", context, status=400)
    if wants_table(request):
        return _export(changes_for(request.user, agency, since, now, shown=EXPORTED, formula=formula), request)
    context |= {"changes": changes_for(request.user, agency, since, now, formula=formula), "since": since}
    context["kept"] = timezone.localtime(since).strftime(INSTANT)
    if gets_brief(request.user):
        context["brief_wanted"] = not BriefChoice.objects.filter(person=request.user, wanted=False).exists()
    response = render(request, "reports/changes.html", context)
    if since <= seen and _is_looking(request):
        look(request.user, agency, now)
    return response


def _export(found: Changes, request: HttpRequest) -> HttpResponse:
    """All that changed as one table; taking it away is no look."""
    columns = [Column(_("Section"), 40), Column(_("What changed"), 70), Column(pgettext("of a change", "Number"), 24)]
    columns += [Column(_("What it rests on"), 70), _("Formula"), Column(_("Page"), 40)]
    rows = (
        (section.title, line.text, line.number, line.basis, found.formula if section.code in RATED else "", line.path)
        for section in found.sections
        for line in section.lines
    )
    name = _("What changed since %(when)s") % {"when": f"{timezone.localtime(found.since):%Y-%m-%d %H%M}"}
    return table_response(name, columns, rows, request.GET["format"])


@require_safe
@vary_on_htmx
def changes_card(request: HttpRequest) -> HttpResponse:
    """A few lines for other pages; nothing at all where nothing changed. Seeing the card is no look."""
    now = timezone.now()
    agency, _choices = _scope(request, request.GET.get("agency", "")[:40])
    since = looked_until(request.user, agency, now)
    found = changes_for(request.user, agency, since, now)
    if not found.total:
        return HttpResponse("")
    first = [(section, section.lines[0]) for section in found.sections]
    context = {"changes": found, "first": first[:ON_THE_CARD], "address": _address(agency, since)}
    context |= {"until": timezone.localtime(now).isoformat(), "back": request.GET.get("back") == "overview"}
    return render(request, "reports/changes_card.html", context)


@require_POST
def changes_seen(request: HttpRequest) -> HttpResponse:
    """The person has seen what the page showed: everything up to the instant at which it was made."""
    agency, _choices = _scope(request, request.POST.get("agency", "")[:40])
    until = _instant(request.POST.get("until", ""), timezone.now())
    if until is None:
        return HttpResponseBadRequest()
    look(request.user, agency, until)
    messages.success(request, _("Noted. What changes from now on is shown next time."))
    return redirect("reports:overview" if request.POST.get("back") == "overview" else "home")


@require_POST
def brief_switch(request: HttpRequest) -> HttpResponse:
    """Switch the weekly brief by mail on or off."""
    if not gets_brief(request.user):
        raise PermissionDenied
    wanted = request.POST.get("wanted") == "1"
    choose_brief(request.user, wanted)
    messages.success(
        request,
        _("The weekly brief comes every Monday morning.") if wanted else _("The weekly brief is switched off."),
    )
    return redirect("reports:changes")
