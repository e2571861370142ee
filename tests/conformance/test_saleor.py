"""What leaves by webhooks, as Saleor rules it, and where we mean otherwise.

Found in saleor/webhook/transport/{utils,__init__}.py, saleor/core/models.py (EventDelivery, EventDeliveryAttempt),
saleor/settings.py (the filter of addresses).

| theirs | ours |
|---|---|
| EventDelivery, EventDeliveryAttempt | WebhookCall, WebhookAttempt |
| HMAC or JWS over the body | Standard Webhooks: HMAC over id, time and body |
| no second try after 3xx and 4xx | a second try after everything but 410 |

Theirs gives up at the first 4xx. Ours does not, and means it: 404 and 401 are what a receiver answers while it is
being deployed or its secret is turned, 408 and 429 ask for another try, and merchants are promised the same ten tries
whatever the trouble. 410 is the word by which a receiver says that it is gone.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import LazySettings
from rest_framework.test import APIClient
from standardwebhooks import Webhook, WebhookVerificationError

from logistics_portal.kernel import work
from merchants.models import Merchant
from notifications.hooks.endpoints import make_secret
from notifications.hooks.signing import signed_headers
from notifications.models import WebhookCall
from tests.notifications.hooks import came_to, end_waits, endpoint_at, publish_changes, tell
from tests.servers.processes import Running, running


@pytest.fixture
def receiver(settings: LazySettings, tmp_path: Path) -> Iterator[Running]:
    settings.WEBHOOKS_TO_LOOPBACK = True
    with running("hook_receiver", tmp_path / "calls") as server:
        yield server


def deliver() -> None:
    work.answer("kernel.event")
    work.answer("notifications.webhookcall")


@pytest.mark.django_db(transaction=True)
def test_a_404_is_tried_again_until_it_is_mended(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/missing", acme)
    [event] = publish_changes(acme)
    deliver()
    call = endpoint.calls.get()
    assert (call.outcome, call.tried.get().status) == (WebhookCall.Outcome.PENDING, 404)
    tell(receiver, "mend", path="/missing")
    end_waits()
    deliver()
    call.refresh_from_db()
    assert call.outcome == WebhookCall.Outcome.DELIVERED
    assert came_to(receiver, "/missing") == {event: 2}, "the second try has the id of the first"


@pytest.mark.django_db(transaction=True)
def test_every_attempt_is_stored_with_what_was_answered(acme: Merchant, receiver: Running) -> None:
    endpoint = endpoint_at(receiver, "/missing", acme)
    publish_changes(acme)
    for _ in range(3):
        deliver()
        end_waits()
    attempts = list(endpoint.calls.get().tried.order_by("at"))
    assert [attempt.status for attempt in attempts] == [404] * 3
    assert len({attempt.headers["webhook-id"] for attempt in attempts}) == 1
    assert all(attempt.duration_ms >= 0 and len(attempt.body_digest) == 64 for attempt in attempts)


BODY = json.dumps({"type": "tracking.status_changed", "data": {"place": "Köln"}}, ensure_ascii=False)


def test_the_signature_is_over_the_exact_bytes() -> None:
    secret, at = make_secret(), datetime.now(UTC)
    headers = signed_headers([secret], message_id="msg_1", at=at, body=BODY)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"msg_1.{int(at.timestamp())}.".encode() + BODY.encode()
    mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"
    assert Webhook(secret).verify(BODY, headers)


@pytest.mark.parametrize(
    "other",
    [BODY.replace(": ", ":"), BODY + "\n", json.dumps(json.loads(BODY)), BODY.replace("Köln", "Koln"), BODY[:-1]],
    ids=["without spaces", "a line more", "escaped", "a letter", "cut"],
)
def test_the_same_meaning_in_other_bytes_is_refused(other: str) -> None:
    secret = make_secret()
    headers = signed_headers([secret], message_id="msg_1", at=datetime.now(UTC), body=BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(other, headers)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["https://127.0.0.1/", "https://10.0.0.1/", "https://192.168.1.1/", "https://169.254.169.254/", "https://[::1]/"],
)
def test_a_private_address_is_refused(api: APIClient, address: str) -> None:
    answer = api.post("/api/v1/webhooks/", {"url": address})
    assert answer.status_code == 400
    assert "url" in answer.json()["errors"]
