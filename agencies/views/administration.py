"""To be filled."""

from django.http import HttpRequest, HttpResponse


def administration(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def import_menu(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()
