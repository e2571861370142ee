"""Feeds: the payloads of one parcel in the order in which its carrier sent them, recorded and generated."""

import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

from hypothesis import strategies as st

from logistics_portal.demo_data.payloads import CODES, Happening, Trip, write
from logistics_portal.demo_data.places import CITIES
from tracking.carriers.base import NoTracking, Observation, Unreadable
from tracking.services.carriers import CARRIERS, normalize_number

PAYLOADS = Path(__file__).parent.parent / "carriers" / "payloads"
RECENTLY = datetime(2026, 1, 1, tzinfo=UTC)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Feed:
    """What one carrier (an adapter's code) sent of the parcels ``numbers``.

    ``stated`` is the carrier whom the merchant named, ``begins`` the time of the first scan.
    """

    name: str
    carrier: str
    stated: str
    numbers: tuple[str, ...]
    begins: datetime
    bodies: tuple[bytes, ...]


def observe(carrier: str, body: bytes) -> list[Observation]:
    try:
        return CARRIERS[carrier].parse(body)
    except (Unreadable, NoTracking):
        return []


# --- recorded


@cache
def recorded_feeds() -> tuple[Feed, ...]:
    """One of every recorded payload that names its parcel, grown as its carrier would have sent it."""
    feeds = (_recorded(path) for path in sorted(PAYLOADS.glob("*/*")) if not path.name.endswith(".expected.json"))
    return tuple(feed for feed in feeds if feed)


def _recorded(path: Path) -> Feed | None:
    carrier, body = path.parent.name, path.read_bytes()
    seen = observe(carrier, body)
    numbers = tuple(sorted({normalize_number(one.tracking_number) for one in seen if one.tracking_number}))
    if not numbers or not any(one.events for one in seen):
        return None
    named = {one.carrier for one in seen if one.carrier}
    stated = named.pop() if len(named) == 1 else carrier
    bodies = [*(part for part in _grown(carrier, body, path.suffix) if _reads_alike(carrier, part, seen)), body]
    begins = min((event.occurred_at for one in seen for event in one.events if event.occurred_at), default=RECENTLY)
    return Feed(f"{carrier}/{path.name}", carrier, stated, numbers, begins, tuple(dict.fromkeys(bodies)))


def _reads_alike(carrier: str, part: bytes, whole: list[Observation]) -> bool:
    """Whether a part says of each scan what the whole says of it: Kuaidi100's state is that of its newest scan."""
    known = {event for one in whole for event in one.events}
    return all(event in known for one in observe(carrier, part) for event in one.events)


def _grown(carrier: str, body: bytes, suffix: str) -> Iterator[bytes]:
    """The payloads that came before: the trail scan by scan, each scan alone, and once with a scan missing."""
    splits = {".json": _json_splits, ".xml": _xml_splits}.get(suffix, lambda _: [])
    cuts = [cut for count, make in splits(body) if (cut := _cut(carrier, body, count, make))]
    make, places = max(cuts, key=lambda cut: len(cut[1]), default=(None, []))
    if make is None:
        return
    for reach in range(1, len(places)):
        yield make(places[:reach])
        yield make([places[reach - 1]])
        if reach > 2:
            yield make([*places[: reach - 2], places[reach - 1]])


Make = Callable[[Sequence[int]], bytes]


def _cut(carrier: str, body: bytes, count: int, make: Make) -> tuple[Make, list[int]] | None:
    """A list inside a payload whose every element is a scan: how to write some of them, and their order in time."""
    whole = sum(len(one.events) for one in observe(carrier, body))
    times: dict[int, datetime] = {}
    for place in range(count):
        alone = [event for one in observe(carrier, make([place])) for event in one.events]
        if len(alone) != 1 or (count > 1 and whole < count):
            return None
        times[place] = alone[0].occurred_at or LONG_AGO
    return make, sorted(times, key=lambda place: times[place])


def _json_splits(body: bytes) -> Iterator[tuple[int, Make]]:
    document = json.loads(body)
    for steps, found in _lists(document, ()):
        yield len(found), lambda places, steps=steps, found=found: _with(document, steps, [found[p] for p in places])


def _lists(value: object, steps: tuple) -> Iterator[tuple[tuple, list]]:
    if isinstance(value, list) and len(value) > 1:
        yield steps, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _lists(one, (*steps, key))


def _with(document: object, steps: tuple, value: list) -> bytes:
    holder = {"": deepcopy(document)}
    target, last = holder, ""
    for step in steps:
        target, last = target[last], step
    target[last] = value
    return json.dumps(holder[""], ensure_ascii=False).encode()


def _xml_splits(body: bytes) -> Iterator[tuple[int, Make]]:
    root = ET.fromstring(body)
    for number, parent in enumerate(root.iter()):
        for tag in {child.tag for child in parent}:
            count = len(parent.findall(tag))
            if count > 1:
                yield count, lambda places, number=number, tag=tag: _xml_with(root, number, tag, places)


def _xml_with(root: ET.Element, number: int, tag: str, places: Sequence[int]) -> bytes:
    copy = deepcopy(root)
    parent = list(copy.iter())[number]
    for place, child in enumerate(parent.findall(tag)):
        if place not in places:
            parent.remove(child)
    return ET.tostring(copy, encoding="utf-8", xml_declaration=True)


# --- generated

TELLERS = {
    "aftership": "dhl",
    "dhl": "dhl",
    "easypost": "usps",
    "fedex": "fedex",
    "kuaidi100": "zto",
    "seventeentrack": "ups",
    "ups": "ups",
    "usps": "usps",
}
"""Who tells in generated feeds, and of whose parcels."""

_CITIES = ("Hamburg", "Berlin", "深圳")


@st.composite
def generated_feeds(draw: st.DrawFn, number: str, newest: datetime) -> Feed:
    """A trail of up to ten scans, told whole, in part and scan by scan, with undated, reversed and forgotten ones.

    The last scan happened at ``newest`` or up to four days before it; scans may share an instant.
    """
    teller = draw(st.sampled_from(sorted(TELLERS)))
    kinds = ["picked_up", *draw(st.lists(st.sampled_from(sorted(CODES[teller])), min_size=3, max_size=9))]
    gaps = draw(st.lists(st.sampled_from((0, 1, 7, 240, 1500)), min_size=len(kinds), max_size=len(kinds)))
    age = sum(gaps) + draw(st.sampled_from((0, 90, 4 * 24 * 60)))
    moments = [newest - timedelta(minutes=age - sum(gaps[: place + 1])) for place in range(len(kinds))]
    # A scan is known by its time and code, so one time and code is one scan: at one place, and undated once.
    seen_in = _CITIES[:2] if teller == "seventeentrack" else _CITIES  # it tells the arrival on the last city's clock
    cities = {one: draw(st.sampled_from(seen_in)) for one in dict.fromkeys(zip(kinds, moments, strict=True))}
    scans = [Happening(kind, at, CITIES[cities[kind, at]]) for kind, at in zip(kinds, moments, strict=True)]
    # The first stays dated and known: where nothing else has a time, arrival is the only clock there is.
    loose = sorted({kinds.index(kind) for kind in kinds} - {0}) if teller == "aftership" else []
    undated = draw(st.sets(st.sampled_from(loose), max_size=len(scans) // 3)) if loose else ()
    bodies = []
    for reach in range(1, len(scans) + 1):
        for places in draw(_tellings(reach)):
            trip = _trip(teller, number, [scans[place] for place in places], newest.date())
            bodies.append(_undate(write(teller, trip), [places.index(place) for place in undated if place in places]))
    about = (f"generated/{teller}", teller, TELLERS[teller], (number,), moments[0])
    return Feed(*about, tuple(dict.fromkeys(bodies)))


@st.composite
def _tellings(draw: st.DrawFn, reach: int) -> list[list[int]]:
    """What is pushed after the ``reach``-th scan: everything, the scan alone, a part, or with one scan taken back."""
    whole = list(range(reach))
    kind = draw(st.sampled_from(("whole", "alone", "alone and whole", "recent", "forgetful", "reversed")))
    if kind == "forgetful" and reach > 2:
        return [[place for place in whole if place != draw(st.integers(1, reach - 2))]]
    return {
        "alone": [[reach - 1]],
        "alone and whole": [[reach - 1], whole],
        "recent": [whole[-3:]],
        "reversed": [whole[::-1]],
    }.get(kind, [whole])


def _trip(teller: str, number: str, scans: list[Happening], eta: date) -> Trip:
    return Trip(number, TELLERS[teller], "Parcel", scans[0].place, scans[-1].place, scans, eta)


def _undate(body: bytes, places: Sequence[int]) -> bytes:
    if not places:
        return body
    document = json.loads(body)
    for place in places:
        document["msg"]["checkpoints"][place].pop("checkpoint_time")
    return json.dumps(document, ensure_ascii=False).encode()
