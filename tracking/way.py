"""The way a parcel took, city by city, from its scans. No exact spot is ever part of it, whoever looks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol

from .carriers._places import country_code
from .carriers.base import OffsetSource, Status
from .gazetteer import Spot, called, kilometers, locate

CITIES_MAX = 24
SAME_PLACE_KM = 15.0
_SUBURB_KM = 35.0  # who delivers there may scan in the town next to it
_STRAY_KM = 300.0  # a city so far from the scan's own coordinates is another one of that name
_FASTEST_KMH = 900.0  # a plane in the air
_LEAST_KM = 150.0  # nearer places may be told minutes apart
_CLOCK_HOURS = 14.0  # how far a clock that was read as UTC for want of better may be off
_MINUTE_H = 1 / 60
_FIRST_HAN, _LAST_HAN = "\u4e00", "\u9fff"

# Scanned at the door, or where the consignee picks it up.
_AT_DOOR = frozenset({Status.OUT_FOR_DELIVERY, Status.ATTEMPT_FAILED, Status.AVAILABLE_FOR_PICKUP, Status.DELIVERED})
_NOT_MOVED = frozenset({Status.PENDING, Status.INFO_RECEIVED, Status.EXPIRED})  # told of without the parcel in hand


class Scan(Protocol):
    """What of a scan tells where the parcel was."""

    status: str
    place: str
    country: str
    latitude: float | None
    longitude: float | None
    occurred_at: datetime | None
    offset_source: str


@dataclass(frozen=True, slots=True)
class City:
    """A city where a parcel was seen: ``name`` as the carrier writes it, ``latin`` in Latin letters; "" if unknown."""

    name: str
    latin: str
    country: str
    latitude: float
    longitude: float
    at: datetime | None = None
    is_clock_known: bool = True

    @property
    def point(self) -> tuple[float, float]:
        """Latitude and longitude."""
        return self.latitude, self.longitude

    def label(self, *, reads_han: bool) -> str:
        """Its name for a reader; a name in Chinese characters only for who reads them."""
        is_han = any(_FIRST_HAN <= letter <= _LAST_HAN for letter in self.name)
        return self.latin if is_han and not reads_han else self.name


def destination(*, city: str, region: str, country: str) -> City | None:
    """The city of an address; None where no city of that name is known."""
    country = country_code(country) or country
    spot = (locate(f"{city}, {region}", country) if region else None) or locate(city, country)
    return _named(spot, city.strip()) if spot else None


def way(scans: Iterable[Scan], *, to: City | None) -> list[City]:
    """The cities where a parcel was, in the order of time; scans without a place or a time are left out.

    Args:
        scans: those that still count, in any order.
        to: the city that the parcel goes to, which scans at the door and in its suburbs count to.
    """
    timed = sorted((scan for scan in scans if scan.occurred_at and scan.status not in _NOT_MOVED), key=_moment)
    cities: list[City] = []
    known: dict[tuple[object, ...], City | None] = {}  # a parcel lies where it is for many scans
    for scan in timed:
        spot = (scan.place, scan.country, scan.status in _AT_DOOR, scan.latitude, scan.longitude)
        city = known[spot] if spot in known else known.setdefault(spot, _of(scan, to))
        if city is None or (cities and kilometers(cities[-1].point, city.point) < SAME_PLACE_KM):
            continue
        cities.append(_at(city, scan))
    cities = _merged(_plausible(cities))
    return cities if len(cities) <= CITIES_MAX else [cities[0], *cities[1 - CITIES_MAX :]]


def _moment(scan: Scan) -> datetime:
    assert scan.occurred_at is not None
    return scan.occurred_at


def _of(scan: Scan, to: City | None) -> City | None:
    """The city of a scan: of its words; else of its coordinates, blurred to that; at the door the one it goes to."""
    is_at_door = scan.status in _AT_DOOR
    seen = None if is_at_door else _blurred(scan)
    found = called(scan.place, scan.country) if scan.place else None
    if found and seen and kilometers((found[0].latitude, found[0].longitude), seen) > _STRAY_KM:
        found = None
    if found:
        city = _named(*found)
        is_near = to is not None and kilometers(city.point, to.point) < (_SUBURB_KM if is_at_door else SAME_PLACE_KM)
        return to if to and is_near else city
    if seen:
        return City("", "", scan.country, *seen)
    return to if is_at_door else None


def _at(city: City, scan: Scan) -> City:
    return replace(city, at=scan.occurred_at, is_clock_known=scan.offset_source != OffsetSource.ASSUMED)


def _blurred(scan: Scan) -> tuple[float, float] | None:
    """A scan's coordinates to a tenth of a degree, some ten kilometers; None for none, and for zero, which means it."""
    if scan.latitude is None or scan.longitude is None or not (scan.latitude or scan.longitude):
        return None
    if abs(scan.latitude) > 85 or abs(scan.longitude) > 180:
        return None
    return round(scan.latitude, 1), round(scan.longitude, 1)


def _named(spot: Spot, name: str) -> City:
    name = name.strip()
    if name.islower():  # what is left of a name in which words were struck out
        name = spot.name
    elif name.isupper() and name.isascii():
        name = name.title()
    return City(name, spot.name, spot.country, spot.latitude, spot.longitude)


def _plausible(cities: list[City]) -> list[City]:
    """The cities without those that nobody could have reached in time: the most that fit with each other.

    Of ways that are equally long the later one stands: newer news is better news.
    """
    if all(_is_reached(before, after) for before, after in pairwise(cities)):
        return cities
    lengths: list[int] = []
    befores: list[int | None] = []
    for index, city in enumerate(cities):
        reached = ((lengths[other], other) for other in range(index) if _is_reached(cities[other], city))
        length, before = max(reached, default=(0, None))
        lengths.append(length + 1)
        befores.append(before)
    at: int | None = max(range(len(cities)), key=lambda index: (lengths[index], index))
    kept: list[City] = []
    while at is not None:
        kept.append(cities[at])
        at = befores[at]
    return kept[::-1]


def _is_reached(before: City, after: City) -> bool:
    far = kilometers(before.point, after.point)
    assert before.at is not None and after.at is not None
    hours = (after.at - before.at) / timedelta(hours=1)
    if not (before.is_clock_known and after.is_clock_known):
        hours += _CLOCK_HOURS
    return far <= _LEAST_KM or far <= _FASTEST_KMH * max(hours, _MINUTE_H)


def _merged(cities: Sequence[City]) -> list[City]:
    kept: list[City] = []
    for city in cities:
        if not kept or kilometers(kept[-1].point, city.point) >= SAME_PLACE_KM:
            kept.append(city)
    return kept
