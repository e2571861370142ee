"""Make ``land.gz`` out of Natural Earth: ``python -m tracking.basemap.distill countries-50m.json``.

The file it reads is ``countries-50m.json`` of the npm package world-atlas 2.0.2 (ISC): countries and land of Natural
Earth at 1:50,000,000 (public domain) as TopoJSON. What becomes of it: outlines of land and the borders between
countries, projected by Mercator to whole `UNITS`, once for each fineness in which they are drawn. Neighbors share
their lines, so these are thinned out before rings are made of them, and no gap opens between two of them.
"""

import gzip
import json
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from .land import DATA, TOLERANCES, WORLD, project

Point = tuple[int, int]
_SOUTH = project(-60, 0)[1]  # nobody sends parcels to Antarctica, which would fill a third of a map


def distill(topology: dict[str, Any]) -> bytes:
    """The contents of ``land.gz`` (see `land.Level`)."""
    arcs = _arcs(topology)
    rings = [ring for polygon in _polygons(topology["objects"]["land"]) for ring in polygon]
    borders = _borders(topology["objects"]["countries"])
    return b"".join(_level(arcs, rings, borders, tolerance) for tolerance in TOLERANCES)


def _arcs(topology: dict[str, Any]) -> list[list[Point]]:
    """The lines of a topology, which are told as steps on a grid."""
    (east, north), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    lines = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for step in arc:
            x, y = x + step[0], y + step[1]
            line.append(project(y * north + bottom, x * east + left))
        lines.append(_unbroken(line))
    return lines


def _unbroken(line: list[Point]) -> list[Point]:
    """A line that goes on beyond the antimeridian, instead of on the other side of the world."""
    kept = line[:1]
    for x, y in line[1:]:
        kept.append((x + WORLD * round((kept[-1][0] - x) / WORLD), y))
    return kept


def _polygons(shape: dict[str, Any]) -> Iterator[list[list[int]]]:
    for part in shape.get("geometries", ()):
        yield from _polygons(part)
    if shape["type"] == "Polygon":
        yield shape["arcs"]
    elif shape["type"] == "MultiPolygon":
        yield from shape["arcs"]


def _borders(countries: dict[str, Any]) -> list[int]:
    """The lines that two countries share."""
    shared: Counter[int] = Counter()
    for country in countries["geometries"]:
        rings = [ring for polygon in _polygons(country) for ring in polygon]
        shared.update({arc if arc >= 0 else ~arc for ring in rings for arc in ring})
    return sorted(arc for arc, count in shared.items() if count > 1)


def _level(arcs: list[list[Point]], rings: list[list[int]], borders: list[int], tolerance: int) -> bytes:
    thin = [_thin(arc, tolerance) for arc in arcs]
    outlines = [outline for ring in rings if _is_seen(outline := _joined(ring, thin), tolerance)]
    lines = [thin[border] for border in borders if _extent(thin[border]) >= tolerance]
    return _table(outlines) + _table(lines)


def _joined(ring: Sequence[int], arcs: Sequence[list[Point]]) -> list[Point]:
    """A ring of its lines, of which one is told backwards where its number is the complement."""
    points: list[Point] = []
    for number in ring:
        points += (arcs[number] if number >= 0 else arcs[~number][::-1])[:-1]
    points = _unbroken(points)
    middle = (min(x for x, _ in points) + max(x for x, _ in points)) / 2
    return [(x - WORLD * round(middle / WORLD), y) for x, y in points]


def _is_seen(ring: list[Point], tolerance: int) -> bool:
    if len(ring) < 3 or max(y for _, y in ring) < _SOUTH:
        return False
    doubled = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True))
    return abs(doubled) / 2 >= 2 * tolerance * tolerance


def _extent(line: Iterable[Point]) -> int:
    xs, ys = zip(*line, strict=True)
    return max(max(xs) - min(xs), max(ys) - min(ys))


def _thin(line: list[Point], tolerance: float) -> list[Point]:
    """A line without the points that lie nearer to it than the tolerance (Douglas and Peucker)."""
    kept = {0, len(line) - 1}
    waiting = [(0, len(line) - 1)]
    while waiting:
        first, last = waiting.pop()
        between = ((_away(line[at], line[first], line[last]), at) for at in range(first + 1, last))
        far, index = max(between, default=(0, 0))
        if far > tolerance:
            kept.add(index)
            waiting += [(first, index), (index, last)]
    return [line[at] for at in sorted(kept)]


def _away(point: Point, start: Point, end: Point) -> float:
    """How far a point lies from the stretch between two others."""
    (x, y), (dx, dy) = (point[0] - start[0], point[1] - start[1]), (end[0] - start[0], end[1] - start[1])
    length = dx * dx + dy * dy
    along = max(0.0, min(1.0, (x * dx + y * dy) / length)) if length else 0.0
    return float(((x - along * dx) ** 2 + (y - along * dy) ** 2) ** 0.5)


def _table(lines: list[list[Point]]) -> bytes:
    """How many lines and points there are; of each line its length and its box; of the points x and y, as steps."""
    boxes = [(min(xs), min(ys), max(xs), max(ys)) for xs, ys in (zip(*line, strict=True) for line in lines)]
    points = [point for line in lines for point in line]
    columns = [
        array("I", [len(lines), len(points)]),
        array("H", map(len, lines)),
        *(array("h", side) for side in zip(*boxes, strict=True)),
        *(_steps(axis) for axis in zip(*points, strict=True)),
    ]
    if sys.byteorder == "big":
        for column in columns:
            column.byteswap()
    return b"".join(column.tobytes() for column in columns)


def _steps(values: Iterable[int]) -> "array[int]":
    """The differences between neighbors, in 16 bits: they compress to half of what the values do."""
    return array("H", [(value - before) & 0xFFFF for before, value in pairwise([0, *values])])


if __name__ == "__main__":
    DATA.write_bytes(gzip.compress(distill(json.loads(Path(sys.argv[1]).read_text())), mtime=0))
