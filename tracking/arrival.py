"""When a parcel should arrive: the best promise there is, on the clock of the place it goes to."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

from orders.models import Order

from .carriers._places import load_zone, zone_of
from .models import FINAL, Shipment, TrackingStatus

_NO_PROMISE = frozenset({*FINAL, TrackingStatus.RETURNING, TrackingStatus.AVAILABLE_FOR_PICKUP})


@dataclass(frozen=True, slots=True)
class Arrival:
    """The expected day, with the hours where the carrier told them; ``is_late`` once it has passed."""

    on: date
    until: date | None = None
    from_time: time | None = None
    to_time: time | None = None
    is_late: bool = False
    by_carrier: bool = False


def place_zone(order: Order) -> tzinfo:
    """The clock of the delivery address; the merchant's where a country has several and the region doesn't decide."""
    return zone_at(order.country, order.region, order.merchant.time_zone)


def zone_at(country: str, region: str, merchants_zone: str) -> tzinfo:
    """As `place_zone`, of what it depends on."""
    return zone_of(country, region) or load_zone(merchants_zone) or UTC


def arrival(order: Order, shipment: Shipment | None, *, now: datetime) -> Arrival | None:
    """What to promise: the carrier's hours, else its day, else the merchant's day; None once it would be wrong."""
    if order.status in (Order.Status.CANCELED, Order.Status.COMPLETED) and shipment is None:
        return None
    if shipment is not None and (shipment.direction == Shipment.Direction.RETURN or shipment.status in _NO_PROMISE):
        return None
    zone = place_zone(order)
    today = now.astimezone(zone).date()
    if shipment is not None and shipment.eta_to:
        return _window(shipment.eta_from, shipment.eta_to, zone, now)
    if shipment is not None and shipment.carrier_eta:
        # A courier who is on the round brings it on that day, whatever later day was reckoned before.
        if shipment.status == TrackingStatus.OUT_FOR_DELIVERY and shipment.last_event_at:
            on = min(shipment.carrier_eta, max(shipment.last_event_at.astimezone(zone).date(), today))
            return Arrival(on=on, is_late=on < today, by_carrier=True)
        return Arrival(on=shipment.carrier_eta, is_late=shipment.carrier_eta < today, by_carrier=True)
    if order.promised_on:
        return Arrival(on=order.promised_on, is_late=order.promised_on < today)
    return None


def _window(eta_from: datetime | None, eta_to: datetime, zone: tzinfo, now: datetime) -> Arrival:
    ends = eta_to.astimezone(zone)
    begins = eta_from.astimezone(zone) if eta_from else None
    is_late = eta_to < now
    if begins is None:
        return Arrival(on=ends.date(), to_time=ends.time(), is_late=is_late, by_carrier=True)
    if begins.date() < ends.date():
        return Arrival(on=begins.date(), until=ends.date(), is_late=is_late, by_carrier=True)
    return Arrival(on=ends.date(), from_time=begins.time(), to_time=ends.time(), is_late=is_late, by_carrier=True)
