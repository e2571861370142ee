"""What tests of webhooks share: endpoints at a receiver, facts, and what came of them."""

import json
from collections import Counter
from urllib.request import Request, urlopen

from django.db import transaction
from django.utils import timezone

import tracking.events
from logistics_portal.kernel.events import make_event, publish_all
from merchants.models import Merchant
from notifications.hooks import endpoints
from notifications.models import WebhookCall, WebhookEndpoint
from tests.servers.processes import Running

STATUS_CHANGED = tracking.events.STATUS_CHANGED.name


def tell(receiver: Running, deed: str, **told: str) -> None:
    urlopen(Request(f"{receiver.url}/{deed}", data=json.dumps(told).encode(), method="POST"), timeout=5).close()


def endpoint_at(receiver: Running, path: str, merchant: Merchant, **more: object) -> WebhookEndpoint:
    """An endpoint whose secret the receiver knows."""
    row = endpoints.create_endpoint(merchant=merchant, url=f"{receiver.url}{path}", **more)
    tell(receiver, "secret", path=path, secret=row.secret)
    return row


def publish_changes(merchant: Merchant, count: int = 1) -> list[str]:
    """Facts of a merchant, committed; their ids."""
    payload = {"direction": "outbound", "before": "in_transit", "status": "delivered", "reason": "", "version": 2}
    events = [
        make_event(
            tracking.events.STATUS_CHANGED,
            merchant_id=merchant.pk,
            subject_id=merchant.pk,
            order_id=merchant.pk,
            **payload,
        )
        for _ in range(count)
    ]
    with transaction.atomic():
        publish_all(events)
    return [str(event.id) for event in events]


def came_to(receiver: Running, path: str) -> Counter:
    """How often each event came to a path."""
    return Counter(line["id"] for line in receiver.told() if line["path"] == path)


def end_waits() -> None:
    """Let the time come for which calls and endpoints wait."""
    WebhookCall.objects.open().filter(due_at__isnull=False).update(due_at=timezone.now())
    WebhookEndpoint.objects.filter(rests_until__isnull=False).update(rests_until=timezone.now())
