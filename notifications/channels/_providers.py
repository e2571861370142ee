"""Mail providers' own interfaces, by django-anymail: how mails are handed over, and how their events are read.

Everything goes through the portal's one door for HTTP. Events are read by the library's views without its signals: a
view is given the request, asked whether the provider signed it, and asked what it says.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
from anymail.backends.mailgun import EmailBackend as MailgunBackend
from anymail.backends.postmark import EmailBackend as PostmarkBackend
from anymail.backends.sendgrid import EmailBackend as SendGridBackend
from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIRequest
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from logistics_portal.kernel import http

from . import base

TIMEOUT_SECONDS = 15.0
ENHANCED_CODE = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")  # RFC 3463
SNS_HOST = re.compile(r"sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
UNREADABLE = (AnymailError, ImproperlyConfigured, ValueError, KeyError, TypeError, AttributeError)


class _OneDoor(BaseAdapter):
    """The transport under the library's sessions: the portal's own door."""

    def send(self, request: requests.PreparedRequest, timeout: Any = None, **_: Any) -> requests.Response:  # type: ignore[override]
        body = request.body.encode() if isinstance(request.body, str) else request.body
        if body is not None and not isinstance(body, bytes):
            raise TypeError("mails are handed over whole")
        try:
            answer = http.call(
                str(request.method),
                str(request.url),
                headers={name: str(value) for name, value in request.headers.items()},
                content=body,
                timeout=TIMEOUT_SECONDS,
            )
        except http.PeerFailed as error:
            raise requests.ConnectionError(str(error)) from error
        response = requests.Response()
        response.status_code, response._content = answer.status, answer.body
        response.headers, response.url = CaseInsensitiveDict(answer.headers), str(request.url)
        response.request, response.reason = request, ""
        return response

    def close(self) -> None:
        """Nothing is held open."""


def _through_the_door(session: requests.Session) -> requests.Session:
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, _OneDoor())
    return session


class Postmark(PostmarkBackend):
    def create_session(self) -> requests.Session:
        return _through_the_door(super().create_session())


class SendGrid(SendGridBackend):
    def create_session(self) -> requests.Session:
        return _through_the_door(super().create_session())


class Mailgun(MailgunBackend):
    def create_session(self) -> requests.Session:
        return _through_the_door(super().create_session())


class AmazonEvents(AmazonSESTrackingWebhookView):
    """SES's events as SNS brings them, without Amazon's own library: mails go out over SES's SMTP interface."""

    def __init__(self, **kwargs: Any) -> None:
        AnymailBaseWebhookView.__init__(self, **kwargs)

    def auto_confirm_sns_subscription(self, sns_message: Mapping[str, Any]) -> None:
        """Who knows the door's password may subscribe a topic; only Amazon is called for it."""
        url = str(sns_message["SubscribeURL"])
        parts = urlsplit(url)
        if parts.scheme != "https" or not SNS_HOST.fullmatch(parts.netloc):
            raise ValueError("the subscription's address is not Amazon's")
        try:
            http.call("GET", url)
        except http.PeerFailed as error:
            raise ValueError("Amazon did not answer") from error


@dataclass(frozen=True, slots=True)
class _Provider:
    """How a provider's requests are proved and read; ``secret_name`` is what the library calls the secret."""

    view: Callable[..., AnymailBaseWebhookView]
    secret_name: str
    is_dead: Callable[[AnymailTrackingEvent], bool]


def _postmark_dead(event: AnymailTrackingEvent) -> bool:
    return event.esp_event.get("Type") in ("HardBounce", "BadEmailAddress", "ManuallyDeactivated")


def _sendgrid_dead(event: AnymailTrackingEvent) -> bool:
    if event.esp_event.get("event") == "bounce":
        return event.esp_event.get("type", "bounce") == "bounce"  # "blocked" is about the mail, not about the mailbox
    return event.reject_reason in (RejectReason.BOUNCED, RejectReason.INVALID)


def _mailgun_dead(event: AnymailTrackingEvent) -> bool:
    told = event.esp_event.get("event-data", {})
    is_for_good = told.get("event") == "failed" and told.get("severity") == "permanent"
    return is_for_good and told.get("reason") in ("bounce", "suppress-bounce")


def _amazon_dead(event: AnymailTrackingEvent) -> bool:
    return event.esp_event.get("bounce", {}).get("bounceType") == "Permanent"


PROVIDERS: dict[str, _Provider] = {
    "postmark": _Provider(PostmarkTrackingWebhookView, "webhook_secret", _postmark_dead),
    "sendgrid": _Provider(SendGridTrackingWebhookView, "tracking_webhook_verification_key", _sendgrid_dead),
    "mailgun": _Provider(MailgunTrackingWebhookView, "webhook_signing_key", _mailgun_dead),
    "amazon_ses": _Provider(AmazonEvents, "webhook_secret", _amazon_dead),
}
OUTCOMES = {
    EventType.QUEUED: base.Outcome.ACCEPTED,
    EventType.SENT: base.Outcome.ACCEPTED,
    EventType.DEFERRED: base.Outcome.ACCEPTED,
    EventType.DELIVERED: base.Outcome.DELIVERED,
    EventType.OPENED: base.Outcome.DELIVERED,
    EventType.CLICKED: base.Outcome.DELIVERED,
    EventType.COMPLAINED: base.Outcome.DELIVERED,  # nobody complains of what didn't come
    EventType.BOUNCED: base.Outcome.FAILED,
    EventType.REJECTED: base.Outcome.FAILED,
    EventType.FAILED: base.Outcome.FAILED,
}
OPT_OUTS = (EventType.COMPLAINED, EventType.UNSUBSCRIBED)
WHY = {
    EventType.BOUNCED: "the mail came back",
    EventType.REJECTED: "the provider did not send it",
    EventType.FAILED: "the provider could not send it",
    EventType.COMPLAINED: "its receiver reported it as spam",
    EventType.UNSUBSCRIBED: "its receiver unsubscribed",
    EventType.DEFERRED: "the mailbox wants another try",
}


def read_events(provider: str, call: base.Call, secret: str) -> list[base.Callback]:
    """What a provider tells of mails.

    Raises:
        NotSigned: it wasn't the provider, or there is no secret to know it by.
        Unreadable: it was, and it can't be read.
    """
    known = PROVIDERS.get(provider)
    if known is None or not secret:
        raise base.NotSigned(f"events of {provider[:20]} are not expected")
    request = _as_request(call)
    try:
        view = known.view(**{"webhook_secret": [], known.secret_name: secret})
        view.run_validators(request)
        events = view.parse_events(request)
        return [_callback(event, known) for event in events]
    except AnymailWebhookValidationFailure as error:
        raise base.NotSigned("the provider didn't sign it") from error
    except UNREADABLE as error:
        raise base.Unreadable(f"events of {provider} can't be read: {type(error).__name__}") from error


def _as_request(call: base.Call) -> WSGIRequest:
    parts = urlsplit(call.url)
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in call.headers.items()}
    return WSGIRequest(
        headers
        | {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": call.content_type,
            "CONTENT_LENGTH": str(len(call.body)),
            "SERVER_NAME": parts.hostname or "portal",
            "SERVER_PORT": "443",
            "wsgi.input": BytesIO(call.body),
        }
    )


def _callback(event: AnymailTrackingEvent, provider: _Provider) -> base.Callback:
    """No address and no word of the other mail server is kept: both name the receiver."""
    found = ENHANCED_CODE.search(str(event.mta_response or ""))
    code = found.group() if found else str(event.reject_reason or "")
    why = WHY.get(event.event_type, "")
    content = {
        "event": str(event.event_type),
        "reason": str(event.reject_reason or ""),
        "at": event.timestamp.isoformat() if event.timestamp else "",
        "id": str(event.event_id or "")[:80],
    }
    return base.Callback(
        provider_id=str(event.message_id or ""),
        status=str(event.event_type),
        outcome=OUTCOMES.get(event.event_type, base.Outcome.UNKNOWN),
        error_code=code,
        why=f"Email: {why}{f' ({code})' if code else ''}" if why else "",
        idempotency_key=str((event.metadata or {}).get("message", "")),
        content={name: value for name, value in content.items() if value},
        is_dead=provider.is_dead(event),
        is_opt_out=event.event_type in OPT_OUTS,
        address=str(event.recipient or ""),
    )


def metadata_header(key: str) -> dict[str, str]:
    """Our key in the form that comes back with SES's events, where SES is told to include headers."""
    return {"X-Metadata": json.dumps({"message": key})}
