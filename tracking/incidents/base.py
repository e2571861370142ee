"""What an incident rule is: a pure judge of a shipment's facts, one file each, named after what it finds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from ..carriers.base import Status

ENDED = (Status.DELIVERED, Status.RETURNED, Status.EXPIRED)


class Seen(Protocol):
    """What a rule may know of a scan; rows of the database have it all."""

    @property
    def occurred_at(self) -> datetime | None: ...
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
    silence: timedelta  # how long the lane usually stays silent in this status: 95 of 100 gaps are shorter
    destination: tuple[float, float] | None = None  # latitude, longitude of the consignee's city
    destination_name: str = ""
    destination_country: str = ""
    is_return_asked: bool = False

    @property
    def last_at(self) -> datetime:
        """When something was last heard: the newest scan, else the shipment's creation."""
        newest = max((scan.occurred_at for scan in self.scans if scan.occurred_at), default=None)
        return max(newest, self.created_at) if newest else self.created_at

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    def of(self, *statuses: Status) -> list[Seen]:
        """The scans of these statuses, oldest first."""
        return [scan for scan in self.scans if scan.status in statuses]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found. ``occasion`` names the fact it is about: one incident an occasion, however often seen."""

    occasion: str
    blame: str
    due_within: timedelta = timedelta(hours=24)
    evidence: dict[str, Any] = field(default_factory=dict)


class Rule:
    """Base of every ``tracking/incidents/<code>.py``: ``class Rule(base.Rule)``.

    ``label`` is for staff. ``words`` tell the customer what happened and what happens next; "" tells nothing.
    """

    code: str  # set by discovery: the file's name
    version = 1
    label: str = ""
    words: str = ""

    def judge(self, facts: Facts) -> Finding | None:
        """What is wrong now, or None."""
        raise NotImplementedError

    def wakes_at(self, facts: Facts) -> datetime | None:
        """When time alone may change the verdict, or None."""
        return None


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
