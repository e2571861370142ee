"""The map of a shipment: the way of its parcels, and what is said of it to who can't see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from babel import Locale
from babel.lists import format_list
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, to_locale

from orders.models import Order
from tracking.map import SIZE, Dot, Map, draw_map
from tracking.models import Shipment, TrackingStatus
from tracking.timeline import SeenEvent, is_struck
from tracking.way import City, destination, way

_GOES_BACK = frozenset({TrackingStatus.RETURNING, TrackingStatus.RETURNED})


@dataclass(frozen=True, slots=True)
class MapCard:
    """A map as the inside of an SVG element, and the same in words."""

    drawing: SafeString
    words: str


def shipment_map(order: Order, shipment: Shipment, histories: Sequence[Sequence[SeenEvent]]) -> MapCard | None:
    """The map of a shipment by the scans of its parcels; None where nobody saw them at a place that is known.

    Everybody sees the same: cities, and no spot within them.
    """
    is_return = shipment.direction == Shipment.Direction.RETURN
    to = None if is_return else destination(city=order.city, region=order.region, country=order.country)
    ways = [way((event for event in events if not is_struck(event)), to=to) for events in histories]
    goal = None if shipment.status in _GOES_BACK else to
    reads_han = (get_language() or "").startswith("zh")
    drawn = draw_map(ways, goal=goal, reads_han=reads_han)
    if drawn is None:
        return None
    return MapCard(_drawing(drawn), _words([cities for cities in ways if cities], goal, reads_han=reads_han))


def _words(ways: Sequence[Sequence[City]], goal: City | None, *, reads_han: bool) -> str:
    names = dict.fromkeys(city.label(reads_han=reads_han) for city in chain.from_iterable(ways))
    told = [name for name in names if name]
    places = format_list(told, locale=Locale.parse(to_locale(get_language() or "en")))
    said = [gettext("Seen in %(places)s.") % {"places": places}] if told else []
    if goal and any(cities[-1].point != goal.point for cities in ways):
        said.append(gettext("It goes to %(place)s.") % {"place": goal.label(reads_han=reads_han)})
    return " ".join(said)


def _drawing(drawn: Map) -> SafeString:
    """The map as markup. A template would write it ten times slower, and numbers by the reader's language."""
    paths = (("land", drawn.land), ("border", drawn.borders), ("ahead", drawn.ahead), ("gone", drawn.gone))
    lines = "".join(f'<path class="map-{name}" d="{path}"/>' for name, path in paths if path)
    width, height = SIZE
    scene = f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none">{lines}</svg>'
    return SafeString(scene + "".join(map(_dot, drawn.dots)))


def _dot(dot: Dot) -> str:
    spot = f'cx="{dot.x}%" cy="{dot.y}%"'
    shapes = f'<circle class="map-glow" {spot} r="11"/>' if "here" in dot.kind else ""
    if "goal" in dot.kind:
        shapes += f'<circle class="map-ring" {spot} r="8"/>'
    if dot.kind != "goal":
        shapes += f'<circle class="map-dot" {spot} r="{4 if dot.kind == "passed" else 5}"/>'
    if dot.label:
        place = f'x="{dot.x}%" y="{dot.y}%" dx="{dot.dx}" dy="{dot.dy}" text-anchor="{dot.anchor}"'
        shapes += f"<text {place}>{escape(dot.label)}</text>"
    return f'<g class="{dot.kind}"><title>{escape(dot.name)}</title>{shapes}</g>'
