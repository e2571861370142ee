"""What messages about orders may say, and what every message may."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from babel.dates import format_date
from django.conf import settings
from django.db.models import Prefetch, prefetch_related_objects

from merchants.models import Brand
from orders.events import REORDER_OFFERED
from orders.models import OPEN_STATUSES, Order, OrderLine, Reorder
from tracking.models import Shipment

from ..models import Message
from .base import LOCALES, TOO_OLD, Facts, Overtaken, Teller, money, nothing, subjects

COLOR, DEFAULT_COLOR = re.compile(r"#[0-9a-fA-F]{6}"), "#1f5eff"
LOGO_WIDTH, LOGO_HEIGHT = 240, 48
PORTAL = "Logistics Portal"


def about_merchant(message: Message) -> Facts:
    merchant = message.merchant
    if merchant is None:
        return {"merchant": PORTAL}
    brand = getattr(merchant, "brand", None)
    color = brand.color if brand and COLOR.fullmatch(brand.color) else DEFAULT_COLOR
    return {
        "merchant": merchant.name,
        "reply_to": merchant.support_email,
        "support": merchant.support_email or merchant.support_phone,
        "color": color,
        "ink": _ink_on(color),
        "logo": _logo(brand) if brand and brand.logo_id else None,
    }


def _logo(brand: Brand) -> dict[str, object]:
    """Where the logo lies, its size on the page of a mail in pixels, and the color that must lie behind it."""
    height = min(LOGO_HEIGHT, round(LOGO_WIDTH * brand.logo_height / brand.logo_width))
    return {
        "url": f"{settings.BASE_URL}{brand.logo_path}",
        "width": round(height * brand.logo_width / brand.logo_height),
        "height": height,
        "ground": "#1a1d20" if brand.logo_ground == "dark" else "#ffffff",
    }


def _ink_on(color: str) -> str:
    """Black or white, whichever can be read better on ``color``: its relative luminance decides (WCAG 2)."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "#000000" if luminance > 0.179 else "#ffffff"


def about_order(message: Message) -> Facts:
    order = message.order
    if order is None:
        return {}
    return {"order": order.number, "name": order.consignee, "link": order.tracking_url, "token": order.token}


def _load_lines(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    orders = [message.order for message in messages if message.order]
    prefetch_related_objects(orders, Prefetch("lines", OrderLine.objects.order_by("pk")))
    return {order.pk: order for order in orders}


def _tell_confirmed(message: Message, subject: Any, now: datetime) -> Facts:
    order = order_in(message, *OPEN_STATUSES)
    if order.placed_at < message.queued_at - TOO_OLD:
        raise Overtaken("too_old", "The order was placed more than three days ago.")

    def price(amount: Decimal) -> str:
        return money(amount, order.currency, message.language)

    lines = [{"quantity": line.quantity, "name": line.name, "money": price(line.amount)} for line in order.lines.all()]
    promised = order.promised_on
    return {
        "lines": lines,
        "shipping": price(order.shipping_total) if order.shipping_total else "",
        "discount": price(order.discount_total) if order.discount_total else "",
        "total": price(order.total),
        "promised_on": format_date(promised, "long", locale=LOCALES[message.language]) if promised else "",
    }


def _while_in(*statuses: str) -> Callable[[Message, Any, datetime], Facts]:
    def tell(message: Message, subject: Any, now: datetime) -> Facts:
        order_in(message, *statuses)
        return {}

    return tell


def order_in(message: Message, *statuses: str) -> Order:
    """The message's order.

    Raises:
        Overtaken: it is in none of these statuses any more.
    """
    order = message.order
    assert order is not None, "news of an order belongs to one"
    if order.status not in statuses:
        raise Overtaken("overtaken", f"The order is {order.status} by now.")
    return order


def _address_changed(message: Message, subject: Any, now: datetime) -> Facts:
    order = order_in(message, *OPEN_STATUSES)
    place = " ".join(part for part in (order.postal_code, order.city) if part)
    lines = (order.consignee, order.line1, order.line2, place, order.region)
    return {"address": "\n".join(line for line in lines if line)}


def _load_reorders(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    return Reorder.objects.in_bulk(subjects(messages))


def _reorder_answered(message: Message, reorder: Reorder, now: datetime) -> Facts:
    """An offer while it waits to be paid, or that there will be none."""
    is_offer = message.fact.startswith(f"{REORDER_OFFERED.name}:")
    if reorder.status != (Reorder.Status.TO_PAY if is_offer else Reorder.Status.DECLINED):
        raise Overtaken("overtaken", f"The reorder is {reorder.status} by now.")
    return {"offered": is_offer, "note": reorder.note}


def _load_outbound(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    found: dict[UUID, list[Shipment]] = {key: [] for key in subjects(messages)}
    for shipment in Shipment.objects.outbound().filter(order__in=found).prefetch_related("parcels"):
        found[shipment.order_id].append(shipment)
    return found


def _tell_all_delivered(message: Message, shipments: list[Shipment], now: datetime) -> Facts:
    order_in(message, Order.Status.COMPLETED)
    count = sum(len(shipment.parcels.all()) for shipment in shipments)
    if count < 2:
        raise Overtaken("told", "The order has one parcel, and the message about it tells it already.")
    delivered = [shipment.delivered_at for shipment in shipments if shipment.delivered_at]
    if delivered and max(delivered) < message.queued_at - TOO_OLD:
        raise Overtaken("too_old", "It happened more than three days ago.")
    return {"count": count}


TELLERS = {
    "order_confirmed": Teller(_load_lines, _tell_confirmed),
    "order_packed": Teller(nothing, _while_in(Order.Status.PACKED)),
    "receiver_added": Teller(nothing, lambda message, subject, now: {}),
    "order_canceled": Teller(nothing, _while_in(Order.Status.CANCELED)),
    "address_changed": Teller(nothing, _address_changed),
    "reorder_answered": Teller(_load_reorders, _reorder_answered),
    "all_delivered": Teller(_load_outbound, _tell_all_delivered),
}
