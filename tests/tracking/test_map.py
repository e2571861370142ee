"""The way of a parcel and its map: right on the globe, light on the page, and never finer than a city."""

import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tracking.basemap import UNITS, WORLD, Window, draw, project
from tracking.basemap.land import PATH_MAX
from tracking.gazetteer import kilometers
from tracking.map import SIZE, Map, draw_map
from tracking.way import CITIES_MAX, SAME_PLACE_KM, City, destination, way

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
MARGIN = 5  # pixels beyond the frame in which land may be cut


@dataclass
class Scan:
    """What a way is made of, at noon plus some hours."""

    hours: float | None
    place: str = ""
    country: str = "DE"
    status: str = "in_transit"
    latitude: float | None = None
    longitude: float | None = None
    offset_source: str = "stated"

    @property
    def occurred_at(self) -> datetime | None:
        return None if self.hours is None else NOON + timedelta(hours=self.hours)


def city(name: str, country: str) -> City:
    found = destination(city=name, region="", country=country)
    assert found is not None
    return found


def names(cities: list[City]) -> list[str]:
    return [city.name for city in cities]


BERLIN, MUNICH = city("Berlin", "DE"), city("München", "DE")


# The way.


def test_a_way_is_the_cities_in_the_order_of_time_each_once_in_a_row() -> None:
    scans = [Scan(30, "München"), Scan(0, "Berlin"), Scan(2, "Berlin"), Scan(12, "Hannover"), Scan(24, "Berlin")]
    assert names(way(scans, to=MUNICH)) == ["Berlin", "Hannover", "Berlin", "München"]


def test_a_city_is_called_as_the_carrier_calls_it() -> None:
    scans = [Scan(0, "深圳转运中心", "CN"), Scan(30, "FRANKFURT AM MAIN"), Scan(40, "Leipzig Hub")]
    cities = way(scans, to=None)
    assert names(cities) == ["深圳", "Frankfurt Am Main", "Leipzig"]
    assert [city.label(reads_han=False) for city in cities] == ["Shenzhen", "Frankfurt Am Main", "Leipzig"]


def test_scans_without_a_place_a_time_or_the_parcel_in_hand_are_no_stops() -> None:
    scans = [
        Scan(None, "Bremen"),
        Scan(1),
        Scan(2, "Entenhausen"),
        Scan(3, "Hamburg", status="info_received"),
        Scan(4, "Köln"),
    ]
    assert names(way(scans, to=None)) == ["Köln"]


@pytest.mark.parametrize("stray", [0, 2, 4], ids=["first", "between", "last"])
def test_a_stop_that_nobody_could_have_reached_in_time_is_left_out(stray: int) -> None:
    scans = [Scan(0, "Hamburg"), Scan(10, "Hannover"), Scan(20, "Kassel"), Scan(30, "München")]
    scans.insert(stray, Scan(stray * 10 - 9.9, "Sydney", "AU"))
    assert names(way(scans, to=MUNICH)) == ["Hamburg", "Hannover", "Kassel", "München"]


def test_a_clock_that_was_guessed_does_not_make_a_stop_impossible() -> None:
    scans = [Scan(0, "Shenzhen", "CN", offset_source="assumed"), Scan(2, "Leipzig")]
    assert names(way(scans, to=None)) == ["Shenzhen", "Leipzig"]
    assert names(way([Scan(0, "Shenzhen", "CN"), Scan(2, "Leipzig")], to=None)) == ["Leipzig"]


def test_a_long_way_keeps_its_beginning_and_its_end() -> None:
    names = ("Hamburg", "Berlin", "Köln", "München", "Leipzig")
    scans = [Scan(24 * number, names[number % 5]) for number in range(60)]
    kept = way(scans, to=None)
    assert len(kept) == CITIES_MAX
    assert (kept[0].at, kept[-1].at) == (scans[0].occurred_at, scans[-1].occurred_at)


# Nothing finer than a city.

DOOR = (52.50713, 13.39085)


@pytest.mark.parametrize("status", ["out_for_delivery", "attempt_failed", "available_for_pickup", "delivered"])
@pytest.mark.parametrize("place", ["", "Lindenstraße 12", "Berlin"])
def test_at_the_door_the_parcel_is_in_the_city_and_nowhere_nearer(status: str, place: str) -> None:
    scan = Scan(0, place, status=status, latitude=DOOR[0], longitude=DOOR[1])
    assert [city.point for city in way([scan], to=BERLIN)] == [BERLIN.point]
    assert [city.point for city in way([scan], to=None)] == ([BERLIN.point] if place == "Berlin" else [])


def test_coordinates_count_where_words_fail_and_then_to_some_ten_kilometers() -> None:
    cities = way([Scan(0, "Depot 7", latitude=50.12345, longitude=8.98765)], to=None)
    assert [(city.point, city.name) for city in cities] == [((50.1, 9.0), "")]


def test_the_suburb_that_delivers_counts_to_its_city() -> None:
    assert names(way([Scan(0, "Potsdam", status="delivered")], to=BERLIN)) == ["Berlin"]
    assert names(way([Scan(0, "Potsdam")], to=BERLIN)) == ["Potsdam"]


def test_coordinates_tell_apart_cities_of_one_name() -> None:
    far = way([Scan(0, "Paris", "", latitude=33.66, longitude=-95.55)], to=None)  # the one in Texas
    near = way([Scan(0, "Paris", "", latitude=48.9, longitude=2.4)], to=None)
    assert (far[0].point, near[0].name) == ((33.7, -95.5), "Paris")


@pytest.mark.parametrize(("latitude", "longitude"), [(0.0, 0.0), (91.0, 5.0), (5.0, 181.0), (None, 5.0)])
def test_coordinates_that_are_none_are_none(latitude: float | None, longitude: float | None) -> None:
    assert way([Scan(0, latitude=latitude, longitude=longitude)], to=None) == []


def test_an_address_whose_city_nobody_knows_has_no_place() -> None:
    assert destination(city="Hintertupfing", region="", country="DE") is None
    portland = destination(city="Portland", region="ME", country="US")
    assert portland is not None
    assert kilometers(portland.point, (43.66, -70.26)) < SAME_PLACE_KM


# The map.


def drawn(*cities: City, goal: City | None = None, reads_han: bool = False) -> Map:
    found = draw_map([list(cities)], goal=goal, reads_han=reads_han)
    assert found is not None
    return found


def test_a_domestic_way() -> None:
    found = drawn(BERLIN, city("Hannover", "DE"), goal=MUNICH)
    assert [(dot.name, dot.label, dot.kind) for dot in found.dots] == [
        ("München", "München", "goal"),
        ("Berlin", "Berlin", "passed"),
        ("Hannover", "Hannover", "here"),
    ]
    assert found.gone.count("M") == found.ahead.count("M") == 1
    assert found.land and found.borders


def test_a_delivered_way_has_nothing_ahead_and_its_goal_is_here() -> None:
    found = drawn(BERLIN, MUNICH, goal=MUNICH)
    assert found.ahead == ""
    assert found.dots[-1].kind == "here goal"


def test_a_way_across_the_world_is_an_arc_without_borders() -> None:
    found = drawn(city("Shenzhen", "CN"), city("Leipzig", "DE"), goal=BERLIN)
    assert "Q" in found.gone
    assert found.land and not found.borders
    _, east, west = found.dots
    assert (east.name, west.name) == ("Shenzhen", "Leipzig")
    assert east.x > west.x


OCEAN = [
    (("Tokyo", "JP"), ("Los Angeles", "US"), 1),
    (("Los Angeles", "US"), ("Tokyo", "JP"), -1),
    (("Auckland", "NZ"), ("Honolulu", "US"), 1),
    (("Suva", "FJ"), ("Apia", "WS"), 1),
    (("Anchorage", "US"), ("Sapporo", "JP"), -1),
    (("New York", "US"), ("London", "GB"), 1),
]


@pytest.mark.parametrize(("start", "end", "east"), OCEAN)
def test_ways_take_the_shorter_side_of_the_globe(start: tuple[str, str], end: tuple[str, str], east: int) -> None:
    found = drawn(city(*start), goal=city(*end))
    goal, here = found.dots
    assert (goal.x - here.x) * east > 10
    assert all(0 < dot.x < 100 and 0 < dot.y < 100 for dot in found.dots)


def test_a_way_around_the_world_is_one_line() -> None:
    cities = [city(*one) for one in [("Shenzhen", "CN"), ("Anchorage", "US"), ("New York", "US"), ("Leipzig", "DE")]]
    xs = [dot.x for dot in drawn(*cities, goal=BERLIN).dots if dot.kind != "goal"]
    assert xs == sorted(xs)


def test_a_way_that_circles_the_world_twice_shows_its_end() -> None:
    cities = [city(*one) for one in [("Tokyo", "JP"), ("Los Angeles", "US"), ("London", "GB"), ("Mumbai", "IN")]] * 2
    found = drawn(*cities)
    assert found.dots[-1].name == "Mumbai"
    assert all(0 < dot.x < 100 for dot in found.dots)


def test_one_city_is_a_map_of_its_surroundings() -> None:
    found = drawn(BERLIN, goal=BERLIN)
    assert [(dot.kind, dot.label) for dot in found.dots] == [("here goal", "Berlin")]
    assert (found.gone, found.ahead) == ("", "")


def test_without_a_place_there_is_no_map() -> None:
    assert draw_map([], goal=BERLIN) is None
    assert draw_map([[], []], goal=BERLIN) is None


def test_parcels_of_one_shipment_share_a_map() -> None:
    hamburg = city("Hamburg", "DE")
    found = draw_map([[hamburg, BERLIN, MUNICH], [hamburg, BERLIN]], goal=MUNICH)
    assert found is not None
    assert [(dot.name, dot.kind) for dot in found.dots] == [
        ("Hamburg", "passed"),
        ("Berlin", "here"),
        ("München", "here goal"),
    ]
    assert (found.gone.count("M"), found.ahead.count("M")) == (2, 1)


def test_names_stay_in_the_frame_and_off_each_other() -> None:
    cities = [city(name, "DE") for name in ("Köln", "Düsseldorf", "Duisburg", "Essen", "Dortmund", "Bochum")]
    found = drawn(*cities, goal=cities[-1])
    shown = [dot for dot in found.dots if dot.label]
    assert 1 <= len(shown) < len(cities)
    assert found.dots[-1].label == "Bochum"
    assert all(dot.name for dot in found.dots)


# The land.


def some_windows() -> list[Window]:
    chance = random.Random(7)
    windows = []
    for _ in range(150):
        x, y = project(chance.uniform(-55, 70), chance.uniform(-180, 180))
        width = round(4 * UNITS * 2 ** chance.uniform(0, 7))
        windows.append(Window(x - width // 2, y + width // 4, width, SIZE))
    return windows


@pytest.mark.parametrize("window", some_windows(), ids=str)
def test_land_is_light_and_stays_in_its_frame(window: Window) -> None:
    land, borders = draw(window)
    assert len(land) + len(borders) <= PATH_MAX
    for shape in land.split("M")[1:]:
        start, steps = shape.removesuffix("z").split("l")
        x, y = map(float, NUMBER.findall(start))
        numbers = [float(number) for number in NUMBER.findall(steps)]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            assert -MARGIN <= x <= SIZE[0] + MARGIN and -MARGIN <= y <= SIZE[1] + MARGIN
            x, y = x + dx, y + dy


def holds(path: str, x: float, y: float) -> bool:
    """Whether a point lies within the shapes of a path (by the number of edges to its right)."""
    is_in = False
    for shape in path.split("M")[1:]:
        start, steps = shape.removesuffix("z").split("l")
        points = [tuple(map(float, NUMBER.findall(start)))]
        numbers = [float(number) for number in NUMBER.findall(steps)]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            points.append((points[-1][0] + dx, points[-1][1] + dy))
        for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                is_in = not is_in
    return is_in


@pytest.mark.parametrize("degrees", [8, 40, 120, 350])
@pytest.mark.parametrize(
    ("latitude", "longitude", "is_land"),
    [
        (52.5, 13.4, True),  # Berlin
        (39.9, 116.4, True),  # Peking
        (39.1, -94.6, True),  # Kansas City
        (66.5, -173.5, True),  # Chukotka, beyond the antimeridian
        (-23.7, 133.9, True),  # Alice Springs
        (56.0, 3.0, False),  # the North Sea
        (45.0, -40.0, False),  # the Atlantic
        (0.0, 178.0, False),  # the Pacific, on this side
        (10.0, -178.0, False),  # and on that
        (42.0, 51.0, False),  # the Caspian Sea
    ],
)
def test_land_is_land_and_sea_is_sea(latitude: float, longitude: float, is_land: bool, degrees: int) -> None:
    x, y = project(latitude, longitude)
    width = degrees * UNITS
    land, _ = draw(Window(x - width // 2, y + width // 4, width, SIZE))
    assert holds(land, SIZE[0] / 2 + 0.5, SIZE[1] / 2 + 0.5) is is_land


@pytest.mark.parametrize("latitude", [66.5, 39.1])
def test_the_map_goes_on_beyond_the_antimeridian(latitude: float) -> None:
    x, y = project(latitude, -173.5)
    west, east = (Window(x + shift - 6000, y + 3000, 12000, SIZE) for shift in (0, WORLD))
    assert draw(west) == draw(east)
