"""Money back: never more than was paid, never twice for one cause."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from logistics_portal.kernel.discover import discover
from logistics_portal.kernel.errors import DomainError, Invalid
from logistics_portal.kernel.events import publish
from logistics_portal.kernel.state import transition
from logistics_portal.kernel.work import ring
from orders.models import Order

from ..events import REFUND_FAILED, REFUND_PAID, REFUND_REQUESTED, REFUND_STARTED
from ..gateways.base import Gateway, Way
from ..models import (
    BY_HAND,
    REFUND_TRANSITIONS,
    Dispute,
    GatewayAccount,
    Payment,
    Refund,
    RefundSending,
    Return,
)
from ..shares import unit_of
from .amounts import NOTHING, paying_order, refundable
from .closing import follow_refund

GATEWAYS: dict[str, Gateway] = discover("aftersales.gateways", "Gateway")


class UnableToRefund(DomainError):
    """There is nothing left to refund, or not so much."""

    code = "nothing_to_refund"


def start_refund(
    *,
    order: Order,
    amount: Decimal,
    return_case: Return | None = None,
    dispute: Dispute | None = None,
    cause: str = "",
    note: str = "",
    shipping: Decimal = NOTHING,
) -> Refund | None:
    """Owe the customer ``amount``, or what is left of the payment if that is less; None when nothing is.

    A second call for the same cause returns the first one's refund. Call it in a transaction.

    Args:
        cause: of a refund that is neither a return's nor a dispute's, for example ``delay:<shipment id>``.
        note: why, for staff.
        shipping: the part of ``amount`` that is shipping cost.
    """
    order = Order.objects.select_for_update(of=("self",)).get(pk=paying_order(order).pk)  # refunds must see each other
    exists = Refund.objects.filter(return_case=return_case, dispute=dispute, cause=cause)
    known = (exists if return_case or dispute else exists.filter(order=order)).first()
    if known:
        return known
    owed = min(amount, refundable(order))
    if owed <= 0:
        return None
    refund = Refund.objects.create(
        merchant_id=order.merchant_id,
        order=order,
        return_case=return_case,
        dispute=dispute,
        cause=cause[:100],
        note=note,
        amount=owed,
        shipping_amount=min(shipping, owed),
        currency=order.currency,
        gateway=_gateway_for(order),
    )
    publish(REFUND_STARTED, merchant_id=order.merchant_id, subject_id=refund.pk, order_id=order.pk)
    _send(refund)
    return refund


@transaction.atomic
def refund_amount(*, order: Order, amount: Decimal, cause: str, note: str) -> Refund:
    """Staff or the merchant pay back a part of an order for a reason of their own; one refund a ``cause``.

    Raises:
        Invalid: no reason was given, or the currency has no such small coin.
        UnableToRefund: more than what is left of the payment.
    """
    if not note.strip():
        raise Invalid(_("Say why."), fields={"note": [_("Say why.")]})
    unit = unit_of(order.currency)
    if amount % unit:
        reason = _("Amounts in %(currency)s are multiples of %(unit)s.") % {"currency": order.currency, "unit": unit}
        raise Invalid(reason, fields={"amount": [reason]})
    Order.objects.select_for_update(of=("self",)).get(pk=paying_order(order).pk)
    known = Refund.objects.filter(order=paying_order(order), cause=cause).first()
    if known:
        return known
    left = refundable(paying_order(order))
    if not NOTHING < amount <= left:
        reason = _("At most %(left)s %(currency)s can be paid back.") % {"left": left, "currency": order.currency}
        raise UnableToRefund(reason, fields={"amount": [reason]})
    refund = start_refund(order=order, amount=amount, cause=cause, note=note.strip())
    assert refund is not None
    return refund


def _gateway_for(order: Order) -> str:
    """The gateway of the payment, where the merchant has an account there; else the merchant's own way; else hands."""
    accounts = set(
        GatewayAccount.objects.filter(merchant=order.merchant_id, is_active=True).values_list("gateway", flat=True)
    )
    payment = Payment.objects.filter(order=order).first()
    if payment and payment.gateway in accounts and payment.gateway in GATEWAYS:
        return payment.gateway
    own_ways = sorted(code for code in accounts if code in GATEWAYS and not GATEWAYS[code].needs_payment)
    return own_ways[0] if own_ways else BY_HAND


def _send(refund: Refund) -> None:
    """Set off what pays a pending refund."""
    gateway = GATEWAYS.get(refund.gateway)
    if gateway is None or gateway.way == Way.HAND:
        return
    if gateway.way == Way.EVENT:
        transition(refund, Refund.Status.SENT, allowed=REFUND_TRANSITIONS, sent_at=timezone.now())
        publish(REFUND_REQUESTED, merchant_id=refund.merchant_id, subject_id=refund.pk, order_id=refund.order_id)
        return
    again = {"due_at": timezone.now(), "done_at": None, "attempts": 0, "last_error": ""}
    RefundSending.objects.update_or_create(refund=refund, defaults=again)
    ring(RefundSending)


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
    note_paid(refund, reference=reference.strip(), at=timezone.now())


def note_paid(refund: Refund, *, reference: str, at: datetime) -> None:
    """A refund reached the customer. Call it in a transaction."""
    transition(
        refund,
        Refund.Status.PAID,
        allowed=REFUND_TRANSITIONS,
        paid_at=at,
        reference=reference[:120],
        failure="",
    )
    RefundSending.objects.filter(refund=refund, done_at__isnull=True).update(done_at=at)
    follow_refund(refund, at=at)
    publish(REFUND_PAID, merchant_id=refund.merchant_id, subject_id=refund.pk, order_id=refund.order_id)


@transaction.atomic
def fail_refund(*, refund: Refund, why: str) -> None:
    """Note that a refund did not go through; the money is still owed, and a return that had ended is open again.

    Raises:
        Invalid: no reason was given.
        UnableToTransition: it can't fail: it was canceled.
    """
    if not why.strip():
        raise Invalid(_("Say why."), fields={"failure": [_("Say why.")]})
    note_failed(refund, failure=why.strip())


def note_failed(refund: Refund, *, failure: str) -> None:
    """As `fail_refund`; call it in a transaction."""
    transition(refund, Refund.Status.FAILED, allowed=REFUND_TRANSITIONS, failure=(failure or "?")[:300], paid_at=None)
    RefundSending.objects.filter(refund=refund, done_at__isnull=True).update(done_at=timezone.now())
    follow_refund(refund, at=timezone.now())
    publish(REFUND_FAILED, merchant_id=refund.merchant_id, subject_id=refund.pk, order_id=refund.order_id)


@transaction.atomic
def retry_refund(*, refund: Refund, by_hand: bool = False) -> None:
    """Try a failed refund again on the same way, or ``by_hand``: then a person pays it and notes the reference.

    Raises:
        UnableToTransition: it did not fail.
    """
    changes = {"gateway": BY_HAND} if by_hand else {}
    transition(
        refund,
        Refund.Status.PENDING,
        allowed=REFUND_TRANSITIONS,
        attempt=refund.attempt + 1,
        failure="",
        reference="",
        **changes,
    )
    _send(refund)


@transaction.atomic
def cancel_refund(*, refund: Refund, why: str) -> None:
    """Call a refund off that was not sent: the money is owed no longer.

    Raises:
        Invalid: no reason was given.
        UnableToTransition: it was sent or paid.
    """
    if not why.strip():
        raise Invalid(_("Say why."), fields={"note": [_("Say why.")]})
    transition(refund, Refund.Status.CANCELED, allowed=REFUND_TRANSITIONS, note=why.strip())
    RefundSending.objects.filter(refund=refund, done_at__isnull=True).update(done_at=timezone.now())
    follow_refund(refund, at=timezone.now())
