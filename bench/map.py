"""What the map of a parcel's way costs the page: drawn where its land was drawn before, and where it was not.

Ways between cities of four continents, each of five cities. The figures are the processor's milliseconds of the worst
way, so that what else the machine does is left out.
"""

import argparse
import random
from itertools import repeat
from time import process_time

from bench.report import middle, tell
from tracking.basemap import draw
from tracking.map import draw_map
from tracking.way import City, destination

CITIES = {
    "DE": ("Berlin", "Hamburg", "Köln", "München", "Leipzig"),
    "US": ("New York", "Seattle", "Memphis", "Denver", "Boston"),
    "CN": ("Shenzhen", "Shanghai", "Wuhan", "Beijing", "Chengdu"),
    "AU": ("Sydney", "Melbourne", "Perth", "Brisbane", "Adelaide"),
}
COUNT = 5
GOALS_MS = {"known": 1, "new": 15}


def ways(count: int) -> list[list[City]]:
    """Half of them within a country."""
    chance = random.Random(3)
    found = {
        country: [city for name in names if (city := destination(city=name, region="", country=country))]
        for country, names in CITIES.items()
    }
    everywhere = [city for cities in found.values() for city in cities]
    at_home = [chance.sample(chance.choice(list(found.values())), COUNT) for _ in repeat(None, count // 2)]
    return at_home + [chance.sample(everywhere, COUNT) for _ in repeat(None, count - count // 2)]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--ways", type=int, default=200)
    given = arguments.parse_args()
    taken: dict[str, list[float]] = {"new": [], "known": []}
    for way in ways(given.ways):
        draw.cache_clear()
        for kind, into in taken.items():
            into.append(min(_milliseconds(way, is_new=kind == "new") for _ in range(3)))
    for kind, goal in GOALS_MS.items():
        tell(f"map_{kind}", max(taken[kind]), "ms", goal=goal, at_most=True, median_ms=round(middle(taken[kind]), 3))


def _milliseconds(way: list[City], *, is_new: bool) -> float:
    if is_new:
        draw.cache_clear()
    began = process_time()
    draw_map([way[:-1]], goal=way[-1])
    return 1000 * (process_time() - began)


if __name__ == "__main__":
    main()
