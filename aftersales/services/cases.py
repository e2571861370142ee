"""What rules are given to judge: cases of plain facts, gathered from rows."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from orders.models import Order
from tracking.models import Shipment, TrackingStatus

from ..models import Return
from ..rules.base import Case
from .refunds import value_of

EARLIER = timedelta(days=180)


def delivered_at(order: Order) -> datetime | None:
    """When the last parcel of an order arrived; None while none has."""
    arrived = order.shipments.filter(direction=Shipment.Direction.OUTBOUND, status=TrackingStatus.DELIVERED)
    return max(filter(None, arrived.values_list("delivered_at", flat=True)), default=None)


def return_facts(return_case: Return) -> Case:
    """The facts of a return, as they are now."""
    order, policy = return_case.order, return_case.order.merchant.policy
    arrived = delivered_at(order)
    earlier = Return.objects.filter(
        order__customer=order.customer_id, requested_at__gte=timezone.now() - EARLIER
    ).exclude(Q(pk=return_case.pk) | Q(status=Return.Status.CANCELED))
    return Case(
        reason=return_case.reason,
        days_since_delivery=(timezone.now() - arrived).days if arrived else None,
        return_days=policy.return_days,
        value=value_of(return_case),
        auto_approve=policy.auto_approve_returns,
        auto_approve_up_to=policy.auto_approve_up_to,
        all_returnable=not return_case.lines.filter(order_line__item__is_returnable=False).exists(),
        earlier_returns=earlier.count(),
    )
