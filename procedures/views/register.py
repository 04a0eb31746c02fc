"""To be filled."""

from django.http import HttpRequest, HttpResponse


def procedure_list(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def procedure_new(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def procedure_detail(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def procedure_edit(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()
