"""Looking a place up among the cities of 15,000 inhabitants and more.

The cities lie in ``cities.gz`` beside this file (`distill` makes it): a line a city, an empty line, then a line a
spelling, sorted, that points to its cities by their position. Nothing is parsed when it is loaded: spellings are found
by bisection in the bytes as they are, so that the first look-up costs milliseconds and a process a few megabytes.
"""

import gzip
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from ..carriers._places import country_code, split_country, zone_of
from .spelling import OWN, spelling

DATA = Path(__file__).with_name("cities.gz")

# A name decides by itself when its largest city is this much larger than the next one of that name.
_LARGER_IN_COUNTRY, _LARGER_IN_WORLD = 3, 10
_SAME_PLACE_KM = 50.0
_EARTH_KM = 6371.0
_COUNTRIES_TOO = {"CN": ("CN", "HK", "MO", "TW")}  # as carriers of the mainland write them

_HAN = re.compile(r"[\u4e00-\u9fff]+")
_PROVINCE = re.compile(
    "(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾"
    "|内蒙古|广西|西藏|宁夏|新疆)(?!市)(?:省|壮族自治区|回族自治区|维吾尔自治区|自治区)?"
)
_HAN_NAME = range(8, 1, -1)  # letters of a Chinese name, longest first

# What carriers write beside a city's name.
_SEPARATOR = re.compile(r"[,;()/|\[\]【】]+| - ")
_SITE = re.compile(
    r"\b(?:hub|depot|gateway|facility|station|airport|flughafen|paketzentrum|briefzentrum|zustellbasis|sort(?:ing|ation)?"
    r"|cent(?:er|re)|distribution|delivery|international|intl|logistics|warehouse|branch|office|post|mail|terminal|ipz"
    r"|\d+)\b"
)


@dataclass(frozen=True, slots=True)
class Spot:
    """A city: ``time_zone`` is an IANA name."""

    name: str
    country: str
    latitude: float
    longitude: float
    time_zone: str


@dataclass(frozen=True, slots=True)
class _Hit:
    spot: Spot
    population: int
    region: str
    is_own_name: bool  # not one of its other spellings


def kilometers(here: tuple[float, float], there: tuple[float, float]) -> float:
    """The great-circle distance between two points given as latitude and longitude."""
    lat1, lat2 = math.radians(here[0]), math.radians(there[0])
    lon = math.radians(there[1] - here[1])
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(lon / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


def locate(place: str, country: str = "") -> Spot | None:
    """The city that a carrier's words for a place name, or None where they name none or could mean several.

    Args:
        country: ISO 3166-1 alpha-2. Without it only a name that belongs to one city by far is understood.
    """
    found = called(place, country)
    return found[0] if found else None


@lru_cache(maxsize=65536)
def called(place: str, country: str = "") -> tuple[Spot, str] | None:
    """As `locate`, with the part of the words that is the city's name and nothing else."""
    if not country:
        place, country = split_country(place)
    for name, region in _names(place, country):
        hits = _in(country, _hits(name))
        if found := _one(_in_region(hits, country, region), has_country=bool(country)):
            return found, name
    return None


def _names(place: str, country: str) -> Iterator[tuple[str, str]]:
    """What may be the city's name in a carrier's words, likeliest first, each with what may be its region.

    What follows a city may be a state that is called like another city; so only the first part can be the city.
    """
    for words in _HAN.findall(place):
        rest = _PROVINCE.sub("", words, count=1) if _PROVINCE.match(words) else words
        yield from ((rest[:length], "") for length in _HAN_NAME if length <= len(rest))
    parts = [part.strip() for part in _SEPARATOR.split(place) if part.strip()]
    parts = [part for part in parts if len(parts) == 1 or not country or country_code(part) != country]
    region = parts[1].upper() if len(parts) > 1 else ""
    names = [place, *([parts[0], _SITE.sub(" ", spelling(parts[0]))] if parts else [])]
    for name in names:
        if len(spelling(name)) > 2:
            yield name, "" if name == place else region


def _in(country: str, hits: Sequence[_Hit]) -> Sequence[_Hit]:
    if not country:
        return hits
    wanted = _COUNTRIES_TOO.get(country, (country,))
    return [hit for hit in hits if hit.spot.country in wanted]


def _in_region(hits: Sequence[_Hit], country: str, region: str) -> Sequence[_Hit]:
    """Of cities with one name those of the region, told by its code or its clock; none where it tells nothing."""
    if not region or len(hits) < 2:
        return hits
    if inside := [hit for hit in hits if hit.region == region]:
        return inside
    zone = zone_of(country, region) if zone_of(country) is None else None
    return [hit for hit in hits if zone is not None and hit.spot.time_zone == zone.key]


def _one(hits: Sequence[_Hit], *, has_country: bool) -> Spot | None:
    """The city that is meant: the only one, or the largest by far; one that lies beside it is the same place."""
    if not hits:
        return None
    first, *others = sorted(hits, key=lambda hit: hit.population, reverse=True)
    if not has_country and not first.is_own_name and any(hit.is_own_name for hit in others):
        return None
    here = (first.spot.latitude, first.spot.longitude)
    rivals = [hit for hit in others if kilometers(here, (hit.spot.latitude, hit.spot.longitude)) > _SAME_PLACE_KM]
    factor = _LARGER_IN_COUNTRY if has_country else _LARGER_IN_WORLD
    return first.spot if all(first.population >= factor * hit.population for hit in rivals) else None


@lru_cache(maxsize=16384)
def _hits(name: str) -> tuple[_Hit, ...]:
    """The cities with a spelling."""
    data, begin = _data()
    wanted = spelling(name).encode()
    low, high = begin, len(data)
    while low < high:  # both stand at the beginning of a line, or at the end
        start = data.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = data.find(b"\n", start)
        key, _, places = data[start:end].partition(b"\t")
        if key == wanted:
            return tuple(_hit(data, place) for place in places.split(b","))
        low, high = (end + 1, high) if key < wanted else (low, start)
    return ()


def _hit(data: bytes, place: bytes) -> _Hit:
    position = int(place.removesuffix(OWN))
    told = data[position : data.index(b"\n", position)].decode()
    country, name, latitude, longitude, zone, population, region = told.split("\t")
    spot = Spot(name, country, float(latitude), float(longitude), zone)
    return _Hit(spot, int(population), region, place.endswith(OWN))


@cache
def _data() -> tuple[bytes, int]:
    """Everything, and where the spellings begin."""
    data = gzip.decompress(DATA.read_bytes())
    return data, data.index(b"\n\n") + 2
