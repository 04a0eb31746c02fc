from django.http import HttpRequest, HttpResponse


def capture(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)
