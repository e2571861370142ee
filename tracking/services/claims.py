"""What payloads claim beside their scans: when the parcel is to arrive, and which carrier has it.

The payload that reaches furthest in time is believed, whenever it came; where two reach as far, the last to come.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from ..carriers.base import Observation
from .known import KnownParcel, KnownShipment
from .scans import Scan, Told

_NEVER = datetime.min.replace(tzinfo=UTC)


def take_claims(
    told: Sequence[Told],
    shipments: Mapping[UUID, KnownShipment],
    parcels: Mapping[UUID, Sequence[KnownParcel]],
    scans: Mapping[UUID, Sequence[Scan]],
) -> set[UUID]:
    """Write what is claimed into shipments and parcels; return the shipments that it changes.

    ``parcels`` are by shipment, ``scans`` by parcel, without those of ``told``.
    """
    touched: set[UUID] = set()
    etas_before = {shipment.id: shipment.carrier_eta for shipment in shipments.values()}
    claims = [(max(one.times, default=_NEVER), one) for one in told]
    for reach, one in sorted(claims, key=lambda claim: claim[0]):
        shipment = shipments[one.parcel.shipment_id]
        parcel = next(parcel for parcel in parcels[shipment.id] if parcel.id == one.parcel.id)
        if _take_eta(shipment, one.observation, reach, etas_before[shipment.id]):
            touched.add(shipment.id)
        if _correct_carrier(parcel, one, reach, scans[parcel.id]):
            shipment.carrier = parcels[shipment.id][0].carrier
            touched.add(shipment.id)
    return touched


def _take_eta(shipment: KnownShipment, seen: Observation, reach: datetime, eta_before: date | None) -> bool:
    """Follow the carrier's expected arrival, unless the payload tells of an older moment than we know."""
    wanted = (seen.carrier_eta, seen.eta_from, seen.eta_to)
    if wanted == (None, None, None) or wanted == (shipment.carrier_eta, shipment.eta_from, shipment.eta_to):
        return False
    is_late = shipment.last_event_at is not None and _NEVER < reach < shipment.last_event_at
    if is_late and eta_before is not None:
        return False
    window_end = seen.eta_to or seen.eta_from
    shipment.carrier_eta = seen.carrier_eta or (window_end.date() if window_end else None)
    shipment.eta_from, shipment.eta_to = seen.eta_from, seen.eta_to
    return True


def _correct_carrier(parcel: KnownParcel, one: Told, reach: datetime, scans: Sequence[Scan]) -> bool:
    """Believe a payload that names another carrier than the merchant did; what was said stays in ``stated_carrier``."""
    if not one.names_carrier or one.names_carrier == parcel.carrier:
        return False
    if any(scan.occurred_at and scan.occurred_at > reach for scan in scans):
        return False
    parcel.stated_carrier = parcel.stated_carrier or parcel.carrier
    parcel.carrier = one.names_carrier
    return True
