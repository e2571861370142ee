"""What the walk found once, each as short as it can be told."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

import aftersales.services
from aftersales.models import Conversation, Exchange, Refund, Return, ReturnClock
from aftersales.services import Count, Writer, offers_for
from inventory.models import StockLevel
from logistics_portal.kernel import work
from logistics_portal.kernel.state import UnableToTransition
from merchants.models import Merchant
from orders.models import Order
from tests import build

pytestmark = pytest.mark.django_db


def arrived(merchant: Merchant, **changes: object) -> Order:
    order = build.order(merchant=merchant, lines=[build.line(1)], **changes)
    build.delivered(order, at=timezone.now() - timedelta(days=1))
    return Order.objects.select_related("merchant__policy").get(pk=order.pk)


def asked(order: Order, **more: object) -> Return:
    pieces = {order.lines.get().pk: 2}
    return aftersales.services.request_return(order=order, reason="too_small", quantities=pieces, **more)


def test_what_was_given_for_nothing_is_kept_without_waiting_for_money(acme: Merchant, staff: User) -> None:
    order = arrived(acme, discount_total=Decimal("39.80"), shipping_total=Decimal(0))
    case = asked(order)
    aftersales.services.keep_return(return_case=case, by=staff)
    case.refresh_from_db()
    assert (case.status, Refund.objects.count()) == (Return.Status.CLOSED, 0)
    assert case.closed_at


def test_who_withdraws_from_what_cost_nothing_waits_for_nothing(acme: Merchant) -> None:
    order = build.order(
        merchant=acme, lines=[build.line(1)], discount_total=Decimal("39.80"), shipping_total=Decimal(0)
    )
    case = aftersales.services.withdraw(order=order, quantities={order.lines.get().pk: 2})
    case.refresh_from_db()
    assert case.status == Return.Status.CLOSED


def test_what_has_expired_is_not_approved_past_the_checks(acme: Merchant, staff: User) -> None:
    order = arrived(acme)
    case = asked(order)
    ReturnClock.objects.update(due_at=timezone.now(), reminded_at=timezone.now())
    Return.objects.update(send_by_at=timezone.now())
    work.drain()
    case.refresh_from_db()
    assert case.status == Return.Status.EXPIRED
    asked(order)  # the same goods once more
    with pytest.raises(UnableToTransition):
        aftersales.services.approve_return(return_case=case, by=staff)


def test_what_is_refunded_is_neither_received_again_nor_kept(acme: Merchant, staff: User) -> None:
    case = asked(arrived(acme))
    found = {case.lines.get().pk: Count(resellable=1)}
    aftersales.services.receive_return(return_case=case, counts=found)
    aftersales.services.pay_refund(refund=Refund.objects.get(), reference="re_1")
    case.refresh_from_db()
    assert case.status == Return.Status.CLOSED
    with pytest.raises(UnableToTransition):
        aftersales.services.receive_return(return_case=case, counts=found)
    case.refresh_from_db()
    with pytest.raises(UnableToTransition):
        aftersales.services.keep_return(return_case=case, by=staff)
    case.refresh_from_db()
    assert (case.status, case.lines.get().received_quantity) == (Return.Status.CLOSED, 1)


@pytest.mark.parametrize("how", ["declined", "missing"])
def test_goods_put_aside_for_what_is_not_accepted_are_free_again(acme: Merchant, staff: User, how: str) -> None:
    build.stock(acme, sku="SKU-1", on_hand=10)
    acme.policy.refund_on = "inspected"
    acme.policy.save()
    order = arrived(acme)
    case = asked(order, resolution="exchange", wanted={order.lines.get().pk: offers_for(order.lines.get())[0]})
    aftersales.services.note_arrival(return_case=case)
    case.refresh_from_db()
    line = case.lines.get()
    if how == "declined":
        aftersales.services.inspect_return(return_case=case, counts={line.pk: Count(damaged=2)}, by=staff)
        aftersales.services.judge_goods(return_case=case, accept=False, note="Worn.", by=staff)
    else:
        aftersales.services.inspect_return(return_case=case, counts={line.pk: Count(missing=2)}, by=staff)
    case.refresh_from_db()
    assert (case.status, Exchange.objects.get().status) == (Return.Status.CLOSED, Exchange.Status.CANCELED)
    assert StockLevel.objects.get().reserved == 0


def test_a_turn_that_staff_take_back_has_its_clock_again(acme: Merchant, staff: User, order: Order) -> None:
    aftersales.services.write_message(order=order, text="Where is it?")
    conversation = Conversation.objects.select_related("merchant__policy", "order").get()
    aftersales.services.reply(conversation=conversation, text="Which one?", writer=Writer(staff))
    conversation.refresh_from_db()
    left = conversation.resolution_left
    assert left and conversation.resolution_due_at is None
    aftersales.services.reply(conversation=conversation, text="I found it.", writer=Writer(staff), then="open")
    conversation.refresh_from_db()
    assert conversation.asked_at is None and conversation.resolution_left is None
    assert conversation.resolution_due_at and conversation.resolution_due_at - timezone.now() <= left
