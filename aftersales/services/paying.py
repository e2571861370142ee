"""Refunds on their way through payment providers: sent, answered, and told of later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from logistics_portal.kernel.calls import Errand, Gathered, Result
from logistics_portal.kernel.claims import GiveUp
from logistics_portal.kernel.errors import Invalid, NotFound
from logistics_portal.kernel.state import transition
from merchants.models import Merchant
from orders.models import Order

from ..gateways.base import Answer, BadSignature, Notice, Outcome, Task
from ..models import REFUND_TRANSITIONS, GatewayAccount, Payment, Refund, RefundSending
from .refunds import GATEWAYS, note_failed, note_paid


@dataclass(frozen=True, slots=True)
class _Sending:
    """A refund to send, and the gateway that sends it."""

    gateway: str
    task: Task


def gather_refunds(rows: Sequence[RefundSending]) -> Gathered:
    """What the gateways need to know of the refunds that are due."""
    found = Refund.objects.filter(pk__in=[row.refund_id for row in rows]).select_related("order__payment")
    refunds = {refund.pk: refund for refund in found}
    accounts = {
        (account.merchant_id, account.gateway): account
        for account in GatewayAccount.objects.filter(
            merchant__in={refund.merchant_id for refund in refunds.values()}, is_active=True
        )
    }
    errands: list[Errand] = []
    verdicts: dict[UUID, Exception | str] = {}
    for row in rows:
        refund = refunds[row.refund_id]
        account = accounts.get((refund.merchant_id, refund.gateway))
        payment = getattr(refund.order, "payment", None)
        if refund.status != Refund.Status.PENDING:
            verdicts[row.pk] = f"The refund is {refund.status}."
        elif account is None or payment is None:
            verdicts[row.pk] = GiveUp(f"The merchant has no active account at {refund.gateway}, or no payment is known")
        else:
            errands.append(Errand((row,), _Sending(refund.gateway, _task(refund, payment, account))))
    return Gathered(errands, verdicts)


def _task(refund: Refund, payment: Payment, account: GatewayAccount) -> Task:
    return Task(
        refund_id=str(refund.pk),
        order_number=refund.order.number,
        amount=refund.amount,
        currency=refund.currency,
        payment=payment.reference,
        idempotency_key=refund.idempotency_key,
        credentials=dict(account.credentials),
        base_url=settings.GATEWAY_BASE_URLS.get(refund.gateway, ""),
    )


def send_to_gateway(sending: _Sending) -> Answer:
    return GATEWAYS[sending.gateway].refund(sending.task)


def record_refunds(results: Sequence[Result]) -> None:
    """Write what the gateways answered."""
    for result in results:
        for row in result.errand.rows:
            assert isinstance(row, RefundSending)
            refund = Refund.objects.select_for_update(of=("self",)).select_related("return_case").get(pk=row.refund_id)
            answer: Answer = result.answer
            _note(refund, answer.outcome, answer.reference, answer.failure)


def _note(refund: Refund, outcome: Outcome, reference: str, failure: str) -> None:
    """Move a refund to what its provider says; what it is already, or can't follow any more, changes nothing."""
    allowed = REFUND_TRANSITIONS[refund.status]
    now = timezone.now()
    if outcome == Outcome.PAID and Refund.Status.PAID in allowed:
        note_paid(refund, reference=reference, at=now)
    elif outcome == Outcome.FAILED and Refund.Status.FAILED in allowed:
        note_failed(refund, failure=failure)
    elif outcome == Outcome.SENT and Refund.Status.SENT in allowed:
        transition(refund, Refund.Status.SENT, allowed=REFUND_TRANSITIONS, sent_at=now, reference=reference[:120])


@transaction.atomic
def note_news(*, account: GatewayAccount, notices: Sequence[Notice]) -> int:
    """Write what a provider tells by itself; returns how many refunds it knew. News of others' refunds are left."""
    known = 0
    for notice in notices:
        refund = _refund_of(account, notice)
        if refund is None or notice.outcome == Outcome.UNKNOWN:
            continue
        known += 1
        _note(refund, notice.outcome, notice.reference, notice.failure)
    return known


def _refund_of(account: GatewayAccount, notice: Notice) -> Refund | None:
    mine = Refund.objects.select_for_update(of=("self",)).select_related("return_case")
    mine = mine.filter(merchant=account.merchant_id, gateway=account.gateway)
    try:
        key = UUID(notice.refund_id)
    except ValueError:
        key = None
    by_key = mine.filter(pk=key).first() if key else None
    if by_key and by_key.reference and notice.reference and by_key.reference != notice.reference:
        return None  # of an attempt that was given up
    return by_key or (mine.filter(reference=notice.reference).first() if notice.reference else None)


def read_news(*, account_id: UUID, body: bytes, headers: Mapping[str, str], now: datetime) -> int:
    """Verify a provider's request and write what it tells.

    Raises:
        NotFound: there is no such account.
        BadSignature: it is not the provider's.
    """
    account = GatewayAccount.objects.filter(pk=account_id, is_active=True).first()
    if account is None or account.gateway not in GATEWAYS:
        raise NotFound("There is no such account.")
    notices = GATEWAYS[account.gateway].read_notices(body, headers, secret=account.webhook_secret, now=now)
    return note_news(account=account, notices=notices)


@transaction.atomic
def note_payment(*, merchant: Merchant, order: Order, gateway: str, reference: str) -> Payment:
    """Keep how an order was paid; a second call corrects it as long as nothing was refunded.

    Raises:
        Invalid: an unknown gateway, or one that needs no payment; or refunds of the order were started.
    """
    known = GATEWAYS.get(gateway)
    if known is None or not known.needs_payment:
        names = ", ".join(code for code, one in GATEWAYS.items() if one.needs_payment)
        raise Invalid(f"“{gateway[:40]}” is no gateway of payments.", fields={"gateway": [f"Use one of: {names}."]})
    if order.refunds.exclude(status=Refund.Status.CANCELED).exists():
        raise Invalid("Refunds of this order were started: its payment can't change.", fields={"order": ["Too late."]})
    given = {"merchant": merchant, "gateway": gateway, "reference": reference.strip()}
    payment, _created = Payment.objects.update_or_create(order=order, defaults=given)
    return payment


__all__ = ["BadSignature", "gather_refunds", "note_payment", "read_news", "record_refunds", "send_to_gateway"]
