from django.http import HttpRequest, HttpResponse


def grid(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def save_lines(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)
