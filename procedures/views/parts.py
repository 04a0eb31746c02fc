"""To be filled."""

from django.http import HttpRequest, HttpResponse


def part_new(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def part_edit(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()
