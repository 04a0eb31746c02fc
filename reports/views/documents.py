from django.http import HttpRequest, HttpResponse


def document_list(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def document_detail(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def document_status(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def document_download(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def check(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)
