"""Goods that a dispute's decision grants: an order of its own, which the warehouse packs as any."""

import orders.services
from orders.models import Order

from ..models import Dispute
from .exchanges import replacement_draft

NUMBER_MAX = 60  # leaves room for what tells a second one from the first


def order_replacement(*, dispute: Dispute) -> Order:
    """Place the order of what a dispute is about: its lines, or all of the order where it names none.

    It costs nothing, and waits for stock as any order does. Call it in the transaction of the decision, which holds
    the paying order's lock.
    """
    order = dispute.order
    claimed = dict(dispute.lines.values_list("order_line", "quantity"))
    drafts = [
        orders.services.LineDraft(
            sku=line.sku,
            name=line.name,
            quantity=claimed.get(line.pk, line.quantity),
            unit_price=line.unit_price,
            gtin=line.item.gtin,
            weight_g=line.item.weight_g,
        )
        for line in order.lines.select_related("item").order_by("pk")
        if not claimed or line.pk in claimed
    ]
    draft = replacement_draft(order, _free_number(order), drafts)
    return orders.services.place_order(merchant=dispute.merchant, draft=draft)


def _free_number(order: Order) -> str:
    first = f"R-{order.number}"[:NUMBER_MAX]
    taken = set(
        Order.objects.filter(merchant=order.merchant_id, number__startswith=first).values_list("number", flat=True)
    )
    number, count = first, 1
    while number in taken:
        count += 1
        number = f"{first}-{count}"
    return number
