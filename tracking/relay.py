"""Which carriers had a parcel, one after the other. Rather nothing than a guess."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from .carriers.base import Status
from .numbers import Candidate, Check, recognize

_NOT_HELD = frozenset({Status.PENDING, Status.INFO_RECEIVED, Status.EXPIRED, Status.UNKNOWN})


class Scan(Protocol):
    """What of a scan tells who had the parcel."""

    status: str
    country: str
    told_by: str
    occurred_at: datetime | None

    @property
    def local_time(self) -> datetime | None:
        """When it happened, on the clock of the place."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A carrier that had the parcel; ``since`` is when it first scanned it, on the place's clock; None if unknown."""

    carrier: str
    since: datetime | None = None


def relay(
    *, number: str, carrier: str, stated: str, scans: Iterable[Scan], aggregators: Collection[str], country: str
) -> list[Leg]:
    """The carriers of a parcel in their order: one, where nothing proves that there were two.

    Two carriers that each told of the parcel themselves both had it. Where others speak for them, a number that the
    first carrier issued proves that it was no mistake to name it.

    Args:
        carrier: who has the parcel by the newest evidence.
        stated: whom the merchant named, where that is somebody else; else "".
        scans: those that still count, in any order.
        country: where the parcel goes to.
    """
    held = sorted((scan for scan in scans if scan.occurred_at and scan.status not in _NOT_HELD), key=_moment)
    firsts: dict[str, Scan] = {}
    for scan in held:
        if scan.told_by and scan.told_by not in aggregators:
            firsts.setdefault(scan.told_by, scan)
    if len(firsts) > 1:
        (first, _), *later = firsts.items()
        return [Leg(first), *(Leg(one, scan.local_time) for one, scan in later)]
    issued = _issued(number, stated) if stated and stated != carrier and stated not in aggregators else None
    if issued is None or _issued(number, carrier):
        return [Leg(carrier)]
    return [Leg(stated), Leg(carrier, _entry(held, issued.country, country))]


def _moment(scan: Scan) -> datetime:
    assert scan.occurred_at is not None
    return scan.occurred_at


def _issued(number: str, carrier: str) -> Candidate | None:
    """How the number is one of the carrier's own, with a check digit that holds; None where it is not."""
    found = (one for one in recognize(number) if one.carrier == carrier and one.check is Check.PASSED)
    return next(found, None)


def _entry(held: Sequence[Scan], origin: str, country: str) -> datetime | None:
    """The first scan in the country of arrival: there the post of one country hands over to that of the other."""
    if not origin or origin == country:
        return None
    entry = next((index for index, scan in enumerate(held) if scan.country == country), 0)
    return held[entry].local_time if entry else None
