"""What carriers take back: scans that the newest whole trail of a source no longer holds are struck through.

A source that repeats the whole trail with each payload can be held to it. The trail that reaches furthest in time is
the newest, whenever it arrived; so the outcome does not depend on the order of arrival.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from logistics_portal.kernel.bulk import insert_rows, update_rows

from ..models import Retraction, Trail
from .carriers import CARRIERS
from .scans import Scan, Told, moment_of

Key = tuple[UUID, str]  # parcel, source


def struck_events(parcel_ids: Sequence[UUID]) -> set[UUID]:
    """The events of parcels whose newest retraction strikes them through."""
    rows = Retraction.objects.filter(event__parcel__in=parcel_ids).order_by("event", "-recorded_at", "-id")
    newest = rows.distinct("event").values_list("event_id", "is_struck")
    return {event_id for event_id, is_struck in newest if is_struck}


def strike_what_was_taken_back(
    told: Sequence[Told], scans: dict[UUID, list[Scan]], *, recorded_at: datetime
) -> set[UUID]:
    """Hold the scans of each source against its newest trail; return the shipments in which something changed."""
    whole = {(one.parcel.pk, one.told_by): one for one in told if _tells_all(one)}
    if not whole:
        return set()
    trails = _newest_trails(whole, told)
    changes: list[Retraction] = []
    touched: set[UUID] = set()
    for key, one in whole.items():
        for scan in scans[one.parcel.pk]:
            is_struck = _is_taken_back(scan, trails[key])
            if scan.told_by == one.told_by and is_struck != scan.is_struck:
                scan.is_struck = is_struck
                changes.append(_retraction(scan, one, recorded_at))
                touched.add(one.parcel.shipment_id)
    insert_rows(Retraction, changes)
    return touched


def _tells_all(one: Told) -> bool:
    adapter = CARRIERS.get(one.told_by)
    return adapter is not None and adapter.tells_all and sum(bool(e.occurred_at) for e in one.observation.events) > 1


def _newest_trails(keys: Iterable[Key], told: Sequence[Told]) -> dict[Key, Trail]:
    """The newest trail of each key, among those known and those just told; written where it changed."""
    wanted = set(keys)
    known = {
        (trail.parcel_id, trail.carrier): trail
        for trail in Trail.objects.filter(parcel__in={parcel_id for parcel_id, _ in wanted})
    }
    added: dict[Key, Trail] = {}
    changed: dict[Key, Trail] = {}
    for one in told:
        key = (one.parcel.pk, one.told_by)
        if key not in wanted or not _tells_all(one):
            continue
        trail = _trail(one)
        holding = known.get(key)
        if holding is None:
            known[key] = added[key] = trail
        elif _age(trail) > _age(holding):
            holding.oldest_at, holding.newest_at = trail.oldest_at, trail.newest_at
            holding.identities = trail.identities
            changed[key] = holding
    insert_rows(Trail, list(added.values()))
    update_rows(Trail, [trail for key, trail in changed.items() if key not in added], Trail.TOLD)
    return known


def _trail(one: Told) -> Trail:
    times = [moment for event in one.observation.events if (moment := moment_of(event)[0])]
    return Trail(
        parcel_id=one.parcel.pk,
        carrier=one.told_by,
        oldest_at=min(times),
        newest_at=max(times),
        identities=sorted(set(one.identities)),
    )


def _age(trail: Trail) -> tuple[datetime, int, list[str]]:
    """Total order of trails: by reach, then by completeness; the rest only keeps equal ones apart."""
    return trail.newest_at, len(trail.identities), trail.identities


def _is_taken_back(scan: Scan, trail: Trail) -> bool:
    """Inside the trail's span, yet not in it. What lies before its first scan may just have been cut off."""
    if scan.occurred_at is None or not trail.oldest_at < scan.occurred_at <= trail.newest_at:
        return False
    return scan.identity not in trail.identities


def _retraction(scan: Scan, one: Told, recorded_at: datetime) -> Retraction:
    payload_id = one.payload.pk if one.payload else None
    return Retraction(event_id=scan.id, payload_id=payload_id, is_struck=scan.is_struck, recorded_at=recorded_at)
