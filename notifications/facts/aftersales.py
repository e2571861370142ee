"""What messages about returns, refunds and disputes may say."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from aftersales.models import Dispute, Refund, Return

from ..models import Message
from .base import Facts, Overtaken, Teller, money, subjects


def _load_returns(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    return Return.objects.select_related("refund").in_bulk(subjects(messages))


def _return_in(*statuses: str) -> Callable[[Message, Return, datetime], Facts]:
    def tell(message: Message, case: Return, now: datetime) -> Facts:
        if case.status not in statuses:
            raise Overtaken("overtaken", f"The return is {case.status} by now.")
        return {"case": case.number, "note": case.decision_note}

    return tell


def _return_approved(message: Message, case: Return, now: datetime) -> Facts:
    facts = _return_in(Return.Status.APPROVED)(message, case, now)
    if case.shipment_id:
        raise Overtaken("overtaken", "The parcel is on its way back by now.")
    return facts


def _return_received(message: Message, case: Return, now: datetime) -> Facts:
    facts = _return_in(Return.Status.RECEIVED, Return.Status.REFUNDED)(message, case, now)
    if getattr(case, "refund", None):
        raise Overtaken("told", "The message about the refund says that the return arrived.")
    return facts


def _load_refunds(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    return Refund.objects.select_related("return_case").in_bulk(subjects(messages))


def _refund_in(refund: Refund, status: str, language: str) -> Facts:
    if refund.status != status:
        raise Overtaken("overtaken", f"The refund is {refund.status} by now.")
    return {
        "amount": money(refund.amount, refund.currency, language),
        "case": refund.return_case.number if refund.return_case else "",
        "reference": refund.reference,
    }


def _refund_started(message: Message, refund: Refund, now: datetime) -> Facts:
    facts = _refund_in(refund, Refund.Status.PENDING, message.language)
    if refund.dispute_id:
        raise Overtaken("told", "The message about the decision tells of the refund.")
    return facts


def _refund_paid(message: Message, refund: Refund, now: datetime) -> Facts:
    return _refund_in(refund, Refund.Status.PAID, message.language)


def _load_disputes(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    return Dispute.objects.select_related("refund").in_bulk(subjects(messages))


def _dispute_opened(message: Message, dispute: Dispute, now: datetime) -> Facts:
    _check_dispute(dispute, Dispute.Status.OPEN)
    return {}


def _dispute_decided(message: Message, dispute: Dispute, now: datetime) -> Facts:
    _check_dispute(dispute, Dispute.Status.ACCEPTED, Dispute.Status.REJECTED)
    refund = getattr(dispute, "refund", None)
    return {
        "accepted": dispute.status == Dispute.Status.ACCEPTED,
        "note": dispute.decision_note,
        "amount": money(refund.amount, refund.currency, message.language) if refund else "",
    }


def _check_dispute(dispute: Dispute, *statuses: str) -> None:
    if dispute.status not in statuses:
        raise Overtaken("overtaken", f"The dispute is {dispute.status} by now.")


TELLERS = {
    "return_requested": Teller(_load_returns, _return_in(Return.Status.REQUESTED)),
    "return_approved": Teller(_load_returns, _return_approved),
    "return_rejected": Teller(_load_returns, _return_in(Return.Status.REJECTED)),
    "return_received": Teller(_load_returns, _return_received),
    "refund_started": Teller(_load_refunds, _refund_started),
    "refund_paid": Teller(_load_refunds, _refund_paid),
    "dispute_opened": Teller(_load_disputes, _dispute_opened),
    "dispute_decided": Teller(_load_disputes, _dispute_decided),
}
