"""A wish that comes twice: the second click of an impatient finger, sent while the first one is still at work."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from orders.models import Order

from ..models import Return


def same_return(
    order: Order, *, within: timedelta, quantities: Mapping[UUID, int], reason: str, comment: str, law: str = ""
) -> Return | None:
    """The return that was asked for in the same words so recently; None when there is none.

    It waits for another wish of the same order that is being written. Call it in the transaction that writes the next.
    """
    Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    wanted = {line_id: quantity for line_id, quantity in quantities.items() if quantity}
    recent = order.returns.filter(
        requested_at__gte=timezone.now() - within, reason=reason, comment=comment[:2000], law=law
    ).exclude(status=Return.Status.CANCELED)
    for case in recent.prefetch_related("lines").order_by("-pk"):
        if {line.order_line_id: line.quantity for line in case.lines.all()} == wanted:
            return case
    return None
