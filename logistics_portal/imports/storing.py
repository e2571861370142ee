"""Writes orders of the past, a batch with a handful of statements. Nobody is told of anything, and no status moves: an
order comes to be in the state that its history gave it, and only what is still open takes stock."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

import inventory.services
from customers.models import Address, Customer, PhoneNumber
from merchants.models import Merchant
from orders.models import Order, OrderLine
from tracking.carriers.base import Observation
from tracking.models import Parcel, Shipment, TrackingEvent
from tracking.services.payloads import read_waiting_for
from tracking.services.timeline import Told, record

from .past import PastOrder

Faults = dict[int, str]  # by position in the batch


def find_faults(merchant: Merchant, past: Sequence[PastOrder]) -> Faults:
    """Which orders of a batch can't be stored beside what is there already."""
    numbers = Order.objects.for_merchant(merchant).filter(number__in=[one.number for one in past])
    known = set(numbers.values_list("number", flat=True))
    parcels = Parcel.objects.filter(merchant=merchant, retired_at__isnull=True)
    used = parcels.filter(tracking_number__in=[one.tracking_number for one in past if one.tracking_number])
    taken = set(used.values_list("carrier", "tracking_number"))
    faults: Faults = {}
    for position, one in enumerate(past):
        parcel = (one.carrier, one.tracking_number)
        if one.number in known:
            faults[position] = f"Order {one.number} exists already."
        elif one.tracking_number and parcel in taken:
            faults[position] = f"A parcel {one.tracking_number} of {one.carrier} exists already."
        else:
            known.add(one.number)
            taken.add(parcel)
    return faults


@transaction.atomic
def store(merchant: Merchant, past: Sequence[PastOrder], *, now: datetime) -> None:
    """Store a batch in which `find_faults` found nothing."""
    customers = _customers(merchant, past)
    orders = Order.objects.bulk_create(_order(merchant, customers[one.phone], one) for one in past)
    _addresses(orders)
    lines = _lines(merchant, orders, past)
    open_orders = {order.pk for order, one in zip(orders, past, strict=True) if one.is_open}
    inventory.services.reserve(
        wanted=[
            inventory.services.Wanted(line.item, line.quantity, line.pk)
            for line in lines
            if line.order_id in open_orders
        ]
    )
    _ship(merchant, orders, past, now=now)


def _customers(merchant: Merchant, past: Sequence[PastOrder]) -> dict[str, Customer]:
    """The holder of each number; one that is new is named as in the latest of the batch's orders."""
    latest = {one.phone: one for one in sorted(past, key=lambda one: one.placed_at)}
    held = PhoneNumber.objects.filter(merchant=merchant, number__in=latest, until__isnull=True)
    known = {str(phone.number): phone.customer for phone in held.select_related("customer")}
    new = {
        phone: Customer(merchant=merchant, name=one.consignee, email=one.email, language=one.language)
        for phone, one in latest.items()
        if phone not in known
    }
    Customer.objects.bulk_create(new.values())
    PhoneNumber.objects.bulk_create(
        PhoneNumber(customer=customer, merchant=merchant, number=phone, heard_at=latest[phone].placed_at)
        for phone, customer in new.items()
    )
    return known | new


def _order(merchant: Merchant, customer: Customer, one: PastOrder) -> Order:
    return Order(
        merchant=merchant,
        customer=customer,
        number=one.number,
        status=one.status,
        language=one.language,
        placed_at=one.placed_at,
        shipped_at=one.shipped_at,
        completed_at=one.completed_at,
        promised_on=one.promised_on,
        phone=one.phone,
        email=one.email,
        consignee=one.consignee,
        **one.address,
        currency=one.currency,
        shipping_total=one.shipping_total,
        discount_total=one.discount_total,
        total=one.total,
    )


def _addresses(orders: Sequence[Order]) -> None:
    names = ("line1", "line2", "city", "region", "postal_code", "country")
    Address.objects.bulk_create(
        (
            Address(
                customer=order.customer,
                name=order.consignee,
                last_used_at=order.placed_at,
                **{name: getattr(order, name) for name in names},
            )
            for order in orders
        ),
        ignore_conflicts=True,
    )


def _lines(merchant: Merchant, orders: Sequence[Order], past: Sequence[PastOrder]) -> list[OrderLine]:
    drafts = [inventory.services.ItemDraft(line.sku, line.name) for one in past for line in one.lines]
    items = inventory.services.find_or_create_items(merchant=merchant, drafts=drafts)
    return OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            item=items[line.sku],
            sku=line.sku,
            name=line.name,
            quantity=line.quantity,
            unit_price=line.unit_price,
            picked_quantity=line.quantity if one.tracking_number else 0,
            shipped_quantity=line.quantity if one.tracking_number else 0,
        )
        for order, one in zip(orders, past, strict=True)
        for line in one.lines
    )


def _ship(merchant: Merchant, orders: Sequence[Order], past: Sequence[PastOrder], *, now: datetime) -> None:
    gone = [(order, one) for order, one in zip(orders, past, strict=True) if one.tracking_number]
    shipments = Shipment.objects.bulk_create(
        Shipment(
            merchant=merchant,
            order=order,
            carrier=one.carrier,
            service=one.service,
            created_at=one.shipped_at or one.placed_at,
        )
        for order, one in gone
    )
    parcels = Parcel.objects.bulk_create(
        Parcel(shipment=shipment, merchant=merchant, carrier=shipment.carrier, tracking_number=one.tracking_number)
        for shipment, (_, one) in zip(shipments, gone, strict=True)
    )
    told = [
        Told(parcel, Observation(parcel.tracking_number, one.scans), source=TrackingEvent.Source.MERCHANT)
        for parcel, (_, one) in zip(parcels, gone, strict=True)
        if one.scans
    ]
    record(told, recorded_at=now, is_announced=False)
    numbers = [parcel.tracking_number for parcel in parcels]
    transaction.on_commit(lambda: read_waiting_for(numbers), robust=True)


def analyze() -> None:
    """Have PostgreSQL count what lies in the tables that grew: its plans for few rows are slow with many."""
    models = (Order, OrderLine, Customer, PhoneNumber, Shipment, Parcel, TrackingEvent)
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")
