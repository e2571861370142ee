"""Parcels as mails tell them to mail programs: schema.org's ParcelDelivery, with all that these ask for.

It says no more than the page behind the mail's link: the city of the delivery, and no name of what is in the parcel.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, tzinfo

from django.utils import translation

import tracking.services
from tracking.models import Shipment


def deliveries(shipments: Iterable[Shipment], language: str, now: datetime) -> list[dict[str, str]]:
    """One entry a parcel: ``number, carrier, status, expected_from, expected_until, city, region, country``."""
    return [entry for shipment in shipments for entry in _deliveries(shipment, language, now)]


def _deliveries(shipment: Shipment, language: str, now: datetime) -> list[dict[str, str]]:
    order = shipment.order
    with translation.override(language):
        status = str(tracking.services.shipment_words(shipment).headline)
    told = {
        "carrier": tracking.services.carrier_label(shipment.carrier, language),
        "status": status,
        "city": order.city,
        "region": order.region,
        "country": order.country,
    }
    arrival = tracking.services.arrival(order, shipment, now=now)
    if arrival and not arrival.is_late:
        zone = tracking.services.place_zone(order)
        told["expected_from"] = _moment(arrival.on, arrival.from_time, zone)
        told["expected_until"] = _moment(arrival.until or arrival.on, arrival.to_time, zone)
    return [told | {"number": parcel.tracking_number} for parcel in shipment.parcels.all()]


def _moment(on: date, at: time | None, zone: tzinfo) -> str:
    return datetime.combine(on, at, zone).isoformat() if at else on.isoformat()
