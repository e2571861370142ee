"""Until when the goods of an order may be sent back, by law and by the merchant's policy."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from django.utils import timezone
from django.utils.translation import gettext as _

import tracking.services
from orders.models import Order
from tracking.models import Shipment, TrackingStatus

from .. import law
from ..calendars import possible_holidays, public_holidays
from ..law import Handover, Period


@dataclass(frozen=True, slots=True)
class Window:
    """The periods of an order on the clock of its address. ``legal`` is None where no law gives one."""

    zone: tzinfo
    today: date
    arrived_on: date | None
    merchants: Period
    legal: Period | None

    @property
    def best(self) -> Period:
        """Of the law's and the merchant's, the one that ends later."""
        return law.most_favorable([self.legal, self.merchants] if self.legal else [self.merchants])

    @property
    def is_open(self) -> bool:
        return self.arrived_on is not None and self.best.includes(self.today)

    @property
    def can_withdraw(self) -> bool:
        """Whether the law's period runs; in the EU also before anything arrived."""
        if self.legal is None or (self.legal.code == law.CN and self.arrived_on is None):
            return False
        return self.legal.includes(self.today)

    @property
    def ends_at(self) -> datetime | None:
        return law.ends_at(self.best.last_day, self.zone) if self.best.last_day else None


def window_of(order: Order, *, now: datetime | None = None) -> Window:
    """The periods of an order; its merchant and policy must be loaded, or are read."""
    zone = tracking.services.place_zone(order)
    today = (now or timezone.now()).astimezone(zone).date()
    sent = order.shipments.filter(direction=Shipment.Direction.OUTBOUND).values_list("status", "delivered_at")
    handovers = [
        Handover(at.astimezone(zone).date()) if status == TrackingStatus.DELIVERED and at else Handover(today, False)
        for status, at in sent
    ]
    if order.status == Order.Status.PARTLY_SHIPPED:
        handovers.append(Handover(today, by_consumer=False))  # the rest: nobody has it yet
    arrived = [one for one in handovers if one.by_consumer]
    return Window(
        zone=zone,
        today=today,
        arrived_on=max((one.on for one in arrived), default=None),
        merchants=law.merchants_period(arrived, order.merchant.policy.return_days),
        legal=law.legal_period(order.country, handovers, holidays=possible_holidays(order.country, order.region)),
    )


def payers_holidays(order: Order) -> Container[date]:
    """Where the merchant is, who pays back; of a merchant outside of the EU, which knows no others, the customer's."""
    home = order.merchant.country
    return public_holidays(home if home in law.EU_COUNTRIES else order.country)


def window_refusal(window: Window, order: Order) -> str:
    """Why the time for a return has not come or is over; "" while it runs."""
    if window.arrived_on is None:
        return _("You can send goods back once the parcel has arrived.")
    if not window.is_open:
        days = order.merchant.policy.return_days
        return _("The %d days for returns are over. Write to support if something is wrong with the goods.") % days
    return ""


def warranty_ends_on(window: Window, order: Order) -> date | None:
    """The last day of the warranty; None before anything arrived or where there is none."""
    days = order.merchant.policy.warranty_days
    return window.arrived_on + timedelta(days=days) if window.arrived_on and days else None


def warranty_refusal(window: Window, order: Order) -> str:
    """Why goods that are at fault can't be claimed any more; "" while they can."""
    last = warranty_ends_on(window, order)
    if window.arrived_on is None:
        return _("You can send goods back once the parcel has arrived.")
    if last is None or window.today > last:
        return _("The warranty of these goods is over.")
    return ""
