"""What is told because time goes by: parcels that arrive soon, and those that will be late though nobody says so."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

import tracking.services
from orders.models import Order
from tracking.models import Shipment, TrackingStatus

from ..models import Message
from .queueing import queue_messages
from .telling import Recipient, Telling
from .triggers import Ways

ON_THE_ROAD = (TrackingStatus.PENDING, TrackingStatus.INFO_RECEIVED, TrackingStatus.IN_TRANSIT)
SOON_FROM = time(9)  # on the receiver's clock, the day before it arrives
LATE_FROM = time(15)  # on the receiver's clock: what is not with a courier by then hardly arrives on the day
FAR_PLACES = timedelta(hours=15)  # somewhere it is tomorrow, somewhere still yesterday
TOO_LONG_AGO = timedelta(days=60)
AT_ONCE = 500


def recipient_of_order(order: Order) -> Recipient:
    """The customer, as the order names them."""
    return Recipient(
        phone=str(order.phone),
        email=order.email,
        language=order.language,
        merchant_id=order.merchant_id,
        order_id=order.pk,
    )


def tell_what_time_brings(*, now: datetime | None = None) -> int:
    """Queue what the clock makes news; called by the clock. Returns how many facts there were, told before or not.

    What was told is not told again: a parcel arrives soon once, and is late once for each day that was planned.
    """
    now = now or timezone.now()
    count, last = 0, None
    while batch := _expected_about(now, after=last):
        tellings = [telling for shipment in batch for telling in _news_of(shipment, now)]
        told = set(Message.objects.filter(fact__in=[one.fact for one in tellings]).values_list("fact", flat=True))
        queue_messages(telling for telling in tellings if telling.fact not in told)
        count, last = count + len(tellings), batch[-1].pk
    return count


def _expected_about(now: datetime, *, after: UUID | None) -> list[Shipment]:
    """Shipments on their way that were planned for yesterday, today or tomorrow, wherever they go."""
    begins, ends = now - FAR_PLACES, now + FAR_PLACES + timedelta(days=1)
    days = (begins.date(), ends.date())
    planned = (
        Q(eta_to__range=(begins, ends))
        | Q(eta_to=None, carrier_eta__range=days)
        | Q(eta_to=None, carrier_eta=None, order__promised_on__range=days)
    )
    rows = Shipment.objects.outbound().filter(
        planned, status__in=ON_THE_ROAD, created_at__gte=now - TOO_LONG_AGO, merchant__is_active=True
    )
    rows = rows.filter(pk__gt=after) if after else rows
    return list(rows.select_related("order__merchant").order_by("pk")[:AT_ONCE])


def _news_of(shipment: Shipment, now: datetime) -> Iterator[Telling]:
    expected = tracking.services.arrival(shipment.order, shipment, now=now)
    if expected is None:
        return
    local = now.astimezone(tracking.services.place_zone(shipment.order))
    last_day = expected.until or expected.on
    if _is_soon(last_day, local) and expected.by_carrier:
        yield _telling("arriving_soon", f"tracking.arriving_soon:{shipment.pk}", shipment)
    if _is_late(last_day, local):
        yield _telling("delayed", f"tracking.delayed:{shipment.pk}:{last_day.isoformat()}", shipment)


def _is_soon(day: date, local: datetime) -> bool:
    is_eve = local.date() == day - timedelta(days=1) and local.time() >= SOON_FROM
    return is_eve or (local.date() == day and local.time() < LATE_FROM)


def _is_late(day: date, local: datetime) -> bool:
    return local.date() == day and local.time() >= LATE_FROM


def _telling(kind: str, fact: str, shipment: Shipment) -> Telling:
    return Telling(kind=kind, fact=fact, subject_id=shipment.pk, recipient=recipient_of_order(shipment.order))


def in_several_parcels(orders: Collection[UUID]) -> set[UUID]:
    """Those of the orders that went out in more than one parcel."""
    counted = Order.objects.filter(pk__in=list(orders), shipments__direction=Shipment.Direction.OUTBOUND)
    return set(counted.annotate(parcels=Count("shipments__parcels")).filter(parcels__gt=1).values_list("pk", flat=True))


def ended_by(shipments: Iterable[UUID]) -> set[UUID]:
    """Those delivered shipments that were the last of an order's several parcels: the message about all tells it.

    None of a merchant who has no such message sent.
    """
    rows = Shipment.objects.filter(pk__in=list(shipments)).values_list("pk", "order_id", "merchant_id")
    if not rows:
        return set()
    orders = {order for _, order, _ in rows}
    open_ones = Shipment.objects.outbound().filter(order__in=orders).exclude(status=TrackingStatus.DELIVERED)
    several = in_several_parcels(orders - set(open_ones.values_list("order_id", flat=True)))
    ways = Ways({merchant for _, _, merchant in rows}) if several else None
    return {
        key for key, order, merchant in rows if order in several and ways and ways.of(merchant, "all_delivered").is_on
    }
