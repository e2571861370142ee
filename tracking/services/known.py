"""What the fold knows of the shipments it touches, read as light rows: it handles them by the ten thousand."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date, datetime
from uuid import UUID

from logistics_portal.kernel.bulk import any_of

from ..models import Parcel, Shipment, TrackingEvent
from .scans import COLUMNS, Scan
from .trails import struck_events


@dataclass(slots=True)
class KnownShipment:
    """A row of `Shipment`, locked: what the fold reads and writes of it."""

    id: UUID
    merchant_id: UUID
    order_id: UUID
    direction: str
    carrier: str
    status: str
    reason: str
    version: int
    last_event_at: datetime | None
    last_place: str
    out_for_delivery_at: datetime | None
    delivered_at: datetime | None
    signed_by: str
    carrier_eta: date | None
    eta_from: datetime | None
    eta_to: datetime | None


@dataclass(slots=True)
class KnownParcel:
    """A row of `Parcel`: what the fold reads and writes of it."""

    id: UUID
    shipment_id: UUID
    carrier: str
    stated_carrier: str
    status: str
    reason: str
    delivered_at: datetime | None


_OF_SHIPMENT = tuple(field.name for field in fields(KnownShipment))
_OF_PARCEL = tuple(field.name for field in fields(KnownParcel))


@dataclass(slots=True)
class Known:
    """What a batch touches: shipments (locked), their parcels, and each parcel's scans."""

    shipments: dict[UUID, KnownShipment]
    parcels: dict[UUID, list[KnownParcel]]  # by shipment
    scans: dict[UUID, list[Scan]]  # by parcel
    etas_before: dict[UUID, date | None]  # by shipment


def lock_known(shipment_ids: Collection[UUID]) -> Known:
    """Lock shipments in the order of their keys and read what is known of them."""
    # No key is changed, so rows that point at a shipment need not wait for us.
    locked = Shipment.objects.select_for_update(no_key=True).filter(any_of("pk", shipment_ids)).order_by("pk")
    shipments = {row[0]: KnownShipment(*row) for row in locked.values_list(*_OF_SHIPMENT)}
    parcels: dict[UUID, list[KnownParcel]] = defaultdict(list)
    of_shipments = Parcel.objects.filter(any_of("shipment_id", shipment_ids)).order_by("pk")
    for row in of_shipments.values_list(*_OF_PARCEL):
        parcels[row[1]].append(KnownParcel(*row))
    parcel_ids = [parcel.id for found in parcels.values() for parcel in found]
    return Known(shipments, parcels, _scans(parcel_ids), {row.id: row.carrier_eta for row in shipments.values()})


def _scans(parcel_ids: Collection[UUID]) -> dict[UUID, list[Scan]]:
    scans: dict[UUID, list[Scan]] = {parcel_id: [] for parcel_id in parcel_ids}
    for row in TrackingEvent.objects.filter(any_of("parcel_id", parcel_ids)).values_list(*COLUMNS):
        scan = Scan(*row)
        scans[scan.parcel_id].append(scan)
    known = {scan.id: scan for found in scans.values() for scan in found}
    if known:
        for event_id in struck_events(parcel_ids):
            known[event_id].is_struck = True
    return scans
