"""Checks before a parcel leaves: what looks wrong is asked once, of the customer or of staff."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import orders.services
from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.events import make_event, publish, publish_all
from logistics_portal.kernel.state import transition, transition_many
from orders.models import By, Order

from ..events import CHECK_OPENED, CHECK_SETTLED
from ..models import CHECK_TRANSITIONS, Decision, OrderCheck
from .judging import BY_CODE, Ruling, all_rulings, as_decision
from .order_cases import order_facts

BEFORE_PACKED = orders.services.BEFORE_PACKED
AS_IS, CANCEL, CORRECT = "as_is", "cancel", "correct"
_ASKED_OF = {"ask": OrderCheck.AskedOf.CUSTOMER, "warn": OrderCheck.AskedOf.STAFF}
Key = tuple[UUID, str, str]  # order, rule, occasion


class UnableToSettle(DomainError):
    """The question is settled, or has no such answer."""

    code = "unable_to_answer"


@transaction.atomic
def check_orders(*, order_ids: Collection[UUID]) -> list[OrderCheck]:
    """Judge orders that are not packed yet; ask what was never asked, and drop what is no longer so.

    Returns the checks that were opened. Running it again changes nothing.
    """
    open_orders = Order.objects.filter(pk__in=order_ids, status__in=BEFORE_PACKED)
    found = list(open_orders.select_for_update(of=("self",), no_key=True).select_related("merchant").order_by("pk"))
    by_id = {order.pk: order for order in found}
    rulings = {
        (order_id, ruling.rule.code, _occasion(ruling)): ruling
        for order_id, case in order_facts(found).items()
        for ruling in all_rulings(case)
    }
    _heal(OrderCheck.objects.filter(order__in=by_id), but=rulings.keys())
    asked = set(OrderCheck.objects.filter(order__in=by_id).values_list("order_id", "rule", "occasion"))
    new = {key: ruling for key, ruling in rulings.items() if key not in asked}
    decisions = [as_decision(ruling, order_id=key[0]) for key, ruling in new.items()]
    Decision.objects.bulk_create(decisions)
    checks = OrderCheck.objects.bulk_create(
        OrderCheck(
            merchant_id=by_id[order_id].merchant_id,
            order_id=order_id,
            rule=code,
            occasion=occasion,
            decision=decision,
            asked_of=_ASKED_OF[ruling.verdict.decision],
            is_blocking=ruling.rule.is_blocking,
        )
        for ((order_id, code, occasion), ruling), decision in zip(new.items(), decisions, strict=True)
    )
    publish_all(
        [
            make_event(
                CHECK_OPENED,
                merchant_id=check.merchant_id,
                subject_id=check.pk,
                order_id=check.order_id,
                rule=check.rule,
                asked_of=str(check.asked_of),
            )
            for check in checks
        ]
    )
    return checks


def _occasion(ruling: Ruling) -> str:
    """A name of the fact, without the fact: addresses are kept where they belong."""
    return hashlib.sha256(ruling.verdict.occasion.encode()).hexdigest()[:32]


def _heal(checks: Iterable[OrderCheck], *, but: Collection[Key] = ()) -> None:
    """Settle open checks of which the facts say no longer what they said. Call it in a transaction."""
    healed = [check for check in checks if (check.order_id, check.rule, check.occasion) not in but]
    rows = OrderCheck.objects.filter(pk__in=[check.pk for check in healed if check.status == OrderCheck.Status.OPEN])
    moved = transition_many(
        rows,
        OrderCheck.Status.OPEN,
        OrderCheck.Status.HEALED,
        allowed=CHECK_TRANSITIONS,
        settled_at=timezone.now(),
    )
    publish_all(
        [
            make_event(
                CHECK_SETTLED,
                merchant_id=check.merchant_id,
                subject_id=check.pk,
                order_id=check.order_id,
                rule=check.rule,
                how=str(OrderCheck.Status.HEALED),
            )
            for check in moved
        ]
    )


@transaction.atomic
def drop_checks(*, order_ids: Collection[UUID]) -> None:
    """The orders left or were called off: what was asked about them before is asked no longer."""
    _heal(OrderCheck.objects.open().filter(order__in=order_ids))


@transaction.atomic
def answer_check(*, check: OrderCheck, answer: str) -> None:
    """The customer says that it is right as it is (``as_is``), or calls the order off (``cancel``).

    Raises:
        UnableToSettle: it was settled before, or has no such answer.
        UnableToTransition: the order left meanwhile and can't be called off.
    """
    if answer not in answers_of(check) or answer not in (AS_IS, CANCEL):
        raise UnableToSettle(_("Choose one of the answers."))
    _settle(check, OrderCheck.Status.ANSWERED, answer=answer)
    if answer == CANCEL:
        orders.services.cancel_order(order=check.order)


@transaction.atomic
def correct_address(*, check: OrderCheck, **address: str) -> list[OrderCheck]:
    """The customer writes another address; the rules look at it at once. Returns what they ask of it.

    Raises:
        UnableToSettle: the question is not about the address, or it was settled before.
        UnableToChangeAddress: the order is packed, or something is missing.
    """
    if CORRECT not in answers_of(check) or check.status != OrderCheck.Status.OPEN:
        raise UnableToSettle(_("This question is settled."))
    orders.services.change_address(order=check.order, by=By.CUSTOMER, **address)
    return check_orders(order_ids=[check.order_id])


@transaction.atomic
def overrule_check(*, check: OrderCheck, note: str, by: User) -> Decision:
    """Staff let the order go as it is, and say why.

    Raises:
        UnableToSettle: no reason was given, or it was settled before.
    """
    if not note.strip():
        raise UnableToSettle(_("Say why."), fields={"note": [_("Say why.")]})
    _settle(check, OrderCheck.Status.OVERRULED, note=note.strip()[:2000], settled_by=by)
    return Decision.objects.create(
        order_id=check.order_id,
        case=Decision.Case.ORDER,
        verdict="go",
        why=note.strip()[:2000],
        facts=check.decision.facts,
        overrules=check.decision,
        decided_by=by,
    )


def _settle(check: OrderCheck, to: str, **changes: object) -> None:
    if check.status != OrderCheck.Status.OPEN:
        raise UnableToSettle(_("This question is settled."))
    transition(check, to, allowed=CHECK_TRANSITIONS, settled_at=timezone.now(), **changes)
    publish(
        CHECK_SETTLED,
        merchant_id=check.merchant_id,
        subject_id=check.pk,
        order_id=check.order_id,
        rule=check.rule,
        how=str(to),
    )


def answers_of(check: OrderCheck) -> tuple[str, ...]:
    """What the customer may choose; nothing where the rule is gone."""
    rule = BY_CODE.get(check.rule)
    return rule.answers if rule else ()


def question_of(check: OrderCheck) -> str:
    """What the customer is asked, in the reader's language; its decision must be loaded."""
    rule = BY_CODE.get(check.rule)
    if rule is None or check.decision.code not in rule.questions:
        return ""
    return _(rule.questions[check.decision.code]) % check.decision.parameters


@dataclass(frozen=True, slots=True)
class Question:
    """An open check in the customer's words."""

    pk: UUID
    words: str


def open_questions(order: Order) -> list[Question]:
    """What the customer of an order is still asked before it is packed, the most urgent first."""
    if order.status not in BEFORE_PACKED:
        return []
    asked = OrderCheck.objects.open().filter(order=order, asked_of=OrderCheck.AskedOf.CUSTOMER)
    found = asked.select_related("decision").order_by("-is_blocking", "pk")
    return [Question(check.pk, words) for check in found if (words := question_of(check))]
