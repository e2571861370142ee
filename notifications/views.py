"""Pages and callbacks of notifications."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.csp import CSP
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from . import services
from .channels.base import NotSigned
from .models import DemoDelivery

CALLBACK_MAX_BYTES = 16 * 1024
FORM_TYPE = "application/x-www-form-urlencoded"
SHOWN_AT_MOST = 100
REFRESH_SECONDS = 4

# A mail is shown as mail programs show it: its own styles, no scripts, nothing from outside, links in a new window.
LETTER_CSP: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": ["data:"],
    "frame-ancestors": [CSP.SELF],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}


@csrf_exempt
@require_POST
def twilio_status(request: HttpRequest) -> HttpResponse:
    """What Twilio tells of an SMS. It asks again after 5xx only, so whatever can't be used is refused for good."""
    if request.content_type != FORM_TYPE:
        return HttpResponse(status=415)
    if _content_length(request) > CALLBACK_MAX_BYTES:
        return HttpResponse(status=413)
    query = request.META.get("QUERY_STRING", "")
    url = f"{settings.BASE_URL}{request.path}{'?' if query else ''}{query}"
    signature = request.headers.get("X-Twilio-Signature", "")
    try:
        services.note_receipt(channel="sms", url=url, form=request.POST, signature=signature)
    except NotSigned:
        return HttpResponse(status=403)
    return HttpResponse(status=204)


def _content_length(request: HttpRequest) -> int:
    given = request.headers.get("Content-Length", "")
    return int(given) if given.isascii() and given.isdecimal() else 0


def demo_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that exists in the demo only: it shows everybody's messages to anybody."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: object) -> HttpResponse:
        if not settings.DEMO_INBOX:
            raise Http404
        return view(request, **kwargs)

    return guarded


@require_safe
@never_cache
@demo_only
def demo_phone(request: HttpRequest) -> HttpResponse:
    """A phone that holds every number of the demo: all of their messages, or those to one number."""
    return _inbox(request, "notifications/demo_phone.html", channel="sms", chosen=request.GET.get("number", ""))


@require_safe
@never_cache
@demo_only
def demo_mail(request: HttpRequest) -> HttpResponse:
    return _inbox(request, "notifications/demo_mail.html", channel="email", chosen=request.GET.get("address", ""))


def _inbox(request: HttpRequest, template: str, *, channel: str, chosen: str) -> HttpResponse:
    chosen = chosen.replace("\0", "").strip()
    if channel == "sms" and chosen and not chosen.startswith("+"):
        chosen = f"+{chosen}"  # a plus in a link that wasn't escaped arrives as a space
    shown = DemoDelivery.objects.over(channel, to=chosen)[:SHOWN_AT_MOST]
    page = {"deliveries": shown, "addresses": DemoDelivery.objects.addresses(channel), "chosen": chosen}
    response = render(request, template, page)
    response.headers["Refresh"] = str(REFRESH_SECONDS)  # messages come in without a click, and without a script
    return response


@require_safe
@never_cache
@demo_only
def demo_letter(request: HttpRequest, pk: UUID) -> HttpResponse:
    letter = get_object_or_404(DemoDelivery, pk=pk, channel="email")
    return render(request, "notifications/demo_letter.html", {"letter": letter})


@require_safe
@never_cache
@demo_only
@xframe_options_sameorigin
@csp_override(LETTER_CSP)
def demo_letter_html(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The mail itself, for the frame."""
    letter = get_object_or_404(DemoDelivery.objects.exclude(html=""), pk=pk, channel="email")
    return HttpResponse(letter.html)
