"""The fold: scans join timelines, and statuses are computed from them. Nothing else writes a tracking status."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

import orders.services
from logistics_portal.kernel.bulk import insert_rows, update_rows
from logistics_portal.kernel.events import make_event, publish_all
from logistics_portal.kernel.models import Event

from ..carriers.base import Observation, OffsetSource, ScanEvent, Status
from ..events import ETA_CHANGED, STATUS_CHANGED
from ..models import CarrierPayload, Handover, Parcel, Shipment, TrackingEvent, TrackingStatus
from ..projection import Projection, combine, project

_FOLDED = (
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


@dataclass(frozen=True, slots=True)
class Told:
    """What a payload, or a person when there is none, told of a parcel."""

    parcel: Parcel
    observation: Observation
    payload: CarrierPayload | None = None
    source: str = TrackingEvent.Source.CARRIER


@dataclass(slots=True)
class Scan:
    """A row of `TrackingEvent` without the model's weight: the fold handles them by the ten thousand."""

    id: UUID
    parcel_id: UUID
    payload_id: UUID | None
    source: str
    identity: str
    status: str
    reason: str
    code: str
    description: str
    place: str
    country: str
    latitude: float | None
    longitude: float | None
    signed_by: str
    occurred_at: datetime | None
    utc_offset_min: int | None
    offset_source: str
    recorded_at: datetime


COLUMNS = tuple(field.name for field in fields(Scan))


@dataclass(slots=True)
class Fold:
    """What a batch touches: shipments (locked), their parcels, and each parcel's scans."""

    shipments: dict[UUID, Shipment]
    parcels: dict[UUID, list[Parcel]]  # by shipment
    scans: dict[UUID, list[Scan]]  # by parcel
    etas_before: dict[UUID, date | None]  # by shipment


def record_scans(*, parcel: Parcel, scans: Sequence[ScanEvent], source: str, at: datetime | None = None) -> None:
    """Add scans that did not come by a payload: a courier's proof, a merchant's word, an import."""
    with transaction.atomic():
        observation = Observation(tracking_number=parcel.tracking_number, events=tuple(scans))
        record([Told(parcel=parcel, observation=observation, source=source)], recorded_at=at)


def record(told: Sequence[Told], *, recorded_at: datetime | None = None, is_announced: bool = True) -> None:
    """Add what was told to the timelines and fold the shipments anew; call it in a transaction.

    The shipments are locked in key order, so concurrent tellings of one shipment wait for each other and none is lost.
    The number of statements does not grow with the number of things told.
    """
    if not told:
        return
    fold = _gather({one.parcel.shipment_id for one in told})
    touched = _add_scans(told, fold, recorded_at or timezone.now())
    for one in told:
        if _take_eta(fold.shipments[one.parcel.shipment_id], one.observation):
            touched.add(one.parcel.shipment_id)
    _fold(fold, sorted(touched), is_announced=is_announced)


def _gather(shipment_ids: set[UUID]) -> Fold:
    locked = Shipment.objects.select_for_update(no_key=True).filter(pk__in=shipment_ids).order_by("pk")
    shipments = {shipment.pk: shipment for shipment in locked}
    parcels: dict[UUID, list[Parcel]] = defaultdict(list)
    for parcel in Parcel.objects.filter(shipment__in=shipment_ids).order_by("pk"):
        parcels[parcel.shipment_id].append(parcel)
    scans: dict[UUID, list[Scan]] = {parcel.pk: [] for found in parcels.values() for parcel in found}
    for row in TrackingEvent.objects.filter(parcel__in=list(scans)).values_list(*COLUMNS):
        scans[row[1]].append(Scan(*row))
    return Fold(shipments, parcels, scans, {row.pk: row.carrier_eta for row in shipments.values()})


def _add_scans(told: Sequence[Told], fold: Fold, recorded_at: datetime) -> set[UUID]:
    """Write the scans that are new; return the shipments that got one."""
    known = {parcel_id: {scan.identity for scan in scans} for parcel_id, scans in fold.scans.items()}
    added: list[Scan] = []
    touched: set[UUID] = set()
    for one in told:
        seen = known[one.parcel.pk]
        for event in one.observation.events:
            identity = scan_identity(event)
            if identity in seen:
                continue
            seen.add(identity)
            scan = _scan(one, event, identity, recorded_at)
            fold.scans[one.parcel.pk].append(scan)
            added.append(scan)
            touched.add(one.parcel.shipment_id)
    insert_rows(TrackingEvent, added)
    return touched


def scan_identity(scan: ScanEvent) -> str:
    """What tells two scans apart: the carrier's own id, else time and code, else time and words."""
    when = scan.occurred_at.isoformat() if scan.occurred_at else ""
    what = scan.identity or f"{when}|{scan.code or scan.description}"
    return hashlib.sha256(what.encode()).hexdigest()


def _scan(one: Told, event: ScanEvent, identity: str, recorded_at: datetime) -> Scan:
    offset = event.occurred_at.utcoffset() if event.occurred_at else None
    return Scan(
        id=uuid7(),
        parcel_id=one.parcel.pk,
        payload_id=one.payload.pk if one.payload else None,
        source=str(one.source),
        identity=identity,
        status=event.status.value,
        reason=event.reason,
        code=event.code[:100],
        description=event.description,
        place=event.place[:200],
        country=event.country[:2],
        latitude=event.latitude,
        longitude=event.longitude,
        signed_by=event.signed_by[:120],
        occurred_at=event.occurred_at,
        utc_offset_min=None if offset is None else round(offset.total_seconds() / 60),
        offset_source=(event.offset_source or OffsetSource.ASSUMED).value,
        recorded_at=recorded_at,
    )


def _take_eta(shipment: Shipment, seen: Observation) -> bool:
    """Follow the carrier's expected arrival; the payload that was received last has the word."""
    wanted = (seen.carrier_eta, seen.eta_from, seen.eta_to)
    if wanted == (None, None, None) or wanted == (shipment.carrier_eta, shipment.eta_from, shipment.eta_to):
        return False
    window_end = seen.eta_to or seen.eta_from
    shipment.carrier_eta = seen.carrier_eta or (window_end.date() if window_end else None)
    shipment.eta_from, shipment.eta_to = seen.eta_from, seen.eta_to
    return True


def _fold(fold: Fold, shipment_ids: Sequence[UUID], *, is_announced: bool) -> None:
    events: list[Event] = []
    changed: list[Parcel] = []
    shipments = [fold.shipments[shipment_id] for shipment_id in shipment_ids]
    for shipment in shipments:
        parcels = fold.parcels[shipment.pk]
        seen = [project(fold.scans[parcel.pk]) for parcel in parcels]
        changed += [parcel for parcel, one in zip(parcels, seen, strict=True) if _fold_parcel(parcel, one)]
        events += _fold_shipment(shipment, combine(seen), fold.etas_before[shipment.pk])
    update_rows(Parcel, changed, ("status", "reason", "delivered_at"))
    update_rows(Shipment, shipments, _FOLDED)
    _issue_handovers(shipments)
    _complete_orders(shipments)
    if is_announced:
        publish_all(events)


def _fold_parcel(parcel: Parcel, seen: Projection) -> bool:
    before = (parcel.status, parcel.reason, parcel.delivered_at)
    parcel.status, parcel.reason, parcel.delivered_at = seen.status.value, seen.reason, seen.delivered_at
    return before != (parcel.status, parcel.reason, parcel.delivered_at)


def _fold_shipment(shipment: Shipment, seen: Projection, eta_before: date | None) -> list[Event]:
    """Write a projection into its shipment; return what must be told of the change."""
    status_before, reason_before = shipment.status, shipment.reason
    shipment.status, shipment.reason = seen.status.value, seen.reason
    shipment.version += 1
    shipment.last_event_at, shipment.last_place = seen.last_event_at, seen.last_place[:200]
    shipment.out_for_delivery_at = seen.milestones.get(Status.OUT_FOR_DELIVERY)
    shipment.delivered_at, shipment.signed_by = seen.delivered_at, seen.signed_by[:120]
    about: dict[str, Any] = {
        "merchant_id": shipment.merchant_id,
        "subject_id": shipment.pk,
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


def _issue_handovers(shipments: Iterable[Shipment]) -> None:
    out = [
        Handover(shipment=shipment)
        for shipment in shipments
        if shipment.status == TrackingStatus.OUT_FOR_DELIVERY and shipment.direction == Shipment.Direction.OUTBOUND
    ]
    if out:
        Handover.objects.bulk_create(out, ignore_conflicts=True)


def _complete_orders(shipments: Iterable[Shipment]) -> None:
    """An order is complete when each of its outbound shipments was delivered."""
    arrived = {row.order_id for row in shipments if row.status == TrackingStatus.DELIVERED}
    if not arrived:
        return
    under_way = Shipment.objects.outbound().filter(order__in=arrived).exclude(status=TrackingStatus.DELIVERED)
    complete = arrived - set(under_way.values_list("order_id", flat=True))
    outbound = Shipment.objects.outbound().filter(order__in=complete)
    orders.services.complete_orders(order_ids=set(outbound.values_list("order_id", flat=True)))
