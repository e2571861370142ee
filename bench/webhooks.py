"""Webhooks: the rate of healthy endpoints beside one that hangs and one that fails, against the rate without them.

One worker makes the calls, in this process; the endpoints are a receiver on loopback, in a process of its own. Every
event goes to each endpoint, so the two bad ones have as many calls to make as each of the others. The rate counts the
calls that arrived at the healthy ones, until all had. Both ways are measured in turn, and the median pair is told.
"""

import argparse
import time
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import portal
from bench.report import tell

# isort: split
from django.conf import settings
from django.db import transaction
from django.utils import timezone

import tracking.events
from logistics_portal.kernel import work
from logistics_portal.kernel.events import make_event, publish_all
from merchants.models import Brand, Merchant, Policy
from notifications.hooks import endpoints
from notifications.models import WebhookCall, WebhookEndpoint
from tests.servers.processes import Running, running

GOAL = 0.9
LIMIT_SECONDS = 180.0
KIND = WebhookCall._meta.label_lower
_numbers = count()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--endpoints", type=int, default=4, help="healthy ones")
    arguments.add_argument("--events", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    settings.WEBHOOKS_TO_LOOPBACK = True
    pairs: list[tuple[float, float]] = []
    with (
        portal.database(),
        TemporaryDirectory() as folder,
        running("hook_receiver", Path(folder) / "calls") as receiver,
    ):
        rate(receiver, given.endpoints, 50, bad=())  # statements are planned, modules are read
        for _ in range(given.rounds):
            alone = rate(receiver, given.endpoints, given.events, bad=())
            pairs.append((rate(receiver, given.endpoints, given.events, bad=("/hang", "/fail")), alone))
    beside, alone = sorted(pairs, key=lambda pair: pair[0] / pair[1])[len(pairs) // 2]
    tell(
        "isolation",
        beside,
        "calls/s",
        reference=alone,
        goal=GOAL,
        endpoints=given.endpoints,
        events=given.events,
        ratios=[round(one / other, 3) for one, other in pairs],
        alone=[round(other, 1) for _, other in pairs],
        median_ratio=round(median(one / other for one, other in pairs), 3),
    )


def rate(receiver: Running, healthy: int, events: int, *, bad: tuple[str, ...]) -> float:
    """Calls a second that reach healthy endpoints of a merchant of their own."""
    merchant = Merchant.objects.create(name="Bench", slug=f"bench-{next(_numbers)}", country="DE")
    Brand.objects.create(merchant=merchant)
    Policy.objects.create(merchant=merchant)
    for path in bad:
        endpoints.create_endpoint(merchant=merchant, url=f"{receiver.url}{path}")
    for number in range(healthy):
        endpoints.create_endpoint(merchant=merchant, url=f"{receiver.url}/ok-{number}")
    publish(merchant, events)
    work.answer("kernel.event")
    while work.KINDS["kernel.event"].due().exists():
        work.answer("kernel.event")
    wanted = WebhookCall.objects.filter(endpoint__merchant=merchant, endpoint__url__contains="/ok-")
    assert wanted.count() == healthy * events
    started = time.monotonic()
    while wanted.open().exists():
        assert time.monotonic() - started < LIMIT_SECONDS, "healthy endpoints were not served"
        if not work.answer(KIND):
            time.sleep(0.05)
    seconds = last_arrival(wanted) - first_arrival(wanted)
    close(merchant)
    return healthy * events / seconds


def publish(merchant: Merchant, events: int) -> None:
    payload = {"direction": "outbound", "before": "in_transit", "status": "delivered", "reason": "", "version": 2}
    kind = tracking.events.STATUS_CHANGED
    with transaction.atomic():
        publish_all(
            [
                make_event(kind, merchant_id=merchant.pk, subject_id=merchant.pk, order_id=merchant.pk, **payload)
                for _ in range(events)
            ]
        )


def first_arrival(wanted) -> float:
    return wanted.order_by("tried__at").values_list("tried__at", flat=True).first().timestamp()


def last_arrival(wanted) -> float:
    return wanted.order_by("-tried__at").values_list("tried__at", flat=True).first().timestamp()


def close(merchant: Merchant) -> None:
    """Its calls must not stand in the way of the next measurement."""
    WebhookEndpoint.objects.filter(merchant=merchant).update(status=WebhookEndpoint.Status.DISABLED)
    open_calls = WebhookCall.objects.open().filter(endpoint__merchant=merchant)
    open_calls.update(done_at=timezone.now(), due_at=None)


if __name__ == "__main__":
    main()
