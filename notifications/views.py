"""Pages and callbacks of notifications."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.csp import CSP
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from . import services
from .channels.base import Inbound, NotSigned
from .inbound import texts
from .models import DemoDelivery, InboundMessage, Subscription

CALLBACK_MAX_BYTES = 16 * 1024
FORM_TYPE = "application/x-www-form-urlencoded"
SHOWN_AT_MOST = 100
REFRESH_SECONDS = 4
DEMO_TEXT_MOST = 480  # characters
DEMO_PREFIX = "demo-"
QUICK = ("1", "2", "3", "STOP", "START", "HELP")
NO_REPLY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

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
    if refused := _unusable(request):
        return refused
    signature = request.headers.get("X-Twilio-Signature", "")
    try:
        services.note_receipt(channel="sms", url=_public_url(request), form=request.POST, signature=signature)
    except NotSigned:
        return HttpResponse(status=403)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def twilio_inbound(request: HttpRequest) -> HttpResponse:
    """What somebody wrote to a number of ours. The answer is a message of its own, so Twilio is told to say nothing."""
    if refused := _unusable(request):
        return refused
    signature = request.headers.get("X-Twilio-Signature", "")
    try:
        texts.take_text(channel="sms", url=_public_url(request), form=request.POST, signature=signature)
    except NotSigned:
        return HttpResponse(status=403)
    return HttpResponse(NO_REPLY, content_type="text/xml; charset=utf-8")


def _unusable(request: HttpRequest) -> HttpResponse | None:
    if request.content_type != FORM_TYPE:
        return HttpResponse(status=415)
    return HttpResponse(status=413) if _content_length(request) > CALLBACK_MAX_BYTES else None


def _public_url(request: HttpRequest) -> str:
    """The address that the provider called, as it knows it."""
    query = request.META.get("QUERY_STRING", "")
    return f"{settings.BASE_URL}{request.path}{'?' if query else ''}{query}"


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
    chosen = _number(request.GET.get("number", ""))
    came = DemoDelivery.objects.over("sms", to=chosen)[:SHOWN_AT_MOST]
    went = InboundMessage.objects.over("sms", by=chosen)[:SHOWN_AT_MOST]
    thread = [{"at": one.delivered_at, "number": one.address, "text": one.text} for one in came]
    thread += [{"at": one.received_at, "number": one.number, "text": one.text, "is_mine": True} for one in went]
    page = {
        "thread": sorted(thread, key=lambda one: one["at"], reverse=True),
        "quick": QUICK,
        "is_writing": bool(chosen and "write" in request.GET),
    }
    return _inbox(request, "notifications/demo_phone.html", page, channel="sms", chosen=chosen)


@require_POST
@demo_only
def demo_answer(request: HttpRequest) -> HttpResponse:
    """What somebody types on the demo's phone, as if their phone had sent it."""
    number = _number(request.POST.get("number", ""))
    text = request.POST.get("text", "").replace("\0", "").strip()[:DEMO_TEXT_MOST]
    if not DemoDelivery.objects.over("sms", to=number).exists():
        raise Http404  # nobody writes from a number that got nothing
    inbound = Inbound(provider_id=f"{DEMO_PREFIX}{uuid4()}", address=number, text=text)
    texts.note_text(channel="sms", inbound=inbound)
    return redirect(f"{reverse('demo_phone')}?{urlencode({'number': number})}")


@require_safe
@never_cache
@demo_only
def demo_mail(request: HttpRequest) -> HttpResponse:
    chosen = request.GET.get("address", "").replace("\0", "").strip()
    page = {"deliveries": DemoDelivery.objects.over("email", to=chosen)[:SHOWN_AT_MOST]}
    return _inbox(request, "notifications/demo_mail.html", page, channel="email", chosen=chosen)


def _number(given: str) -> str:
    number = given.replace("\0", "").strip()
    return f"+{number}" if number and not number.startswith("+") else number  # a plus that wasn't escaped is a space


def _inbox(request: HttpRequest, template: str, page: dict[str, Any], *, channel: str, chosen: str) -> HttpResponse:
    shared = {"addresses": DemoDelivery.objects.addresses(channel), "chosen": chosen}
    response = render(request, template, shared | page)
    if not page.get("is_writing"):  # nobody's half-written words are taken away
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


@require_safe
@never_cache
@demo_only
def demo_push(request: HttpRequest) -> HttpResponse:
    """The lock screen of every device of the demo."""
    shown = list(DemoDelivery.objects.over("push")[:SHOWN_AT_MOST])
    held = Subscription.objects.select_related("merchant", "device").in_bulk([UUID(one.address) for one in shown])
    notices = [(one, held.get(UUID(one.address)), *_told(one.text)) for one in shown]
    has_subscriptions = Subscription.objects.exists()
    page = {"notices": notices, "has_subscriptions": has_subscriptions}
    response = render(request, "notifications/demo_push.html", page)
    response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


def _told(text: str) -> tuple[str, str]:
    """The line that a device shows and the link that it opens; see `channels.push.Channel.for_demo`."""
    line, _, link = text.rpartition("\n")
    return line, link
