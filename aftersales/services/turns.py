"""A dispute's clock: who moves it writes a step, hands the turn on and winds the clock anew."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from logistics_portal.kernel.bulk import any_of
from logistics_portal.kernel.events import EventType, publish
from logistics_portal.kernel.state import transition

from ..events import DISPUTE_CLOSED, DISPUTE_ESCALATED, DISPUTE_OFFER_ANSWERED
from ..models import DISPUTE_TRANSITIONS, DISPUTE_TURNS, Dispute, DisputeClock, DisputeStep, Turn

CUSTOMER, MERCHANT, PORTAL = DisputeStep.Party.CUSTOMER, DisputeStep.Party.MERCHANT, DisputeStep.Party.PORTAL


def answer_by(dispute: Dispute, *, now: datetime) -> datetime:
    """By when whose turn begins now must have acted."""
    return now + timedelta(days=dispute.merchant.policy.answer_within_days)


def wind(dispute: Dispute) -> None:
    """Let the clock come back at the dispute's deadline, or stop it where there is none. Call it in a transaction."""
    DisputeClock.objects.update_or_create(
        dispute=dispute,
        defaults={"due_at": dispute.answer_by, "done_at": None if dispute.answer_by else timezone.now(), "attempts": 0},
    )


def move(dispute: Dispute, to: str, step: str, *, party: str, now: datetime, said: dict[str, Any], **more: Any) -> None:
    """Move the status, write the step, and start the next one's time. Call it in a transaction.

    Raises:
        UnableToTransition: the step can't follow, or somebody else was quicker.
    """
    runs = DISPUTE_TURNS[to] != Turn.NOBODY
    deadline = answer_by(dispute, now=now) if runs else None
    transition(dispute, to, allowed=DISPUTE_TRANSITIONS, answer_by=deadline, **more)
    DisputeStep.objects.create(dispute=dispute, kind=step, party=party, at=now, **said)
    wind(dispute)


def tell(kind: EventType, dispute: Dispute, **payload: Any) -> None:
    publish(kind, merchant_id=dispute.merchant_id, subject_id=dispute.pk, order_id=dispute.order_id, **payload)


@transaction.atomic
def pass_deadlines(clocks: Sequence[DisputeClock]) -> None:
    """Do what follows when a side let its time pass, and set when each clock comes back.

    The merchant's silence is marked, for a person to look at first. The customer's silence after a question closes the
    dispute, with a record of it; after an offer it is no consent: the offer lapses, and it is the merchant's turn.
    """
    now = timezone.now()
    found = Dispute.objects.filter(any_of("pk", [clock.dispute_id for clock in clocks]))
    locked = found.select_for_update(of=("self",)).select_related("merchant__policy").order_by("pk")
    disputes = {dispute.pk: dispute for dispute in locked}
    for clock in clocks:
        dispute = disputes[clock.dispute_id]
        if dispute.answer_by and dispute.answer_by <= now:
            _pass(dispute, now)
        has_passed = dispute.answer_by is None or dispute.answer_by <= now
        clock.due_at = None if has_passed else dispute.answer_by


def _pass(dispute: Dispute, now: datetime) -> None:
    if dispute.status == Dispute.Status.OPEN and dispute.escalated_at is None:
        Dispute.objects.filter(pk=dispute.pk).update(escalated_at=now)
        DisputeStep.objects.create(dispute=dispute, kind=DisputeStep.Kind.ESCALATED, party=PORTAL, at=now)
        tell(DISPUTE_ESCALATED, dispute)
    elif dispute.status == Dispute.Status.ASKED:
        closed = Dispute.Status.CLOSED
        move(dispute, closed, DisputeStep.Kind.CLOSED, party=PORTAL, now=now, said={}, decided_at=now)
        tell(DISPUTE_CLOSED, dispute)
    elif dispute.status == Dispute.Status.OFFERED:
        move(dispute, Dispute.Status.OPEN, DisputeStep.Kind.OFFER_LAPSED, party=PORTAL, now=now, said={})
        tell(DISPUTE_OFFER_ANSWERED, dispute, answer="lapsed")
