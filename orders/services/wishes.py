"""On which day a customer would like to get an order, as long as that can still be heeded."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.events import publish
from orders.events import DAY_WISHED
from orders.models import DayWish, Order

BEFORE_PACKED = (Order.Status.PLACED, Order.Status.PICKING)
SOONEST, LATEST = timedelta(days=2), timedelta(days=30)


class UnableToWish(DomainError):
    """The order is packed, or the day is too soon, too late, or a Sunday."""

    code = "unable_to_wish"


def wish_refusal(order: Order) -> str:
    """Why no day can be wished for any more; "" when one can."""
    if order.status in BEFORE_PACKED:
        return ""
    return _("The parcel is packed: ask the carrier for another day.")


def wished_day(order: Order) -> date | None:
    """The day that the customer wished for last."""
    last = order.day_wishes.order_by("-pk").first()
    return last.day if last else None


def wishable_days(today: date) -> list[date]:
    """The days that can be chosen, as the address's clock has ``today``: no Sundays, nobody delivers then."""
    span = range(SOONEST.days, LATEST.days + 1)
    return [day for days in span if (day := today + timedelta(days=days)).weekday() != 6]


@transaction.atomic
def wish_day(*, order: Order, day: date | None, today: date) -> None:
    """Keep the day that the customer would like; None for any day again.

    Args:
        today: on the clock of the delivery address.

    Raises:
        UnableToWish: the order is packed, or the day can't be chosen.
    """
    order.refresh_from_db(from_queryset=Order.objects.select_for_update())
    if refusal := wish_refusal(order):
        raise UnableToWish(refusal)
    if day is not None and day not in wishable_days(today):
        reason = _("Choose another day: from the day after tomorrow, within a month, no Sunday.")
        raise UnableToWish(reason, fields={"day": [reason]})
    if day == wished_day(order):
        return
    DayWish.objects.create(order=order, day=day)
    told = day.isoformat() if day else None
    publish(DAY_WISHED, merchant_id=order.merchant_id, subject_id=order.pk, day=told)
