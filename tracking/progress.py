"""The five steps of an order on its way, computed from what is known."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from orders.models import Order

from .models import Shipment, TrackingStatus

DONE, NOW, OPEN = "done", "now", "open"


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    state: str  # done, now or open

    @property
    def state_label(self) -> str:
        """The state for who can't see the dot."""
        return {DONE: _("done"), NOW: _("now"), OPEN: _("still to come")}[self.state]


_REACHED: dict[str, int] = {
    TrackingStatus.PENDING: 1,
    TrackingStatus.INFO_RECEIVED: 1,
    TrackingStatus.IN_TRANSIT: 2,
    TrackingStatus.OUT_FOR_DELIVERY: 3,
    TrackingStatus.AVAILABLE_FOR_PICKUP: 3,
    TrackingStatus.ATTEMPT_FAILED: 3,
    TrackingStatus.DELIVERED: 4,
    TrackingStatus.RETURNING: 3,
    TrackingStatus.RETURNED: 4,
}
_REACHED_ORDER: dict[str, int] = {
    Order.Status.PLACED: 0,
    Order.Status.PICKING: 0,
    Order.Status.PACKED: 1,
    Order.Status.PARTLY_SHIPPED: 2,
    Order.Status.SHIPPED: 2,
}


def order_steps(order: Order) -> list[Step]:
    """The steps of an order without a shipment; none when it was canceled."""
    if order.status == Order.Status.CANCELED:
        return []
    reached = _REACHED_ORDER.get(order.status, 4)
    return _steps(_labels(None), reached, is_over=reached == 4)


def shipment_steps(shipment: Shipment) -> list[Step]:
    """The steps of a shipment. A status that tells no step (unknown, expired, exception) leaves the last known one."""
    reached = _REACHED.get(shipment.status)
    if reached is None:
        reached = 3 if shipment.out_for_delivery_at else 2 if shipment.last_event_at else 1
    return _steps(_labels(shipment.status), reached, is_over=reached == 4)


def _labels(status: str | None) -> list[str]:
    labels = [
        pgettext("step", "Ordered"),
        pgettext("step", "Packed"),
        pgettext("step", "On its way"),
        pgettext("step", "Out for delivery"),
        pgettext("step", "Delivered"),
    ]
    if status == TrackingStatus.AVAILABLE_FOR_PICKUP:
        labels[3:] = [pgettext("step", "Ready for pickup"), pgettext("step", "Picked up")]
    if status in (TrackingStatus.RETURNING, TrackingStatus.RETURNED):
        labels[3:] = [pgettext("step", "Going back"), pgettext("step", "At the sender")]
    return labels


def _steps(labels: list[str], reached: int, *, is_over: bool) -> list[Step]:
    states = [DONE if index < reached or is_over else NOW if index == reached else OPEN for index in range(len(labels))]
    return [Step(label, state) for label, state in zip(labels, states, strict=True)]
