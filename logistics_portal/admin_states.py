"""How statuses may move, drawn from the very tables that the services obey."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from unfold.views import UnfoldSiteViewMixin

from aftersales.models import DISPUTE_TRANSITIONS, REFUND_TRANSITIONS, RETURN_TRANSITIONS, Dispute, Refund, Return
from notifications.models import MESSAGE_TRANSITIONS, Message
from orders.models import ORDER_TRANSITIONS, Order

WIDTH, HEIGHT = 150, 46  # of a box
STEP_X, STEP_Y = 200, 84
BOW = 26  # how much higher an arrow flies for each box that it passes

TABLES = (
    (_("Order"), Order.Status, ORDER_TRANSITIONS),
    (_("Return"), Return.Status, RETURN_TRANSITIONS),
    (_("Refund"), Refund.Status, REFUND_TRANSITIONS),
    (_("Dispute"), Dispute.Status, DISPUTE_TRANSITIONS),
    (_("Message"), Message.Status, MESSAGE_TRANSITIONS),
)


@dataclass(frozen=True, slots=True)
class Box:
    code: str
    label: str
    x: int
    y: int
    is_end: bool

    @property
    def middle(self) -> int:
        return self.x + WIDTH // 2


@dataclass(frozen=True, slots=True)
class Diagram:
    boxes: list[Box]
    arrows: list[str]  # SVG paths
    width: int
    height: int


def depths(table: Mapping[str, Set[str]]) -> dict[str, int]:
    """For each status the longest way to it, which is its column; the tables have no circles."""
    found = dict.fromkeys(table, 0)
    for _round in table:
        for start, ends in table.items():
            for end in ends:
                found[end] = max(found[end], found[start] + 1)
    return found


def draw(status: type[TextChoices], table: Mapping[str, Set[str]]) -> Diagram:
    """Boxes in columns by depth, in rows by the order of the enumeration; room above for the arrows that bow."""
    depth = depths(table)
    top = BOW * max(depth.values()) + 4
    rows: dict[int, int] = {}
    boxes: dict[str, Box] = {}
    for code in status.values:
        column = depth[code]
        row = rows.get(column, 0)
        rows[column] = row + 1
        boxes[code] = Box(code, str(status(code).label), column * STEP_X, top + row * STEP_Y, not table[code])
    arrows = [
        arrow(boxes[start], boxes[end]) for start in status.values for end in status.values if end in table[start]
    ]
    width = (max(depth.values()) + 1) * STEP_X - (STEP_X - WIDTH)
    return Diagram(list(boxes.values()), arrows, width, top + max(rows.values()) * STEP_Y - (STEP_Y - HEIGHT))


def arrow(start: Box, end: Box) -> str:
    """Straight to the next column; over the boxes between when they are in the first row; else from below."""
    passed = (end.x - start.x) // STEP_X - 1
    if start.y == end.y and passed:
        high = start.y - BOW * passed
        return (
            f"M{start.middle} {start.y} C{start.middle + 40} {high} {end.middle - 40} {high} {end.middle} {end.y - 4}"
        )
    if start.y == end.y:
        return f"M{start.x + WIDTH} {start.y + HEIGHT // 2} L{end.x - 4} {end.y + HEIGHT // 2}"
    if start.y < end.y:
        enters = end.y + HEIGHT // 2
        return f"M{start.middle} {start.y + HEIGHT} C{start.middle} {enters} {end.x - 60} {enters} {end.x - 4} {enters}"
    return f"M{start.x + WIDTH} {start.y + HEIGHT // 2} L{end.x - 4} {end.y + HEIGHT // 2}"


class StatesView(UnfoldSiteViewMixin, TemplateView):
    """One diagram for each plan."""

    title = _("How statuses move")
    permission_required = ()
    template_name = "admin/states.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tables = [{"title": title, "diagram": draw(status, table)} for title, status, table in TABLES]
        return super().get_context_data(**kwargs) | {"tables": tables, "box_width": WIDTH, "box_height": HEIGHT}
