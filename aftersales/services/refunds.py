"""Money back: never more than was paid, never twice for one cause."""

from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from logistics_portal.kernel.errors import DomainError, Invalid
from logistics_portal.kernel.events import publish
from logistics_portal.kernel.state import transition
from orders.models import Order

from ..events import REFUND_PAID, REFUND_STARTED
from ..models import REFUND_TRANSITIONS, RETURN_TRANSITIONS, Dispute, Refund, Return

CENT = Decimal("0.01")


class UnableToRefund(DomainError):
    """There is nothing left to refund."""

    code = "nothing_to_refund"


def refundable(order: Order) -> Decimal:
    """What was paid and is not promised back yet."""
    promised = order.refunds.exclude(status=Refund.Status.CANCELED).aggregate(sum=Sum("amount"))["sum"]
    return order.total - (promised or Decimal(0))


def value_of(return_case: Return) -> Decimal:
    """What the customer paid for the returned goods: prices less their share of the order's discount."""
    order = return_case.order
    goods = sum((line.amount for line in order.lines.all()), Decimal(0))
    prices = sum((line.order_line.unit_price * line.quantity for line in return_case.lines.all()), Decimal(0))
    share = order.discount_total * prices / goods if goods else Decimal(0)
    return (prices - share).quantize(CENT, ROUND_HALF_UP)


def start_refund(
    *, order: Order, amount: Decimal, return_case: Return | None = None, dispute: Dispute | None = None
) -> Refund | None:
    """Owe the customer ``amount``, or what is left of the payment if that is less; None when nothing is.

    A second call for the same cause returns the first one's refund. Call it in a transaction.
    """
    Order.objects.select_for_update().get(pk=order.pk)  # two refunds of one order must see each other
    exists = Refund.objects.filter(return_case=return_case, dispute=dispute).first()
    if exists:
        return exists
    owed = min(amount, refundable(order))
    if owed <= 0:
        return None
    refund = Refund.objects.create(
        merchant_id=order.merchant_id,
        order=order,
        return_case=return_case,
        dispute=dispute,
        amount=owed,
        currency=order.currency,
    )
    publish(REFUND_STARTED, merchant_id=order.merchant_id, subject_id=refund.pk, order_id=order.pk)
    return refund


@transaction.atomic
def pay_refund(*, refund: Refund, reference: str) -> None:
    """Note that the merchant paid; ``reference`` is the payment provider's number of the refund.

    Raises:
        Invalid: no reference was given.
        UnableToTransition: it was paid or canceled before.
    """
    if not reference.strip():
        reason = "Give the payment provider's number of this refund, so that it can be found again."
        raise Invalid(reason, fields={"reference": [reason]})
    now = timezone.now()
    transition(refund, Refund.Status.PAID, allowed=REFUND_TRANSITIONS, paid_at=now, reference=reference.strip()[:120])
    if refund.return_case:
        transition(refund.return_case, Return.Status.REFUNDED, allowed=RETURN_TRANSITIONS, closed_at=now)
    publish(REFUND_PAID, merchant_id=refund.merchant_id, subject_id=refund.pk, order_id=refund.order_id)
