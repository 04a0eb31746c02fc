from django.http import HttpRequest, HttpResponse


def review(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)
