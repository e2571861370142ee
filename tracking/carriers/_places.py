"""Countries and clock zones: what a place that a carrier wrote says of its country and its time zone."""

from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tracking.carriers._countries import ALIASES, COUNTRIES


@lru_cache(4096)
def country_code(text: str) -> str:
    """ISO 3166-1 alpha-2 of a code (two or three letters) or of an English country name; "" when it is neither."""
    word = " ".join(text.upper().split())
    if len(word) == 2:
        return ALIASES.get(word, word if word in _zones() else "")
    return _codes().get(word, "")


def zone_of(country: str, region: str = "") -> ZoneInfo | None:
    """The zone of a place, or None where the country has several and the region doesn't decide.

    Args:
        country: ISO 3166-1 alpha-2.
        region: state or province code as used in the US, Canada, Australia and Brazil.
    """
    region = region.strip().upper()
    name = _region_zones().get(f"{country}-{region}") or _zones().get(country, "-")
    return None if name == "-" else load_zone(name)


@cache
def load_zone(name: str) -> ZoneInfo | None:
    """A zone by its IANA name, or None when this machine's zone data lacks it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@lru_cache(4096)
def place_name(*parts: str) -> str:
    """ "City, Region" out of the parts that are there; a shouted city is written in title case, codes stay."""
    words: list[str] = []
    for part in ", ".join(parts).split(","):
        readable = _readable(" ".join(part.split()))
        if readable and readable not in words:
            words.append(readable)
    return ", ".join(words)


def _readable(part: str) -> str:
    if len(part) <= 3 or not part.isupper():
        return part
    return " ".join(word if f"US-{word}" in _region_zones() else word.title() for word in part.split(" "))


def split_country(text: str) -> tuple[str, str]:
    """Split "AUCKLAND - NEW ZEALAND", "Brisbane-AU" or "Hebron, KY, US" into the place and its country's code."""
    text = text.strip()
    if text.isupper() and country_code(text):
        return "", country_code(text)
    head, dash, tail = text.rpartition(" - ")
    if dash and (code := country_code(tail)):
        return head.strip(), code
    head, comma, tail = text.rpartition(",")
    # "Los Angeles, CA" ends in a state: two letters are a country only behind a city and a state
    if comma and (len(tail.strip()) > 2 or "," in head) and (code := country_code(tail)):
        return head.strip(), code
    head, dash, tail = text.rpartition("-")
    if dash and tail.isupper() and len(tail) == 2 and (code := country_code(tail)):
        return head.strip(), code
    return text, ""


def split_place(text: str) -> tuple[str, str]:
    """Split the "Toronto, ON, CA", "Rotterdam, NL" or "Columbus, OH" of a carrier abroad into place and country.

    Behind a city, two letters may be a state of the US or a country: what reads both ways ("Berlin, DE" could be in
    Delaware) is left without a country. A state stays in the place.
    """
    place, country = split_country(text)
    city, region = split_region(place)
    if country or not region:
        return place, country
    abroad = country_code(region)
    if zone_of("US", region) is not None:
        return place, "" if abroad else "US"
    return (city, abroad) if abroad else (place, "")


def split_region(text: str) -> tuple[str, str]:
    """Split "San Francisco, CA" into the city and the code of its state; the code is "" when there is none."""
    city, _, region = text.rpartition(",")
    region = region.strip()
    if city and region.isupper() and len(region) in (2, 3):
        return city.strip(), region
    return text, ""


@cache
def _rows() -> tuple[tuple[str, str, str, str], ...]:
    rows = []
    for line in COUNTRIES.strip().splitlines():
        alpha2, alpha3, zone, name = line.split(" ", 3)
        rows.append((alpha2, alpha3, zone, name.upper()))
    return tuple(rows)


@cache
def _codes() -> dict[str, str]:
    codes = {alpha3: alpha2 for alpha2, alpha3, _, _ in _rows()}
    codes.update({name: alpha2 for alpha2, _, _, name in _rows()})
    return codes | ALIASES


@cache
def _zones() -> dict[str, str]:
    return {alpha2: zone for alpha2, _, zone, _ in _rows()}


@cache
def _region_zones() -> dict[str, str]:
    return {
        f"{country}-{region}": zone
        for country, zones in REGIONS.items()
        for zone, regions in zones.items()
        for region in regions.split()
    }


# States and provinces by the zone most of their people live in; a state cut by a zone line is read as its larger part.
REGIONS = {
    "US": {
        "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
        "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
        "America/Denver": "CO ID MT NM UT WY",
        "America/Phoenix": "AZ",
        "America/Los_Angeles": "CA NV OR WA",
        "America/Anchorage": "AK",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR VI",
        "Pacific/Guam": "GU MP",
    },
    "CA": {
        "America/St_Johns": "NL NF",
        "America/Halifax": "NB NS PE",
        "America/Toronto": "ON QC PQ",
        "America/Winnipeg": "MB",
        "America/Regina": "SK",
        "America/Edmonton": "AB NT",
        "America/Vancouver": "BC",
        "America/Whitehorse": "YT",
        "America/Iqaluit": "NU",
    },
    "AU": {
        "Australia/Sydney": "NSW ACT NS",
        "Australia/Melbourne": "VIC VI",
        "Australia/Brisbane": "QLD QL",
        "Australia/Adelaide": "SA",
        "Australia/Darwin": "NT",
        "Australia/Perth": "WA",
        "Australia/Hobart": "TAS TS",
    },
    "BR": {
        "America/Sao_Paulo": "AL AP BA CE DF ES GO MA MG PA PB PE PI PR RJ RN RS SC SE SP TO",
        "America/Manaus": "AM MS MT RO RR",
        "America/Rio_Branco": "AC",
    },
}
