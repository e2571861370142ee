"""What the measurements of messages share: a provider on loopback, orders by the thousand, workers as processes."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from bench import portal
from bench.processes import ROOT, environment

# isort: split
from django.db import transaction

import orders.events
from customers.models import Customer
from logistics_portal.kernel.events import make_event, publish_all
from merchants.models import Merchant
from orders.models import Order

ACCOUNT = "AC" + "0" * 32
KIND = "notifications.message"
EVENT = "kernel.event"


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that the provider took: our key of it, whom it went to, and when (Unix seconds)."""

    key: str
    to: str
    at: float


@dataclass(frozen=True, slots=True)
class Provider:
    url: str

    @property
    def settings(self) -> dict[str, str]:
        """What points a process of the portal to it."""
        return {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": "secret",
            "TWILIO_FROM": "+4915735980000",
            "TWILIO_BASE_URL": self.url,
            "PORTAL_DEMO_INBOX": "0",
            "PORTAL_QUIET_HOURS": "",
        }

    def taken(self) -> list[Taken]:
        with urlopen(f"{self.url}/told", timeout=60) as answer:
            return [Taken(*json.loads(line)) for line in answer.read().decode().splitlines()]


@contextmanager
def provider(delay_ms: float = 50.0) -> Iterator[Provider]:
    command = [sys.executable, str(Path(__file__).parent / "provider.py"), "--delay-ms", str(delay_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Provider(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.terminate()


@contextmanager
def workers(kinds: Sequence[str], account: Provider) -> Iterator[list[subprocess.Popen[str]]]:
    """One process for each of ``kinds``, ready to work."""
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "bench.worker", kind],
                    cwd=ROOT,
                    env=environment(**account.settings),
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for kind in kinds
        ]
        try:
            for process in started:
                assert process.stdout and process.stdout.readline() == "ready\n"
            yield started
        finally:
            for process in started:
                process.terminate()


def resident_mb(process: subprocess.Popen[str]) -> float:
    """The memory that a process has in use now."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024


def place_orders(merchant: Merchant, count: int, *, prefix: str) -> list[Order]:
    """Orders of people who have a number and no mailbox, and no news of them yet."""
    customer = Customer.objects.create(merchant=merchant, name="Bench")
    made = [_order(merchant, customer, f"{prefix}-{number}", number) for number in range(count)]
    return Order.objects.bulk_create(made, batch_size=2000)


def tell(placed: Sequence[Order], *, step: int = 2000) -> None:
    """Publish that they were canceled: one fact an order, of which hardly anybody but its customer hears."""
    for start in range(0, len(placed), step):
        with transaction.atomic():
            publish_all(
                [
                    make_event(orders.events.CANCELED, merchant_id=order.merchant_id, subject_id=order.pk)
                    for order in placed[start : start + step]
                ]
            )


def _order(merchant: Merchant, customer: Customer, number: str, place: int) -> Order:
    return Order(
        merchant_id=merchant.pk,
        customer_id=customer.pk,
        number=number,
        status=Order.Status.CANCELED,
        phone=f"+49151{place:08d}",
        consignee="Bench",
        line1="Straße 1",
        city="Berlin",
        country="DE",
        currency="EUR",
        total=10,
    )


__all__ = [
    "EVENT",
    "KIND",
    "Provider",
    "Taken",
    "place_orders",
    "portal",
    "provider",
    "resident_mb",
    "tell",
    "workers",
]
