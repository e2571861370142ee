"""A return on one line: the original parcel, the way back, and what the customer gets for it; and whose turn it is."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from django.utils.translation import gettext as _

from orders.models import Order
from tracking.models import TrackingStatus

from .models import RETURN_TURNS, Exchange, Refund, Return

_ENDED = (Return.Status.REJECTED, Return.Status.EXPIRED, Return.Status.CANCELED)
_TONES: dict[str, str] = {
    Return.Status.CLOSED: "good",
    Return.Status.REJECTED: "bad",
    Return.Status.CANCELED: "quiet",
    Return.Status.EXPIRED: "quiet",
    Return.Status.PARTLY_RECEIVED: "warn",
}
_SEEN = (TrackingStatus.PENDING, TrackingStatus.INFO_RECEIVED, TrackingStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Station:
    """A station of the line: ``state`` is done, now, or open for what is ahead."""

    label: str
    state: str
    detail: str = ""

    @property
    def state_label(self) -> str:
        return {"done": _("done"), "now": _("now")}.get(self.state, _("still to come"))


@dataclass(frozen=True, slots=True)
class Story:
    """What a return's line shows. ``turn`` is customer, merchant or ""; dates are those of the delivery address."""

    stations: list[Station]
    turn: str
    tone: str
    send_by: date | None
    refund_by: date | None
    days_left: int | None  # until `refund_by`; negative when it passed
    waits_for_replacement: bool = False  # the goods are settled, and what is given for them is not here yet

    @property
    def days_over(self) -> int:
        return -(self.days_left or 0)


def story_of(case: Return, *, zone: tzinfo, now: datetime) -> Story:
    """The story of a return whose refund, exchange and shipment are loaded; nothing is asked of the database else."""
    refund: Refund | None = getattr(case, "refund", None)
    exchange: Exchange | None = getattr(case, "exchange", None)
    turn = "customer" if case.can_be_sent else RETURN_TURNS.get(case.status, "")
    if case.status == Return.Status.APPROVED and not case.can_be_sent:
        turn = ""  # the carrier's
    refund_by = case.refund_due_at.astimezone(zone).date() if case.refund_due_at else None
    is_open = case.closed_at is None and not (refund and refund.status == Refund.Status.PAID)
    return Story(
        stations=_stations(case, refund, exchange),
        turn=turn,
        tone="warn" if turn == "customer" else _TONES.get(case.status, "move"),
        send_by=case.send_by_at.astimezone(zone).date() if case.send_by_at and case.can_be_sent else None,
        refund_by=_last_day(refund_by) if refund_by and is_open else None,
        days_left=(_last_day(refund_by) - now.astimezone(zone).date()).days if refund_by and is_open else None,
        waits_for_replacement=_waits_for_replacement(case, exchange),
    )


def _waits_for_replacement(case: Return, exchange: Exchange | None) -> bool:
    if case.status != Return.Status.CLOSED or exchange is None or exchange.order is None:
        return False
    return exchange.order.status not in (Order.Status.COMPLETED, Order.Status.CANCELED)


def _last_day(ends_on: date) -> date:
    """A deadline is the begin of the day after the last one."""
    return date.fromordinal(ends_on.toordinal() - 1)


def _stations(case: Return, refund: Refund | None, exchange: Exchange | None) -> list[Station]:
    first = _("Not accepted") if case.origin == Return.Origin.REFUSED else _("Your parcel")
    stations = [Station(first, "done"), _way_back(case), _reception(case)]
    if case.status in _ENDED:
        return [stations[0], Station(case.get_status_display(), "now")]
    if case.status == Return.Status.KEPT or (case.received_at is None and case.status == Return.Status.CLOSED):
        stations = [stations[0], Station(_("You keep it"), "done")]
    if exchange:
        stations.append(_replacement(exchange))
    if case.resolution == Return.Resolution.REPAIR:
        stations.append(Station(_("Repair"), "done" if case.closed_at else "now" if case.received_at else "open"))
    elif refund or not exchange:
        stations.append(_money(case, refund))
    return stations


def _way_back(case: Return) -> Station:
    if case.received_at:
        return Station(_("On its way back"), "done")
    if case.status == Return.Status.REQUESTED:
        return Station(_("Return requested"), "now")
    if case.shipment is None:
        return Station(_("To be sent"), "now")
    is_moving = case.shipment.status not in _SEEN
    return Station(_("On its way back"), "now", case.shipment.last_place if is_moving else "")


def _reception(case: Return) -> Station:
    if case.status == Return.Status.PARTLY_RECEIVED:
        return Station(_("Partly received"), "now")
    return Station(_("With the sender"), "done" if case.received_at else "open")


def _replacement(exchange: Exchange) -> Station:
    if exchange.status == Exchange.Status.CANCELED:
        return Station(_("Replacement called off"), "open")
    order = exchange.order
    if order is None:
        return Station(_("Replacement"), "open", _("Put aside for you"))
    is_here = order.status == Order.Status.COMPLETED
    return Station(_("Replacement"), "done" if is_here else "now", order.get_status_display())


def _money(case: Return, refund: Refund | None) -> Station:
    if refund is None:
        if case.status == Return.Status.CLOSED:
            return Station(_("No refund"), "done")
        return Station(_("Refund"), "now" if case.status == Return.Status.RECEIVED else "open")
    if refund.status == Refund.Status.PAID:
        return Station(_("Refund paid"), "done")
    return Station(refund.get_status_display(), "now")
