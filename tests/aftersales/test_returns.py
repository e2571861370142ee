"""Reception, acceptance and money of returns: three axes, each with its own rules.

The cases of counts, approvals and cancellations are those that shops' return desks get wrong most.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import Error, transaction
from django.utils import timezone

import aftersales.services
from aftersales.models import Decision, Inspection, Refund, Return, ReturnClock, ReturnLine
from aftersales.services import Count, UnableToReturn, returnable_lines
from aftersales.services.returns import expect_status
from inventory.models import StockLevel, StockMovement
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.state import UnableToTransition
from merchants.models import Merchant, Policy
from orders.models import Order
from tests import build

pytestmark = pytest.mark.django_db


def arrived(merchant: Merchant, *, days_ago: int = 1, **changes: Any) -> Order:
    order = build.order(merchant=merchant, placed_at=timezone.now() - timedelta(days=days_ago + 5), **changes)
    build.delivered(order, at=timezone.now() - timedelta(days=days_ago))
    return Order.objects.select_related("merchant__policy").get(pk=order.pk)


def ask(order: Order, *quantities: int, reason: str = "too_small", **more: Any) -> Return:
    lines = order.lines.order_by("pk")
    wanted = {line.pk: quantity for line, quantity in zip(lines, quantities, strict=False)}
    return aftersales.services.request_return(order=order, reason=reason, quantities=wanted, **more)


def receive(case: Return, *counts: Count, **more: Any) -> None:
    lines = case.lines.order_by("pk")
    found = {line.pk: count for line, count in zip(lines, counts, strict=False)}
    aftersales.services.receive_return(return_case=case, counts=found, **more)


def line_of(case: Return) -> ReturnLine:
    return case.lines.order_by("pk").get()


# Reception.


def test_in_two_parcels_the_refund_is_for_both(acme: Merchant) -> None:
    case = ask(arrived(acme), 2)
    receive(case, Count(resellable=1), is_last=False)
    assert case.status == Return.Status.PARTLY_RECEIVED
    assert not Refund.objects.exists()
    receive(case, Count(resellable=1))
    assert case.status == Return.Status.RECEIVED
    assert Refund.objects.get().amount == Decimal("39.80")
    aftersales.services.pay_refund(refund=Refund.objects.get(), reference="re_1")
    case.refresh_from_db()
    assert case.status == Return.Status.CLOSED


def test_only_what_arrived_is_paid_back_and_what_is_missing_is_told(acme: Merchant) -> None:
    case = ask(arrived(acme), 2)
    receive(case, Count(resellable=1))
    assert (case.status, line_of(case).missing_quantity) == (Return.Status.RECEIVED, 1)
    assert Refund.objects.get().amount == Decimal("19.90")


def test_more_than_was_asked_can_not_be_received(acme: Merchant) -> None:
    case = ask(arrived(acme), 1)
    for count in (Count(resellable=2), Count(resellable=1, damaged=1), Count(resellable=-1, damaged=1), Count()):
        with pytest.raises(UnableToReturn):
            receive(case, count)
    case.refresh_from_db()
    assert case.status == Return.Status.APPROVED
    assert not Inspection.objects.exists()


def test_only_an_approved_return_is_received_and_only_once(acme: Merchant, staff: User) -> None:
    Policy.objects.update(auto_approve_returns=False)
    case = ask(arrived(acme), 1)
    with pytest.raises(UnableToTransition):
        aftersales.services.receive_return(return_case=case)
    aftersales.services.approve_return(return_case=case, by=staff)
    aftersales.services.receive_return(return_case=case)
    with pytest.raises(UnableToTransition):
        aftersales.services.receive_return(return_case=case)
    with pytest.raises(UnableToTransition):
        aftersales.services.cancel_return(return_case=case)
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("disposition", "on_hand", "moves"),
    [("restock", 10, [2]), ("write_off", 9, [1, 1, -1]), ("repair", 9, [1]), ("give_back", 9, [1])],
)
def test_where_damaged_goods_go(acme: Merchant, disposition: str, on_hand: int, moves: list[int]) -> None:
    build.stock(acme, on_hand=10)
    case = ask(arrived(acme, lines=1), 2)
    receive(case, Count(resellable=1, damaged=1, disposition=disposition, note="Scratched"))
    assert StockLevel.objects.get().on_hand == on_hand
    moved = StockMovement.objects.exclude(kind="shipped").order_by("pk").values_list("quantity", flat=True)
    assert list(moved) == moves
    assert Inspection.objects.get().note == "Scratched"


def test_what_inspectors_found_can_not_be_changed(acme: Merchant) -> None:
    case = ask(arrived(acme), 1)
    aftersales.services.receive_return(return_case=case)
    for change in (lambda: Inspection.objects.update(note="x"), lambda: Inspection.objects.all().delete()):
        with pytest.raises(Error), transaction.atomic():
            change()


# Acceptance.


def test_damaged_goods_wait_for_a_person_unless_they_came_to_be_returned_for_it(acme: Merchant, staff: User) -> None:
    case = ask(arrived(acme), 2)
    receive(case, Count(resellable=1, damaged=1))
    assert Refund.objects.get().amount == Decimal("19.90")
    assert line_of(case).undecided_quantity == 1
    aftersales.services.pay_refund(refund=Refund.objects.get(), reference="re_1")
    case.refresh_from_db()
    assert case.status == Return.Status.RECEIVED, "somebody must still decide of the damaged one"
    more = aftersales.services.judge_goods(return_case=case, accept=True, note="", by=staff)
    assert more and more.amount == Decimal("19.90")
    assert Refund.objects.count() == 2
    aftersales.services.pay_refund(refund=more, reference="re_2")
    case.refresh_from_db()
    assert case.status == Return.Status.CLOSED
    at_fault = ask(arrived(acme), 2, reason="damaged")
    receive(at_fault, Count(damaged=2))
    assert Refund.objects.get(return_case=at_fault).amount == Decimal("39.80")


def test_goods_that_are_declined_end_the_return_without_money(acme: Merchant, staff: User) -> None:
    case = ask(arrived(acme), 1)
    receive(case, Count(damaged=1, disposition="give_back"))
    with pytest.raises(UnableToReturn):
        aftersales.services.judge_goods(return_case=case, accept=False, note=" ", by=staff)
    aftersales.services.judge_goods(return_case=case, accept=False, note="It was worn.", by=staff)
    assert (case.status, Refund.objects.count()) == (Return.Status.CLOSED, 0)
    with pytest.raises(UnableToReturn):
        aftersales.services.judge_goods(return_case=case, accept=True, note="", by=staff)


# What starts the money.


@pytest.mark.parametrize(
    ("refund_on", "starts"),
    [("first_scan", "in_transit"), ("received", "delivered"), ("inspected", "inspected")],
)
def test_the_policy_says_what_starts_the_refund(acme: Merchant, refund_on: str, starts: str) -> None:
    Policy.objects.update(refund_on=refund_on)
    build.stock(acme, on_hand=10)
    case = ask(arrived(acme, lines=1), 1)
    parcel = aftersales.services.send_return(return_case=case, carrier="dhl", tracking_number="RET12345").parcels.get()
    work.drain()
    assert not Refund.objects.exists()
    seen = []
    for status in ("in_transit", "delivered"):
        build.scan(parcel, status)
        work.drain()
        seen += [status] if Refund.objects.exists() else []
    case.refresh_from_db()
    assert (case.status, line_of(case).received_quantity) == (Return.Status.RECEIVED, 1)
    assert StockLevel.objects.get().on_hand == 8, "nobody has looked at it yet"
    aftersales.services.inspect_return(return_case=case, counts={line_of(case).pk: Count(resellable=1)})
    assert StockLevel.objects.get().on_hand == 9
    assert Refund.objects.get().amount == Decimal("19.90")
    assert [*seen, "inspected"][0] == starts


def test_what_the_carrier_told_and_nobody_finds_is_noted(acme: Merchant) -> None:
    Policy.objects.update(refund_on="inspected")
    case = ask(arrived(acme), 2)
    parcel = aftersales.services.send_return(return_case=case, carrier="dhl", tracking_number="RET12345").parcels.get()
    build.scan(parcel, "delivered")
    work.drain()
    found = {line_of(case).pk: Count(resellable=1, missing=1)}
    aftersales.services.inspect_return(return_case=case, counts=found)
    assert Refund.objects.get().amount == Decimal("19.90")
    assert line_of(case).missing_quantity == 1
    with pytest.raises(UnableToReturn):
        aftersales.services.inspect_return(return_case=case, counts=found)


# Goods that nobody asked to come back.


def test_an_unannounced_parcel_is_received_without_a_refund_and_staff_decide(acme: Merchant, staff: User) -> None:
    order = arrived(acme)
    line = order.lines.order_by("pk").first()
    case = aftersales.services.receive_unannounced(order=order, pieces={line.pk: 1}, by=staff, note="No slip inside")
    assert (case.status, case.origin, Refund.objects.count()) == (Return.Status.RECEIVED, "unannounced", 0)
    with pytest.raises(UnableToReturn):
        aftersales.services.receive_unannounced(order=order, pieces={line.pk: 2}, by=staff)
    aftersales.services.inspect_return(return_case=case, counts={line_of(case).pk: Count(resellable=1)}, by=staff)
    assert not Refund.objects.exists()
    aftersales.services.judge_goods(return_case=case, accept=True, note="", by=staff)
    assert Refund.objects.get().amount == Decimal("19.90")


def test_a_parcel_that_was_not_accepted_becomes_a_case_by_itself_once(order: Order, staff: User) -> None:
    shipment = build.shipment(order)
    for status in ("out_for_delivery", "attempt_failed", "returning", "in_transit", "returning", "returned"):
        build.scan(shipment.parcels.get(), status)
        work.drain()
    case = Return.objects.get()
    assert (case.origin, case.status, case.shipment) == ("refused", Return.Status.RECEIVED, shipment)
    assert sorted(case.lines.values_list("received_quantity", flat=True)) == [2, 2]
    assert not Refund.objects.exists()
    Event.objects.update(done_at=None, due_at=timezone.now())
    work.drain()
    assert Return.objects.count() == 1
    aftersales.services.judge_goods(return_case=case, accept=True, note="", by=staff)
    assert Refund.objects.get().amount == Decimal("79.60")


def test_of_several_parcels_nobody_knows_what_is_in_the_one_that_came_back(order: Order, staff: User) -> None:
    first, _second = build.shipment(order), build.shipment(order)
    build.scan(first.parcels.get(), "returned")
    work.drain()
    case = Return.objects.get()
    assert (case.status, case.lines.count()) == (Return.Status.RECEIVED, 0)
    line = order.lines.order_by("pk").first()
    with pytest.raises(UnableToReturn):
        aftersales.services.add_found_lines(return_case=case, pieces={line.pk: 3})
    aftersales.services.add_found_lines(return_case=case, pieces={line.pk: 2})
    aftersales.services.judge_goods(return_case=case, accept=True, note="", by=staff)
    assert Refund.objects.get().amount == Decimal("39.80")


# Without the goods.


def test_goods_that_need_not_come_back(acme: Merchant, staff: User) -> None:
    Policy.objects.update(auto_approve_returns=False)
    case = ask(arrived(acme), 1)
    aftersales.services.keep_return(return_case=case, by=staff, note="Keep it.")
    assert case.status == Return.Status.KEPT
    assert Decision.objects.latest("pk").verdict == "refund"
    aftersales.services.pay_refund(refund=Refund.objects.get(), reference="re_1")
    case.refresh_from_db()
    assert case.status == Return.Status.CLOSED
    assert returnable_lines(case.order)[0].quantity == 1, "what is kept and paid can't come back"


def test_a_rule_may_let_the_customer_keep_what_is_worth_little(acme: Merchant) -> None:
    Policy.objects.update(keep_goods_up_to=Decimal(25))
    case = ask(arrived(acme), 1)
    assert case.status == Return.Status.KEPT
    assert Refund.objects.get().amount == Decimal("19.90")


# Clocks.


@pytest.fixture
def unsent(acme: Merchant) -> Iterator[Return]:
    yield ask(arrived(acme), 1)


def later(case: Return, **passed: int) -> None:
    """Let time pass for an approval."""
    Return.objects.filter(pk=case.pk).update(send_by_at=timezone.now() + timedelta(**passed))
    ReturnClock.objects.update(due_at=timezone.now())
    work.drain()
    case.refresh_from_db()


def named(name: str) -> int:
    return Event.objects.filter(name=f"aftersales.{name}").count()


def test_who_does_not_send_is_reminded_once_and_then_it_ends(unsent: Return) -> None:
    work.drain()
    assert named("return_reminded") == 0
    later(unsent, days=2)
    later(unsent, days=1)
    assert (named("return_reminded"), unsent.status) == (1, Return.Status.APPROVED)
    later(unsent, seconds=-1)
    assert (named("return_expired"), unsent.status) == (1, Return.Status.EXPIRED)
    assert returnable_lines(unsent.order)[0].quantity == 2, "its goods are free again"


def test_what_is_on_its_way_does_not_end(unsent: Return) -> None:
    aftersales.services.send_return(return_case=unsent, carrier="dhl", tracking_number="RET12345")
    later(unsent, seconds=-1)
    assert (named("return_reminded"), named("return_expired"), unsent.status) == (0, 0, Return.Status.APPROVED)


def test_staff_open_an_ended_return_again(unsent: Return, staff: User) -> None:
    later(unsent, days=1)
    later(unsent, seconds=-1)
    aftersales.services.reopen_return(return_case=unsent, by=staff)
    unsent.refresh_from_db()
    assert unsent.status == Return.Status.APPROVED
    assert unsent.send_by_at and unsent.send_by_at > timezone.now() + timedelta(days=13)
    later(unsent, days=1)
    assert named("return_reminded") == 2
    aftersales.services.cancel_return(return_case=unsent)
    ask(unsent.order, 2)
    with pytest.raises(UnableToReturn):
        aftersales.services.reopen_return(return_case=unsent, by=staff)


def test_staff_are_not_bound_by_the_time_and_it_is_recorded(acme: Merchant, staff: User) -> None:
    order = arrived(acme, days_ago=60)
    with pytest.raises(UnableToReturn):
        ask(order, 1)
    case = ask(order, 1, by=staff)
    assert (case.status, case.origin) == (Return.Status.APPROVED, "staff")
    assert Decision.objects.get().decided_by == staff


def test_the_warranty_lasts_longer_than_the_time_for_returns(acme: Merchant) -> None:
    order = arrived(acme, days_ago=90)
    with pytest.raises(UnableToReturn):
        ask(order, 1, reason="too_small")
    case = ask(order, 1, reason="stopped_working", resolution="repair")
    assert case.resolution == "repair"
    with pytest.raises(UnableToReturn):
        ask(arrived(acme, days_ago=800), 1, reason="stopped_working")


def test_a_repair_ends_with_word_and_without_money(acme: Merchant, staff: User) -> None:
    case = ask(arrived(acme), 1, reason="stopped_working", resolution="repair")
    if case.status == Return.Status.REQUESTED:
        aftersales.services.approve_return(return_case=case, by=staff)
    aftersales.services.receive_return(return_case=case)
    assert (case.status, Refund.objects.count()) == (Return.Status.RECEIVED, 0)
    with pytest.raises(UnableToReturn):
        aftersales.services.finish_repair(return_case=case, note=" ")
    aftersales.services.finish_repair(return_case=case, note="New battery.")
    assert case.status == Return.Status.CLOSED


def test_who_expects_another_status_is_told_the_real_one(unsent: Return) -> None:
    expect_status(unsent, "approved")
    expect_status(unsent, "")
    with pytest.raises(aftersales.services.WrongStatus) as refused:
        expect_status(unsent, "requested")
    assert refused.value.fields == {"from_status": ["approved"]}
