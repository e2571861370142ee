"""Returns, refunds and disputes: in time, within what was bought, never more money than was paid."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import Error, transaction
from django.utils import timezone

import aftersales.services
import tracking.services
from aftersales.models import Decision, Dispute, Evidence, Refund, Return
from aftersales.rules.base import ReturnCase
from aftersales.services import UnableToDispute, UnableToReturn, refundable, return_refusal, returnable_lines
from aftersales.services.disputes import PATIENCE
from aftersales.services.evidence import digest_of
from aftersales.services.judging import RULES
from inventory.models import Item, StockLevel
from logistics_portal.kernel import work
from logistics_portal.kernel.errors import Invalid
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.state import UnableToTransition
from merchants.models import Merchant, Policy
from orders.models import Order
from tests import build

pytestmark = pytest.mark.django_db


def arrived(merchant: Merchant, *, days_ago: int = 1, **changes: Any) -> Order:
    order = build.order(merchant=merchant, placed_at=timezone.now() - timedelta(days=days_ago + 5), **changes)
    build.delivered(order, at=timezone.now() - timedelta(days=days_ago))
    return Order.objects.get(pk=order.pk)


def ask(order: Order, *quantities: int, reason: str = "too_small") -> Return:
    lines = order.lines.order_by("pk")
    wanted = {line.pk: quantity for line, quantity in zip(lines, quantities, strict=False)}
    return aftersales.services.request_return(order=order, reason=reason, comment="", quantities=wanted)


def dispute(order: Order) -> Dispute:
    return aftersales.services.open_dispute(shipment=order.shipments.get(), statement="It is not here.")


# Asking for a return.


def test_a_return_in_policy_is_approved_by_a_rule_that_can_be_replayed(acme: Merchant) -> None:
    return_case = ask(arrived(acme), 1)
    assert return_case.status == Return.Status.APPROVED
    decision = Decision.objects.get()
    rule = next(rule for rule in RULES if rule.code == decision.rule)
    verdict = rule.judge(ReturnCase.from_facts(decision.facts))
    assert (verdict.decision, verdict.why, rule.version) == (decision.verdict, decision.why, decision.rule_version)


def test_nothing_is_sent_back_before_it_arrived(order: Order) -> None:
    build.shipment(order)
    assert return_refusal(order)
    with pytest.raises(UnableToReturn):
        ask(order, 1)


@pytest.mark.parametrize(("days", "allowed"), [(29, True), (30, True), (32, False), (400, False)])
def test_the_window_ends(acme: Merchant, days: int, allowed: bool) -> None:
    order = arrived(acme, days_ago=days)
    assert (return_refusal(order) == "") is allowed


@pytest.mark.parametrize("quantities", [(0,), (3,), (-1,), (2, 3)])
def test_at_most_what_was_bought(acme: Merchant, quantities: tuple[int, ...]) -> None:
    with pytest.raises(UnableToReturn):
        ask(arrived(acme), *quantities)
    assert not Return.objects.exists()
    assert not Event.objects.filter(name__startswith="aftersales").exists()


def test_lines_of_another_order_are_refused(acme: Merchant, rival: Merchant) -> None:
    order, strange = arrived(acme), arrived(rival)
    with pytest.raises(UnableToReturn):
        aftersales.services.request_return(
            order=order, reason="too_small", comment="", quantities={strange.lines.first().pk: 1}
        )


def test_an_unknown_reason_is_refused_and_named(acme: Merchant) -> None:
    with pytest.raises(UnableToReturn) as refused:
        ask(arrived(acme), 1, reason="because")
    assert "reason" in refused.value.fields


def test_other_returns_count_and_canceled_ones_do_not(acme: Merchant) -> None:
    order = arrived(acme, lines=1)
    first = ask(order, 2)
    assert returnable_lines(order) == []
    with pytest.raises(UnableToReturn):
        ask(order, 1)
    aftersales.services.cancel_return(return_case=first)
    assert [one.quantity for one in returnable_lines(order)] == [2]
    ask(order, 1)


def test_goods_that_may_not_come_back(acme: Merchant) -> None:
    order = arrived(acme, lines=1)
    Item.objects.update(is_returnable=False)
    assert return_refusal(order)


def test_a_person_decides_what_no_rule_does(acme: Merchant, staff: User) -> None:
    Policy.objects.update(auto_approve_up_to=Decimal("10.00"))
    return_case = ask(arrived(acme), 1)
    assert return_case.status == Return.Status.REQUESTED
    with pytest.raises(UnableToReturn):
        aftersales.services.reject_return(return_case=return_case, by=staff, note="  ")
    aftersales.services.approve_return(return_case=return_case, by=staff, note="Kindness.")
    assert Decision.objects.get(decided_by=staff).verdict == "approve"
    with pytest.raises(UnableToTransition):
        aftersales.services.reject_return(return_case=return_case, by=staff, note="No.")
    assert Decision.objects.filter(decided_by=staff).count() == 1, "a refused decision leaves no record of itself"


def test_somebody_who_sends_much_back_is_looked_at_by_a_person(acme: Merchant) -> None:
    order = arrived(acme, lines=[build.line(1, quantity=20)])
    seen = [ask(order, 1).status for _ in range(12)]
    assert seen == [Return.Status.APPROVED] * 10 + [Return.Status.REQUESTED] * 2


@pytest.mark.parametrize("length", [1, 53, 54, 55, 60, 64])
def test_returns_of_long_order_numbers_have_numbers_of_their_own(acme: Merchant, length: int) -> None:
    orders = [arrived(acme, number=f"{'N' * (length - 1)}{end}") for end in "AB"]
    numbers = [ask(order, 1).number for order in orders for _ in range(2)]
    assert len(set(numbers)) == 4
    assert max(map(len, numbers)) <= 64


# The way back.


def test_the_parcel_back_is_given_once_and_only_to_an_approved_return(acme: Merchant) -> None:
    return_case = ask(arrived(acme), 1)
    sent = aftersales.services.send_return(return_case=return_case, carrier="dhl", tracking_number="RET123")
    assert sent.direction == "return"
    for number in ("RET123", "RET456"):
        with pytest.raises(UnableToReturn):
            aftersales.services.send_return(return_case=return_case, carrier="dhl", tracking_number=number)
    with pytest.raises(UnableToReturn):
        aftersales.services.cancel_return(return_case=return_case)


def test_a_parcel_back_that_can_not_be_made_leaves_the_return_as_it_was(acme: Merchant) -> None:
    return_case = ask(arrived(acme), 1)
    with pytest.raises(tracking.services.UnableToShip):
        aftersales.services.send_return(return_case=return_case, carrier="dhl", tracking_number="!")
    return_case.refresh_from_db()
    assert (return_case.status, return_case.shipment) == (Return.Status.APPROVED, None)


def test_its_arrival_starts_the_refund_however_often_it_is_told(acme: Merchant) -> None:
    return_case = ask(arrived(acme), 1)
    sent = aftersales.services.send_return(return_case=return_case, carrier="dhl", tracking_number="RET123")
    build.scan(sent.parcels.get(), "delivered")
    work.drain()
    Event.objects.update(done_at=None, due_at=timezone.now())
    work.drain()
    assert Refund.objects.count() == 1
    return_case.refresh_from_db()
    assert return_case.status == Return.Status.RECEIVED
    assert Order.objects.get().status == Order.Status.COMPLETED


def test_damaged_goods_do_not_go_back_on_the_shelf(acme: Merchant) -> None:
    build.stock(acme, on_hand=10)
    for reason, on_hand in (("too_small", 9), ("damaged", 7)):
        order = arrived(acme, lines=[build.line(1, quantity=2)])
        aftersales.services.receive_return(return_case=ask(order, 1, reason=reason))
        assert StockLevel.objects.get().on_hand == on_hand


# Money.


def test_a_refund_is_the_goods_less_their_share_of_the_discount(acme: Merchant) -> None:
    order = arrived(acme, discount_total=Decimal("7.96"))  # a tenth of 79.60
    aftersales.services.receive_return(return_case=ask(order, 1))
    assert Refund.objects.get().amount == Decimal("17.91")


def test_all_refunds_together_are_at_most_what_was_paid(acme: Merchant, staff: User) -> None:
    order = arrived(acme)
    aftersales.services.receive_return(return_case=ask(order, 2))
    opened = dispute(order)
    aftersales.services.decide_dispute(dispute=opened, accept=True, note="Yes.", by=staff)
    amounts = [refund.amount for refund in Refund.objects.order_by("pk")]
    assert amounts == [Decimal("39.80"), order.total - Decimal("39.80")]
    assert refundable(order) == 0
    aftersales.services.receive_return(return_case=ask(order, 0, 2))
    assert Refund.objects.count() == 2, "nothing is left to pay back"


def test_a_refund_is_paid_once_and_closes_its_return(acme: Merchant) -> None:
    return_case = ask(arrived(acme), 1)
    aftersales.services.receive_return(return_case=return_case)
    refund = Refund.objects.get()
    with pytest.raises(Invalid):
        aftersales.services.pay_refund(refund=refund, reference=" ")
    aftersales.services.pay_refund(refund=refund, reference="re_1")
    with pytest.raises(UnableToTransition):
        aftersales.services.pay_refund(refund=refund, reference="re_2")
    return_case.refresh_from_db()
    refund.refresh_from_db()
    assert (return_case.status, refund.reference) == (Return.Status.CLOSED, "re_1")


# Disputes.


def test_what_was_known_is_kept_with_its_seal(acme: Merchant, staff: User) -> None:
    order = arrived(acme)
    opened = dispute(order)
    known = Evidence.objects.get(kind=Evidence.Kind.TIMELINE)
    assert [event["status"] for event in known.content["events"]] == ["delivered", "out_for_delivery", "in_transit"]
    build.scan(order.shipments.get().parcels.get(), "exception")
    known.refresh_from_db()
    assert len(known.content["events"]) == 3
    aftersales.services.decide_dispute(dispute=opened, accept=False, note="It is at your neighbor's.", by=staff)
    pieces = Evidence.objects.all()
    assert {"statement", "order", "timeline", "proof", "policy", "decision"} <= {piece.kind for piece in pieces}
    assert all(piece.digest == digest_of(piece.content) for piece in pieces)


def test_the_database_refuses_to_change_evidence_and_scans(acme: Merchant) -> None:
    dispute(arrived(acme))
    for change in (
        lambda: Evidence.objects.update(digest="0"),
        lambda: Evidence.objects.all().delete(),
        lambda: acme.shipments.get().parcels.get().events.update(status="pending"),
    ):
        with pytest.raises(Error), transaction.atomic():
            change()


def test_a_parcel_under_way_is_waited_for(order: Order) -> None:
    shipment = build.shipment(order, at=timezone.now() - PATIENCE - timedelta(days=2))
    build.scan(shipment.parcels.get(), "in_transit", at=timezone.now() - timedelta(days=1))
    with pytest.raises(UnableToDispute):
        dispute(order)


def test_a_parcel_of_which_nobody_hears_may_be_disputed(order: Order) -> None:
    shipment = build.shipment(order, at=timezone.now() - PATIENCE - timedelta(days=2))
    build.scan(shipment.parcels.get(), "in_transit", at=timezone.now() - PATIENCE - timedelta(hours=1))
    assert dispute(order).status == Dispute.Status.OPEN


def test_a_dispute_has_its_time(acme: Merchant) -> None:
    assert aftersales.services.dispute_refusal(arrived(acme, days_ago=59).shipments.get()) == ""
    assert aftersales.services.dispute_refusal(arrived(acme, days_ago=61).shipments.get())


def test_one_open_dispute_a_parcel_and_another_after_it_was_withdrawn(acme: Merchant) -> None:
    order = arrived(acme)
    first = dispute(order)
    with pytest.raises(UnableToDispute):
        dispute(order)
    aftersales.services.withdraw_dispute(dispute=first)
    assert dispute(order).pk != first.pk


def test_a_decision_needs_its_reason_and_is_final(acme: Merchant, staff: User) -> None:
    opened = dispute(arrived(acme))
    with pytest.raises(UnableToDispute) as refused:
        aftersales.services.decide_dispute(dispute=opened, accept=True, note=" ", by=staff)
    assert "note" in refused.value.fields
    assert not Refund.objects.exists()
    aftersales.services.decide_dispute(dispute=opened, accept=False, note="No.", by=staff)
    for again in (
        lambda: aftersales.services.decide_dispute(dispute=opened, accept=True, note="Yes.", by=staff),
        lambda: aftersales.services.withdraw_dispute(dispute=opened),
    ):
        with pytest.raises(UnableToTransition):
            again()
    assert Evidence.objects.filter(kind=Evidence.Kind.DECISION).count() == 1


def test_a_return_parcel_is_nothing_to_dispute(acme: Merchant) -> None:
    return_case = ask(arrived(acme), 1)
    sent = aftersales.services.send_return(return_case=return_case, carrier="dhl", tracking_number="RET123")
    with pytest.raises(UnableToDispute):
        aftersales.services.open_dispute(shipment=sent, statement="")
