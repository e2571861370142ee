"""What goods were paid with, and how much of a payment is left to pay back."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from orders.models import Order

from ..models import Dispute, Exchange, Refund, Return, ReturnLine
from ..shares import line_shares, pieces_share, unit_of

NOTHING = Decimal(0)


def refundable(order: Order) -> Decimal:
    """What was paid and is not promised back yet."""
    promised = order.refunds.exclude(status=Refund.Status.CANCELED).aggregate(sum=Sum("amount"))["sum"]
    return order.total - (promised or NOTHING)


def shipping_left(order: Order) -> Decimal:
    """What was paid for the delivery and is not promised back yet."""
    promised = order.refunds.exclude(status=Refund.Status.CANCELED).aggregate(sum=Sum("shipping_amount"))["sum"]
    return max(NOTHING, order.shipping_total - (promised or NOTHING))


def value_of(return_case: Return) -> Decimal:
    """What the customer paid for the goods that are asked to go back: prices less their share of the discount."""
    asked = {line.order_line_id: line.quantity for line in return_case.lines.all()}
    return value_of_pieces(return_case.order, asked, other_than=return_case)


def value_of_pieces(order: Order, pieces: Mapping[UUID, int], *, other_than: Return | None = None) -> Decimal:
    """What was paid for so many further pieces of each order line, after those that were accepted back already.

    Goods that were given in exchange are worth what was paid for those that they replaced.
    """
    accepted = ReturnLine.objects.filter(order_line__order=order)
    if other_than:
        accepted = accepted.exclude(return_case=other_than)
    before = dict(accepted.values_list("order_line").annotate(sum=Sum("accepted_quantity")))
    lines = sorted(order.lines.all(), key=lambda line: line.pk)
    unit, discount = unit_of(order.currency), NOTHING if replaced_by(order) else order.discount_total
    shares = line_shares([line.amount for line in lines], discount, unit=unit)
    return sum(
        (
            pieces_share(paid, line.quantity, before.get(line.pk, 0), pieces[line.pk], unit=unit)
            for line, paid in zip(lines, shares, strict=True)
            if pieces.get(line.pk)
        ),
        NOTHING,
    )


def replaced_by(order: Order) -> Order | None:
    """The order whose goods ``order`` replaces, for a return or by the decision of a dispute; None where it is none."""
    if exchange := Exchange.objects.filter(order=order).select_related("return_case__order").first():
        return exchange.return_case.order
    dispute = Dispute.objects.filter(replacement=order).select_related("order").first()
    return dispute.order if dispute else None


def paying_order(order: Order) -> Order:
    """The order whose payment covers ``order``: its own, or of a replacement the one that was paid first."""
    while replaced := replaced_by(order):
        order = replaced
    return order
