"""First stop of the page; filled in next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def overview(request: HttpRequest, code: str = "") -> HttpResponse:
    return render(request, "base.html")
