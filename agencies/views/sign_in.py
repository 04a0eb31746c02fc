"""Signing in: one text for whatever was wrong, and a growing wait for whoever guesses."""

import time

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from agencies.models import SignInAttempt

THROTTLED = "throttled"


def address_of(request: HttpRequest) -> str:
    """Where the request comes from. Behind the TLS proxy that is the last address the proxy itself wrote down."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.HTTPS else ""
    return (forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", ""))[:45]


class SignInForm(AuthenticationForm):
    """User name and password. A try that comes too early is refused before the password is looked at."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": _(
            "User name or password is not right. "
            "Both tell capital letters apart; check Caps Lock and the Telex/VNI switch."
        ),
        THROTTLED: _("Too many wrong tries. Try again in %(seconds)s seconds."),
    }

    def clean(self) -> dict:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not username or not password:
            raise self.get_invalid_login_error()
        address = address_of(self.request)
        self.seconds = SignInAttempt.objects.begin(username, address)
        if self.seconds:
            told = {"seconds": self.seconds}
            raise forms.ValidationError(self.error_messages[THROTTLED], code=THROTTLED, params=told)
        cleaned = super().clean()
        SignInAttempt.objects.forgive(username, address)
        return cleaned


class SignIn(LoginView):
    """Django's sign-in with the form above; 429 says when to come back."""

    authentication_form = SignInForm
    redirect_authenticated_user = True
    http_method_names = ["get", "head", "post"]

    def form_valid(self, form: SignInForm) -> HttpResponse:
        response = super().form_valid(form)
        self.request.session["signed_in_at"] = int(time.time())  # middleware.session_limits counts from here
        return response

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        response = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, THROTTLED):
            response.status_code = 429
            response["Retry-After"] = str(form.seconds)
        return response
