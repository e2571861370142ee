"""Something else for returned goods: put aside when it is asked for, released when the return is coming or there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

import inventory.services
import orders.services
from inventory.models import Item, StockLevel
from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.events import publish
from logistics_portal.kernel.state import transition
from orders.models import Order, OrderLine

from ..events import EXCHANGE_CANCELED, EXCHANGE_RELEASED, EXCHANGE_RESERVED
from ..models import EXCHANGE_TRANSITIONS, Exchange, ExchangeLine, Return, ReturnLine
from .amounts import NOTHING, value_of_pieces

OFFERED = 30  # items that a customer may choose from
_STEM_ENDS = "-_./ "


class UnableToExchange(DomainError):
    """The item can't be had for what is sent back; the message says why."""

    code = "unable_to_exchange"


@dataclass(frozen=True, slots=True)
class Offer:
    """An item that may be had for a line: its price is at most what was paid for the line's. ``is_variant``: alike."""

    item: Item
    unit_price: Decimal
    is_variant: bool


def offers_for(line: OrderLine) -> list[Offer]:
    """What may be had for a piece of an order line: the same item again, its variants, then what costs no more.

    Variants share the part of the SKU before its last separator. A price is the one at which the merchant sold the item
    last in this currency; what was never sold, or lies nowhere, isn't offered.
    """
    paid = _paid_for_one(line)
    stock = {
        row["item"]: row["free"] or 0
        for row in StockLevel.objects.filter(item__merchant=line.order.merchant_id)
        .values("item")
        .annotate(free=Sum(F("on_hand") - F("reserved")))
    }
    items = Item.objects.for_merchant(line.order.merchant_id).filter(pk__in=[pk for pk, free in stock.items() if free])
    prices = _last_prices(line.order, items)
    stem = _stem(line.sku)
    found = [
        Offer(item, line.unit_price if item.pk == line.item_id else prices[item.pk], _stem(item.sku) == stem)
        for item in items
        if item.pk == line.item_id or (item.pk in prices and prices[item.pk] <= paid)
    ]
    found.sort(key=lambda offer: (offer.item.pk != line.item_id, not offer.is_variant, offer.item.name, offer.item.sku))
    return found[:OFFERED]


def _paid_for_one(line: OrderLine) -> Decimal:
    return value_of_pieces(line.order, {line.pk: 1})


def _last_prices(order: Order, items: Iterable[Item]) -> dict[UUID, Decimal]:
    sold = OrderLine.objects.filter(item__in=[item.pk for item in items], order__currency=order.currency)
    return dict(sold.order_by("item", "-pk").distinct("item").values_list("item", "unit_price"))


def _stem(sku: str) -> str:
    ends = max(sku.rfind(end) for end in _STEM_ENDS)
    return sku[:ends] if ends > 0 else sku


def reserve_exchange(*, return_case: Return, wanted: Mapping[UUID, Offer]) -> Exchange:
    """Put aside what a customer wants for each line of a return, by order line. Call it in a transaction.

    Raises:
        UnableToExchange: it costs more than what was paid, is of another merchant, or there is not enough of it.
    """
    exchange = Exchange.objects.create(return_case=return_case)
    lines = list(return_case.lines.select_related("order_line").order_by("pk"))
    if {line.order_line_id for line in lines} != set(wanted):
        raise UnableToExchange(_("Choose what you want for each item."))
    ExchangeLine.objects.bulk_create(
        ExchangeLine(
            exchange=exchange,
            return_line=line,
            item=_checked(return_case, line, wanted[line.order_line_id]),
            quantity=line.quantity,
            unit_price=_price(line, wanted[line.order_line_id]),
        )
        for line in lines
    )
    _put_aside(exchange)
    publish(
        EXCHANGE_RESERVED,
        merchant_id=return_case.merchant_id,
        subject_id=exchange.pk,
        order_id=return_case.order_id,
        return_id=return_case.pk,
    )
    return exchange


def _checked(return_case: Return, line: ReturnLine, offer: Offer) -> Item:
    if offer.item.merchant_id != return_case.merchant_id:
        raise UnableToExchange(_("This item can't be had."))
    paid = value_of_pieces(return_case.order, {line.order_line_id: line.quantity}, other_than=return_case)
    is_same = offer.item.pk == line.order_line.item_id
    if not is_same and offer.unit_price * line.quantity > paid:
        raise UnableToExchange(
            _("“%s” costs more than what you paid. Ask for your money back and order it anew.") % offer.item.name
        )
    return offer.item


def _price(line: ReturnLine, offer: Offer) -> Decimal:
    """The same item again costs what was paid for it, whatever it was reduced by."""
    return line.order_line.unit_price if offer.item.pk == line.order_line.item_id else offer.unit_price


def _put_aside(exchange: Exchange) -> None:
    lines = list(exchange.lines.select_related("item").order_by("pk"))
    wanted = [inventory.services.Wanted(line.item, line.quantity, line.pk) for line in lines]
    short = {one.item_id for one in inventory.services.reserve(wanted=wanted) if one.short}
    for line in lines:
        if line.item_id in short:
            raise UnableToExchange(_("There is not enough of “%s” any more.") % line.item.name)


def release_exchange(*, return_case: Return) -> Order | None:
    """Make the replacement an order that the warehouse packs; None where there is nothing to release.

    A second call does nothing. Call it in a transaction.
    """
    exchange = (
        Exchange.objects.select_for_update(of=("self",))
        .filter(return_case=return_case, status=Exchange.Status.RESERVED)
        .first()
    )
    if exchange is None:
        return None
    lines = list(exchange.lines.select_related("item").order_by("pk"))
    inventory.services.release(references=[line.pk for line in lines])
    order = orders.services.place_order(
        merchant=return_case.merchant,
        draft=replacement_draft(
            return_case.order,
            f"X-{return_case.number}"[:64],
            [
                orders.services.LineDraft(
                    sku=line.item.sku, name=line.item.name, quantity=line.quantity, unit_price=line.unit_price
                )
                for line in lines
            ],
        ),
    )
    transition(
        exchange, Exchange.Status.RELEASED, allowed=EXCHANGE_TRANSITIONS, order=order, released_at=timezone.now()
    )
    publish(
        EXCHANGE_RELEASED,
        merchant_id=return_case.merchant_id,
        subject_id=exchange.pk,
        order_id=return_case.order_id,
        return_id=return_case.pk,
        replacement_id=order.pk,
    )
    return order


def replacement_draft(
    order: Order, number: str, drafts: Sequence[orders.services.LineDraft]
) -> orders.services.OrderDraft:
    """Goods for the same person and door that cost nothing more: what was paid for ``order`` pays for them."""
    return orders.services.OrderDraft(
        number=number,
        phone=order.phone,
        email=order.email,
        language=order.language,
        consignee=order.consignee,
        line1=order.line1,
        line2=order.line2,
        city=order.city,
        region=order.region,
        postal_code=order.postal_code,
        country=order.country,
        currency=order.currency,
        lines=drafts,
        discount_total=sum((draft.unit_price * draft.quantity for draft in drafts), NOTHING),
    )


def worth_of_exchange(return_case: Return) -> Decimal:
    """What the goods cost that are given in exchange; nothing where it was called off.

    The same item again is worth what was paid for the one that came back.
    """
    lines = ExchangeLine.objects.filter(exchange__return_case=return_case).exclude(
        exchange__status=Exchange.Status.CANCELED
    )
    worth = NOTHING
    for line in lines.select_related("return_line__order_line"):
        order_line = line.return_line.order_line
        paid = value_of_pieces(return_case.order, {order_line.pk: line.quantity}, other_than=return_case)
        worth += paid if line.item_id == order_line.item_id else line.unit_price * line.quantity
    return worth


def cancel_exchange(*, return_case: Return) -> None:
    """Give free what was put aside, if it was not released. Call it in a transaction."""
    exchange = (
        Exchange.objects.select_for_update(of=("self",))
        .filter(return_case=return_case, status=Exchange.Status.RESERVED)
        .first()
    )
    if exchange is None:
        return
    transition(exchange, Exchange.Status.CANCELED, allowed=EXCHANGE_TRANSITIONS, canceled_at=timezone.now())
    inventory.services.release(references=exchange.lines.values_list("pk", flat=True))
    publish(
        EXCHANGE_CANCELED,
        merchant_id=return_case.merchant_id,
        subject_id=exchange.pk,
        order_id=return_case.order_id,
        return_id=return_case.pk,
    )


def renew_exchange(*, return_case: Return) -> None:
    """A return is opened again: what was wanted for it is put aside again. Call it in a transaction.

    Raises:
        UnableToExchange: there is not enough of it any more.
    """
    exchange = Exchange.objects.filter(return_case=return_case, status=Exchange.Status.CANCELED).first()
    if exchange is None:
        return
    transition(exchange, Exchange.Status.RESERVED, allowed=EXCHANGE_TRANSITIONS, reserved_at=timezone.now())
    old = list(exchange.lines.order_by("pk"))
    exchange.lines.all().delete()  # a reservation's reference is used once
    ExchangeLine.objects.bulk_create(
        ExchangeLine(
            exchange=exchange,
            return_line_id=line.return_line_id,
            item_id=line.item_id,
            quantity=line.quantity,
            unit_price=line.unit_price,
        )
        for line in old
    )
    _put_aside(exchange)
