"""What every request gets: its caller's address, the reader's language, and refusals told as pages."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme

from .kernel.errors import DomainError
from .proxies import caller_address

LANGUAGE_COOKIE = settings.LANGUAGE_COOKIE_NAME


class CallerAddressMiddleware:
    """Puts the caller's own address where pages, limits and the API look for it, and takes away what callers claim."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.proxies = settings.PROXIES

    def __call__(self, request: HttpRequest) -> HttpResponse:
        claimed = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        request.META["REMOTE_ADDR"] = caller_address(request.META.get("REMOTE_ADDR", ""), claimed, self.proxies)
        return self.get_response(request)


class ChosenLanguageMiddleware:
    """Language by ``?lang=``, then the cookie, then what the page's owner set, then the browser's wish."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = dict(settings.LANGUAGES)
        asked = request.GET.get("lang", "")
        chosen = asked if asked in known else request.COOKIES.get(LANGUAGE_COOKIE, "")
        request.has_chosen_language = chosen in known  # type: ignore[attr-defined]
        language = chosen if chosen in known else translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or language)
        if asked in known:
            response.set_cookie(LANGUAGE_COOKIE, asked, max_age=365 * 24 * 3600, samesite="Lax", httponly=True)
        return response


def came_from(request: HttpRequest) -> str:
    """The page of ours from which a form or a link led here, "" where none is known: where people can go back to."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return ""
    page = urlsplit(referer)
    if request.method in ("GET", "HEAD") and page.path == request.path:
        return ""  # it would lead here again
    return page._replace(scheme="", netloc="", fragment="").geturl()


class DomainErrorMiddleware:
    """Shows a refusal that a page's view did not handle as a page with the refusal's own status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        response = render(request, "refused.html", {"error": error, "back": came_from(request)}, status=error.status)
        if retry_after := getattr(error, "retry_after", None):
            response["Retry-After"] = str(retry_after)
        return response
