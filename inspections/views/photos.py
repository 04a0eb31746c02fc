from django.http import HttpRequest, HttpResponse


def photo(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)
