"""A parcel's way drawn upon a map: where everything stands, so that a template only has to write it down.

The picture is a frame of fixed proportion. Land, borders and lines lie in a drawing that grows with the frame; dots and
names keep their size on a phone as on a desk, so their places are told in percents of the frame.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .basemap import UNITS, WORLD, Window, draw, project
from .way import City

SIZE = (600, 300)  # pixels of the drawing

_NARROW = (254, 127)  # the smallest frame in which names must not collide
_LEAST_WIDTH = 4 * UNITS
_LONGEST = 0.95 * WORLD  # what of a way fits into one map
_STEPS = 3  # widths of windows between one and its double
_GRID = 12  # places of a window within its own width
_AIR, _AIR_ABOVE = 0.1, 0.15  # shares of a frame at its edges that no dot enters

_BENT_FROM = 60  # pixels; shorter stretches are straight
_BEND = 0.14  # how far the middle of a stretch's arc lies beside it, in its length
_DOT, _RING = 7.0, 10.0  # pixels: half of a dot with its air, and of one that stands out
_LETTER, _HAN_LETTER, _LETTER_HEIGHT = 6.8, 12.5, 9  # pixels that names take
_SPOTS = 12  # stretches of a stretch, between which names must not stand
_FIRST_HAN = "\u2e80"
_NAME_MAX = 22
# Where a name may stand, best first: its anchor, and to which side of the dot it is shifted; then how far.
_SIDES = (("start", 1, 0), ("end", -1, 0), ("middle", 0, -1), ("middle", 0, 1))
_OFF, _OFF_LARGE = 10, 14
_BASE = 4  # pixels from the middle of a line of text down to its base

Point = tuple[int, int]  # in units, beyond the antimeridian where the way crosses it
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Dot:
    """A place on the map: ``x`` and ``y`` in percents of the frame; ``kind`` is passed, here, goal, or "here goal".

    ``label`` is the name as it is written beside the dot, shifted by ``dx`` and ``dy`` pixels and set from its
    ``anchor``; "" where there is no room for it.
    """

    number: int
    x: float
    y: float
    kind: str
    name: str
    label: str = ""
    anchor: str = ""
    dx: int = 0
    dy: int = 0


@dataclass(frozen=True, slots=True)
class Map:
    """What a template needs: the paths of a drawing of `SIZE`, and the dots, of which later ones lie above earlier."""

    land: str
    borders: str
    gone: str
    ahead: str
    dots: tuple[Dot, ...]


@dataclass(slots=True)
class _Sketch:
    """Ways as points of one plane. ``ends`` are where the parcels are now."""

    cities: dict[Point, City] = field(default_factory=dict)
    stretches: list[tuple[Point, Point]] = field(default_factory=list)
    ends: list[Point] = field(default_factory=list)
    goal: Point | None = None

    @property
    def ahead(self) -> list[tuple[Point, Point]]:
        """The stretches that are still to go."""
        return [(end, self.goal) for end in dict.fromkeys(self.ends) if self.goal and end != self.goal]


def draw_map(ways: Iterable[Sequence[City]], *, goal: City | None, reads_han: bool = False) -> Map | None:
    """The map of the ways of a shipment's parcels; None where nobody saw them at a place that is known.

    Args:
        goal: the city where they go or have arrived; None where nobody knows, or where they go there no more.
        reads_han: whether the reader reads names in Chinese characters.
    """
    sketch = _sketch([way for way in ways if way], goal)
    if not sketch.ends:
        return None
    window, shift = _window(sketch)
    land, borders = draw(window)
    return Map(
        land=land,
        borders=borders,
        gone="".join(_stretch(*stretch, window, shift) for stretch in sketch.stretches),
        ahead="".join(_stretch(*stretch, window, shift) for stretch in sketch.ahead),
        dots=tuple(sorted(_dots(sketch, window, shift, reads_han), key=_height)),
    )


def _sketch(ways: Sequence[Sequence[City]], goal: City | None) -> _Sketch:
    """Followed back from their end, each city lies on the shorter side of the one after it."""
    sketch = _Sketch()
    near: Point | None = None
    if goal:
        near = sketch.goal = project(*goal.point)
    for way in ways:
        points: list[Point] = []
        for city in reversed(way):
            x, y = project(*city.point)
            after = points[-1] if points else near
            point = (x + WORLD * round((after[0] - x) / WORLD) if after else x, y)
            if max((abs(point[0] - other) for other, _ in points), default=0) > _LONGEST:
                break
            points.append(point)
        near = near or points[0]
        sketch.ends.append(points[0])
        points.reverse()
        sketch.cities |= dict(zip(points, way[-len(points) :], strict=True))
        sketch.stretches += (
            stretch
            for stretch in pairwise(points)
            if stretch not in sketch.stretches and stretch[::-1] not in sketch.stretches
        )
    if goal and sketch.goal:
        sketch.cities.setdefault(sketch.goal, goal)
    return sketch


def _window(sketch: _Sketch) -> tuple[Window, int]:
    """The part of the map that shows a sketch, and the shift that brings the sketch into it.

    Windows have few sizes and places, so that many ways share one, and its land is drawn once.
    """
    bends = [_middle(*stretch) for stretch in [*sketch.stretches, *sketch.ahead]]
    xs, ys = zip(*sketch.cities, *bends, strict=True)
    across = (max(xs) - min(xs)) / (1 - 2 * _AIR - 1 / _GRID)
    down = (max(ys) - min(ys)) / (1 - 2 * _AIR_ABOVE - 1 / _GRID) * SIZE[0] / SIZE[1]
    step = math.ceil(_STEPS * math.log2(max(across, down, _LEAST_WIDTH) / _LEAST_WIDTH) - 1e-9)
    width = round(_LEAST_WIDTH * 2 ** (step / _STEPS))
    height = width * SIZE[1] / SIZE[0]
    shift = WORLD * round((max(xs) + min(xs)) / 2 / WORLD)
    middle = _snapped((max(xs) + min(xs)) / 2 - shift, width), _snapped((max(ys) + min(ys)) / 2, height)
    return Window(round(middle[0] - width / 2), round(middle[1] + height / 2), width, SIZE), shift


def _snapped(value: float, extent: float) -> float:
    grid = extent / _GRID
    return round(value / grid) * grid


def _middle(start: Point, end: Point, bend: float = _BEND) -> tuple[float, float]:
    """The middle of a stretch's arc, which bends toward the nearer pole as the shortest way on a globe does."""
    across, up = end[0] - start[0], end[1] - start[1]
    side = 1 if (across >= 0) == (start[1] + end[1] >= 0) else -1
    return (start[0] + end[0]) / 2 - side * bend * up, (start[1] + end[1]) / 2 + side * bend * across


def _stretch(start: Point, end: Point, window: Window, shift: int) -> str:
    """A stretch as a path: an arc when it is long, else a straight line."""
    (x1, y1), (x2, y2) = _pixel(start, window, shift), _pixel(end, window, shift)
    if math.hypot(x2 - x1, y2 - y1) < _BENT_FROM:
        return f"M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}"
    x, y = _pixel(_middle(start, end, 2 * _BEND), window, shift)
    return f"M{x1:.0f} {y1:.0f}Q{x:.0f} {y:.0f} {x2:.0f} {y2:.0f}"


def _pixel(point: tuple[float, float], window: Window, shift: int) -> tuple[float, float]:
    return (point[0] - shift - window.left) * window.scale, (window.top - point[1]) * window.scale


def _dots(sketch: _Sketch, window: Window, shift: int, reads_han: bool) -> Iterator[Dot]:
    placed: list[Dot] = []
    for number, (point, city) in enumerate(sketch.cities.items(), 1):
        x, y = _pixel(point, window, shift)
        is_here, is_goal = point in sketch.ends, point == sketch.goal
        kind = f"{'here' if is_here else ''} {'goal' if is_goal else ''}".strip() or "passed"
        name = city.label(reads_han=reads_han)
        placed.append(Dot(number, round(100 * x / SIZE[0], 1), round(100 * y / SIZE[1], 1), kind, name))
    stretches = [*sketch.stretches, *sketch.ahead]
    return _with_labels(placed, [spot for stretch in stretches for spot in _along(*stretch, window, shift)])


def _height(dot: Dot) -> int:
    """Where the parcel is lies above where it was, and that above where it goes to."""
    return 2 if dot.kind.startswith("here") else int(dot.kind == "passed")


def _along(start: Point, end: Point, window: Window, shift: int) -> Iterator[tuple[float, float]]:
    """Spots on a stretch, in pixels of the smallest frame."""
    (x1, y1), (x2, y2) = _pixel(start, window, shift), _pixel(end, window, shift)
    x, y = _pixel(_middle(start, end, 2 * _BEND), window, shift)
    if math.hypot(x2 - x1, y2 - y1) < _BENT_FROM:
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
    for share in (step / _SPOTS for step in range(1, _SPOTS)):
        far, near = share * share, (1 - share) * (1 - share)
        bend = 1 - far - near
        yield (
            (near * x1 + bend * x + far * x2) * _NARROW[0] / SIZE[0],
            (near * y1 + bend * y + far * y2) * _NARROW[1] / SIZE[1],
        )


def _with_labels(dots: Sequence[Dot], line: Sequence[tuple[float, float]]) -> Iterator[Dot]:
    """The dots, with names beside them where there is room, best off the line; those that matter most choose first."""
    taken = [_around(dot) for dot in dots]
    labels: dict[int, tuple[str, str, int, int]] = {}
    for dot in sorted(dots, key=lambda dot: (dot.kind == "passed", dot.number)):
        label = dot.name if len(dot.name) <= _NAME_MAX else f"{dot.name[: _NAME_MAX - 1]}…"
        best: tuple[int, Box, tuple[str, str, int, int]] | None = None
        for place in _places(dot, label) if label else ():
            box = _box(dot, *place)
            if not _is_inside(box) or any(_meet(box, other) for other in taken):
                continue
            crossed = sum(box[0] < x < box[2] and box[1] < y < box[3] for x, y in line)
            if best is None or crossed < best[0]:
                best = crossed, box, place
        if best:
            taken.append(best[1])
            labels[dot.number] = best[2]
    for dot in dots:
        yield Dot(dot.number, dot.x, dot.y, dot.kind, dot.name, *labels.get(dot.number, ()))


def _places(dot: Dot, label: str) -> Iterator[tuple[str, str, int, int]]:
    """Where a name may stand: its anchor, and its shift in pixels."""
    off = _OFF if dot.kind == "passed" else _OFF_LARGE
    for anchor, right, down in _SIDES:
        yield label, anchor, right * off, down * (off + (_LETTER_HEIGHT if down > 0 else 0)) or _BASE


def _around(dot: Dot) -> Box:
    x, y = dot.x * _NARROW[0] / 100, dot.y * _NARROW[1] / 100
    half = _DOT if dot.kind == "passed" else _RING
    return x - half, y - half, x + half, y + half


def _box(dot: Dot, label: str, anchor: str, dx: int, dy: int) -> Box:
    width = sum(_HAN_LETTER if letter >= _FIRST_HAN else _LETTER for letter in label)
    left = dot.x * _NARROW[0] / 100 + dx - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    base = dot.y * _NARROW[1] / 100 + dy
    return left, base - _LETTER_HEIGHT - 1, left + width, base + 3


def _is_inside(box: Box) -> bool:
    return box[0] >= 2 and box[1] >= 1 and box[2] <= _NARROW[0] - 2 and box[3] <= _NARROW[1] - 1


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
