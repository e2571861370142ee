"""An order's parcels in schema.org's words, for mail programs and assistants that read the page.

It says no more than the page does to the same reader.
"""

import json
from datetime import date, datetime, time, tzinfo
from typing import Any

from django.utils.safestring import SafeString

from logistics_portal.order_page import OrderPage, ParcelCard, ShipmentCard
from orders.models import Order
from tracking.arrival import Arrival

_ORDER_STATUSES: dict[str, str] = {
    Order.Status.PLACED: "OrderProcessing",
    Order.Status.PICKING: "OrderProcessing",
    Order.Status.PACKED: "OrderProcessing",
    Order.Status.PARTLY_SHIPPED: "OrderInTransit",
    Order.Status.SHIPPED: "OrderInTransit",
    Order.Status.COMPLETED: "OrderDelivered",
    Order.Status.CANCELED: "OrderCancelled",
}
# What could end the script that the data stand in, or begin a comment in it.
_ESCAPES = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}


def order_data(page: OrderPage) -> SafeString:
    """The content of a script of the type ``application/ld+json``; "" while there is no parcel."""
    deliveries = [
        _delivery(page, card, parcel) for card in page.cards if card.shipment is not None for parcel in card.parcels
    ]
    if not deliveries:
        return SafeString("")
    told = {"@context": "https://schema.org", "@graph": deliveries}
    return SafeString(json.dumps(told, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES))


def _delivery(page: OrderPage, card: ShipmentCard, parcel: ParcelCard) -> dict[str, Any]:
    return {
        "@type": "ParcelDelivery",
        "trackingNumber": parcel.parcel.tracking_number,
        **({"trackingUrl": parcel.carrier.url} if parcel.carrier.url else {}),
        "carrier": _organization(parcel.carrier.name),
        **_expected(card.arrival, page.zone),
        "deliveryStatus": _status(card, parcel),
        "deliveryAddress": _address(page),
        "partOfOrder": {
            "@type": "Order",
            "orderNumber": page.order.number,
            "orderStatus": f"https://schema.org/{_ORDER_STATUSES[page.order.status]}",
            "merchant": _organization(page.order.merchant.name),
        },
    }


def _organization(name: str) -> dict[str, str]:
    return {"@type": "Organization", "name": name}


def _expected(arrival: Arrival | None, zone: tzinfo) -> dict[str, str]:
    if arrival is None or arrival.is_late:
        return {}
    return {
        "expectedArrivalFrom": _moment(arrival.on, arrival.from_time, zone),
        "expectedArrivalUntil": _moment(arrival.until or arrival.on, arrival.to_time, zone),
    }


def _moment(on: date, at: time | None, zone: tzinfo) -> str:
    return datetime.combine(on, at, zone).isoformat() if at else on.isoformat()


def _status(card: ShipmentCard, parcel: ParcelCard) -> dict[str, Any]:
    told: dict[str, Any] = {"@type": "DeliveryEvent", "name": str(card.words.headline)}
    newest = next((moment for day in parcel.history.shown for moment in day.moments if not moment.is_struck), None)
    if newest is None:
        return told
    if newest.at:
        told["startDate"] = newest.machine_time
    if newest.place:
        told["location"] = {"@type": "Place", "name": newest.place}
    return told


def _address(page: OrderPage) -> dict[str, str]:
    """The city; the street, too, for who proved the order's phone."""
    order = page.order
    told = {"addressLocality": order.city, "addressRegion": order.region, "addressCountry": order.country}
    if page.is_verified:
        street = ", ".join(line for line in (order.line1, order.line2) if line)
        told |= {"streetAddress": street, "postalCode": order.postal_code}
    return {"@type": "PostalAddress", **{name: value for name, value in told.items() if value}}
