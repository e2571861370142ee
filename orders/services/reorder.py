"""An order once more: what of it is there today and for how much; the wish for it, and how the merchant answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.models import Item, StockLevel
from logistics_portal.kernel.errors import DomainError, Invalid
from logistics_portal.kernel.events import publish
from logistics_portal.kernel.state import transition
from merchants.models import Merchant
from orders.events import REORDER_ENDED, REORDER_OFFERED, REORDER_REQUESTED
from orders.models import REORDER_TRANSITIONS, Offer, Order, OrderLine, Reorder, ReorderLine

from .orders import LineDraft, OrderDraft, place_order

QUANTITY_MAX = 999
LINES_MAX = 200


class UnableToReorder(DomainError):
    """Nothing of the order is there today, it changed since it was looked at, or it is asked for already."""

    code = "unable_to_reorder"


@dataclass(frozen=True, slots=True)
class LineToday:
    """A line of an order as it could be ordered today.

    ``price`` is the merchant's of today, or, where it told none, the one of the last order of the item: then
    ``is_price_sure`` is False. ``free`` is None where the portal keeps no stock of the item.
    """

    item: Item
    name: str
    wanted: int
    before: Decimal
    price: Decimal
    is_price_sure: bool
    is_sold: bool
    free: int | None

    @property
    def quantity(self) -> int:
        """How many can be had: at most what was ordered."""
        if not self.is_sold:
            return 0
        return self.wanted if self.free is None else max(0, min(self.wanted, self.free))

    @property
    def is_gone(self) -> bool:
        return self.quantity == 0

    @property
    def is_less(self) -> bool:
        return 0 < self.quantity < self.wanted

    @property
    def has_new_price(self) -> bool:
        return self.price != self.before

    @property
    def amount(self) -> Decimal:
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class OrderToday:
    """An order as it could be repeated today; ``total`` is of the goods, without shipping."""

    lines: Sequence[LineToday]

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def can_be_ordered(self) -> bool:
        return any(not line.is_gone for line in self.lines)

    @property
    def has_guesses(self) -> bool:
        return any(not line.is_price_sure and not line.is_gone for line in self.lines)

    @property
    def seen(self) -> str:
        """What a customer agreed to by this page: another value means that something changed since."""
        return "|".join(f"{line.item.pk.hex}:{line.quantity}:{line.price}" for line in self.lines)


def order_today(order: Order) -> OrderToday:
    """What of an order is there today."""
    lines = list(order.lines.select_related("item").order_by("pk"))
    items = {line.item_id: line.item for line in lines}
    offers = {offer.item_id: offer for offer in Offer.objects.filter(item__in=items, currency=order.currency)}
    free = _free_stock([item.pk for item in items.values() if item.is_stock_kept])
    last = _last_prices(order, set(items) - set(offers))
    told = [_line_today(item, lines, offers.get(key), free, last) for key, item in items.items()]
    return OrderToday(told)


def _line_today(
    item: Item, lines: Sequence[OrderLine], offer: Offer | None, free: dict[UUID, int], last: dict[UUID, Decimal]
) -> LineToday:
    mine = [line for line in lines if line.item_id == item.pk]
    before = mine[-1].unit_price
    return LineToday(
        item=item,
        name=mine[-1].name,
        wanted=min(sum(line.quantity for line in mine), QUANTITY_MAX),
        before=before,
        price=offer.unit_price if offer else last.get(item.pk, before),
        is_price_sure=offer is not None,
        is_sold=offer.is_sold if offer else True,
        free=free.get(item.pk, 0) if item.is_stock_kept else None,
    )


def _free_stock(item_ids: Sequence[UUID]) -> dict[UUID, int]:
    rows = StockLevel.objects.filter(item__in=item_ids).values("item").annotate(free=Sum(F("on_hand") - F("reserved")))
    return {row["item"]: row["free"] for row in rows}


def _last_prices(order: Order, item_ids: set[UUID]) -> dict[UUID, Decimal]:
    """What anybody paid last for the items, in the order's currency."""
    same = OrderLine.objects.filter(item__in=item_ids, order__currency=order.currency)
    rows = same.order_by("item", "-order__placed_at", "-pk").distinct("item").values_list("item", "unit_price")
    return dict(rows)


@transaction.atomic
def request_reorder(*, order: Order, form_id: str, seen: str) -> Reorder:
    """Ask the merchant to send what is there of an order once more; the same ``form_id`` is taken once.

    Args:
        seen: `OrderToday.seen` of the page on which the customer agreed.

    Raises:
        UnableToReorder: another wish is open, nothing is there, or stock or prices changed since they looked.
    """
    Order.objects.select_for_update().only("pk").get(pk=order.pk)  # a second click waits here for the first
    if known := Reorder.objects.filter(order=order, form_id=form_id).first():
        return known
    if order.reorders.open().exists():
        raise UnableToReorder(_("You asked for this order again already. The merchant has your wish."))
    today = order_today(order)
    if not today.can_be_ordered:
        raise UnableToReorder(_("Nothing of this order can be had today."))
    if seen != today.seen:
        raise UnableToReorder(_("Something changed since you looked: look at it again, then order."))
    reorder = Reorder.objects.create(
        merchant_id=order.merchant_id, order=order, form_id=form_id[:64], currency=order.currency, total=today.total
    )
    ReorderLine.objects.bulk_create(
        ReorderLine(
            reorder=reorder,
            item=line.item,
            name=line.name,
            quantity=line.quantity,
            unit_price=line.price,
            is_price_sure=line.is_price_sure,
        )
        for line in today.lines
        if not line.is_gone
    )
    publish(REORDER_REQUESTED, merchant_id=order.merchant_id, subject_id=reorder.pk, order_id=order.pk)
    return reorder


@transaction.atomic
def offer_payment(*, reorder: Reorder, payment_url: str, note: str = "") -> None:
    """The merchant tells where the customer pays.

    Raises:
        Invalid: the address is none of the web.
        UnableToTransition: it is paid for, declined or withdrawn already.
    """
    if not payment_url.startswith("https://"):
        reason = _("Give an address that begins with https://.")
        raise Invalid(reason, fields={"payment_url": [reason]})
    given = {"payment_url": payment_url[:500], "note": note.strip()[:2000]}
    transition(reorder, Reorder.Status.TO_PAY, allowed=REORDER_TRANSITIONS, **given)
    publish(REORDER_OFFERED, merchant_id=reorder.merchant_id, subject_id=reorder.pk, order_id=reorder.order_id)


@transaction.atomic
def place_reorder(*, reorder: Reorder, number: str, shipping_total: Decimal = Decimal(0)) -> Order:
    """The merchant has the money, or needs none yet: the new order is placed, and its stock promised.

    Raises:
        UnableToPlaceOrder: the number is used.
        UnableToTransition: it is placed, declined or withdrawn already.
    """
    row = Reorder.objects.select_for_update(of=("self",)).select_related("order__merchant").get(pk=reorder.pk)
    _refuse_ended(row, Reorder.Status.PLACED)
    old = row.order
    lines = [
        LineDraft(sku=line.item.sku, name=line.name, quantity=line.quantity, unit_price=line.unit_price)
        for line in row.lines.select_related("item").order_by("pk")
    ]
    draft = OrderDraft(
        number=number,
        phone=old.phone,
        email=old.email,
        consignee=old.consignee,
        line1=old.line1,
        line2=old.line2,
        city=old.city,
        region=old.region,
        postal_code=old.postal_code,
        country=old.country,
        language=old.language,
        currency=row.currency,
        lines=lines,
        shipping_total=shipping_total,
    )
    placed = place_order(merchant=old.merchant, draft=draft)
    _end(row, Reorder.Status.PLACED, placed=placed)
    return placed


@transaction.atomic
def decline_reorder(*, reorder: Reorder, note: str) -> None:
    """The merchant can't send it again; ``note`` is told to the customer.

    Raises:
        Invalid: no reason.
        UnableToTransition: it is placed, declined or withdrawn already.
    """
    if not note.strip():
        reason = _("Tell the customer why.")
        raise Invalid(reason, fields={"note": [reason]})
    _end(reorder, Reorder.Status.DECLINED, note=note.strip()[:2000])


@transaction.atomic
def withdraw_reorder(*, reorder: Reorder) -> None:
    """The customer wants it no more.

    Raises:
        UnableToTransition: it is placed, declined or withdrawn already.
    """
    _end(reorder, Reorder.Status.WITHDRAWN)


def _refuse_ended(reorder: Reorder, to: str) -> None:
    """Before anything is written for it: the mover itself says so only afterwards."""
    if to not in REORDER_TRANSITIONS[Reorder.Status(reorder.status)]:
        transition(reorder, to, allowed=REORDER_TRANSITIONS)


def _end(reorder: Reorder, to: str, **changes: Any) -> None:
    transition(reorder, to, allowed=REORDER_TRANSITIONS, ended_at=timezone.now(), **changes)
    publish(
        REORDER_ENDED,
        merchant_id=reorder.merchant_id,
        subject_id=reorder.pk,
        order_id=reorder.order_id,
        status=str(to),
    )


@transaction.atomic
def set_offer(*, merchant: Merchant, sku: str, currency: str, unit_price: Decimal, is_sold: bool = True) -> Offer:
    """What a merchant takes for an item from now on.

    Raises:
        Invalid: there is no item of this SKU.
    """
    item = Item.objects.for_merchant(merchant).filter(sku=sku).first()
    if item is None:
        reason = f"There is no item {sku}."
        raise Invalid(reason, fields={"sku": [reason]})
    given = {"merchant": merchant, "unit_price": unit_price, "is_sold": is_sold, "told_at": timezone.now()}
    return Offer.objects.update_or_create(given, item=item, currency=currency)[0]
