"""What the cases of returns and claims begin with: an order that arrived, a return that was asked for, goods."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

import aftersales.services
from aftersales.models import Return, ReturnLine
from aftersales.services import Count
from merchants.models import Merchant
from orders.models import Order
from tests import build


def arrived(merchant: Merchant, *, days_ago: int = 1, **changes: Any) -> Order:
    """An order whose parcel came; without changes of one line of two pieces at 19.90."""
    changes.setdefault("lines", 1)
    order = build.order(merchant=merchant, placed_at=timezone.now() - timedelta(days=days_ago + 5), **changes)
    build.delivered(order, at=timezone.now() - timedelta(days=days_ago))
    return Order.objects.select_related("merchant__policy").get(pk=order.pk)


def ask(order: Order, quantity: int = 2, **more: Any) -> Return:
    """Ask to send back so many pieces of an order's only line."""
    given = {"reason": "too_small", "quantities": {order.lines.get().pk: quantity}, **more}
    return aftersales.services.request_return(order=order, **given)


def asked(merchant: Merchant, quantity: int = 2, **more: Any) -> Return:
    """A return of an order of its own."""
    return ask(arrived(merchant), quantity, **more)


def receive(case: Return, count: Count, **more: Any) -> None:
    """So much of a return's only line is in somebody's hands."""
    aftersales.services.receive_return(return_case=case, counts={line_of(case).pk: count}, **more)


def line_of(case: Return) -> ReturnLine:
    return case.lines.get()


def put_into(case: Return, status: str) -> Return:
    """The return as it would be found in a status, whatever led there."""
    Return.objects.filter(pk=case.pk).update(status=status)
    case.refresh_from_db()
    return case
