"""The timeline: what is told of parcels joins what is known, each scan once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from logistics_portal.kernel.bulk import insert_rows

from ..carriers.base import Observation, ScanEvent
from ..models import Parcel, Shipment, TrackingEvent
from .fold import fold
from .scans import COLUMNS, Scan, Told, make_scan, moment_of
from .trails import strike_what_was_taken_back, struck_events


@dataclass(slots=True)
class Known:
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
    The number of statements does not grow with the number of things told, and the outcome does not depend on the order
    in which they come.
    """
    if not told:
        return
    now = recorded_at or timezone.now()
    known = _gather({one.parcel.shipment_id for one in told})
    touched = _add_scans(told, known, now)
    touched |= strike_what_was_taken_back(told, known.scans, recorded_at=now)
    for one in told:
        shipment = known.shipments[one.parcel.shipment_id]
        if _take_eta(shipment, one.observation) | _correct_carrier(shipment, one, known.parcels[shipment.pk]):
            touched.add(shipment.pk)
    shipments = [known.shipments[shipment_id] for shipment_id in sorted(touched)]
    fold(shipments, known.parcels, known.scans, known.etas_before, is_announced=is_announced)


def _gather(shipment_ids: set[UUID]) -> Known:
    # No key is changed, so rows that point at a shipment need not wait for us.
    locked = Shipment.objects.select_for_update(no_key=True).filter(pk__in=shipment_ids).order_by("pk")
    shipments = {shipment.pk: shipment for shipment in locked}
    parcels: dict[UUID, list[Parcel]] = defaultdict(list)
    for parcel in Parcel.objects.filter(shipment__in=shipment_ids).order_by("pk"):
        parcels[parcel.shipment_id].append(parcel)
    scans: dict[UUID, list[Scan]] = {parcel.pk: [] for found in parcels.values() for parcel in found}
    struck = struck_events(list(scans))
    for row in TrackingEvent.objects.filter(parcel__in=list(scans)).values_list(*COLUMNS):
        scan = Scan(*row)
        scan.is_struck = scan.id in struck
        scans[scan.parcel_id].append(scan)
    return Known(shipments, parcels, scans, {row.pk: row.carrier_eta for row in shipments.values()})


def _add_scans(told: Sequence[Told], known: Known, recorded_at: datetime) -> set[UUID]:
    """Write the scans that are new; return the shipments that got one."""
    identities = {parcel_id: {scan.identity for scan in scans} for parcel_id, scans in known.scans.items()}
    added: list[Scan] = []
    touched: set[UUID] = set()
    for one in told:
        seen = identities[one.parcel.pk]
        for event, identity in zip(one.observation.events, one.identities, strict=True):
            if identity in seen:
                continue
            seen.add(identity)
            scan = make_scan(one, event, identity, recorded_at)
            known.scans[one.parcel.pk].append(scan)
            added.append(scan)
            touched.add(one.parcel.shipment_id)
    insert_rows(TrackingEvent, added)
    return touched


def _take_eta(shipment: Shipment, seen: Observation) -> bool:
    """Follow the carrier's expected arrival, unless the payload tells of an older moment than we know."""
    wanted = (seen.carrier_eta, seen.eta_from, seen.eta_to)
    if wanted == (None, None, None) or wanted == (shipment.carrier_eta, shipment.eta_from, shipment.eta_to):
        return False
    newest = max((moment for event in seen.events if (moment := moment_of(event)[0])), default=None)
    if newest and shipment.last_event_at and newest < shipment.last_event_at:
        return False
    window_end = seen.eta_to or seen.eta_from
    shipment.carrier_eta = seen.carrier_eta or (window_end.date() if window_end else None)
    shipment.eta_from, shipment.eta_to = seen.eta_from, seen.eta_to
    return True


def _correct_carrier(shipment: Shipment, one: Told, parcels: Sequence[Parcel]) -> bool:
    """Believe a payload that names another carrier than the merchant did; what was said stays in ``stated_carrier``."""
    parcel = next(parcel for parcel in parcels if parcel.pk == one.parcel.pk)
    if not one.names_carrier or one.names_carrier == parcel.carrier:
        return False
    parcel.stated_carrier = parcel.stated_carrier or parcel.carrier
    parcel.carrier = one.names_carrier
    shipment.carrier = parcels[0].carrier
    return True
