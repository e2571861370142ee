"""Scans as the fold handles them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from typing import Protocol
from uuid import UUID

from uuid_utils.compat import uuid7

from ..carriers._places import load_zone
from ..carriers.base import Observation, OffsetSource, ScanEvent
from ..gazetteer import locate
from ..models import CarrierPayload, TrackingEvent
from .carriers import CARRIERS

_MINUTE = timedelta(minutes=1)


class Addressee(Protocol):
    """The parcel that something is told of: a row of `Parcel`, or what was read of one."""

    @property
    def id(self) -> UUID: ...
    @property
    def shipment_id(self) -> UUID: ...


@dataclass(slots=True)
class Told:
    """What a payload, or a person when there is none, told of a parcel.

    ``identities`` and ``moments`` are of the observation's events, in their order, ``times`` of those that have one.
    """

    parcel: Addressee
    observation: Observation
    payload: CarrierPayload | None = None
    source: str = TrackingEvent.Source.CARRIER
    told_by: str = field(init=False)  # the code of the adapter that read it, "" for a person's word
    identities: list[str] = field(init=False)
    moments: list[tuple[datetime | None, OffsetSource]] = field(init=False)
    times: list[datetime] = field(init=False)

    def __post_init__(self) -> None:
        self.told_by = self.payload.carrier if self.payload else ""
        self.identities = [scan_identity(event) for event in self.observation.events]
        self.moments = [moment_of(event) for event in self.observation.events]
        self.times = [moment for moment, _ in self.moments if moment]

    @property
    def names_carrier(self) -> str:
        """The carrier that the payload says has the parcel, "" where it names none."""
        if self.payload is None:
            return ""
        return self.observation.carrier or ("" if CARRIERS[self.told_by].is_aggregator else self.told_by)


@dataclass(slots=True)
class Scan:
    """A row of `TrackingEvent` without the model's weight: the fold handles them by the ten thousand."""

    id: UUID
    parcel_id: UUID
    payload_id: UUID | None
    source: str
    told_by: str
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
    is_struck: bool = False  # no column: what the newest retraction says


COLUMNS = tuple(field.name for field in fields(Scan) if field.name != "is_struck")


def scan_identity(scan: ScanEvent) -> str:
    """What tells two scans apart: the carrier's own id, else time and code, else time and words."""
    what = scan.identity
    if not what:
        when = scan.occurred_at.isoformat() if scan.occurred_at else ""
        what = f"{when}|{scan.code or scan.description}"
    return hashlib.sha256(what.encode()).hexdigest()


def moment_of(event: ScanEvent) -> tuple[datetime | None, OffsetSource]:
    """When a scan happened, and where its offset comes from.

    A clock that was read as UTC for want of better is that of the place, where its city is known: the digits stay, the
    instant changes. What makes a scan known as such (`scan_identity`) stays that of the scan as it was told.
    """
    source = event.offset_source or OffsetSource.ASSUMED
    if event.occurred_at is None or source is not OffsetSource.ASSUMED or not event.place:
        return event.occurred_at, source
    spot = locate(event.place, event.country)
    zone = load_zone(spot.time_zone) if spot else None
    if zone is None:
        return event.occurred_at, source
    local = event.occurred_at.replace(tzinfo=zone)
    return local.replace(tzinfo=timezone(local.utcoffset() or timedelta())), OffsetSource.INFERRED


def new_scans(one: Told, known: set[str], recorded_at: datetime) -> Iterator[Scan]:
    """Those of the events told whose identity is not ``known`` yet; it joins them."""
    payload_id, source = one.payload.id if one.payload else None, str(one.source)
    for event, identity, (occurred_at, offset_source) in zip(
        one.observation.events, one.identities, one.moments, strict=True
    ):
        if identity in known:
            continue
        known.add(identity)
        offset = occurred_at.utcoffset() if occurred_at else None
        yield Scan(  # by position: it is made once for every scan
            uuid7(),
            one.parcel.id,
            payload_id,
            source,
            one.told_by,
            identity,
            str(event.status),
            event.reason,
            event.code[:100],
            event.description,
            event.place[:200],
            event.country[:2],
            event.latitude,
            event.longitude,
            event.signed_by[:120],
            occurred_at,
            None if offset is None else round(offset / _MINUTE),
            str(offset_source),
            recorded_at,
        )
