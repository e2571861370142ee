"""Doors about mails: what providers tell of them, and the link that ends them."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .channels.base import Call, NotSigned, Unreadable
from .inbound import mail_events, unsubscribing
from .mailboxes import masked_mailbox

ONE_CLICK = "List-Unsubscribe"  # what mail programs post; they follow no redirect
EVENTS_MAX_BYTES = 1024 * 1024  # providers gather events


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def mail_events_door(request: HttpRequest, provider: str) -> HttpResponse:
    """What a provider tells of mails. Amazon sends its password only after it was asked for it."""
    if request.method == "HEAD":
        return HttpResponse()  # some providers look whether anybody is there
    if len(request.body) > EVENTS_MAX_BYTES:
        return HttpResponse(status=413)
    call = Call(
        url=f"{settings.BASE_URL}{request.path}",
        headers=dict(request.headers),
        body=request.body,
        content_type=request.META.get("CONTENT_TYPE", ""),
    )
    try:
        mail_events.note_mail_events(provider=provider, call=call)
    except NotSigned:
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="events"'})
    except Unreadable:
        return HttpResponse(status=422)
    return HttpResponse(status=204)


# No token of a form: mail programs post here by themselves (RFC 8058), and the link is the proof.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Asks before it ends the mails to an address; a POST ends them, or begins them again."""
    message = unsubscribing.message_of(token)
    if message is None:
        raise Http404
    if request.method == "POST":
        if request.POST.get("again"):
            unsubscribing.subscribe_again(message=message)
        else:
            unsubscribing.unsubscribe(message=message)
        if ONE_CLICK not in request.POST:
            return redirect(reverse("unsubscribe", args=[token]))
    page = {
        "merchant": message.merchant,
        "address": masked_mailbox(message.address),
        "is_unsubscribed": unsubscribing.is_unsubscribed(message),
    }
    return render(request, "notifications/unsubscribe.html", page)
