"""Where people live and parcels pass: cities with their clocks, and the way between two of them."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Place:
    """A city. ``carrier_name`` is how carriers of other languages write it."""

    city: str
    region: str
    country: str
    zone: str
    carrier_name: str = ""

    @property
    def name(self) -> str:
        return self.carrier_name or self.city

    def local(self, moment: datetime) -> datetime:
        """A moment on this place's clock."""
        return moment.astimezone(ZoneInfo(self.zone))


_BERLIN, _SHANGHAI, _NEW_YORK = "Europe/Berlin", "Asia/Shanghai", "America/New_York"


def _german(city: str) -> Place:
    return Place(city, "", "DE", _BERLIN)


def _chinese(city: str, region: str, latin: str) -> Place:
    return Place(city, region, "CN", _SHANGHAI, latin)


CITIES = {
    "Hamburg": _german("Hamburg"),
    "Berlin": _german("Berlin"),
    "Köln": _german("Köln"),
    "München": _german("München"),
    "Leipzig": _german("Leipzig"),
    "Frankfurt": _german("Frankfurt am Main"),
    "Bremen": _german("Bremen"),
    "Dresden": _german("Dresden"),
    "Hannover": _german("Hannover"),
    "Wien": Place("Wien", "", "AT", "Europe/Vienna"),
    "Graz": Place("Graz", "", "AT", "Europe/Vienna"),
    "London": Place("London", "", "GB", "Europe/London"),
    "Paris": Place("Paris", "", "FR", "Europe/Paris"),
    "Lyon": Place("Lyon", "", "FR", "Europe/Paris"),
    "深圳": _chinese("深圳市", "广东省", "Shenzhen"),
    "广州": _chinese("广州市", "广东省", "Guangzhou"),
    "上海": _chinese("上海市", "上海市", "Shanghai"),
    "北京": _chinese("北京市", "北京市", "Beijing"),
    "杭州": _chinese("杭州市", "浙江省", "Hangzhou"),
    "成都": _chinese("成都市", "四川省", "Chengdu"),
    "武汉": _chinese("武汉市", "湖北省", "Wuhan"),
    "西安": _chinese("西安市", "陕西省", "Xi'an"),
    "Hong Kong": Place("Hong Kong", "", "HK", "Asia/Hong_Kong"),
    "Portland": Place("Portland", "ME", "US", _NEW_YORK),
    "Boston": Place("Boston", "MA", "US", _NEW_YORK),
    "New York": Place("New York", "NY", "US", _NEW_YORK),
    "Chicago": Place("Chicago", "IL", "US", "America/Chicago"),
    "Denver": Place("Denver", "CO", "US", "America/Denver"),
    "Austin": Place("Austin", "TX", "US", "America/Chicago"),
    "Seattle": Place("Seattle", "WA", "US", "America/Los_Angeles"),
    "San Francisco": Place("San Francisco", "CA", "US", "America/Los_Angeles"),
    "Memphis": Place("Memphis", "TN", "US", "America/Chicago"),
}

_HUBS = {"DE": "Hannover", "CN": "武汉", "US": "Memphis"}
_GATEWAYS = {"CN": "Hong Kong", "US": "New York"}
_GATEWAY_OF_EUROPE = "Leipzig"


def way(origin: Place, destination: Place) -> list[Place]:
    """The hubs that a parcel passes between two cities: a country's own, or the gateways of both sides of a border."""
    if origin.country == destination.country and origin.country in _HUBS:
        return [CITIES[_HUBS[origin.country]]]
    gateways = [_GATEWAYS.get(place.country, _GATEWAY_OF_EUROPE) for place in (origin, destination)]
    return [CITIES[name] for name in dict.fromkeys(gateways)]
