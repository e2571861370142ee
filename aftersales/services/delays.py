"""How late orders are: the facts of a delay, gathered for many orders at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from orders.models import DayWish, Order
from tracking.arrival import place_zone
from tracking.models import Shipment, TrackingEvent, TrackingStatus

from ..models import Decision, Proposal, Refund
from ..rules.base import DelayCase

AT_THE_DOOR = (TrackingStatus.ATTEMPT_FAILED, TrackingStatus.AVAILABLE_FOR_PICKUP)
STILL_COMING = (
    TrackingStatus.PENDING,
    TrackingStatus.INFO_RECEIVED,
    TrackingStatus.IN_TRANSIT,
    TrackingStatus.OUT_FOR_DELIVERY,
    TrackingStatus.ATTEMPT_FAILED,
    TrackingStatus.EXCEPTION,
    TrackingStatus.UNKNOWN,
)


def delay_facts(orders: Iterable[Order], *, now: datetime) -> dict[UUID, DelayCase]:
    """The facts of orders that all arrived, or of which a parcel is still to come, by the order's id.

    Left out are orders without a promise or a parcel, and those of which one comes no more by itself: it goes back,
    waits for the customer at a counter, or has been lost from sight.

    The first time that the courier stood at the door counts: who was not at home is no reason to pay.
    """
    promised = {order.pk: order for order in orders if order.promised_on}
    found = _gather(promised)
    return {
        pk: _delay(order, found[pk], now) for pk, order in promised.items() if pk in found and not found[pk].is_stuck
    }


@dataclass(slots=True)
class _Found:
    """What is known of an order's parcels, wishes and earlier proposals."""

    arrived: list[datetime] = field(default_factory=list)
    is_coming: bool = False
    is_stuck: bool = False
    tried_at: datetime | None = None
    wishes: list[tuple[datetime, date | None]] = field(default_factory=list)
    last_step: int = 0
    paid: Decimal = Decimal(0)
    owed: Decimal = Decimal(0)  # back to the customer, for whatever reason


def _gather(orders: Collection[UUID]) -> dict[UUID, _Found]:
    """By the order's id; orders that have no parcel are left out."""
    found: dict[UUID, _Found] = defaultdict(_Found)
    parcels = Shipment.objects.outbound().filter(order__in=orders)
    for order_id, status, arrived in parcels.values_list("order_id", "status", "delivered_at"):
        one = found[order_id]
        if arrived:
            one.arrived.append(arrived)
        elif status in STILL_COMING:
            one.is_coming = True
        else:
            one.is_stuck = True
    tries = TrackingEvent.objects.filter(
        parcel__shipment__in=parcels, status__in=AT_THE_DOOR, reason__startswith="consignee_"
    )
    for order_id, at in tries.order_by("-occurred_at").values_list("parcel__shipment__order_id", "occurred_at"):
        found[order_id].tried_at = at
    wishes = DayWish.objects.filter(order__in=found).order_by("pk")
    for order_id, at, day in wishes.values_list("order_id", "wished_at", "day"):
        found[order_id].wishes.append((at, day))
    proposals = Proposal.objects.filter(order__in=found, ground=Decision.Case.DELAY)
    for order_id, step, status, amount in proposals.values_list("order_id", "step", "status", "amount"):
        one = found[order_id]
        one.last_step = max(one.last_step, step)
        one.paid += amount if status == Proposal.Status.ACCEPTED else 0
    owed = Refund.objects.filter(order__in=found).exclude(status=Refund.Status.CANCELED)
    for order_id, amount in owed.values_list("order_id").annotate(sum=Sum("amount")):
        found[order_id].owed = amount
    return dict(found)


def _delay(order: Order, found: _Found, now: datetime) -> DelayCase:
    zone, policy = place_zone(order), order.merchant.policy
    assert order.promised_on is not None
    wishes = [(at.astimezone(zone).date(), day) for at, day in found.wishes]
    promised = last_promise(order.promised_on, wishes)
    came_on = "" if found.is_coming else max(found.arrived).astimezone(zone).date().isoformat()
    until = now if found.is_coming else max(found.arrived)
    at_door = min(until, found.tried_at or until)
    return DelayCase(
        promised_on=promised.isoformat(),
        arrived_on=came_on,
        days_late=(at_door.astimezone(zone).date() - promised).days,
        delay_days=policy.delay_days,
        delay_percent=Decimal(policy.delay_percent),
        shipping_total=order.shipping_total,
        currency=order.currency,
        refundable=order.total - found.owed,
        seen_on=now.astimezone(zone).date().isoformat() if found.is_coming else "",
        delay_steps=policy.delay_steps,
        last_step=found.last_step,
        paid=found.paid,
    )


def last_promise(first: date, wishes: Sequence[tuple[date, date | None]]) -> date:
    """The day that was promised last before it was broken.

    The merchant's day holds, or the later one that the customer asked for while there was still time; a word that
    comes after the day has passed promises nothing anew, and a carrier's expectation is no promise at all.

    Args:
        wishes: the day on which each was made, and the day that was wished for; None: any again. Oldest first.
    """
    promised = first
    for made_on, day in wishes:
        if made_on <= promised:
            promised = max(first, day) if day else first
    return promised
