"""Statuses are computed from scans here. Nothing else writes a tracking status."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orders.services
from logistics_portal.kernel.bulk import any_of, update_rows
from logistics_portal.kernel.events import NewEvent, make_event, publish_all
from logistics_portal.kernel.live import tell_viewers

from ..carriers.base import Status
from ..events import ETA_CHANGED, STATUS_CHANGED
from ..models import Handover, Parcel, Shipment, TrackingStatus
from ..projection import Projection, combine, project
from .known import KnownParcel, KnownShipment
from .polls import repace_polls
from .scans import Scan
from .watching import look_at

_FOLDED = (
    "carrier",
    "status",
    "reason",
    "version",
    "last_event_at",
    "last_place",
    "out_for_delivery_at",
    "delivered_at",
    "signed_by",
    "carrier_eta",
    "eta_from",
    "eta_to",
)


def fold(
    shipments: Sequence[KnownShipment],
    parcels: dict[UUID, list[KnownParcel]],
    scans: dict[UUID, list[Scan]],
    etas_before: dict[UUID, date | None],
    *,
    is_announced: bool,
) -> None:
    """Compute locked ``shipments`` anew from all their scans, write what changed, and publish it.

    ``parcels`` are by shipment, ``scans`` by parcel; scans that were struck through count for nothing.
    """
    events: list[NewEvent] = []
    changed: list[KnownParcel] = []
    reopened: set[UUID] = set()
    for shipment in shipments:
        mine = parcels[shipment.id]
        seen = [project(scan for scan in scans[parcel.id] if not scan.is_struck) for parcel in mine]
        changed += [parcel for parcel, one in zip(mine, seen, strict=True) if _fold_parcel(parcel, one)]
        was_delivered = shipment.status == TrackingStatus.DELIVERED
        events += _fold_shipment(shipment, combine(seen), etas_before[shipment.id])
        if was_delivered and shipment.status != TrackingStatus.DELIVERED:
            reopened.add(shipment.order_id)
    update_rows(Parcel, changed, ("carrier", "stated_carrier", "status", "reason", "delivered_at"))
    update_rows(Shipment, shipments, _FOLDED)
    _issue_handovers(shipments)
    orders.services.reopen_orders(order_ids=reopened)
    _complete_orders(shipments)
    look_at(shipment.id for shipment in shipments)
    repace_polls(
        [shipment.id for shipment in shipments], corrected=[parcel.id for parcel in changed if parcel.stated_carrier]
    )
    if is_announced:
        publish_all(events)
        tell_viewers(shipment.order_id for shipment in shipments)


def _fold_parcel(parcel: KnownParcel, seen: Projection) -> bool:
    before = (parcel.status, parcel.reason, parcel.delivered_at)
    parcel.status, parcel.reason, parcel.delivered_at = seen.status.value, seen.reason, seen.delivered_at
    return before != (parcel.status, parcel.reason, parcel.delivered_at) or bool(parcel.stated_carrier)


def _fold_shipment(shipment: KnownShipment, seen: Projection, eta_before: date | None) -> list[NewEvent]:
    """Write a projection into its shipment; return what must be told of the change."""
    status_before, reason_before = shipment.status, shipment.reason
    shipment.status, shipment.reason = seen.status.value, seen.reason
    shipment.version += 1
    shipment.last_event_at, shipment.last_place = seen.last_event_at, seen.last_place[:200]
    shipment.out_for_delivery_at = seen.milestones.get(Status.OUT_FOR_DELIVERY)
    shipment.delivered_at, shipment.signed_by = seen.delivered_at, seen.signed_by[:120]
    about: dict[str, Any] = {
        "merchant_id": shipment.merchant_id,
        "subject_id": shipment.id,
        "order_id": shipment.order_id,
        "direction": shipment.direction,
    }
    events = []
    if (status_before, reason_before) != (shipment.status, shipment.reason):
        change: dict[str, Any] = {"before": status_before, "status": shipment.status, "reason": shipment.reason}
        events.append(make_event(STATUS_CHANGED, **about, **change, version=shipment.version))
    if eta_before != shipment.carrier_eta:
        days: dict[str, Any] = {"before": _day(eta_before), "eta": _day(shipment.carrier_eta)}
        events.append(make_event(ETA_CHANGED, **about, **days))
    return events


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _issue_handovers(shipments: Iterable[KnownShipment]) -> None:
    out = [
        Handover(shipment_id=shipment.id)
        for shipment in shipments
        if shipment.status == TrackingStatus.OUT_FOR_DELIVERY and shipment.direction == Shipment.Direction.OUTBOUND
    ]
    if out:
        Handover.objects.bulk_create(out, ignore_conflicts=True)


def _complete_orders(shipments: Iterable[KnownShipment]) -> None:
    """An order is complete when each of its outbound shipments was delivered."""
    arrived = {
        row.order_id
        for row in shipments
        if row.status == TrackingStatus.DELIVERED and row.direction == Shipment.Direction.OUTBOUND
    }
    if arrived:
        complete_arrived(arrived)


def complete_arrived(order_ids: Collection[UUID]) -> None:
    """Complete those of the orders of which every outbound shipment was delivered and nothing is left to be sent."""
    of_arrived = Shipment.objects.outbound().filter(any_of("order_id", list(order_ids)))
    under_way = of_arrived.exclude(status=TrackingStatus.DELIVERED)
    orders.services.complete_orders(order_ids=set(order_ids) - set(under_way.values_list("order_id", flat=True)))
