"""What messages about returns, refunds and disputes may say."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from babel.dates import format_datetime
from django.utils import translation

from aftersales.models import Dispute, DisputeStep, OrderCheck, Refund, Resolution, Return
from aftersales.services import BEFORE_PACKED, question_of
from tracking.services import place_zone

from ..models import Message
from .base import LOCALES, Facts, Overtaken, Teller, money, subjects
from .shipments import day_in_words


def _load_returns(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    rows = Return.objects.select_related("refund", "order__merchant").prefetch_related("lines__order_line")
    return rows.in_bulk(subjects(messages))


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


def _return_reminder(message: Message, case: Return, now: datetime) -> Facts:
    facts = _return_approved(message, case, now)
    assert case.send_by_at is not None, "an approval has its end"
    return facts | {"until": day_in_words(case.send_by_at.astimezone(place_zone(case.order)).date(), message.language)}


def _withdrawal_acknowledged(message: Message, case: Return, now: datetime) -> Facts:
    """What was declared, and when, to the second: whatever became of it since, it is owed."""
    at = case.requested_at.astimezone(place_zone(case.order))
    goods = [(line.quantity, line.order_line.name) for line in case.lines.all()]
    return {"case": case.number, "at": _to_the_second(at, message.language), "goods": _listed(goods)}


def _to_the_second(at: datetime, language: str) -> str:
    """With the offset of its clock, which no reader can mistake: ``Nov 22, 2026, 9:41:07 AM (UTC+1)``."""
    shown = format_datetime(at, "medium", tzinfo=at.tzinfo, locale=LOCALES[language])
    hours, minutes = int(f"{at:%z}"[:3]), f"{at:%z}"[3:5]
    zone = f"UTC{hours:+d}" if minutes == "00" else f"UTC{hours:+d}:{minutes}"
    return f"{shown} ({zone})".replace("\u202f", " ")


def _listed(goods: Iterable[tuple[int, str]]) -> str:
    """A line a good."""
    return "\n".join(f"{count} × {name}" for count, name in goods)


def _return_received(message: Message, case: Return, now: datetime) -> Facts:
    arrived = (Return.Status.RECEIVED, Return.Status.CLOSED)
    facts = _return_in(*arrived)(message, case, now)
    if getattr(case, "refund", None):
        raise Overtaken("told", "The message about the refund says that the return arrived.")
    return facts


def _goods_declined(message: Message, case: Return, now: datetime) -> Facts:
    """What of the goods the customer gets nothing for; a person's word is the last one, so it stays news."""
    declined = [(line.declined_quantity, line.order_line.name) for line in case.lines.all() if line.declined_quantity]
    if not declined:
        raise Overtaken("overtaken", "The goods were accepted since.")
    return {"case": case.number, "note": case.decision_note, "goods": _listed(declined)}


def _load_refunds(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    return Refund.objects.select_related("return_case").in_bulk(subjects(messages))


def _refund_in(refund: Refund, language: str, *statuses: str) -> Facts:
    if refund.status not in statuses:
        raise Overtaken("overtaken", f"The refund is {refund.status} by now.")
    return {
        "amount": money(refund.amount, refund.currency, language),
        "case": refund.return_case.number if refund.return_case and refund.return_case.received_at else "",
        "reference": refund.reference,
    }


def _refund_started(message: Message, refund: Refund, now: datetime) -> Facts:
    facts = _refund_in(refund, message.language, Refund.Status.PENDING, Refund.Status.SENT)
    if refund.dispute_id:
        raise Overtaken("told", "The message about the decision tells of the refund.")
    return facts


def _refund_paid(message: Message, refund: Refund, now: datetime) -> Facts:
    return _refund_in(refund, message.language, Refund.Status.PAID)


def _refund_failed(message: Message, refund: Refund, now: datetime) -> Facts:
    """Told while it still lies there: most are sent again before anybody has missed the money."""
    return _refund_in(refund, message.language, Refund.Status.FAILED)


def _load_questions(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    return OrderCheck.objects.select_related("decision", "order").in_bulk(subjects(messages))


def _question(message: Message, check: OrderCheck, now: datetime) -> Facts:
    if check.status != OrderCheck.Status.OPEN or check.order.status not in BEFORE_PACKED:
        raise Overtaken("overtaken", f"The question is {check.status} and the order {check.order.status} by now.")
    with translation.override(message.language):
        return {"question": question_of(check)}


def _load_disputes(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    rows = Dispute.objects.select_related("refund", "order__merchant").prefetch_related("steps")
    return rows.in_bulk(subjects(messages))


def _dispute_opened(message: Message, dispute: Dispute, now: datetime) -> Facts:
    _check_dispute(dispute, Dispute.Status.OPEN)
    return {"missing": dispute.kind == Dispute.Kind.NOT_RECEIVED}


def _dispute_question(message: Message, dispute: Dispute, now: datetime) -> Facts:
    _check_dispute(dispute, Dispute.Status.ASKED)
    return {
        "question": _newest(dispute, DisputeStep.Kind.QUESTION).text,
        "until": _until(dispute, message.language),
    }


def _dispute_offer(message: Message, dispute: Dispute, now: datetime) -> Facts:
    _check_dispute(dispute, Dispute.Status.OFFERED)
    offer = _newest(dispute, DisputeStep.Kind.OFFER)
    with translation.override(message.language):
        words = str(offer.get_resolution_display())
    amount = "" if offer.amount is None else money(offer.amount, dispute.order.currency, message.language)
    return {"offer": words, "amount": amount, "note": offer.text, "until": _until(dispute, message.language)}


def _newest(dispute: Dispute, kind: str) -> DisputeStep:
    return max((step for step in dispute.steps.all() if step.kind == kind), key=lambda step: step.pk)


def _until(dispute: Dispute, language: str) -> str:
    """The last day to answer, on the clock of the delivery address."""
    assert dispute.answer_by is not None, "a dispute that waits for the customer has a deadline"
    return day_in_words(dispute.answer_by.astimezone(place_zone(dispute.order)).date(), language)


def _dispute_decided(message: Message, dispute: Dispute, now: datetime) -> Facts:
    _check_dispute(dispute, Dispute.Status.ACCEPTED, Dispute.Status.REJECTED)
    refund = getattr(dispute, "refund", None)
    return {
        "accepted": dispute.status == Dispute.Status.ACCEPTED,
        "replacement": dispute.resolution == Resolution.REPLACEMENT,
        "note": dispute.decision_note,
        "amount": money(refund.amount, refund.currency, message.language) if refund else "",
    }


def _check_dispute(dispute: Dispute, *statuses: str) -> None:
    if dispute.status not in statuses:
        raise Overtaken("overtaken", f"The dispute is {dispute.status} by now.")


TELLERS = {
    "return_requested": Teller(_load_returns, _return_in(Return.Status.REQUESTED)),
    "return_approved": Teller(_load_returns, _return_approved),
    "return_reminder": Teller(_load_returns, _return_reminder),
    "withdrawal_acknowledged": Teller(_load_returns, _withdrawal_acknowledged),
    "return_rejected": Teller(_load_returns, _return_in(Return.Status.REJECTED)),
    "return_expired": Teller(_load_returns, _return_in(Return.Status.EXPIRED)),
    "goods_declined": Teller(_load_returns, _goods_declined),
    "return_received": Teller(_load_returns, _return_received),
    "refund_started": Teller(_load_refunds, _refund_started),
    "refund_paid": Teller(_load_refunds, _refund_paid),
    "refund_failed": Teller(_load_refunds, _refund_failed),
    "question": Teller(_load_questions, _question),
    "dispute_opened": Teller(_load_disputes, _dispute_opened),
    "dispute_question": Teller(_load_disputes, _dispute_question),
    "dispute_offer": Teller(_load_disputes, _dispute_offer),
    "dispute_decided": Teller(_load_disputes, _dispute_decided),
}
