"""Web push (RFC 8030): a notice on a person's own device, encrypted for it alone (RFC 8291), signed by us (RFC 8292).

The address is a subscription of ours; ``target`` holds what the browser told of itself. The push service in between
sees when and how much, not what. Its address was chosen by a stranger, so it is called as one.
"""

import base64
import hashlib
import json
import time
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import urlsplit

import http_ece
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils.translation import gettext_noop

from logistics_portal.kernel import http

from ..hooks.addresses import UnsafeAddress
from ..hooks.resolving import resolve_public
from . import base

WITHIN_SECONDS = 10.0
ENDPOINT_MAX = 1000  # characters: Microsoft's are the longest
ENOUGH_OF_ANSWER = 500
TITLE_MAX, LINE_MAX = 80, 240  # characters: what a lock screen shows, and far from the 4096 bytes that services take
SIGNED_FOR_S = 12 * 3600  # services refuse more than 24 hours, and one of them a new signature more than once an hour
HOUR, DAY = 3600, 24 * 3600

# How long a push waits for a device that is off: beyond it, the news is of no use to anybody.
WAITS_S = {
    "arriving_soon": 4 * HOUR,
    "out_for_delivery": 12 * HOUR,
    "attempt_failed": 12 * HOUR,
    "available_for_pickup": 2 * DAY,
    "delivered": 2 * DAY,
}
WAITS_AT_MOST_S = 3 * DAY
# For these the screen may light up; the others wait until the device is awake anyway.
IMMEDIATE = frozenset({"arriving_soon", "out_for_delivery", "attempt_failed", "available_for_pickup", "delivered"})

GONE = {404: "the subscription is not known any more", 410: "the subscription was ended"}
NEVER = {400: "the push service can't read the request", 413: "the push is too long"}
OURS = {401: "the signature was refused", 403: "the signature is not that of the subscription's key"}


class Channel(base.Channel):
    label = gettext_noop("Web push")
    address_field = "push"
    setting_names = ("PUSH_KEY", "PUSH_SIGNING_KEY", "BASE_URL", "DEFAULT_FROM_EMAIL", "WEBHOOKS_TO_LOOPBACK")

    def has_account(self, config: base.Config) -> bool:
        return bool(config["PUSH_KEY"])

    def send(self, outgoing: base.Outgoing, config: base.Config) -> base.Sent:
        target = outgoing.target
        if not target:
            raise base.DeadAddress("gone", "Web push: the subscription was ended")
        may_call_loopback = bool(config["WEBHOOKS_TO_LOOPBACK"])
        try:
            answer = http.call_stranger(
                "POST",
                target["endpoint"],
                addresses=resolve_public(target["endpoint"], may_call_loopback=may_call_loopback, longest=ENDPOINT_MAX),
                headers=headers(outgoing, target["endpoint"], config, now=time.time()),
                content=encrypt(payload(outgoing), target["p256dh"], target["auth"]),
                within=WITHIN_SECONDS,
                enough=ENOUGH_OF_ANSWER,
            )
        except UnsafeAddress as error:
            raise base.Undeliverable("address", f"Web push: {error}") from None
        if answer.status in (200, 201, 202):
            return base.Sent(urlsplit(answer.headers.get("location", "")).path[-80:])
        raise refusal(answer.status)

    def for_demo(self, outgoing: base.Outgoing) -> str:
        return f"{outgoing.text}\n{outgoing.link}"


def refusal(status: int) -> base.Undeliverable | base.TryLater:
    """What to do about a push service's answer."""
    if status in GONE:
        return base.DeadAddress(status, f"Web push: {GONE[status]}")
    if status in NEVER:
        return base.Undeliverable(status, f"Web push: {NEVER[status]}")
    return base.TryLater(status, f"Web push: {OURS.get(status, 'the push service did not take it')}")


def payload(outgoing: base.Outgoing) -> bytes:
    """What the service worker shows. It lies on a lock screen, so the words hold nothing that is nobody's business."""
    told = {
        "title": outgoing.subject[:TITLE_MAX],
        "body": outgoing.text[:LINE_MAX],
        "link": outgoing.link,
        "tag": topic(outgoing),
        "lang": outgoing.language,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def headers(outgoing: base.Outgoing, endpoint: str, config: base.Config, *, now: float) -> dict[str, str]:
    """How long and how loudly, and who says so; ``now`` in seconds since 1970."""
    return {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(WAITS_S.get(outgoing.kind, WAITS_AT_MOST_S)),
        "Urgency": "high" if outgoing.kind in IMMEDIATE or outgoing.is_urgent else "normal",
        "Topic": topic(outgoing),
        "Authorization": signature(config["PUSH_SIGNING_KEY"], origin(endpoint), contact(config), int(now) // HOUR),
    }


def topic(outgoing: base.Outgoing) -> str:
    """A name of 32 letters for the shipment, order or return: what waits under it is replaced by what is newer."""
    told_of = outgoing.about or outgoing.idempotency_key
    return hashlib.sha256(f"topic {told_of}".encode()).hexdigest()[:32]


def contact(config: base.Config) -> str:
    """Whom a push service asks when something is wrong with our pushes."""
    if config["BASE_URL"].startswith("https://"):
        return config["BASE_URL"]
    return f"mailto:{parseaddr(config['DEFAULT_FROM_EMAIL'])[1]}"


def origin(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


@lru_cache(maxsize=256)
def signature(key: str, audience: str, subject: str, hour: int) -> str:
    """Who we are, signed for one push service; the same for an hour, so that its cost is none."""
    claims = {"aud": audience, "exp": hour * HOUR + SIGNED_FOR_S, "sub": subject}
    token = jwt.encode(claims, signing_key(key), algorithm="ES256")
    return f"vapid t={token}, k={public_key(key)}"


@lru_cache(maxsize=4)
def signing_key(key: str) -> ec.EllipticCurvePrivateKey:
    """The private key that 32 bytes in base64url stand for."""
    return ec.derive_private_key(int.from_bytes(unbase64(key)), ec.SECP256R1())


@lru_cache(maxsize=4)
def public_key(key: str) -> str:
    """What browsers are given to subscribe with: the public half, an uncompressed point in base64url."""
    point = signing_key(key).public_key()
    raw = point.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def encrypt(content: bytes, p256dh: str, auth: str) -> bytes:
    """Encrypt for one browser; a fresh key and salt each time."""
    return http_ece.encrypt(
        content,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=unbase64(p256dh),
        auth_secret=unbase64(auth),
        version="aes128gcm",
    )


def unbase64(text: str) -> bytes:
    """Bytes of base64url without padding.

    Raises:
        ValueError: it is none.
    """
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
