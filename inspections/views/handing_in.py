"""Handing in a file that a phone saved because it could not send."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from inspections.capture.handing_in import BundleRefused, hand_in
from inspections.choices import Outcome
from inspections.views.capture import visit_to_record

FIRST_REASONS = 5


class BundleForm(forms.Form):
    bundle = forms.FileField(
        label=gettext_lazy("File saved on the phone"),
        help_text=gettext_lazy("Its name ends in .zip. Handing in the same file twice does no harm."),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,application/zip"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def capture_hand_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Take what is in the file as if the phone had sent it."""
    visit = visit_to_record(request, pk)
    form = BundleForm(request.POST or None, request.FILES or None)
    back = reverse("inspections:visit_detail", args=[visit.pk])
    if request.method == "POST" and form.is_valid():
        try:
            done = hand_in(visit, form.cleaned_data["bundle"], by=request.user)
        except BundleRefused as refused:
            form.add_error("bundle", str(refused))
        else:
            _tell(request, done)
            return redirect(back)
    title = _("Hand in a file")
    context = {"form": form, "visit": visit, "back": back, "breadcrumb": [(str(visit), back), (title, "")]}
    return render(request, "inspections/hand_in.html", context, status=422 if form.errors else 200)


def _tell(request: HttpRequest, done) -> None:
    counts = {
        "taken": done.count(Outcome.APPLIED, Outcome.BESIDE),
        "late": done.count(Outcome.LATE),
        "refused": len(done.refused),
        "photos": done.photos,
    }
    said = _("Handed in: %(taken)s entries and %(photos)s photos; %(late)s came too late; %(refused)s were refused.")
    messages.success(request, said % counts)
    for reason in done.refused[:FIRST_REASONS]:
        messages.warning(request, reason)
