"""Places as carriers write them, found on the map, or told to be unknown."""

import gzip
from datetime import UTC, datetime

import pytest

from tests import build
from tracking.carriers.base import OffsetSource
from tracking.gazetteer import kilometers, locate
from tracking.gazetteer.cities import DATA, _hits
from tracking.gazetteer.distill import distill
from tracking.models import TrackingEvent


@pytest.mark.parametrize(
    ("place", "country", "name", "zone"),
    [
        ("Berlin", "DE", "Berlin", "Europe/Berlin"),
        ("LEIPZIG", "DE", "Leipzig", "Europe/Berlin"),
        ("Koeln", "DE", "Köln", "Europe/Berlin"),
        ("München", "DE", "Munich", "Europe/Berlin"),
        ("Frankfurt", "DE", "Frankfurt am Main", "Europe/Berlin"),
        ("Frankfurt (Oder)", "DE", "Frankfurt (Oder)", "Europe/Berlin"),
        ("IPZ Frankfurt", "DE", "Frankfurt am Main", "Europe/Berlin"),
        ("Berlin, Germany", "", "Berlin", "Europe/Berlin"),
        ("San Francisco, CA", "US", "San Francisco", "America/Los_Angeles"),
        ("Springfield, IL", "US", "Springfield", "America/Chicago"),
        ("Portland, ME", "US", "Portland", "America/New_York"),
        ("LOUISVILLE, KY", "US", "Louisville", "America/Kentucky/Louisville"),
        ("Vancouver, BC", "CA", "Vancouver", "America/Vancouver"),
        ("São Paulo", "BR", "São Paulo", "America/Sao_Paulo"),
        ("Москва", "RU", "Moscow", "Europe/Moscow"),
        ("東京", "JP", "Tokyo", "Asia/Tokyo"),
        ("深圳市", "CN", "Shenzhen", "Asia/Shanghai"),
        ("【上海市】", "", "Shanghai", "Asia/Shanghai"),
        ("广东省深圳市南山区", "CN", "Shenzhen", "Asia/Shanghai"),
        ("广东深圳公司", "CN", "Shenzhen", "Asia/Shanghai"),
        ("吉林长春", "CN", "Changchun", "Asia/Shanghai"),
        ("吉林市", "CN", "Jilin", "Asia/Shanghai"),
        ("北京朝阳区", "CN", "Beijing", "Asia/Shanghai"),
        ("香港", "CN", "Hong Kong", "Asia/Hong_Kong"),
        ("London", "", "London", "Europe/London"),
        ("London", "CA", "London", "America/Toronto"),
    ],
)
def test_cities_are_found_as_carriers_write_them(place: str, country: str, name: str, zone: str) -> None:
    found = locate(place, country)
    assert found is not None
    assert (found.name, found.time_zone) == (name, zone)


@pytest.mark.parametrize(
    ("place", "country"),
    [
        ("", "DE"),
        ("Springfield", "US"),  # in Missouri, in Massachusetts, in Illinois, in Oregon
        ("Portland, Maine", "US"),  # a region that isn't understood must not become the other Portland
        ("Tinytown, New York", "US"),  # the state is no city
        ("Victoria", ""),  # a spelling of Hong Kong, and many cities' own name
        ("Birmingham", ""),
        ("Berlin", "CN"),
        ("DHL Paketzentrum", "DE"),
        ("转运中心", "CN"),
        ("\n\t,;", "DE"),
        ("x" * 5000, ""),
    ],
)
def test_what_could_be_several_or_none_is_not_guessed(place: str, country: str) -> None:
    assert locate(place, country) is None


def test_every_spelling_is_found_by_bisection() -> None:
    """The first, the last and some between, as the file holds them."""
    data = gzip.decompress(DATA.read_bytes())
    spellings = [line.split(b"\t")[0].decode() for line in data.partition(b"\n\n")[2].splitlines()]
    assert spellings == sorted(spellings, key=str.encode)
    for name in [*spellings[:3], *spellings[-3:], *spellings[::997]]:
        assert _hits(name), name


def test_distances() -> None:
    berlin, munich = locate("Berlin", "DE"), locate("Munich", "DE")
    assert berlin is not None and munich is not None
    far = kilometers((berlin.latitude, berlin.longitude), (munich.latitude, munich.longitude))
    assert 500 < far < 510
    assert kilometers((0, 179.9), (0, -179.9)) < 23
    assert kilometers((90, 0), (-90, 0)) == pytest.approx(20015, abs=1)


def test_the_file_is_what_the_package_gives() -> None:
    assert gzip.decompress(DATA.read_bytes()) == distill()


@pytest.mark.django_db
def test_an_assumed_clock_becomes_that_of_the_place(order: object) -> None:
    """The digits stay, the instant is the place's, and a second telling is known as the same scan."""
    parcel = build.shipment(order).parcels.get()
    told = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    for _ in range(2):
        build.scan(parcel, "in_transit", at=told, place="深圳市", country="CN", offset_source=OffsetSource.ASSUMED)
    row = TrackingEvent.objects.get()
    assert row.occurred_at == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert (row.utc_offset_min, row.offset_source) == (480, OffsetSource.INFERRED)
    assert f"{row.local_time:%H:%M}" == "09:30"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("place", "source"), [("Nowhere", OffsetSource.ASSUMED), ("Shenzhen", OffsetSource.STATED), ("", "assumed")]
)
def test_other_clocks_stay(order: object, place: str, source: str) -> None:
    parcel = build.shipment(order).parcels.get()
    told = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    build.scan(parcel, "in_transit", at=told, place=place, country="CN", offset_source=OffsetSource(source))
    row = TrackingEvent.objects.get()
    assert (row.occurred_at, row.offset_source) == (told, source)
