"""Compensation for parcels that came late: proposed by a rule, paid or declined by staff."""

from collections.abc import Collection
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from logistics_portal.kernel.events import publish
from logistics_portal.kernel.state import transition
from orders.models import Order

from ..events import COMPENSATION_PROPOSED
from ..models import PROPOSAL_TRANSITIONS, Decision, Proposal, Refund
from .cases import delay_facts
from .judging import as_decision, first_ruling, reason_of
from .refunds import start_refund


@transaction.atomic
def propose_compensation(*, order_ids: Collection[UUID]) -> list[Proposal]:
    """Judge orders that arrived; each is proposed a sum for once at most. Returns the new proposals."""
    late = Order.objects.filter(pk__in=order_ids, promised_on__isnull=False, proposals__isnull=True)
    late = late.filter(merchant__policy__delay_percent__gt=0)
    found = {
        order.pk: order
        for order in late.select_for_update(of=("self",), no_key=True).select_related("merchant__policy").order_by("pk")
    }
    made = []
    for order_id, case in delay_facts(found.values()).items():
        ruling = first_ruling(case)
        if ruling is None or ruling.verdict.amount is None:
            continue
        order = found[order_id]
        decision = as_decision(ruling, order=order)
        decision.save(force_insert=True)
        proposal = Proposal.objects.create(
            merchant_id=order.merchant_id,
            order=order,
            decision=decision,
            amount=ruling.verdict.amount,
            currency=order.currency,
        )
        publish(COMPENSATION_PROPOSED, merchant_id=order.merchant_id, subject_id=proposal.pk, order_id=order.pk)
        made.append(proposal)
    return made


@transaction.atomic
def accept_proposal(*, proposal: Proposal, by: User) -> Refund | None:
    """Pay what is proposed; None where nothing of the payment is left.

    Raises:
        UnableToTransition: somebody decided it before.
    """
    _decide(proposal, Proposal.Status.ACCEPTED, verdict="approve", why="", by=by)
    return start_refund(
        order=proposal.order,
        amount=proposal.amount,
        shipping=proposal.amount,
        cause=f"delay:{proposal.order_id}",
        note=reason_of(proposal.decision),
    )


@transaction.atomic
def decline_proposal(*, proposal: Proposal, note: str, by: User) -> None:
    """Pay nothing; ``note`` says why, for staff.

    Raises:
        UnableToTransition: somebody decided it before.
    """
    _decide(proposal, Proposal.Status.DECLINED, verdict="reject", why=note.strip()[:2000], by=by)


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
