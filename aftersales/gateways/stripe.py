"""Refunds through Stripe, with its own client over the portal's door for HTTP."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit

import stripe
from stripe.params import RefundCreateParams

from logistics_portal.kernel import http

from . import base

TIMEOUT_SECONDS = 20.0
SIGNATURE_LASTS = 300  # seconds, as Stripe's libraries have it
WITHOUT_CENTS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
WITH_MILLS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
OUTCOMES = {
    "pending": base.Outcome.SENT,
    "requires_action": base.Outcome.SENT,
    "succeeded": base.Outcome.PAID,
    "failed": base.Outcome.FAILED,
    "canceled": base.Outcome.FAILED,
}
NEWS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")


class OneDoorClient(stripe.HTTPClient):
    """Stripe's client over the portal's own door for HTTP, which limits time and size and logs no bodies."""

    name = "logistics-portal"

    def __init__(self, base_url: str = "") -> None:
        super().__init__()
        self._base_url = base_url.rstrip("/")

    def request(self, method, url, headers, post_data=None, **_):
        parts = urlsplit(url)
        to = f"{self._base_url}{parts.path}{f'?{parts.query}' if parts.query else ''}" if self._base_url else url
        content = post_data.encode() if isinstance(post_data, str) else post_data
        answer = http.call(method.upper(), to, headers=headers, content=content, timeout=TIMEOUT_SECONDS)
        return answer.body.decode(errors="replace"), answer.status, answer.headers

    def close(self) -> None:
        """Nothing stays open."""


class Gateway(base.Gateway):
    label = "Stripe"
    way = base.Way.CALL
    needs_payment = True
    credential_names = ("api_key",)

    def refund(self, task: base.Task) -> base.Answer:
        key = task.credentials.get("api_key", "")
        if not key:  # the library would look for one elsewhere
            raise base.TryLater("Stripe: the account has no api_key")
        client = stripe.StripeClient(key, http_client=OneDoorClient(task.base_url), max_network_retries=0)
        asked: RefundCreateParams = {
            "amount": minor_units(task.amount, task.currency),
            "metadata": {"refund": task.refund_id, "order": task.order_number},
        }
        if task.payment.startswith(("ch_", "py_")):
            asked["charge"] = task.payment
        else:
            asked["payment_intent"] = task.payment
        try:
            taken = client.v1.refunds.create(asked, {"idempotency_key": task.idempotency_key})
        except stripe.StripeError as error:
            return _refusal(error)
        status, failure = taken.status or "", taken.to_dict().get("failure_reason") or ""
        return base.Answer(OUTCOMES.get(status, base.Outcome.SENT), taken.id, str(failure))

    def read_notices(self, body: bytes, headers: Mapping[str, str], *, secret: str, now: datetime) -> list[base.Notice]:
        header = headers.get("stripe-signature", "")
        try:
            stripe.WebhookSignature.verify_header(body, header, secret)
            signed_at = int(dict(part.split("=", 1) for part in header.split(","))["t"])
            told = json.loads(body)
        except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError, KeyError) as error:
            raise base.BadSignature("the signature is not Stripe's") from error
        if abs(now.timestamp() - signed_at) > SIGNATURE_LASTS:
            raise base.BadSignature("the signature is too old")
        found = told.get("data", {}).get("object", {}) if isinstance(told, dict) else {}
        if told.get("type") not in NEWS or found.get("object") != "refund":
            return []
        return [
            base.Notice(
                outcome=OUTCOMES.get(str(found.get("status")), base.Outcome.UNKNOWN),
                reference=str(found.get("id", "")),
                refund_id=str((found.get("metadata") or {}).get("refund", "")),
                failure=str(found.get("failure_reason") or ""),
            )
        ]


def minor_units(amount: Decimal, currency: str) -> int:
    """An amount as Stripe counts it: in cents, or as a currency has it in whole units or thousandths.

    Source: docs.stripe.com/currencies; ISK and UGX count in hundredths there, though nobody pays with them.
    """
    if currency in WITHOUT_CENTS:
        return int(amount)
    return int(amount * (1000 if currency in WITH_MILLS else 100))


def _refusal(error: stripe.StripeError) -> base.Answer:
    """A refusal for good fails the refund; what the account or the network is at fault for is tried again."""
    if isinstance(error, stripe.InvalidRequestError | stripe.CardError):
        return base.Answer(base.Outcome.FAILED, failure=f"{error.code or ''} {error.user_message or error}".strip())
    raise base.TryLater(f"Stripe: {type(error).__name__}") from None
