"""What the portal needs to know of HTMX: whether a request wants a piece of the page."""

from functools import wraps

from django.utils.cache import patch_vary_headers


def wants_fragment(request):
    """Whether HTMX asks for a fragment: not when it stands in for a link (boosted) or restores its history."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def vary_on_htmx(view):
    """View decorator: caches keep the page and its fragments apart."""

    @wraps(view)
    def varying(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        patch_vary_headers(response, ["HX-Request", "HX-Boosted", "HX-History-Restore-Request"])
        return response

    return varying
