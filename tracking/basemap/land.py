"""Land and borders within a window, as SVG paths.

``land.gz`` beside this file (`distill` makes it) holds them once for each of `TOLERANCES`: the points that a line needs
so as to be drawn with no more than this error. Coordinates are those of Mercator's projection in whole units, `UNITS`
to a degree at the equator; y grows to the north.
"""

import gzip
import math
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path

DATA = Path(__file__).with_name("land.gz")

UNITS = 160  # to a degree: a signed 16-bit number holds 204 degrees, as far as Asia reaches beyond the antimeridian
WORLD = 360 * UNITS
TOLERANCES = (3, 6, 12, 20, 30, 45, 65, 95, 140, 200, 290, 420)

PATH_MAX = 5600  # characters of one window's paths together
_LIMIT = 178.0  # Mercator's y in degrees; the pole lies infinitely far
_FINE, _FINE_WIDE = 0.6, 1.0  # pixels that a line may lie off its place; finer ones would not fit
_BORDERS_TO = 80 * UNITS  # width of a window; on wider maps they are but noise
_REACH = 205 * UNITS  # how far shapes lie from the meridian of Greenwich
_POINTS_MAX = 1800  # near a window; more would not fit into a path
_MARGIN = 4  # pixels beyond the window's edge at which shapes are cut, so that no cut is seen
_CHUNK = 48  # points of a ring that are looked at together

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the map: its left and upper edge and its width in units, its size in pixels."""

    left: int
    top: int
    width: int
    pixels: tuple[int, int]

    @property
    def scale(self) -> float:
        """Pixels to a unit."""
        return self.pixels[0] / self.width


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines with their boxes; line ``n`` has the points from ``starts[n]`` to ``starts[n + 1]``."""

    lengths: Sequence[int]
    starts: Sequence[int]
    boxes: Sequence[tuple[int, int, int, int]]  # left, bottom, right, top
    xs: Sequence[int]
    ys: Sequence[int]


@dataclass(frozen=True, slots=True)
class Level:
    """Outlines of land and borders between countries, in one fineness."""

    land: Lines
    borders: Lines


def project(latitude: float, longitude: float) -> tuple[int, int]:
    """A point in units."""
    radians = math.radians(max(-88.0, min(88.0, latitude)))
    y = math.degrees(math.log(math.tan(math.pi / 4 + radians / 2)))
    return round(longitude * UNITS), round(max(-_LIMIT, min(_LIMIT, y)) * UNITS)


@lru_cache(maxsize=512)
def draw(window: Window) -> tuple[str, str]:
    """The paths of land and of borders, of about `PATH_MAX` characters at most."""
    is_wide = window.width > _BORDERS_TO
    finest = (_FINE_WIDE if is_wide else _FINE) / window.scale
    levels = [index for index, tolerance in enumerate(TOLERANCES) if tolerance >= finest] or [len(TOLERANCES) - 1]
    land = borders = ""
    for index in levels:
        level = _level(index)
        rings = [_near(level.land, ring, shift, window) for ring, shift in _seen(level.land, window)]
        lines = [] if is_wide else list(_seen(level.borders, window))
        points = sum(map(len, rings)) + sum(level.borders.lengths[line] for line, _ in lines)
        if points > _POINTS_MAX and index != levels[-1]:
            continue
        land = "".join(f"{path}z" for ring in rings if (path := _path(_cut(ring, window), least=3)))
        borders = "".join(stroke for line, shift in lines for stroke in _strokes(level.borders, line, shift, window))
        if len(land) + len(borders) <= PATH_MAX:
            break
    return land, borders


def _seen(lines: Lines, window: Window) -> Iterator[tuple[int, int]]:
    """The lines whose box meets the window, each with the shift by which it does: the map repeats every `WORLD`."""
    margin = _MARGIN / window.scale
    left, right = window.left - margin, window.left + window.width + margin
    top = window.top + margin
    bottom = window.top - window.pixels[1] / window.scale - margin
    for shift in (-WORLD, 0, WORLD):
        if left > shift + _REACH or right < shift - _REACH:
            continue
        west, east = left - shift, right - shift
        for index, (x1, y1, x2, y2) in enumerate(lines.boxes):
            if x1 <= east and x2 >= west and y1 <= top and y2 >= bottom:
                yield index, shift


def _pixels(lines: Lines, first: int, last: int, shift: int, window: Window) -> list[Point]:
    scale, left, top = window.scale, window.left - shift, window.top
    return [
        ((x - left) * scale, (top - y) * scale) for x, y in zip(lines.xs[first:last], lines.ys[first:last], strict=True)
    ]


def _near(lines: Lines, index: int, shift: int, window: Window) -> list[Point]:
    """A ring in pixels; of its stretches that lie beyond one edge only the ends, which is all that cutting needs."""
    first, last = lines.starts[index], lines.starts[index + 1]
    if last - first <= 2 * _CHUNK:
        return _pixels(lines, first, last, shift, window)
    margin = _MARGIN / window.scale
    west, east = window.left - margin - shift, window.left + window.width + margin - shift
    north, south = window.top + margin, window.top - window.pixels[1] / window.scale - margin
    points: list[Point] = []
    for start in range(first, last, _CHUNK):
        end = min(start + _CHUNK, last)
        xs, ys = lines.xs[start:end], lines.ys[start:end]
        if max(xs) < west or min(xs) > east or max(ys) < south or min(ys) > north:
            points += _pixels(lines, start, start + 1, shift, window)
            points += _pixels(lines, end - 1, end, shift, window)
        else:
            points += _pixels(lines, start, end, shift, window)
    return points


def _cut(ring: list[Point], window: Window) -> list[Point]:
    """What of a ring lies within the window and its margin (Sutherland and Hodgman, edge by edge)."""
    width, height = window.pixels
    for axis, limit, sign in ((0, -_MARGIN, 1), (0, width + _MARGIN, -1), (1, -_MARGIN, 1), (1, height + _MARGIN, -1)):
        inside = [(point[axis] - limit) * sign >= 0 for point in ring]
        if all(inside):
            continue
        if not any(inside):
            return []
        kept: list[Point] = []
        before, was_inside = ring[-1], inside[-1]
        for point, is_inside in zip(ring, inside, strict=True):
            if is_inside != was_inside:
                kept.append(_crossing(before, point, axis, limit))
            if is_inside:
                kept.append(point)
            before, was_inside = point, is_inside
        ring = kept
    return ring


def _crossing(one: Point, other: Point, axis: int, limit: float) -> Point:
    share = (limit - one[axis]) / (other[axis] - one[axis])
    along = one[1 - axis] + (other[1 - axis] - one[1 - axis]) * share
    return (limit, along) if axis == 0 else (along, limit)


def _strokes(lines: Lines, index: int, shift: int, window: Window) -> Iterator[str]:
    """A line, broken where it leaves the window; what leaves it is drawn to the first point beyond."""
    width, height = window.pixels
    run: list[Point] = []
    before, was_near = None, False
    for point in _pixels(lines, lines.starts[index], lines.starts[index + 1], shift, window):
        is_near = -_MARGIN <= point[0] <= width + _MARGIN and -_MARGIN <= point[1] <= height + _MARGIN
        if is_near and not was_near and before is not None:
            run = [before]
        if is_near or was_near:
            run.append(point)
        if was_near and not is_near:
            yield _path(run, least=2)
            run = []
        before, was_near = point, is_near
    yield _path(run, least=2)


def _path(points: list[Point], *, least: int) -> str:
    """Points as a path in whole pixels, each told by its distance from the one before; "" for what is too small."""
    steps: list[int] = []
    x = y = 0
    for at_x, at_y in points:
        new_x, new_y = round(at_x), round(at_y)
        if not steps or new_x != x or new_y != y:
            steps += (new_x - x, new_y - y)
            x, y = new_x, new_y
    if len(steps) < 2 * least:
        return ""
    return f"M{steps[0]} {steps[1]}l{' '.join(map(str, steps[2:]))}".replace(" -", "-")


@cache
def _level(index: int) -> Level:
    data = _data()
    at = 0
    for _ in range(index):
        at = _end(data, _end(data, at))
    land = _lines(data, at)
    return Level(land, _lines(data, _end(data, at)))


@cache
def _data() -> bytes:
    return gzip.decompress(DATA.read_bytes())


def _end(data: bytes, at: int) -> int:
    """Where the table ends that `distill` wrote at a place."""
    count, total = _column("I", data, at, 2)
    return at + 8 + 10 * count + 4 * total


def _lines(data: bytes, at: int) -> Lines:
    """The table that `distill` wrote at a place."""
    count, total = _column("I", data, at, 2)
    lengths = _column("H", data, at + 8, count)
    at += 8 + 2 * count
    boxes = zip(*(_column("h", data, at + 2 * count * side, count) for side in range(4)), strict=True)
    at += 8 * count
    xs, ys = (_sums(_column("H", data, at + 2 * total * axis, total)) for axis in range(2))
    return Lines(lengths, tuple(accumulate(lengths, initial=0)), tuple(boxes), xs, ys)


def _sums(steps: Iterable[int]) -> "array[int]":
    """Coordinates of the steps between them, which were counted in 16 bits."""
    return array("h", [(total + 0x8000 & 0xFFFF) - 0x8000 for total in accumulate(steps)])


def _column(kind: str, data: bytes, at: int, count: int) -> "array[int]":
    column = array(kind)
    column.frombytes(data[at : at + count * column.itemsize])
    if sys.byteorder == "big":
        column.byteswap()
    return column
