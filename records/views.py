"""What the portal wrote to the person: the same text that went out by mail."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cchc_portal.lib.paging import long_page_of
from records.models import Mail


@require_safe
def message_list(request: HttpRequest) -> HttpResponse:
    """The person's mails, newest first; ?unread=1 narrows to those not read yet."""
    mails = Mail.objects.visible_to(request.user)
    only_unread = request.GET.get("unread") == "1"
    page = long_page_of(request, mails.unread() if only_unread else mails)
    return render(request, "records/message_list.html", {"page": page, "only_unread": only_unread})


@require_safe
def message_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail; opening it is reading it."""
    mails = Mail.objects.visible_to(request.user).filter(pk=pk)
    mail = get_object_or_404(mails)
    if request.method == "GET":
        mails.mark_read()
    breadcrumb = [(_("Messages"), reverse("records:message_list")), (mail.subject, None)]
    return render(request, "records/message_detail.html", {"mail": mail, "breadcrumb": breadcrumb})


@require_POST
def message_read_all(request: HttpRequest) -> HttpResponse:
    """Mark all of the person's mails as read."""
    Mail.objects.visible_to(request.user).mark_read()
    return redirect("records:message_list")
