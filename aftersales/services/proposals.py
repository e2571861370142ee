"""Compensation for parcels that are late: proposed by a rule, paid or declined by staff."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from logistics_portal.kernel.events import publish
from logistics_portal.kernel.state import transition, transition_many
from orders.models import Order

from ..events import COMPENSATION_PROPOSED
from ..models import PROPOSAL_TRANSITIONS, Decision, Proposal, Refund
from .amounts import paying_order, shipping_left
from .delays import delay_facts
from .judging import Ruling, as_decision, first_ruling, reason_of
from .refunds import start_refund

AT_ONCE = 500
FURTHEST_EAST = timedelta(hours=14)  # where the day begins first
TOO_LONG_AGO = timedelta(days=180)


@transaction.atomic
def propose_compensation(*, order_ids: Collection[UUID], now: datetime | None = None) -> list[Proposal]:
    """Judge orders that arrived or are late; each step of a delay is proposed once. Returns the new proposals."""
    late = Order.objects.filter(pk__in=order_ids, promised_on__isnull=False).exclude(status=Order.Status.CANCELED)
    late = late.filter(merchant__policy__delay_percent__gt=0)
    late = late.select_for_update(of=("self",), no_key=True).select_related("merchant__policy").order_by("pk")
    found = {order.pk: order for order in late}
    made = []
    for order_id, case in delay_facts(found.values(), now=now or timezone.now()).items():
        ruling = first_ruling(case)
        if ruling is not None and ruling.verdict.amount is not None:
            made.append(_propose(found[order_id], ruling))
    return made


def _propose(order: Order, ruling: Ruling) -> Proposal:
    """A new proposal, in place of an earlier one that nobody decided."""
    ground = Decision.Case(ruling.case.name)
    transition_many(
        Proposal.objects.filter(order=order, ground=ground),
        Proposal.Status.OPEN,
        Proposal.Status.REPLACED,
        allowed=PROPOSAL_TRANSITIONS,
        decided_at=timezone.now(),
    )
    decision = as_decision(ruling, order=order)
    decision.save(force_insert=True)
    assert ruling.verdict.amount is not None
    proposal = Proposal.objects.create(
        merchant_id=order.merchant_id,
        order=order,
        ground=ground,
        step=ruling.verdict.step,
        decision=decision,
        amount=ruling.verdict.amount,
        currency=order.currency,
    )
    publish(COMPENSATION_PROPOSED, merchant_id=order.merchant_id, subject_id=proposal.pk, order_id=order.pk)
    return proposal


def propose_for_late_parcels(*, now: datetime | None = None) -> int:
    """Judge the orders that wait for a parcel days after its promise; called by the clock.

    Returns how many proposals were made. A run that is cut off is gone on with by the next.
    """
    now = now or timezone.now()
    today = (now + FURTHEST_EAST).date()
    count, last = 0, None
    while batch := _waiting(today, after=last):
        last = batch[-1].pk
        if due := [order.pk for order in batch if _is_due(order, today)]:
            count += len(propose_compensation(order_ids=due, now=now))
    return count


def _waiting(today: date, *, after: UUID | None) -> list[Order]:
    """Orders on their way whose promise has passed, of merchants who compensate; each with its last ``step``."""
    pays = Q(merchant__policy__delay_percent__gt=0, merchant__policy__delay_days__gt=0, merchant__is_active=True)
    rows = Order.objects.filter(
        pays,
        status__in=(Order.Status.PARTLY_SHIPPED, Order.Status.SHIPPED),
        shipping_total__gt=0,
        promised_on__range=(today - TOO_LONG_AGO, today),
    )
    rows = rows.filter(pk__gt=after) if after else rows
    steps = Max("proposals__step", filter=Q(proposals__ground=Decision.Case.DELAY), default=0)
    return list(rows.annotate(step=steps).select_related("merchant__policy").order_by("pk")[:AT_ONCE])


def _is_due(order: Order, today: date) -> bool:
    """Whether a step may be due that was not proposed; which clock the address has is looked at later."""
    policy = order.merchant.policy
    assert order.promised_on is not None
    reached = min((today - order.promised_on).days // policy.delay_days, policy.delay_steps)
    last: int = order.step  # type: ignore[attr-defined]
    return reached > last


@transaction.atomic
def accept_proposal(*, proposal: Proposal, by: User) -> Refund | None:
    """Pay what is proposed; None where nothing of the payment is left.

    Raises:
        UnableToTransition: somebody decided it before, or a later one took its place.
    """
    payer = paying_order(proposal.order)
    _lock_orders(proposal.order_id, payer.pk)
    _decide(proposal, Proposal.Status.ACCEPTED, verdict="approve", why="", by=by)
    return start_refund(
        order=proposal.order,
        amount=proposal.amount,
        shipping=min(proposal.amount, shipping_left(payer)),
        cause=f"delay:{proposal.order_id}:{proposal.step}",
        note=reason_of(proposal.decision),
    )


@transaction.atomic
def decline_proposal(*, proposal: Proposal, note: str, by: User) -> None:
    """Pay nothing; ``note`` says why, for staff. The same step is not proposed again.

    Raises:
        UnableToTransition: somebody decided it before, or a later one took its place.
    """
    _lock_orders(proposal.order_id)
    _decide(proposal, Proposal.Status.DECLINED, verdict="reject", why=note.strip()[:2000], by=by)


def _lock_orders(*keys: UUID) -> None:
    """Orders before their proposals, as where these are made: a decision, too, refers to its order."""
    list(Order.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))


def _decide(proposal: Proposal, to: str, *, verdict: str, why: str, by: User) -> None:
    now = timezone.now()
    transition(proposal, to, allowed=PROPOSAL_TRANSITIONS, decided_at=now, decided_by=by)
    Decision.objects.create(
        order_id=proposal.order_id,
        case=Decision.Case.DELAY,
        verdict=verdict,
        why=why,
        amount=proposal.amount if verdict == "approve" else None,
        facts=proposal.decision.facts,
        overrules=proposal.decision if verdict == "reject" else None,
        decided_by=by,
        decided_at=now,
    )
