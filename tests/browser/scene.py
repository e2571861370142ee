"""Orders in every state that a page can show, and the visitors who look at them."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

import aftersales.services
import tracking.services
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.visitors import holder, worker
from tracking.models import Shipment


@dataclass(frozen=True)
class Scene:
    """Paths by the name of what they show, and session keys by the name of who looks."""

    stranger: dict[str, str]
    holder: dict[str, str]
    worker: dict[str, str]
    sessions: dict[str, str]
    out: Shipment
    delivered: Order


def build_scene(merchant: Merchant) -> Scene:
    merchant.brand.color = "#f5b301"  # pale: the hardest kind of brand to read
    merchant.brand.save()
    out, delivered, trouble = _out(merchant), _delivered(merchant), _trouble(merchant)
    placed = build.order(merchant=merchant)
    orders = {"out": out.order, "delivered": delivered, "trouble": trouble, "placed": placed}
    pages = {name: f"/t/{order.token}/" for name, order in orders.items()}
    home, shipment = pages["delivered"], delivered.shipments.outbound().get()
    case = delivered.returns.get()
    return Scene(
        stranger={
            **pages,
            "front": "/",
            "lookup": "/track/",
            "sign in": "/orders/sign-in/",
            "verify": f"{home}verify/",
            "verify code": f"{home}verify/?sent",
            "nowhere": "/nowhere/",
        },
        holder={
            **pages,
            "orders": "/orders/",
            "messages": "/orders/messages/",
            "return": f"{home}return/",
            "send return": f"{home}returns/{case.pk}/send/",
            "dispute": f"{home}dispute/{shipment.pk}/",
        },
        worker={
            "warehouse": "/warehouse/",
            "pack": f"/warehouse/{placed.pk}/",
            "label": f"/warehouse/{placed.pk}/label/",
            "courier": "/courier/",
            "handover": f"/courier/{out.pk}/",
        },
        sessions={
            "holder": holder().cookies[settings.SESSION_COOKIE_NAME].value,
            "worker": worker(build.staff(merchant, name="worker")).cookies[settings.SESSION_COOKIE_NAME].value,
        },
        out=out,
        delivered=delivered,
    )


def _out(merchant: Merchant) -> Shipment:
    shipment = build.shipment(build.order(merchant=merchant, lines=3))
    parcel = shipment.parcels.get()
    for hours in range(30, 4, -5):
        build.scan(parcel, "in_transit", at=timezone.now() - timedelta(hours=hours), place="Leipzig")
    build.scan(parcel, "out_for_delivery")
    shipment.refresh_from_db()
    return shipment


def _delivered(merchant: Merchant) -> Order:
    order = build.order(merchant=merchant)
    build.delivered(order)
    line = order.lines.first()
    aftersales.services.request_return(order=order, reason="too_small", comment="", quantities={line.pk: 1})
    return order


def _trouble(merchant: Merchant) -> Order:
    order = build.order(merchant=merchant, line1="Donaudampfschifffahrtsgesellschaftskapitänsweg 1", consignee="Q" * 60)
    drafts = [
        tracking.services.ParcelDraft("A1234567890123456789012345678901234567"),
        tracking.services.ParcelDraft("B12345678"),
    ]
    first, second = tracking.services.create_shipment(order=order, carrier="ups", parcels=drafts).parcels.order_by("pk")
    build.scan(first, "exception", reason="consignee_incorrect_address", description="Ünlösbar" * 20)
    build.scan(second, "in_transit", occurred_at=None)
    build.delivered(order)
    shipment = order.shipments.get(carrier="dhl")
    aftersales.services.open_dispute(shipment=shipment, statement="")
    return order
