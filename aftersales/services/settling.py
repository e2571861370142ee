"""What a customer gets for goods that came back: accepted by itself where that is sure, else by a person."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from logistics_portal.kernel.events import publish
from logistics_portal.kernel.state import transition
from orders.models import Order

from .. import law
from ..events import GOODS_DECLINED
from ..models import MERCHANTS_FAULT, RETURN_TRANSITIONS, Refund, Return, ReturnLine
from .amounts import NOTHING, paying_order, shipping_left, value_of_pieces
from .closing import close_if_done, extra_cause
from .exchanges import release_exchange, worth_of_exchange
from .refunds import start_refund
from .returns import UnableToReturn


def lock_return(return_case: Return, *, original: Return | None = None) -> Return:
    """The row as it is now, locked; the caller's own object where it is to be changed along."""
    if original is not None:
        original.refresh_from_db(from_queryset=Return.objects.select_for_update(of=("self",)))
        return original
    rows = Return.objects.select_for_update(of=("self",)).select_related("order__merchant__policy")
    return rows.get(pk=return_case.pk)


@transaction.atomic
def judge_goods(*, return_case: Return, accept: bool, note: str, by: User | None = None) -> Refund | None:
    """A person decides of goods that are here and that no rule accepted: pay for them, or not.

    Raises:
        UnableToReturn: nothing is to be decided, or goods were declined without a reason.
    """
    return_case = lock_return(return_case, original=return_case)
    if not accept and not note.strip():
        raise UnableToReturn(_("Say why: the customer is told."), fields={"note": [_("Say why.")]})
    lines = [line for line in return_case.lines.order_by("pk") if line.undecided_quantity]
    if return_case.status != Return.Status.RECEIVED or not lines:
        raise UnableToReturn(_("Nothing of this return waits for a decision."))
    Return.objects.filter(pk=return_case.pk).update(
        decision_note=note.strip() or return_case.decision_note, decided_by=by, decided_at=timezone.now()
    )
    if not accept:
        for line in lines:
            ReturnLine.objects.filter(pk=line.pk).update(
                declined_quantity=line.declined_quantity + line.undecided_quantity
            )
        publish(
            GOODS_DECLINED,
            merchant_id=return_case.merchant_id,
            subject_id=return_case.pk,
            order_id=return_case.order_id,
        )
        close_if_done(return_case, at=timezone.now())
        return None
    refund = _pay_for(return_case, {line: line.undecided_quantity for line in lines})
    close_if_done(return_case, at=timezone.now())
    return refund


@transaction.atomic
def finish_repair(*, return_case: Return, note: str) -> None:
    """The goods were repaired, or replaced under the warranty, and are on their way to the customer.

    Raises:
        UnableToReturn: it is no repair, or nothing was said of it.
    """
    return_case = lock_return(return_case, original=return_case)
    if return_case.resolution != Return.Resolution.REPAIR:
        raise UnableToReturn(_("This return is no repair."))
    if not note.strip():
        raise UnableToReturn(_("Say what was done: the customer is told."), fields={"note": [_("Say what was done.")]})
    now = timezone.now()
    transition(return_case, Return.Status.CLOSED, allowed=RETURN_TRANSITIONS, closed_at=now, decision_note=note.strip())


def settle(return_case: Return) -> None:
    """Accept what may be accepted without a person, and pay for it, or end what has nothing to be paid."""
    if return_case.is_asked and return_case.resolution != Return.Resolution.REPAIR:
        is_at_fault = return_case.reason in MERCHANTS_FAULT
        accepted = {}
        for line in return_case.lines.order_by("pk"):
            good = line.resellable_quantity + (line.damaged_quantity if is_at_fault else 0)
            if (more := good - line.accepted_quantity - line.declined_quantity) > 0:
                accepted[line] = more
        if accepted:
            _pay_for(return_case, accepted)
    close_if_done(return_case, at=timezone.now())


def accept_as_asked(return_case: Return) -> None:
    """The policy pays before anybody looked into the parcel."""
    if return_case.resolution == Return.Resolution.REPAIR:
        return
    lines = list(return_case.lines.order_by("pk"))
    left = {line: line.quantity - line.accepted_quantity - line.declined_quantity for line in lines}
    _pay_for(return_case, {line: count for line, count in left.items() if count > 0})
    close_if_done(return_case, at=timezone.now())


def _pay_for(return_case: Return, accepted: Mapping[ReturnLine, int]) -> Refund | None:
    """The customer gets what was asked for so many more pieces: the replacement, and the money that is left."""
    order = return_case.order
    Order.objects.select_for_update(of=("self",)).get(pk=paying_order(order).pk)  # shares are given out once
    worth = value_of_pieces(order, {line.order_line_id: count for line, count in accepted.items()})
    is_first = not any(line.accepted_quantity for line in return_case.lines.all())
    given = worth_of_exchange(return_case) if is_first else NOTHING
    for line, count in accepted.items():
        line.accepted_quantity += count
        ReturnLine.objects.filter(pk=line.pk).update(accepted_quantity=line.accepted_quantity)
    release_exchange(return_case=return_case)
    shipping = _shipping_owed(return_case)
    owed = max(NOTHING, worth - given) + shipping
    if Refund.objects.filter(return_case=return_case).exists():
        return _pay_more(return_case, owed, shipping)
    return start_refund(order=order, amount=owed, shipping=shipping, return_case=return_case)


def _pay_more(return_case: Return, owed: Decimal, shipping: Decimal) -> Refund | None:
    cause = extra_cause(return_case)
    number = Refund.objects.filter(cause__startswith=cause, merchant=return_case.merchant_id).count() + 1
    return start_refund(order=return_case.order, amount=owed, shipping=shipping, cause=f"{cause}{number}")


def _shipping_owed(return_case: Return) -> Decimal:
    """Who withdraws under EU law from the whole order gets the delivery back, too."""
    if return_case.law != law.EU:
        return NOTHING
    order = return_case.order
    back: dict[UUID, int] = {}
    for line_id, count in ReturnLine.objects.filter(order_line__order=order).values_list(
        "order_line", "accepted_quantity"
    ):
        back[line_id] = back.get(line_id, 0) + count
    is_whole = all(back.get(line.pk, 0) >= line.quantity for line in order.lines.all())
    return shipping_left(order) if is_whole else NOTHING
