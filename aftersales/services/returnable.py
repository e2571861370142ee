"""How much of an order can still be sent back."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Sum
from django.utils.translation import gettext as _

import tracking.services
from orders.models import Order, OrderLine

from ..models import OPEN_RETURNS, ReturnLine


@dataclass(frozen=True, slots=True)
class Returnable:
    """How many of an order line may still be sent back."""

    line: OrderLine
    quantity: int


def lines_left(order: Order) -> list[Returnable]:
    """The lines of which something is in no return yet, arrived or not: a withdrawal by law need not wait for it."""
    taken = dict(
        ReturnLine.objects.filter(order_line__order=order, return_case__status__in=OPEN_RETURNS)
        .values_list("order_line")
        .annotate(sum=Sum("quantity"))
    )
    lines = order.lines.filter(item__is_returnable=True).order_by("pk")
    left = [Returnable(line, line.quantity - taken.get(line.pk, 0)) for line in lines]
    return [one for one in left if one.quantity > 0]


def returnable_lines(order: Order) -> list[Returnable]:
    """The lines of which something can be sent back: of what is left, what arrived, where it is known what did."""
    return arrived_of(order, lines_left(order))


def arrived_of(order: Order, left: Sequence[Returnable]) -> list[Returnable]:
    """The part of what is ``left`` that arrived; all of it where contents of parcels were not told."""
    arrived = tracking.services.arrived_pieces(order) if left else None
    if arrived is None:
        return list(left)
    found = []
    for one in left:  # pieces that were sent once more may have arrived twice
        got = min(one.line.quantity, arrived.get(one.line.pk, 0))
        if (quantity := got - (one.line.quantity - one.quantity)) > 0:
            found.append(Returnable(one.line, quantity))
    return found


def nothing_to_return(left: Sequence[Returnable], arrived: Sequence[Returnable]) -> str:
    """Why nothing can be sent back, of what is left and what of it arrived; "" where something can."""
    if arrived:
        return ""
    return _("You can send the rest back once it has arrived.") if left else nothing_left()


def nothing_left() -> str:
    """Said where every piece that may come back is in a return."""
    return _("Everything of this order that can be sent back is already on its way back.")
