"""The fold: scans join timelines, and statuses are computed from them. Nothing else writes a tracking status."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

import orders.services
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


def record_scans(*, parcel: Parcel, scans: Sequence[ScanEvent], source: str, at: datetime | None = None) -> None:
    """Add scans that did not come by a payload: a courier's proof, a merchant's word, an import."""
    with transaction.atomic():
        observation = Observation(tracking_number=parcel.tracking_number, events=tuple(scans))
        record([Told(parcel=parcel, observation=observation, source=source)], recorded_at=at)


def record(told: Sequence[Told], *, recorded_at: datetime | None = None, is_announced: bool = True) -> None:
    """Add what was told to the timelines and fold the shipments anew; call it in a transaction.

    The shipments are locked in key order, so concurrent tellings of one shipment wait for each other and none is lost.
    """
    if not told:
        return
    shipments = _lock({one.parcel.shipment_id for one in told})
    timelines = _timelines(shipments)
    added = _add_scans(told, timelines, recorded_at or timezone.now())
    changed_etas = {one.parcel.shipment_id for one in told if _take_eta(shipments[one.parcel.shipment_id], one)}
    touched = {event.parcel.shipment_id for event in added} | changed_etas
    _fold([shipments[shipment_id] for shipment_id in sorted(touched)], timelines, is_announced=is_announced)


def _lock(shipment_ids: set[UUID]) -> dict[UUID, Shipment]:
    rows = Shipment.objects.select_for_update().filter(pk__in=shipment_ids).order_by("pk")
    return {shipment.pk: shipment for shipment in rows}


def _timelines(shipments: dict[UUID, Shipment]) -> dict[Parcel, list[TrackingEvent]]:
    parcels = {parcel.pk: parcel for parcel in Parcel.objects.filter(shipment__in=shipments).order_by("pk")}
    timelines: dict[Parcel, list[TrackingEvent]] = {parcel: [] for parcel in parcels.values()}
    for event in TrackingEvent.objects.filter(parcel__in=parcels):
        timelines[parcels[event.parcel_id]].append(event)
    return timelines


def _add_scans(
    told: Sequence[Told], timelines: dict[Parcel, list[TrackingEvent]], recorded_at: datetime
) -> list[TrackingEvent]:
    known = {parcel: {event.identity for event in events} for parcel, events in timelines.items()}
    added: list[TrackingEvent] = []
    for one in told:
        for scan in one.observation.events:
            identity = scan_identity(scan)
            if identity in known[one.parcel]:
                continue
            known[one.parcel].add(identity)
            event = _event(one, scan, identity, recorded_at)
            timelines[one.parcel].append(event)
            added.append(event)
    return TrackingEvent.objects.bulk_create(added, batch_size=2000)


def scan_identity(scan: ScanEvent) -> str:
    """What tells two scans apart: the carrier's own id, else time and code, else time and words."""
    when = scan.occurred_at.isoformat() if scan.occurred_at else ""
    what = scan.identity or f"{when}|{scan.code or scan.description}"
    return hashlib.sha256(what.encode()).hexdigest()


def _event(one: Told, scan: ScanEvent, identity: str, recorded_at: datetime) -> TrackingEvent:
    offset = scan.occurred_at.utcoffset() if scan.occurred_at else None
    return TrackingEvent(
        parcel=one.parcel,
        payload=one.payload,
        source=one.source,
        identity=identity,
        status=scan.status.value,
        reason=scan.reason,
        code=scan.code[:100],
        description=scan.description,
        place=scan.place[:200],
        country=scan.country[:2],
        latitude=scan.latitude,
        longitude=scan.longitude,
        signed_by=scan.signed_by[:120],
        occurred_at=scan.occurred_at,
        utc_offset_min=None if offset is None else round(offset.total_seconds() / 60),
        offset_source=(scan.offset_source or OffsetSource.ASSUMED).value,
        recorded_at=recorded_at,
    )


def _take_eta(shipment: Shipment, one: Told) -> bool:
    """Follow the carrier's expected arrival; the payload that was received last has the word."""
    seen = one.observation
    wanted = (seen.carrier_eta, seen.eta_from, seen.eta_to)
    if wanted == (None, None, None) or wanted == (shipment.carrier_eta, shipment.eta_from, shipment.eta_to):
        return False
    window_end = seen.eta_to or seen.eta_from
    shipment.carrier_eta = seen.carrier_eta or (window_end.date() if window_end else None)
    shipment.eta_from, shipment.eta_to = seen.eta_from, seen.eta_to
    return True


def _fold(shipments: Sequence[Shipment], timelines: dict[Parcel, list[TrackingEvent]], *, is_announced: bool) -> None:
    parcels_of: dict[UUID, list[Parcel]] = defaultdict(list)
    for parcel in timelines:
        parcels_of[parcel.shipment_id].append(parcel)
    before = dict(Shipment.objects.filter(pk__in=[row.pk for row in shipments]).values_list("pk", "carrier_eta"))
    events: list[Event] = []
    for shipment in shipments:
        seen = [_fold_parcel(parcel, timelines[parcel]) for parcel in parcels_of[shipment.pk]]
        events += _fold_shipment(shipment, combine(seen), before[shipment.pk])
    Parcel.objects.bulk_update(
        [parcel for shipment in shipments for parcel in parcels_of[shipment.pk]], ["status", "reason", "delivered_at"]
    )
    Shipment.objects.bulk_update(shipments, _FOLDED)
    _issue_handovers(shipments)
    _complete_orders(shipments)
    if is_announced:
        publish_all(events)


def _fold_parcel(parcel: Parcel, events: Iterable[TrackingEvent]) -> Projection:
    seen = project(events)
    parcel.status, parcel.reason, parcel.delivered_at = seen.status.value, seen.reason, seen.delivered_at
    return seen


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
