"""The right of withdrawal: a return that needs no reason and can't be declined, with its acknowledgement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import orders.services
from logistics_portal.kernel.state import transition
from orders.models import Order

from .. import law
from ..events import WITHDRAWN
from ..models import RETURN_TRANSITIONS, Reason, Return, ReturnLine
from .amounts import NOTHING, shipping_left, value_of
from .closing import close_if_done
from .judging import judge_return
from .refunds import start_refund
from .repeats import same_return
from .returnable import arrived_of, lines_left, nothing_left, nothing_to_return
from .returns import UnableToReturn, Wish, approve, open_return, tell
from .windows import Window, payers_holidays, warranty_refusal, window_of, window_refusal


def withdrawal_refusal(order: Order, window: Window | None = None) -> str:
    """Why a customer can't withdraw now; "" while the function must be shown."""
    window = window or window_of(order)
    if order.status == Order.Status.CANCELED:
        return _("This order was canceled.")
    if not window.can_withdraw:
        return _("There is no right of withdrawal for this order, or its time is over.")
    if not lines_left(order):
        return nothing_left()
    return ""


@dataclass(frozen=True, slots=True)
class Rights:
    """What the holder of an order may do with its goods now; ``window`` tells until when."""

    window: Window
    return_refusal: str
    can_withdraw: bool
    can_claim: bool

    @property
    def can_return(self) -> bool:
        return not self.return_refusal


def rights_of(order: Order) -> Rights:
    """All rights of an order at once, in a constant number of queries."""
    window = window_of(order)
    left = lines_left(order)
    nothing = nothing_to_return(left, arrived_of(order, left))
    late = window_refusal(window, order)
    return Rights(
        window=window,
        return_refusal=late or nothing,
        can_withdraw=bool(left) and window.can_withdraw and order.status != Order.Status.CANCELED,
        can_claim=bool(late) and not nothing and not warranty_refusal(window, order),
    )


@transaction.atomic
def withdraw(
    *, order: Order, quantities: Mapping[UUID, int], comment: str = "", again_within: timedelta | None = None
) -> Return:
    """A consumer withdraws from the contract, for some pieces or all. What did not leave yet need not come back.

    The same declaration once more ``again_within`` a while is a second click: it gets the return of the first.

    Raises:
        UnableToReturn: the period is over, nothing was chosen, or more than is left.
    """
    order = Order.objects.select_for_update(of=("self",)).select_related("merchant__policy").get(pk=order.pk)
    window = window_of(order)
    if again_within and window.legal:
        same = partial(same_return, order, within=again_within, quantities=quantities, comment=comment)
        if again := same(reason=Reason.CHANGED_MIND, law=window.legal.code):
            return again
    if refusal := withdrawal_refusal(order, window):
        raise UnableToReturn(refusal)
    assert window.legal is not None
    wish = Wish(reason=Reason.CHANGED_MIND, quantities=quantities, comment=comment)
    return_case = open_return(order=order, wish=wish, origin=Return.Origin.CUSTOMER, law=window.legal.code)
    _note_deadline(return_case, window)
    tell(WITHDRAWN, return_case, law=str(window.legal.code))
    judge_return(return_case)
    if order.can_be_canceled and _is_whole(return_case):
        orders.services.cancel_order(order=order)
        _pay_unsent(return_case, shipping=shipping_left(order))
    elif _is_rest(return_case):
        orders.services.call_off_rest(order=order)
        _pay_unsent(return_case, shipping=NOTHING)
    else:
        approve(return_case, note="")
        _give_time_to_send(return_case)
    return return_case


def _note_deadline(return_case: Return, window: Window) -> None:
    day = return_case.requested_at.astimezone(window.zone).date()
    holidays = payers_holidays(return_case.order)
    due = law.refund_due_on(return_case.law, withdrawn_on=day, received_on=None, sent_on=None, holidays=holidays)
    if due:
        return_case.refund_due_at = law.ends_at(due, window.zone)
        return_case.save(update_fields=["refund_due_at"])


def _give_time_to_send(return_case: Return) -> None:
    """The law's time to send the goods, where the merchant gives less."""
    at_least = return_case.requested_at + timedelta(days=law.EU_SEND_DAYS)
    if return_case.send_by_at and return_case.send_by_at < at_least:
        return_case.send_by_at = at_least
        return_case.save(update_fields=["send_by_at"])


def _is_whole(return_case: Return) -> bool:
    asked = {line.order_line_id: line.quantity for line in return_case.lines.all()}
    return all(asked.get(line.pk) == line.quantity for line in return_case.order.lines.all())


def _is_rest(return_case: Return) -> bool:
    order = return_case.order
    asked = {line.order_line_id: line.quantity for line in return_case.lines.all()}
    is_rest = all(asked.get(line.pk, 0) == line.left_to_ship for line in order.lines.all())
    return order.status == Order.Status.PARTLY_SHIPPED and is_rest


def _pay_unsent(return_case: Return, *, shipping: Decimal) -> None:
    """The goods never left: what was paid for them goes back, and ``shipping`` with it."""
    order = return_case.order
    transition(return_case, Return.Status.KEPT, allowed=RETURN_TRANSITIONS, decided_at=return_case.requested_at)
    owed = value_of(return_case)
    for line in return_case.lines.all():
        ReturnLine.objects.filter(pk=line.pk).update(accepted_quantity=line.quantity)
    start_refund(order=order, amount=owed + shipping, shipping=shipping, return_case=return_case)
    close_if_done(return_case, at=timezone.now())  # where nothing was paid, nothing is owed
