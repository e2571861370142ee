"""Pages that are the same for everybody are made once: kept under a name that no other content ever has."""

from collections.abc import Callable

from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

KEPT_SECONDS = 600


def kept_page(request: HttpRequest, name: str, make: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer "not modified" to who has the page already; else send it, made anew or as it was kept.

    Browsers may keep it too, but ask each time; a store that several people share may not.
    """
    tag = f'W/"{name}"'
    response = get_conditional_response(request, etag=tag)
    if response is None:
        pages = caches["pages"]
        content = pages.get(name)
        if content is None:
            content = make().content
            pages.set(name, content, KEPT_SECONDS)
        response = HttpResponse(content)
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ("Cookie", "Accept-Language"))
    return response
