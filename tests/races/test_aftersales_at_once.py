"""Customer, staff, carrier and bank act on the same case at the same moment: one wins, and the books stay right."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Sum
from django.utils import timezone

import aftersales.services
from aftersales.gateways.base import Notice, Outcome
from aftersales.models import (
    Decision,
    Dispute,
    DisputeStep,
    Exchange,
    GatewayAccount,
    Inspection,
    OrderCheck,
    Proposal,
    Refund,
    Return,
)
from aftersales.services import Count, offers_for
from aftersales.services.paying import note_news
from inventory.models import StockLevel
from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.models import Event
from merchants.models import Merchant, Policy
from orders.models import Order
from tests import build
from tests.races.at_once import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def won(outcomes: list[object]) -> int:
    """How many acts went well; each other must have been refused in words."""
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert all(isinstance(outcome, DomainError) for outcome in refused), refused
    return len(outcomes) - len(refused)


def acts(row: Any, *each: Callable[[Any], object]) -> list[Callable[[], object]]:
    """Each act with its own copy of the row, as it was before any of them began."""
    copies = [type(row)._base_manager.get(pk=row.pk) for _act in each]
    return [lambda act=act, copy=copy: act(copy) for act, copy in zip(each, copies, strict=True)]  # type: ignore[misc]


def told(name: str) -> int:
    return Event.objects.filter(name=f"aftersales.{name}").count()


def arrived(merchant: Merchant, **changes: object) -> Order:
    order = build.order(merchant=merchant, **changes)
    build.delivered(order, at=timezone.now() - timedelta(days=1))
    return Order.objects.select_related("merchant__policy").get(pk=order.pk)


def asked(order: Order, **more: object) -> Return:
    line = order.lines.order_by("pk").first()
    assert line is not None
    return aftersales.services.request_return(order=order, reason="too_small", quantities={line.pk: 2}, **more)


def disputed(merchant: Merchant) -> Dispute:
    order = arrived(merchant)
    return aftersales.services.open_dispute(shipment=order.shipments.get(), statement="It is not here.")


def test_an_open_dispute_takes_one_step(acme: Merchant, staff: User) -> None:
    dispute = disputed(acme)
    outcomes = at_once(
        acts(
            dispute,
            lambda row: aftersales.services.ask_customer(dispute=row, question="Where?", by=staff),
            lambda row: aftersales.services.make_offer(dispute=row, resolution="refund", by=staff),
            lambda row: aftersales.services.decide_dispute(dispute=row, accept=True, note="Yes.", by=staff),
            lambda row: aftersales.services.decide_dispute(dispute=row, accept=False, note="No.", by=staff),
            lambda row: aftersales.services.withdraw_dispute(dispute=row),
        )
    )
    assert won(outcomes) == 1
    dispute.refresh_from_db()
    assert DisputeStep.objects.exclude(kind=DisputeStep.Kind.OPENED).count() == 1
    assert Refund.objects.count() == (dispute.status == Dispute.Status.ACCEPTED)
    assert (dispute.answer_by is not None) == dispute.is_running


def test_an_offer_is_answered_once_and_paid_once(acme: Merchant, staff: User) -> None:
    dispute = disputed(acme)
    aftersales.services.make_offer(dispute=dispute, resolution="partial_refund", amount=Decimal(10), by=staff)
    outcomes = at_once(
        acts(
            dispute,
            *[lambda row: aftersales.services.answer_offer(dispute=row, accept=True)] * 3,
            lambda row: aftersales.services.answer_offer(dispute=row, accept=False),
            lambda row: aftersales.services.decide_dispute(dispute=row, accept=True, note="All.", by=staff),
        )
    )
    assert won(outcomes) == 1
    dispute.refresh_from_db()
    assert told("dispute_decided") == Refund.objects.count() == (dispute.status == Dispute.Status.ACCEPTED)


def test_a_return_is_approved_kept_or_declined(acme: Merchant, staff: User) -> None:
    acme.policy.auto_approve_returns = False
    acme.policy.save()
    case = asked(arrived(acme))
    outcomes = at_once(
        acts(
            case,
            lambda row: aftersales.services.approve_return(return_case=row, by=staff),
            lambda row: aftersales.services.keep_return(return_case=row, by=staff),
            lambda row: aftersales.services.reject_return(return_case=row, by=staff, note="Worn."),
            lambda row: aftersales.services.cancel_return(return_case=row),
        )
    )
    case.refresh_from_db()
    steps = told("return_approved") + told("return_kept") + told("return_rejected") + told("return_canceled")
    assert won(outcomes) == steps  # approved, it may still be kept or called off
    assert Refund.objects.count() == (case.status == Return.Status.KEPT)
    assert Decision.objects.filter(decided_by=staff).count() == steps - told("return_canceled")


def test_goods_are_judged_once(acme: Merchant, staff: User) -> None:
    order = arrived(acme)
    line = order.lines.first()
    assert line is not None
    case = aftersales.services.receive_unannounced(order=order, pieces={line.pk: 2})
    judge = aftersales.services.judge_goods
    outcomes = at_once(
        acts(
            case,
            *[lambda row: judge(return_case=row, accept=True, note="Fine.", by=staff)] * 2,
            *[lambda row: judge(return_case=row, accept=False, note="Worn.", by=staff)] * 2,
        )
    )
    assert won(outcomes) == 1
    back = case.lines.get()
    assert back.accepted_quantity + back.declined_quantity == 2
    assert Refund.objects.count() == bool(back.accepted_quantity)


def test_goods_are_counted_once(acme: Merchant, staff: User) -> None:
    level = build.stock(acme, sku="SKU-1", on_hand=10)
    order = arrived(acme)
    line = order.lines.get(sku="SKU-1")
    case = aftersales.services.receive_unannounced(order=order, pieces={line.pk: 2})
    counts = {case.lines.get().pk: Count(resellable=2)}
    count = aftersales.services.inspect_return
    assert won(at_once(acts(case, *[lambda row: count(return_case=row, counts=counts, by=staff)] * 4))) == 1
    level.refresh_from_db()
    assert (Inspection.objects.count(), level.on_hand) == (1, 10)


def test_an_exchange_is_released_or_called_off(acme: Merchant) -> None:
    acme.policy.refund_on = "first_scan"
    acme.policy.save()
    build.stock(acme, sku="SKU-1", on_hand=10)
    order = arrived(acme, lines=[build.line(1)])
    offer = offers_for(order.lines.get())[0]
    case = asked(order, resolution="exchange", wanted={order.lines.get().pk: offer})
    outcomes = at_once(
        acts(
            case,
            lambda row: aftersales.services.note_first_scan(return_case=row),
            lambda row: aftersales.services.note_arrival(return_case=row),
            lambda row: aftersales.services.receive_return(return_case=row),
            lambda row: aftersales.services.cancel_return(return_case=row),
        )
    )
    won(outcomes)
    exchange = Exchange.objects.get()
    is_released = exchange.status == Exchange.Status.RELEASED
    assert Order.objects.exclude(pk=order.pk).count() == is_released == told("exchange_released")
    assert StockLevel.objects.get().reserved == 2 * is_released


def test_a_failed_refund_goes_one_way(acme: Merchant) -> None:
    order = arrived(acme)
    refund = aftersales.services.refund_amount(order=order, amount=Decimal(5), cause="goodwill:1", note="Sorry.")
    aftersales.services.fail_refund(refund=refund, why="The card is closed.")
    outcomes = at_once(
        acts(
            refund,
            *[lambda row: aftersales.services.retry_refund(refund=row)] * 2,
            *[lambda row: aftersales.services.retry_refund(refund=row, by_hand=True)] * 2,
            lambda row: aftersales.services.cancel_refund(refund=row, why="Settled."),
            lambda row: aftersales.services.pay_refund(refund=row, reference="re_1"),
        )
    )
    assert won(outcomes) == 1
    refund.refresh_from_db()
    assert refund.attempt == 1 + (refund.status == Refund.Status.PENDING)
    assert told("refund_paid") == (refund.status == Refund.Status.PAID)


def test_news_of_a_payment_that_come_at_once_are_told_once(acme: Merchant) -> None:
    account = GatewayAccount.objects.create(merchant=acme, gateway="stripe", label="tests")
    order = arrived(acme)
    aftersales.services.note_payment(merchant=acme, order=order, gateway="stripe", reference="pi_1")
    refund = aftersales.services.refund_amount(order=order, amount=Decimal(5), cause="goodwill:1", note="Sorry.")
    news = Notice(Outcome.PAID, "re_1", str(refund.pk))
    outcomes = at_once([lambda: note_news(account=account, notices=[news])] * 5)
    assert outcomes == [1] * 5
    refund.refresh_from_db()
    assert (refund.status, told("refund_paid")) == (Refund.Status.PAID, 1)


def test_staff_pay_back_at_most_what_was_paid(acme: Merchant) -> None:
    order = arrived(acme)
    two_thirds = (order.total * 2 / 3).quantize(Decimal("0.01"))
    pay = aftersales.services.refund_amount
    outcomes = at_once(
        acts(
            order,
            lambda row: pay(order=row, amount=two_thirds, cause="a", note="Sorry."),
            lambda row: pay(order=row, amount=two_thirds, cause="a", note="Sorry."),
            lambda row: pay(order=row, amount=two_thirds, cause="b", note="Sorry."),
            lambda row: pay(order=row, amount=two_thirds, cause="c", note="Sorry."),
        )
    )
    assert won(outcomes) in (1, 2)  # the same cause twice is one refund, told twice
    assert Refund.objects.aggregate(sum=Sum("amount"))["sum"] == two_thirds
    assert told("refund_started") == 1


def test_a_proposal_is_decided_once(acme: Merchant, staff: User) -> None:
    acme.policy.delay_percent = 50
    acme.policy.save()
    order = arrived(acme, promised_on=(timezone.now() - timedelta(days=9)).date())
    [proposal] = aftersales.services.propose_compensation(order_ids=[order.pk])
    outcomes = at_once(
        acts(
            proposal,
            *[lambda row: aftersales.services.accept_proposal(proposal=row, by=staff)] * 2,
            *[lambda row: aftersales.services.decline_proposal(proposal=row, note="No.", by=staff)] * 2,
        )
    )
    assert won(outcomes) == 1
    proposal.refresh_from_db()
    assert Refund.objects.count() == (proposal.status == Proposal.Status.ACCEPTED)


def test_a_proposal_is_paid_or_replaced_by_the_next_step(acme: Merchant, staff: User) -> None:
    """Staff pay while the clock finds that the parcel is even later: what was paid is taken off the next step."""
    Policy.objects.update(delay_days=3, delay_percent=25, delay_steps=2)
    now = timezone.now()
    order = build.order(merchant=acme, placed_at=now - timedelta(days=9), promised_on=(now - timedelta(days=4)).date())
    build.scan(build.shipment(order).parcels.get(), "in_transit", at=now - timedelta(days=8))
    [first] = aftersales.services.propose_compensation(order_ids=[order.pk])
    later = now + timedelta(days=4)
    outcomes = at_once(
        acts(
            first,
            lambda row: aftersales.services.accept_proposal(proposal=row, by=staff),
            *[lambda _: aftersales.services.propose_compensation(order_ids=[order.pk], now=later)] * 3,
        )
    )
    first.refresh_from_db()
    second = Proposal.objects.get(step=2)
    is_paid = first.status == Proposal.Status.ACCEPTED
    assert is_paid or first.status == Proposal.Status.REPLACED
    assert won(outcomes) == 3 + is_paid
    paid = first.amount if is_paid else 0
    assert second.amount == Decimal("2.45") - paid
    assert Refund.objects.count() == bool(paid)


def test_a_question_before_it_leaves_is_settled_once(acme: Merchant, staff: User) -> None:
    order = build.order(merchant=acme, line1="Lindenstraße")
    check = aftersales.services.check_orders(order_ids=[order.pk])[0]
    outcomes = at_once(
        acts(
            check,
            *[lambda row: aftersales.services.answer_check(check=row, answer="as_is")] * 2,
            lambda row: aftersales.services.answer_check(check=row, answer="cancel"),
            lambda row: aftersales.services.overrule_check(check=row, note="I know them.", by=staff),
        )
    )
    assert won(outcomes) == 1
    check.refresh_from_db()
    order.refresh_from_db()
    assert check.status != OrderCheck.Status.OPEN
    assert (check.answer == "cancel") == (order.status == Order.Status.CANCELED)


def test_the_same_goods_are_opened_again_asked_for_and_withdrawn_once(acme: Merchant, staff: User) -> None:
    order = arrived(acme, lines=[build.line(1)])
    case = asked(order)
    aftersales.services.cancel_return(return_case=case)
    pieces = {order.lines.get().pk: 2}
    outcomes = at_once(
        [
            *acts(case, *[lambda row: aftersales.services.reopen_return(return_case=row, by=staff)] * 2),
            *acts(order, *[lambda row: aftersales.services.withdraw(order=row, quantities=pieces)] * 2),
            *acts(order, *[asked] * 2),
        ]
    )
    assert won(outcomes) == 1
    assert Return.objects.exclude(status=Return.Status.CANCELED).count() == 1
