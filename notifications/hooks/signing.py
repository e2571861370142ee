"""Signatures of calls, by the published library of Standard Webhooks; pure."""

from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with


def signed_headers(secrets: Sequence[str], *, message_id: str, at: datetime, body: str) -> dict[str, str]:
    """The three headers of a call.

    Args:
        secrets: each begins with `SECRET_PREFIX`; the call has a signature of each, and one that fits is enough for
            the receiver.
        message_id: the same for every repetition, so that the receiver can tell one.
        at: when this request is made, in UTC; receivers refuse one that is more than five minutes off.
    """
    signatures = [Webhook(secret).sign(message_id, at, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
