"""Signed AfterShip webhooks, written as AfterShip writes them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.test import Client

SECRET = "shh"
DOOR = "/webhooks/carriers/aftership"
FIRST_SCAN = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def checkpoint(
    number: int, *, tag: str = "InTransit", city: str = "Leipzig", at: datetime | None = None, **changes: object
) -> dict[str, object]:
    """The ``number``-th scan of a parcel, ten minutes after the one before."""
    moment = at or FIRST_SCAN + timedelta(minutes=10 * number)
    told = {
        "slug": "dhl",
        "checkpoint_time": moment.isoformat(),
        "city": city,
        "country_iso3": "DEU",
        "message": f"Scan {number}",
        "tag": tag,
        "subtag": f"{tag}_001",
        "raw_tag": f"RAW{number}",
    }
    return {name: value for name, value in {**told, **changes}.items() if value is not None}


def body(tracking_number: str, checkpoints: Sequence[dict], *, tag: str = "InTransit") -> bytes:
    tracking = {"tracking_number": tracking_number, "slug": "dhl", "tag": tag, "checkpoints": list(checkpoints)}
    return json.dumps({"event": "tracking_update", "msg": tracking}).encode()


def signature(content: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()


def post(content: bytes, *, client: Client | None = None, secret: str = SECRET, account: object = "") -> int:
    """Send it through the door; returns the answer's status."""
    door = f"{DOOR}/{account}" if account else DOOR
    answer = (client or Client()).post(
        door, content, content_type="application/json", headers={"aftership-hmac-sha256": signature(content, secret)}
    )
    return answer.status_code
