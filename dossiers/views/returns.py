from django.http import HttpRequest, HttpResponse


def return_list(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def return_detail(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)
