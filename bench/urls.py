"""The portal's addresses and one page that only knows who is signed in."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from cchc_portal.urls import urlpatterns as portal


def empty(request: HttpRequest) -> HttpResponse:
    """An empty signed-in view: session and person from the database, nothing else."""
    return HttpResponse(request.user.pk)


urlpatterns = [path("bench/empty/", empty), *portal]
