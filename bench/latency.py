"""Latency: from a fact that is committed to the provider that is called, on an idle system and behind a backlog.

The real workers run: the watchdog with its two lanes. A code to prove a number is asked for again and again, at random
moments; the provider notes when each text comes. Then the same with messages of lower urgency waiting.
"""

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from bench import portal
from bench.processes import ROOT, environment
from bench.report import tell as report
from bench.texting import Provider, place_orders, provider

# isort: split
from django.db import transaction
from django.utils import timezone

import customers.events
from customers.models import PhoneVerification
from logistics_portal.kernel.bulk import insert_rows
from logistics_portal.kernel.events import publish
from merchants.models import Merchant
from notifications.models import Message
from orders.models import Order

IDLE_GOAL_MS, LOADED_GOAL_MS = 1000.0, 2000.0
PATIENCE_SECONDS = 60.0
PURPOSE = PhoneVerification.Purpose.SIGN_IN


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--facts", type=int, default=300)
    arguments.add_argument("--backlog", type=int, default=100_000)
    arguments.add_argument("--apart-ms", type=float, default=100.0, help="between two facts, on average")
    given = arguments.parse_args()
    with portal.database():
        merchant = portal.merchant()
        with provider() as account, running(account):
            measure(account, 10, given.apart_ms, series=0)  # the workers have started
            idle = measure(account, given.facts, given.apart_ms, series=1)
            queue_backlog(merchant, given.backlog)
            loaded = measure(account, given.facts, given.apart_ms, series=2)
            left = Message.objects.filter(kind="order_canceled", status=Message.Status.QUEUED).count()
    for figure, waits, goal, more in (
        ("idle_p99_ms", idle, IDLE_GOAL_MS, {}),
        ("loaded_p99_ms", loaded, LOADED_GOAL_MS, {"backlog": given.backlog, "still_queued": left}),
    ):
        report(
            figure,
            percentile(waits, 99),
            "ms",
            goal=goal,
            at_most=True,
            median_ms=round(percentile(waits, 50), 1),
            worst_ms=round(max(waits), 1),
            facts=len(waits),
            **more,
        )


@contextmanager
def running(account: Provider) -> Iterator[None]:
    """The portal's own workers."""
    workers = subprocess.Popen(
        [sys.executable, "manage.py", "run_workers"], cwd=ROOT, env=environment(**account.settings)
    )
    try:
        yield
    finally:
        workers.terminate()
        workers.wait(timeout=60)


def measure(account: Provider, facts: int, apart_ms: float, *, series: int) -> list[float]:
    """Milliseconds from each commit to the provider's call."""
    dice, committed = random.Random(series), {}
    for place in range(facts):
        number = f"+4917{series}{place:08d}"
        ask(number)
        committed[number] = time.time()
        time.sleep(dice.expovariate(1000 / apart_ms))
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        called = {one.to: one.at for one in account.taken() if one.to in committed}
        if called.keys() == committed.keys():
            return [max(0.0, (called[number] - at) * 1000) for number, at in committed.items()]
        assert time.monotonic() < ends, f"{len(committed) - len(called)} of {facts} texts did not go out"
        time.sleep(0.5)


@transaction.atomic
def ask(number: str) -> None:
    """The fact itself, without the limits that a person meets."""
    now = timezone.now()
    asked = PhoneVerification.objects.create(
        number=number, purpose=PURPOSE, sent_at=now, expires_at=now + timedelta(minutes=10)
    )
    publish(customers.events.VERIFICATION_REQUESTED, merchant_id=None, subject_id=asked.pk)


def queue_backlog(merchant: Merchant, count: int) -> None:
    """Messages that are due, of lower urgency, one an order."""
    placed = place_orders(merchant, count, prefix="L")
    for start in range(0, count, 5000):
        insert_rows(Message, [_message(order) for order in placed[start : start + 5000]])
    portal.vacuum()


def _message(order: Order) -> Message:
    return Message(
        merchant_id=order.merchant_id,
        order_id=order.pk,
        kind="order_canceled",
        subject_id=order.pk,
        fact=f"orders.canceled:{order.pk}",
        channel="sms",
        address=str(order.phone),
    )


def percentile(values: list[float], part: int) -> float:
    """The value that so many hundredths of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * part // 100)]


if __name__ == "__main__":
    main()
