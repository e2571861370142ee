"""Plain functions that build what a test needs, through the services that the portal itself uses."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

from django.contrib.auth.models import User
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber
from rest_framework.test import APIClient

import merchants.services
import orders.services
import tracking.services
from inventory.models import Item, Location, StockLevel
from merchants.models import Brand, Membership, Merchant, Policy
from orders.models import Order
from tracking.carriers.base import OffsetSource, ScanEvent, Status
from tracking.models import CarrierAccount, Parcel, Shipment, TrackingEvent

ANNS_PHONE = "+4915112345678"
_numbers = count(1001)


def merchant(*, slug: str = "acme", country: str = "DE", language: str = "en", **policy: object) -> Merchant:
    row = Merchant.objects.create(
        name=slug.title(), slug=slug, country=country, language=language, support_email=f"help@{slug}.example"
    )
    Brand.objects.create(merchant=row)
    Policy.objects.create(merchant=row, **policy)
    return row


def api_key(merchant: Merchant) -> str:
    return merchants.services.create_api_key(merchant=merchant, label="tests")[1]


def api_client(merchant: Merchant) -> APIClient:
    return APIClient(headers={"authorization": f"Bearer {api_key(merchant)}"})


def staff(*works_for: Merchant, superuser: bool = False, name: str = "staff") -> User:
    make = User.objects.create_superuser if superuser else User.objects.create_user
    user = make(username=name, password="correct horse battery", is_staff=True)
    Membership.objects.bulk_create(Membership(user=user, merchant=merchant) for merchant in works_for)
    return user


def line(number: int = 1, *, quantity: int = 2, unit_price: str = "19.90") -> orders.services.LineDraft:
    return orders.services.LineDraft(
        sku=f"SKU-{number}", name=f"Thing {number}", quantity=quantity, unit_price=Decimal(unit_price)
    )


def draft(
    *, lines: int | list[orders.services.LineDraft] = 2, phone: str = ANNS_PHONE, **changes: object
) -> orders.services.OrderDraft:
    given = {
        "number": f"A-{next(_numbers)}",
        "phone": PhoneNumber.from_string(phone),
        "email": "ann@example.com",
        "consignee": "Ann Archer",
        "line1": "Lindenstraße 12",
        "city": "Berlin",
        "postal_code": "10969",
        "country": "DE",
        "currency": "EUR",
        "shipping_total": Decimal("4.90"),
        "lines": [line(number + 1) for number in range(lines)] if isinstance(lines, int) else lines,
    }
    return orders.services.OrderDraft(**{**given, **changes})


def order(*, merchant: Merchant, **changes: object) -> Order:
    """An order of Ann's; ``changes`` are fields of the draft, ``lines`` a number of lines or line drafts."""
    return orders.services.place_order(merchant=merchant, draft=draft(**changes))


def shipment(order: Order, *, carrier: str = "dhl", number: str = "", **changes: object) -> Shipment:
    number = number or f"JD0146000{next(_numbers):08d}"
    parcels = [tracking.services.ParcelDraft(number)]
    return tracking.services.create_shipment(order=order, carrier=carrier, parcels=parcels, **changes)


def scan(
    parcel: Parcel,
    status: str,
    *,
    at: datetime | None = None,
    place: str = "Berlin",
    description: str = "",
    reason: str = "",
    source: str = TrackingEvent.Source.CARRIER,
    **changes: object,
) -> None:
    """Add one scan to a parcel's timeline and fold it; ``at`` defaults to now."""
    given = {
        "occurred_at": at or timezone.now(),
        "offset_source": OffsetSource.STATED,
        "status": Status(status),
        "reason": reason,
        "code": f"TEST-{status}",
        "description": description or f"Carrier says {status}",
        "place": place,
        "country": "DE",
    }
    tracking.services.record_scans(parcel=parcel, scans=[ScanEvent(**{**given, **changes})], source=source)


def delivered(order: Order, *, at: datetime | None = None, number: str = "") -> Shipment:
    """Ship an order and have it arrive: picked up three days before ``at``, out for delivery four hours before."""
    at = at or timezone.now()
    sent = shipment(order, number=number)
    parcel = sent.parcels.get()
    for status, before in (("in_transit", timedelta(days=3)), ("out_for_delivery", timedelta(hours=4))):
        scan(parcel, status, at=at - before)
    scan(parcel, "delivered", at=at, signed_by="A. Archer")
    sent.refresh_from_db()
    order.refresh_from_db()
    return sent


def carrier_account(carrier: str, *, secret: str = "shh", merchant: Merchant | None = None) -> CarrierAccount:
    return CarrierAccount.objects.create(carrier=carrier, webhook_secret=secret, merchant=merchant, label="tests")


def stock(merchant: Merchant, *, sku: str = "SKU-1", on_hand: int = 10) -> StockLevel:
    item, _ = Item.objects.get_or_create(merchant=merchant, sku=sku, defaults={"name": sku, "is_stock_kept": True})
    location, _ = Location.objects.get_or_create(merchant=merchant, code="MAIN", defaults={"name": "Main warehouse"})
    level, _ = StockLevel.objects.get_or_create(item=item, location=location, defaults={"on_hand": on_hand})
    return level
