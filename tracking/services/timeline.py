"""The timeline: what is told of parcels joins what is known, each scan once."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from logistics_portal.kernel.bulk import insert_rows

from ..carriers.base import Observation, ScanEvent
from ..models import Parcel, TrackingEvent
from .claims import take_claims
from .fold import fold
from .known import Known, lock_known
from .scans import Scan, Told, new_scans
from .trails import strike_what_was_taken_back


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
    known = lock_known({one.parcel.shipment_id for one in told})
    touched = take_claims(told, known.shipments, known.parcels, known.scans)
    touched |= _add_scans(told, known, now)
    touched |= strike_what_was_taken_back(told, known.scans, recorded_at=now)
    shipments = [known.shipments[shipment_id] for shipment_id in sorted(touched, key=attrgetter("int"))]
    fold(shipments, known.parcels, known.scans, known.etas_before, is_announced=is_announced)


def _add_scans(told: Sequence[Told], known: Known, recorded_at: datetime) -> set[UUID]:
    """Write the scans that are new; return the shipments that got one."""
    identities = {parcel_id: {scan.identity for scan in scans} for parcel_id, scans in known.scans.items()}
    added: list[Scan] = []
    touched: set[UUID] = set()
    for one in told:
        new = list(new_scans(one, identities[one.parcel.id], recorded_at))
        if new:
            known.scans[one.parcel.id] += new
            added += new
            touched.add(one.parcel.shipment_id)
    insert_rows(TrackingEvent, added)
    return touched
