"""How statuses may move, drawn from the very tables that the services obey."""

from collections.abc import Mapping, Sequence, Set
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


def depths(codes: Sequence[str], table: Mapping[str, Set[str]]) -> dict[str, int]:
    """For each status the longest way to it, which is its column. A step to an earlier status leads back, not on."""
    found = dict.fromkeys(codes, 0)
    for start in codes:
        for end in codes[codes.index(start) + 1 :]:
            if end in table[start]:
                found[end] = max(found[end], found[start] + 1)
    return found


def draw(status: type[TextChoices], table: Mapping[str, Set[str]]) -> Diagram:
    """The first status of each column makes the upper row; every other has a row of its own, where its arrows run."""
    codes = list(status.values)
    columns = depths(codes, table)
    steps = [(start, end) for start in codes for end in codes if end in table[start]]
    rows: dict[str, int] = {}
    for code in codes:
        is_first = columns[code] not in {columns[known] for known in rows}
        rows[code] = 0 if is_first else max(rows.values()) + 1
    passed = [columns[end] - columns[start] - 1 for start, end in steps if rows[start] == rows[end]]
    top = BOW * max(0, *passed, 0)
    boxes = {
        code: Box(code, str(status(code).label), columns[code] * STEP_X, top + rows[code] * STEP_Y, not table[code])
        for code in codes
    }
    leads_back = any(columns[end] < columns[start] for start, end in steps)
    return Diagram(
        boxes=list(boxes.values()),
        arrows=[arrow(boxes[start], boxes[end]) for start, end in steps],
        width=max(columns.values()) * STEP_X + WIDTH,
        height=top + max(rows.values()) * STEP_Y + HEIGHT + (0 if max(rows.values()) else BOW * leads_back),
    )


def arrow(start: Box, end: Box) -> str:
    """Straight to the next column; over the boxes between; down and along the row of the end; back from below."""
    passed = (end.x - start.x) // STEP_X - 1
    if end.x < start.x:
        low = start.y + HEIGHT + BOW
        bow = f"{start.middle} {low} {end.middle} {low}"
        return f"M{start.middle} {start.y + HEIGHT} C{bow} {end.middle} {end.y + HEIGHT + 4}"
    if start.y == end.y and passed:
        high = start.y - BOW * passed
        bow = f"{start.middle + 40} {high} {end.middle - 40} {high}"
        return f"M{start.middle} {start.y} C{bow} {end.middle} {end.y - 4}"
    if start.y == end.y:
        return f"M{start.x + WIDTH} {start.y + HEIGHT // 2} H{end.x - 4}"
    turns = start.x + WIDTH + (STEP_X - WIDTH) // 3
    return f"M{start.x + WIDTH} {start.y + HEIGHT // 2} H{turns} V{end.y + HEIGHT // 2} H{end.x - 4}"


class StatesView(UnfoldSiteViewMixin, TemplateView):
    """One diagram for each plan."""

    title = _("How statuses move")
    permission_required = ()
    template_name = "admin/states.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tables = [{"title": title, "diagram": draw(status, table)} for title, status, table in TABLES]
        return super().get_context_data(**kwargs) | {"tables": tables, "box_width": WIDTH, "box_height": HEIGHT}
