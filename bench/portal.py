"""A database of its own for a measurement, and shipments in numbers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logistics_portal.settings")
django.setup()

from django.test.utils import setup_databases, teardown_databases  # noqa: E402
from django.utils import timezone  # noqa: E402

from customers.models import Customer, PhoneNumber  # noqa: E402
from merchants.models import Brand, Merchant, Policy  # noqa: E402
from orders.models import Order  # noqa: E402
from tracking.models import Parcel, Shipment  # noqa: E402


@contextmanager
def database() -> Iterator[None]:
    """A migrated database that is thrown away afterwards."""
    os.environ.setdefault("PORTAL_LOG_LEVEL", "WARNING")
    made = setup_databases(verbosity=0, interactive=False)
    try:
        yield
    finally:
        teardown_databases(made, verbosity=0)


def vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def server_seconds() -> float:
    """Processor time of this connection's server process, where it runs on this machine's Linux."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return int(stat.read_text().split()[0]) / 1e9 if stat.exists() else 0.0


def merchant() -> Merchant:
    row = Merchant.objects.create(name="Bench", slug="bench", country="DE")
    Brand.objects.create(merchant=row)
    Policy.objects.create(merchant=row)
    return row


def shipments(merchant: Merchant, count: int, *, prefix: str, carrier: str = "dhl") -> list[Parcel]:
    """``count`` shipped orders with one parcel each, numbered ``prefix`` and eight digits."""
    customer = Customer.objects.create(merchant=merchant, name="Bench")
    phone = f"+49151{sum(prefix.encode()) % 10_000:04d}{len(prefix):04d}"
    PhoneNumber.objects.create(customer=customer, merchant=merchant, number=phone)
    orders = [_order(merchant, customer, f"{prefix}-{number}") for number in range(count)]
    Order.objects.bulk_create(orders, batch_size=2000)
    made = [Shipment(merchant=merchant, order=order, carrier=carrier) for order in orders]
    Shipment.objects.bulk_create(made, batch_size=2000)
    parcels = [
        Parcel(shipment=row, merchant=merchant, carrier=carrier, tracking_number=f"{prefix}{number:08d}")
        for number, row in enumerate(made)
    ]
    return Parcel.objects.bulk_create(parcels, batch_size=2000)


def _order(merchant: Merchant, customer: Customer, number: str) -> Order:
    return Order(
        merchant=merchant,
        customer=customer,
        number=number,
        status=Order.Status.SHIPPED,
        phone="+4915112345678",
        consignee="Bench",
        line1="Straße 1",
        city="Berlin",
        country="DE",
        currency="EUR",
        total=10,
        shipped_at=timezone.now(),
    )


__all__ = ["database", "merchant", "server_seconds", "shipments", "vacuum"]
