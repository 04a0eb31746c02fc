"""To be filled."""

from django.http import HttpRequest, HttpResponse


def succession_list(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def succession_new(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def succession_edit(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()
