"""What carriers take back: scans that the newest whole trail of a source no longer holds are struck through.

A source that repeats the whole trail with each payload can be held to it. The trail that reaches furthest in time is
the newest, whenever it arrived; so the outcome does not depend on the order of arrival.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from logistics_portal.kernel.bulk import any_of, insert_rows, update_rows

from ..models import Retraction, Trail
from .carriers import CARRIERS
from .scans import Scan, Told

Key = tuple[UUID, str]  # parcel, source


@dataclass(slots=True)
class KnownTrail:
    """A row of `Trail`."""

    id: UUID
    parcel_id: UUID
    carrier: str
    oldest_at: datetime
    newest_at: datetime
    identities: list[str]


_OF_TRAIL = tuple(field.name for field in fields(KnownTrail))


def struck_events(parcel_ids: Collection[UUID]) -> set[UUID]:
    """The events of parcels whose newest retraction strikes them through."""
    rows = Retraction.objects.filter(any_of("event__parcel_id", parcel_ids)).order_by("event", "-recorded_at", "-id")
    newest = rows.distinct("event").values_list("event_id", "is_struck")
    return {event_id for event_id, is_struck in newest if is_struck}


def strike_what_was_taken_back(
    told: Sequence[Told], scans: dict[UUID, list[Scan]], *, recorded_at: datetime
) -> set[UUID]:
    """Hold the scans of each source against its newest trail; return the shipments in which something changed."""
    sources = {(one.parcel.id, one.told_by): one for one in told if _repeats_trails(one)}
    if not sources:
        return set()
    trails = _newest_trails(sources, [one for one in told if _tells_trail(one)])
    changes: list[Retraction] = []
    touched: set[UUID] = set()
    for key, trail in trails.items():
        one = sources[key]
        held = set(trail.identities)
        for scan in scans[one.parcel.id]:
            if scan.told_by == one.told_by and _is_taken_back(scan, trail, held) != scan.is_struck:
                scan.is_struck = not scan.is_struck
                changes.append(_retraction(scan, one, recorded_at))
                touched.add(one.parcel.shipment_id)
    insert_rows(Retraction, changes)
    return touched


def _repeats_trails(one: Told) -> bool:
    adapter = CARRIERS.get(one.told_by)
    return adapter is not None and adapter.tells_all


def _tells_trail(one: Told) -> bool:
    """Whether it tells a trail, and not a single scan, which those who repeat trails send, too."""
    return len(one.times) > 1 and _repeats_trails(one)


def _newest_trails(sources: Collection[Key], whole: Iterable[Told]) -> dict[Key, KnownTrail]:
    """The newest trail of each source, among those known and those just told; written where it changed."""
    rows = Trail.objects.filter(any_of("parcel_id", {parcel_id for parcel_id, _ in sources}))
    trails = [KnownTrail(*row) for row in rows.values_list(*_OF_TRAIL)]
    known = {key: trail for trail in trails if (key := (trail.parcel_id, trail.carrier)) in sources}
    added: dict[Key, KnownTrail] = {}
    changed: dict[Key, KnownTrail] = {}
    for one in whole:
        trail = _trail(one)
        key = (trail.parcel_id, trail.carrier)
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


def _trail(one: Told) -> KnownTrail:
    times = one.times
    return KnownTrail(
        id=uuid7(),
        parcel_id=one.parcel.id,
        carrier=one.told_by,
        oldest_at=min(times),
        newest_at=max(times),
        identities=sorted(set(one.identities)),
    )


def _age(trail: KnownTrail) -> tuple[datetime, int, list[str]]:
    """Total order of trails: by reach, then by completeness; the rest only keeps equal ones apart."""
    return trail.newest_at, len(trail.identities), trail.identities


def _is_taken_back(scan: Scan, trail: KnownTrail, held: set[str]) -> bool:
    """Inside the trail's span, yet not in it. What lies before its first scan may just have been cut off."""
    if scan.identity in held or scan.occurred_at is None:
        return False
    return trail.oldest_at < scan.occurred_at <= trail.newest_at


def _retraction(scan: Scan, one: Told, recorded_at: datetime) -> Retraction:
    payload_id = one.payload.id if one.payload else None
    return Retraction(event_id=scan.id, payload_id=payload_id, is_struck=scan.is_struck, recorded_at=recorded_at)
