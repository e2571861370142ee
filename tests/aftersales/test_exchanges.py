"""Something else for what comes back: put aside, released once, given free; never for more than was paid."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

import aftersales.services
import orders.services
import tracking.services
from aftersales.models import Exchange, Refund, Return, ReturnClock
from aftersales.services import Offer, UnableToExchange, offers_for, refundable
from inventory.models import Item, StockLevel
from logistics_portal.kernel import work
from merchants.models import Merchant, Policy
from orders.models import Order
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(acme: Merchant) -> Merchant:
    """Shirts in two sizes and one that costs more."""
    for sku, price in (("SHIRT-M", "20.00"), ("SHIRT-L", "18.00"), ("COAT-M", "90.00")):
        build.stock(acme, sku=sku, on_hand=5)
        draft = orders.services.LineDraft(sku=sku, name=sku.title(), quantity=1, unit_price=Decimal(price))
        build.order(merchant=acme, lines=[draft], phone="+4915198765432")
    return acme


def bought(merchant: Merchant, *, quantity: int = 1, **changes: Any) -> Order:
    line = orders.services.LineDraft(sku="SHIRT-M", name="Shirt-M", quantity=quantity, unit_price=Decimal("20.00"))
    order = build.order(merchant=merchant, lines=[line], **changes)
    build.delivered(order, at=timezone.now() - timedelta(days=1))
    return Order.objects.select_related("merchant__policy").get(pk=order.pk)


def swap(order: Order, sku: str, *, quantity: int = 1, price: str = "18.00") -> Return:
    line = order.lines.get()
    offer = Offer(Item.objects.get(merchant=order.merchant, sku=sku), Decimal(price), True)
    return aftersales.services.request_return(
        order=order,
        reason="too_small",
        quantities={line.pk: quantity},
        resolution="exchange",
        wanted={line.pk: offer},
    )


def free(sku: str) -> int:
    level = StockLevel.objects.get(item__sku=sku)
    return level.on_hand - level.reserved


def test_what_is_offered_costs_no_more_and_variants_come_first(shop: Merchant) -> None:
    build.stock(shop, sku="NEVER-SOLD")
    offered = offers_for(bought(shop).lines.get())
    assert [(offer.item.sku, offer.unit_price, offer.is_variant) for offer in offered] == [
        ("SHIRT-M", Decimal("20.00"), True),
        ("SHIRT-L", Decimal("18.00"), True),
    ]


def test_from_exchange_to_replacement(shop: Merchant) -> None:
    order = bought(shop)
    was_free = free("SHIRT-L")
    case = swap(order, "SHIRT-L")
    assert case.status == Return.Status.APPROVED
    assert free("SHIRT-L") == was_free - 1
    assert case.exchange.order is None
    aftersales.services.receive_return(return_case=case)
    exchange = Exchange.objects.get()
    replacement = exchange.order
    assert (exchange.status, replacement.total, replacement.number) == ("released", 0, f"X-{case.number}")
    assert replacement in Order.objects.to_pack()
    assert free("SHIRT-L") == was_free - 1
    assert Refund.objects.get().amount == Decimal("2.00"), "the rest of what was paid"
    aftersales.services.pay_refund(refund=Refund.objects.get(), reference="re_1")
    case.refresh_from_db()
    assert case.status == Return.Status.CLOSED
    tracking.services.create_shipment(
        order=replacement, carrier="dhl", parcels=[tracking.services.ParcelDraft("NEW12345")]
    )
    assert (free("SHIRT-L"), StockLevel.objects.get(item__sku="SHIRT-L").on_hand) == (was_free - 1, 4)


def test_an_even_exchange_ends_without_money(shop: Merchant) -> None:
    case = swap(bought(shop), "SHIRT-M")
    aftersales.services.receive_return(return_case=case)
    assert (case.status, Refund.objects.count()) == (Return.Status.CLOSED, 0)


def test_with_a_discount_the_same_item_again_costs_nothing_and_pays_nothing(shop: Merchant) -> None:
    case = swap(bought(shop, discount_total=Decimal("5.00")), "SHIRT-M")
    aftersales.services.receive_return(return_case=case)
    assert (case.status, Refund.objects.count()) == (Return.Status.CLOSED, 0)


@pytest.mark.parametrize("policy", ["first_scan", "received"])
def test_the_replacement_leaves_when_the_policy_says_so(shop: Merchant, policy: str) -> None:
    Policy.objects.update(refund_on=policy)
    case = swap(bought(shop), "SHIRT-L")
    parcel = aftersales.services.send_return(return_case=case, carrier="dhl", tracking_number="RET12345").parcels.get()
    build.scan(parcel, "in_transit")
    work.drain()
    assert Exchange.objects.get().status == ("released" if policy == "first_scan" else "reserved")
    build.scan(parcel, "delivered")
    work.drain()
    assert Exchange.objects.get().status == "released"
    assert Order.objects.filter(number__startswith="X-").count() == 1


def test_what_costs_more_or_is_gone_is_refused_and_nothing_is_kept(shop: Merchant, rival: Merchant) -> None:
    build.stock(rival, sku="SHIRT-X")
    order = bought(shop, quantity=2)
    strange = Offer(Item.objects.get(sku="SHIRT-X"), Decimal(1), True)
    with pytest.raises(UnableToExchange, match="costs more"):
        swap(order, "COAT-M", price="90.00")
    StockLevel.objects.filter(item__sku="SHIRT-L").update(on_hand=1, reserved=1)
    with pytest.raises(UnableToExchange, match="not enough"):
        swap(order, "SHIRT-L")
    line = order.lines.get()
    for wanted in ({line.pk: strange}, {}):
        with pytest.raises(UnableToExchange):
            aftersales.services.request_return(
                order=order, reason="too_small", quantities={line.pk: 1}, resolution="exchange", wanted=wanted
            )
    assert not Return.objects.exists()
    assert not Exchange.objects.exists()


def test_a_canceled_declined_or_expired_return_gives_free_what_was_put_aside(shop: Merchant, staff: User) -> None:
    was_free = free("SHIRT-L")
    case = swap(bought(shop), "SHIRT-L")
    aftersales.services.cancel_return(return_case=case)
    assert free("SHIRT-L") == was_free
    aftersales.services.reopen_return(return_case=case, by=staff)
    assert (free("SHIRT-L"), case.status) == (was_free - 1, Return.Status.REQUESTED)
    aftersales.services.reject_return(return_case=case, by=staff, note="No.")
    assert free("SHIRT-L") == was_free
    other = swap(bought(shop), "SHIRT-L")
    for _ in range(2):
        Return.objects.filter(pk=other.pk).update(send_by_at=timezone.now())
        ReturnClock.objects.update(due_at=timezone.now())
        work.drain()
    other.refresh_from_db()
    assert (other.status, free("SHIRT-L")) == (Return.Status.EXPIRED, was_free)


def test_a_replacement_that_comes_back_is_paid_from_the_first_payment(shop: Merchant) -> None:
    order = bought(shop)
    case = swap(order, "SHIRT-L")
    aftersales.services.receive_return(return_case=case)
    replacement = Exchange.objects.get().order
    build.delivered(replacement)
    again = aftersales.services.request_return(
        order=Order.objects.select_related("merchant__policy").get(pk=replacement.pk),
        reason="too_large",
        quantities={replacement.lines.get().pk: 1},
    )
    aftersales.services.receive_return(return_case=again)
    refunds = {refund.return_case: (refund.order, refund.amount) for refund in Refund.objects.all()}
    assert refunds == {case: (order, Decimal("2.00")), again: (order, Decimal("18.00"))}
    assert refundable(order) == order.shipping_total
