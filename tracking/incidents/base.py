"""What an incident rule is: a pure judge of a shipment's facts, one file each, named after what it finds."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from ..carriers.base import OffsetSource, Status

ENDED = (Status.DELIVERED, Status.RETURNED, Status.EXPIRED)
COURIER = "courier"
"""The source of a scan that our own page at the door has proved."""

# Where a carrier had the parcel in its hands; other scans are words about it, written from anywhere.
HANDLED = frozenset(
    {
        Status.IN_TRANSIT,
        Status.OUT_FOR_DELIVERY,
        Status.ATTEMPT_FAILED,
        Status.AVAILABLE_FOR_PICKUP,
        Status.DELIVERED,
        Status.RETURNING,
        Status.RETURNED,
    }
)
_BLAMED = frozenset({"carrier", "consignee", "merchant", "customs", "weather"})


def gettext_noop(text: str) -> str:
    """Mark a text for translation; it is translated where it is shown, which a pure module can't know."""
    return text


class Seen(Protocol):
    """What a rule may know of a scan; rows of the database have it all."""

    @property
    def parcel_id(self) -> UUID: ...
    @property
    def occurred_at(self) -> datetime | None: ...
    @property
    def offset_source(self) -> str: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def latitude(self) -> float | None: ...
    @property
    def longitude(self) -> float | None: ...
    @property
    def signed_by(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def identity(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Facts:
    """A shipment as it is known at ``now``; ``scans`` are those that stand, oldest first, timed ones only."""

    now: datetime
    created_at: datetime
    direction: str
    status: str
    reason: str
    scans: Sequence[Seen]
    silence: timedelta  # how long the lane stays silent in this status, all but rarely
    consignee: str = ""
    destination: tuple[float, float] | None = None  # latitude, longitude of the consignee's city
    destination_name: str = ""
    destination_country: str = ""
    arrives_by: datetime | None = None  # the latest moment that was promised or is expected
    phone_expires_at: datetime | None = None  # when the consignee's virtual number stops working
    phone_changed_at: datetime | None = None  # when the consignee got another number
    is_return_asked: bool = False
    tells_rounds: bool = False  # the carrier usually tells when the courier sets out with a parcel

    @property
    def last_at(self) -> datetime:
        """When something was last heard: the newest scan, else the shipment's creation.

        A scan that claims to lie in the future was heard when it was told.
        """
        newest = max((min(moment(scan), scan.recorded_at) for scan in self.scans), default=self.created_at)
        return max(newest, self.created_at)

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    def of(self, *statuses: Status) -> list[Seen]:
        """The scans of these statuses, oldest first."""
        return [scan for scan in self.scans if scan.status in statuses]

    def by_parcel(self) -> list[list[Seen]]:
        """The scans of each parcel, oldest first: two parcels of a shipment may be in two places at once."""
        found: dict[UUID, list[Seen]] = defaultdict(list)
        for scan in self.scans:
            found[scan.parcel_id].append(scan)
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found. ``occasion`` names the fact it is about: one incident an occasion, however often seen."""

    occasion: str
    blame: str
    due_within: timedelta = timedelta(hours=24)
    evidence: dict[str, Any] = field(default_factory=dict)


class Rule:
    """Base of every ``tracking/incidents/<code>.py``: ``class Rule(base.Rule)``.

    ``label`` is for staff. ``words`` tell the customer what happened, in a sentence short enough for an SMS, and
    ``next_words`` what happens next; without ``words`` the customer is told nothing. ``is_told_by_status`` says that
    the message about the shipment's status tells the same, so that a second one would only repeat it.
    """

    code: str  # set by discovery: the file's name
    version = 1
    label: str = ""
    words: str = ""
    next_words: str = ""
    is_told_by_status = False

    def judge(self, facts: Facts) -> Finding | None:
        """What is wrong now, or None."""
        raise NotImplementedError

    def wakes_at(self, facts: Facts) -> datetime | None:
        """When time alone may change the verdict, or None."""
        return None


def moment(scan: Seen) -> datetime:
    """When a scan happened; a rule sees timed scans only."""
    assert scan.occurred_at is not None
    return scan.occurred_at


def still_standing(scans: Iterable[Seen], begins: Callable[[Seen], bool], ends: Callable[[Seen], bool]) -> list[Seen]:
    """The scans of a trouble that no later scan has ended, the one that began it first."""
    standing: list[Seen] = []
    for scan in scans:
        if begins(scan):
            standing.append(scan)
        elif ends(scan):
            standing = []
    return standing


def blame_of(reason: str, otherwise: str) -> str:
    """Whom a reason turns on, told by its prefix."""
    party = reason.partition("_")[0]
    return party if party in _BLAMED else otherwise


def hours(span: timedelta) -> float:
    return round(span.total_seconds() / 3600, 1)


def coordinates(scan: Seen) -> tuple[float, float] | None:
    """Where a scan was made, if that is known; carriers write 0, 0 for nowhere."""
    if scan.latitude is None or scan.longitude is None or not (scan.latitude or scan.longitude):
        return None
    return scan.latitude, scan.longitude


def has_sure_time(scan: Seen) -> bool:
    """Whether its instant is known; a clock without a zone may be off by half a day."""
    return scan.offset_source != OffsetSource.ASSUMED


def as_evidence(scans: Iterable[Seen]) -> list[dict[str, Any]]:
    """Scans as plain JSON."""
    return [
        {
            "status": str(scan.status),
            "reason": scan.reason,
            "place": scan.place,
            "country": scan.country,
            "occurred_at": scan.occurred_at.isoformat() if scan.occurred_at else None,
            "recorded_at": scan.recorded_at.isoformat(),
        }
        for scan in scans
    ]
