"""How disputes are settled: staff ask, offer and decide; the customer answers offers; a rule may accept at once."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from logistics_portal.kernel.errors import DomainError
from orders.models import Order

from ..events import DISPUTE_DECIDED, DISPUTE_OFFER_ANSWERED, DISPUTE_OFFER_MADE, DISPUTE_QUESTION_ASKED
from ..models import Dispute, DisputeStep, Evidence, Resolution
from ..rules.base import Verdict
from ..shares import unit_of
from . import judging
from .amounts import paying_order, refundable, value_of_pieces
from .collecting import stamp
from .evidence import collect_evidence, keep_decision
from .refunds import start_refund
from .replacements import order_replacement
from .turns import CUSTOMER, MERCHANT, PORTAL, move, tell

NOTE_MAX = 4000


class UnableToDispute(DomainError):
    """The dispute can't be opened or decided like this; the message says why."""

    code = "unable_to_dispute"


def refundable_for(dispute: Dispute) -> Decimal:
    """What is left of the payment for the order; a replacement was paid with the order that it replaces."""
    return refundable(paying_order(dispute.order))


def claimed_amount(dispute: Dispute) -> Decimal:
    """What accepting the whole claim pays: what was paid for its lines; without lines, all that is left."""
    left = refundable_for(dispute)
    pieces = dict(dispute.lines.values_list("order_line", "quantity"))
    return min(left, value_of_pieces(dispute.order, pieces)) if pieces else left


def standing_offer(dispute: Dispute) -> DisputeStep | None:
    """The offer that waits for the customer's answer; None while none does."""
    if dispute.status != Dispute.Status.OFFERED:
        return None
    return dispute.steps.filter(kind=DisputeStep.Kind.OFFER).order_by("-pk").first()


@transaction.atomic
def ask_customer(*, dispute: Dispute, question: str, by: User | None) -> None:
    """Ask for more; it is the customer's turn.

    Raises:
        UnableToDispute: nothing was asked.
        UnableToTransition: the dispute does not wait for the merchant.
    """
    text = _said(question, "question", _("Write what you want to know."))
    said = {"by": by, "text": text}
    now = timezone.now()
    move(dispute, Dispute.Status.ASKED, DisputeStep.Kind.QUESTION, party=MERCHANT, now=now, said=said)
    tell(DISPUTE_QUESTION_ASKED, dispute)


@transaction.atomic
def make_offer(
    *, dispute: Dispute, resolution: str, amount: Decimal | None = None, note: str = "", by: User | None
) -> None:
    """Offer a way to settle it; it is the customer's turn.

    Args:
        amount: of money, for a part of it only.

    Raises:
        UnableToDispute: no such way, or an amount that can't be paid back.
        UnableToTransition: it is decided, or another offer stands.
    """
    amount = _checked_amount(dispute, resolution, amount)
    said = {"by": by, "text": note.strip()[:NOTE_MAX], "resolution": resolution, "amount": amount}
    now = timezone.now()
    move(dispute, Dispute.Status.OFFERED, DisputeStep.Kind.OFFER, party=MERCHANT, now=now, said=said)
    tell(DISPUTE_OFFER_MADE, dispute, resolution=resolution)


def _checked_amount(dispute: Dispute, resolution: str, amount: Decimal | None) -> Decimal | None:
    if resolution not in Resolution.values:
        raise UnableToDispute(_("Choose what the customer gets."), fields={"resolution": [_("Choose one.")]})
    if resolution == Resolution.REPLACEMENT:
        return None
    if resolution == Resolution.REFUND:
        return claimed_amount(dispute)
    left = refundable_for(dispute)
    if amount is None or not 0 < amount <= left:
        most = _("Give an amount of at most %(amount)s %(currency)s: more is not left of the payment.")
        message = most % {"amount": left, "currency": dispute.order.currency}
        raise UnableToDispute(message, fields={"amount": [message]})
    return amount.quantize(unit_of(dispute.order.currency))


@transaction.atomic
def answer_offer(*, dispute: Dispute, accept: bool, text: str = "") -> None:
    """The customer takes the offer, which settles the dispute, or declines it: then it is the merchant's turn.

    Raises:
        UnableToDispute: no offer stands.
    """
    _lock_money(dispute)
    offer = standing_offer(dispute)
    if offer is None:
        raise UnableToDispute(_("There is no offer any more. Look at the case again."))
    if accept:
        tell(DISPUTE_OFFER_ANSWERED, dispute, answer="accepted")
        _accept(dispute, DisputeStep.Kind.OFFER_ACCEPTED, CUSTOMER, offer.resolution, offer.amount, note=offer.text)
        return
    said = {"text": text.strip()[:NOTE_MAX]}
    move(dispute, Dispute.Status.OPEN, DisputeStep.Kind.OFFER_DECLINED, party=CUSTOMER, now=timezone.now(), said=said)
    tell(DISPUTE_OFFER_ANSWERED, dispute, answer="declined")


@transaction.atomic
def decide_dispute(
    *,
    dispute: Dispute,
    accept: bool,
    note: str,
    by: User | None,
    amount: Decimal | None = None,
    resolution: str = "",
) -> None:
    """A person decides; a dispute that is accepted pays back what is claimed, or ``amount`` of it.

    Args:
        by: the member of staff; None when the merchant's own system decided over the API.
        resolution: `Resolution.REPLACEMENT` grants goods instead of money.

    Raises:
        UnableToDispute: no note: the customer must be told why; or an amount that can't be paid back.
        UnableToTransition: it was decided or withdrawn before.
    """
    note = _said(note, "note", _("Say why: the customer is told."))
    _lock_money(dispute)
    if accept:
        resolution = resolution or (Resolution.REFUND if amount is None else Resolution.PARTIAL_REFUND)
        money = _checked_amount(dispute, resolution, amount)
        judging.decide_claim(dispute=dispute, decision=Dispute.Status.ACCEPTED, why=note, by=by)
        _accept(dispute, DisputeStep.Kind.ACCEPTED, MERCHANT, resolution, money, note=note, by=by)
        return
    judging.decide_claim(dispute=dispute, decision=Dispute.Status.REJECTED, why=note, by=by)
    now = timezone.now()
    said = {"by": by, "text": note}
    decided = {"decided_at": now, "decided_by": by, "decision_note": note}
    move(dispute, Dispute.Status.REJECTED, DisputeStep.Kind.REJECTED, party=MERCHANT, now=now, said=said, **decided)
    _keep(dispute, by)


def follow_verdict(*, dispute: Dispute, verdict: Verdict | None) -> None:
    """Do what a rule says of a dispute that was just opened: accept it at once, or leave it to a person."""
    if verdict is None or verdict.decision != "refund":
        return
    _lock_money(dispute)
    claimed = claimed_amount(dispute)
    money = claimed if verdict.amount is None else min(verdict.amount, refundable_for(dispute))
    resolution = Resolution.REFUND if money >= claimed else Resolution.PARTIAL_REFUND
    _accept(dispute, DisputeStep.Kind.ACCEPTED, PORTAL, resolution, money, note="")


def _accept(
    dispute: Dispute,
    step: str,
    party: str,
    resolution: str,
    amount: Decimal | None,
    *,
    note: str,
    by: User | None = None,
) -> None:
    if amount is not None:  # an offer may be older than another refund
        amount = min(amount, refundable_for(dispute))
    now = timezone.now()
    said = {"by": by, "text": note if party == MERCHANT else "", "resolution": resolution, "amount": amount}
    decided: dict[str, Any] = {
        "decided_at": now,
        "decided_by": by,
        "decision_note": note,
        "resolution": resolution,
    }
    if resolution == Resolution.REPLACEMENT:
        decided["replacement"] = order_replacement(dispute=dispute)
    move(dispute, Dispute.Status.ACCEPTED, step, party=party, now=now, said=said, awarded=amount, **decided)
    _keep(dispute, by)
    if amount:
        start_refund(order=dispute.order, amount=amount, dispute=dispute)


def _lock_money(dispute: Dispute) -> None:
    """What is left of the payment must not change between a decision and its refund."""
    Order.objects.select_for_update(of=("self",)).get(pk=paying_order(dispute.order).pk)


def _keep(dispute: Dispute, by: User | None) -> None:
    """Keep what was known and what was decided, and tell it."""
    collect_evidence(dispute=dispute, occasion=Evidence.Occasion.DECIDED, by=by)
    decision = dispute.decisions.order_by("-pk").first()
    content = {
        "verdict": str(dispute.status),
        "resolution": dispute.resolution,
        "amount": str(dispute.awarded) if dispute.awarded is not None else None,
        "currency": dispute.order.currency,
        "replacement": dispute.replacement.number if dispute.replacement else None,
        "why": dispute.decision_note,
        "by": by.get_username() if by else "",
        "rule": f"{decision.rule} {decision.rule_version}" if decision and decision.rule else "",
        "decided_at": stamp(dispute.decided_at),
    }
    keep_decision(dispute=dispute, content=content, by=by)
    tell(DISPUTE_DECIDED, dispute, verdict=str(dispute.status))


def _said(text: str, field: str, reason: str) -> str:
    if not text.strip():
        raise UnableToDispute(reason, fields={field: [reason]})
    return text.strip()[:NOTE_MAX]
