"""What a shipment's scans add up to: its status, milestones and last place, computed anew from all facts each time.

`project` doesn't depend on the order in which scans arrive, nor on doubles: late, repeated and reversed scans need no
code elsewhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from tracking.carriers.base import Status


class EventLike(Protocol):
    """What a scan must tell to be projected; rows of the database and adapters' events both do."""

    @property
    def occurred_at(self) -> datetime | None: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def signed_by(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Projection:
    """What is known of a shipment.

    ``latest`` is the scan that decides ``status`` and ``reason``. ``last_event_at``, ``last_place`` and
    ``last_country`` are of the newest scan (that names a place), whatever its status. ``milestones`` holds first times,
    by the names in `MILESTONES`. ``delivered_at`` is set while a delivery stands or was followed by a return.
    ``attempts`` counts failed attempts, ``unknown_count`` scans whose code no table had.
    """

    status: Status = Status.PENDING
    reason: str = ""
    latest: EventLike | None = None
    last_place: str = ""
    last_country: str = ""
    last_event_at: datetime | None = None
    milestones: dict[str, datetime] = field(default_factory=dict)
    delivered_at: datetime | None = None
    signed_by: str = ""
    attempts: int = 0
    unknown_count: int = 0


# Among scans of one instant the more advanced decides: carriers stamp a whole round with one time.
_RANK: dict[str, int] = {
    status: rank
    for rank, status in enumerate(
        (
            Status.UNKNOWN,
            Status.PENDING,
            Status.EXPIRED,
            Status.INFO_RECEIVED,
            Status.IN_TRANSIT,
            Status.EXCEPTION,
            Status.ATTEMPT_FAILED,
            Status.OUT_FOR_DELIVERY,
            Status.AVAILABLE_FOR_PICKUP,
            Status.RETURNING,
            Status.DELIVERED,
            Status.RETURNED,
        )
    )
}

# What a later scan may do to a status that holds. Any other status simply gives way to the next scan.
_GIVES_WAY_TO: dict[str, set[Status]] = {
    # Carriers go on writing after the signature (surveys, late hub scans), so only two things reopen a delivery: the
    # parcel goes back, or it turns up in a parcel shop, where it waits for its real signature.
    Status.DELIVERED: {Status.RETURNING, Status.RETURNED, Status.AVAILABLE_FOR_PICKUP},
    # The way back is scanned like the way out: only an end of it is news.
    Status.RETURNING: {Status.RETURNED, Status.DELIVERED},
    Status.RETURNED: set(),
}

# Labels are printed and numbers announced again while a parcel is on its way: that never moves it backwards.
_ANNOUNCING = frozenset({Status.PENDING, Status.INFO_RECEIVED})
_STANDING_STILL = _ANNOUNCING | {Status.EXPIRED, Status.UNKNOWN}

MILESTONES = {
    "info_received": Status.INFO_RECEIVED,
    "picked_up": Status.IN_TRANSIT,
    "out_for_delivery": Status.OUT_FOR_DELIVERY,
    "available_for_pickup": Status.AVAILABLE_FOR_PICKUP,
    "attempt_failed": Status.ATTEMPT_FAILED,
    "delivered": Status.DELIVERED,
    "returned": Status.RETURNED,
}
"""Milestones by name, each reached with the first scan of its status."""

PROGRESS = (Status.INFO_RECEIVED, Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.DELIVERED)
"""The steps of a progress bar, in order."""

_STEPS_DONE = {
    Status.INFO_RECEIVED: 1,
    Status.IN_TRANSIT: 2,
    Status.EXCEPTION: 2,
    Status.RETURNING: 2,
    Status.RETURNED: 2,
    Status.ATTEMPT_FAILED: 3,
    Status.OUT_FOR_DELIVERY: 3,
    Status.AVAILABLE_FOR_PICKUP: 3,
    Status.DELIVERED: 4,
}


def step_of(status: str) -> int:
    """How many steps of `PROGRESS` a status has surely done, from 0 to 4."""
    return _STEPS_DONE.get(_status(status), 0)


def project(events: Iterable[EventLike]) -> Projection:
    """Compute what a shipment's scans add up to.

    - A scan that no table could read decides nothing while any other is known.
    - A scan without a time decides nothing while any known scan has one: it can't be placed in the order.
    - Of the rest the newest decides, but `_GIVES_WAY_TO` and `_ANNOUNCING` keep a shipment from moving backwards.
    """
    scans = sorted(events, key=order_of)
    known = [scan for scan in scans if scan.status != Status.UNKNOWN]
    timed = [scan for scan in known if scan.occurred_at]
    deciding = _decide(timed or known or scans)
    newest_timed = [scan for scan in scans if scan.occurred_at]
    placed = [scan for scan in newest_timed or scans if scan.place or scan.country]
    signatures = [scan.signed_by for scan in known if scan.status == Status.DELIVERED and scan.signed_by]
    return Projection(
        status=_status(deciding.status) if deciding else Status.PENDING,
        reason=deciding.reason if deciding else "",
        latest=deciding,
        last_place=placed[-1].place if placed else "",
        last_country=placed[-1].country if placed else "",
        last_event_at=newest_timed[-1].occurred_at if newest_timed else None,
        milestones=_milestones(timed),
        delivered_at=_delivered_at(timed),
        signed_by=signatures[-1] if signatures else "",
        attempts=len({scan.occurred_at for scan in known if scan.status == Status.ATTEMPT_FAILED}),
        unknown_count=len(
            {(scan.occurred_at, scan.code, scan.description) for scan in scans if scan.status == Status.UNKNOWN}
        ),
    )


_STATUSES: dict[str, Status] = {status.value: status for status in Status}


def _status(status: str) -> Status:
    return _STATUSES[status]


def order_of(scan: EventLike) -> tuple[object, ...]:
    """A total order by all that a scan tells, so that the order of arrival can't matter.

    Scans without a time come first, in the order of arrival: for them there is no other clock.
    """
    facts = (scan.code, scan.description, scan.place, scan.country, scan.reason, scan.signed_by)
    if scan.occurred_at is None:
        return False, scan.recorded_at, _RANK[scan.status], *facts
    return True, scan.occurred_at, _RANK[scan.status], *facts


def _decide(scans: Sequence[EventLike]) -> EventLike | None:
    holding: EventLike | None = None
    has_moved = False
    for scan in scans:
        scanned = _status(scan.status)
        if holding is None or _takes_over(_status(holding.status), scanned, has_moved):
            holding = scan
        has_moved = has_moved or scanned not in _STANDING_STILL
    return holding


def _takes_over(holding: Status, scanned: Status, has_moved: bool) -> bool:
    if holding in _GIVES_WAY_TO:
        return scanned in _GIVES_WAY_TO[holding]
    if scanned is Status.PENDING:
        return holding in (Status.PENDING, Status.UNKNOWN)
    return not (has_moved and scanned in _ANNOUNCING)


def _milestones(timed: Sequence[EventLike]) -> dict[str, datetime]:
    first: dict[str, datetime] = {}
    for name, status in MILESTONES.items():
        times = [scan.occurred_at for scan in timed if scan.occurred_at and scan.status == status]
        if times:
            first[name] = times[0]
    return first


def _delivered_at(timed: Sequence[EventLike]) -> datetime | None:
    """The first signature after which no parcel shop came: one before it was for the shop's own counter."""
    found: datetime | None = None
    for scan in timed:
        if scan.status == Status.DELIVERED:
            found = found or scan.occurred_at
        elif scan.status == Status.AVAILABLE_FOR_PICKUP:
            found = None
    return found


# What a person must know of one parcel, whatever the others do, most pressing first.
_PRESSING = (Status.EXCEPTION, Status.RETURNING, Status.RETURNED, Status.ATTEMPT_FAILED, Status.AVAILABLE_FOR_PICKUP)


def combine(parcels: Sequence[Projection]) -> Projection:
    """What the parcels of one shipment add up to: the most pressing trouble, else the parcel that is least far."""
    if len(parcels) == 1:
        return parcels[0]
    deciding = min(parcels, key=lambda seen: (_pressing(seen.status), _RANK[seen.status]))
    newest = max(parcels, key=lambda seen: seen.last_event_at.timestamp() if seen.last_event_at else 0.0)
    names = {name for seen in parcels for name in seen.milestones}
    arrived = [seen.delivered_at for seen in parcels]
    return replace(
        deciding,
        last_place=newest.last_place,
        last_country=newest.last_country,
        last_event_at=newest.last_event_at,
        milestones={
            name: min(seen.milestones[name] for seen in parcels if name in seen.milestones) for name in sorted(names)
        },
        delivered_at=max(filter(None, arrived)) if all(arrived) else None,
        signed_by=newest.signed_by or deciding.signed_by,
        attempts=max(seen.attempts for seen in parcels),
        unknown_count=sum(seen.unknown_count for seen in parcels),
    )


def _pressing(status: Status) -> int:
    return _PRESSING.index(status) if status in _PRESSING else len(_PRESSING)
