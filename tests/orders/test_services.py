"""Orders as the services keep them."""

from decimal import Decimal
from typing import Any

import pytest

import orders.services
from customers.models import Address, Customer
from inventory.models import Item, Reservation
from logistics_portal.kernel.errors import NotFound
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.state import UnableToTransition
from merchants.models import Merchant
from orders.models import ORDER_TRANSITIONS, Order
from orders.services import LinkClosed, UnableToPick, UnableToPlaceOrder
from tests import build

pytestmark = pytest.mark.django_db


def test_the_same_phone_is_the_same_customer_of_one_merchant(acme: Merchant, rival: Merchant) -> None:
    first, second = build.order(merchant=acme), build.order(merchant=acme, consignee="Ann Smith")
    other = build.order(merchant=rival)
    assert first.customer == second.customer != other.customer
    first.refresh_from_db()
    assert first.consignee == "Ann Archer", "an order keeps the name that it was placed with"
    assert Customer.objects.get(pk=first.customer_id).name == "Ann Smith"


def test_an_address_with_and_without_its_region_is_one(acme: Merchant) -> None:
    for region in ("", "Berlin", "BE", ""):
        build.order(merchant=acme, region=region)
    assert Address.objects.count() == 1


def test_history_is_told_to_nobody(acme: Merchant) -> None:
    build.order(merchant=acme, is_announced=False)
    assert not Event.objects.exists()


def test_two_lines_of_one_item_share_its_stock(acme: Merchant) -> None:
    level = build.stock(acme, sku="SKU-1", on_hand=3)
    build.order(merchant=acme, lines=[build.line(1, quantity=2), build.line(1, quantity=2)])
    level.refresh_from_db()
    assert level.reserved == 3
    assert sorted(Reservation.objects.values_list("quantity", "short")) == [(1, 1), (2, 0)]


def test_a_refused_order_leaves_nothing(acme: Merchant) -> None:
    build.order(merchant=acme, number="N-1")
    counts = (Order.objects.count(), Item.objects.count(), Event.objects.count())
    with pytest.raises(UnableToPlaceOrder):
        build.order(merchant=acme, number="N-1", lines=[build.line(77)])
    with pytest.raises(UnableToPlaceOrder):
        build.order(merchant=acme, discount_total=Decimal(1000), lines=[build.line(78)])
    assert (Order.objects.count(), Item.objects.count(), Event.objects.count()) == counts


def test_a_link_opens_its_order_until_it_is_revoked(order: Order) -> None:
    token = order.token
    assert orders.services.open_link(token) == order
    for _ in range(300):
        orders.services.revoke_links(order=order)
    with pytest.raises(LinkClosed):
        orders.services.open_link(token)
    order.refresh_from_db()
    assert orders.services.open_link(order.token) == order


@pytest.mark.parametrize("token", ["", "x", "\0", "../..", "A" * 38, "A" * 5000, "ä" * 38])
def test_a_made_up_link_opens_nothing(order: Order, token: str) -> None:
    with pytest.raises(NotFound):
        orders.services.open_link(token)


@pytest.mark.parametrize("came_from", Order.Status.values)
@pytest.mark.parametrize(
    ("service", "to"),
    [("start_picking", "picking"), ("pack_order", "packed"), ("ship_order", "shipped"), ("cancel_order", "canceled")],
)
def test_a_step_follows_the_table(order: Order, service: str, to: str, came_from: str) -> None:
    Order.objects.update(status=came_from)
    order.refresh_from_db()
    step = getattr(orders.services, service)
    if (service, came_from) in {("ship_order", "shipped"), ("ship_order", "completed")}:
        step(order=order)
        assert Order.objects.get().status == came_from, "a further parcel changes nothing"
    elif to in ORDER_TRANSITIONS[came_from]:
        step(order=order)
        order.refresh_from_db()
        assert order.status == to
    else:
        with pytest.raises(UnableToTransition):
            step(order=order)
        assert Order.objects.get().status == came_from


def test_a_delivery_of_a_canceled_order_is_a_fact_that_fails_nothing(order: Order) -> None:
    orders.services.cancel_order(order=order)
    orders.services.complete_orders(order_ids=[order.pk])
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELED


@pytest.mark.parametrize("quantity", [-1, 3, 10**6])
def test_nobody_picks_more_than_was_ordered(order: Order, quantity: int) -> None:
    line = order.lines.first()
    with pytest.raises(UnableToPick):
        orders.services.pick_lines(order=order, quantities={line.pk: quantity})
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED


def test_nobody_picks_lines_of_another_order(order: Order, acme: Merchant) -> None:
    other: Any = build.order(merchant=acme)
    with pytest.raises(UnableToPick):
        orders.services.pick_lines(order=order, quantities={other.lines.first().pk: 1})


def test_an_order_is_complete_when_its_last_parcel_arrived(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    first, second = build.shipment(order), build.shipment(order)
    build.scan(first.parcels.get(), "delivered")
    order.refresh_from_db()
    assert order.status == Order.Status.SHIPPED
    build.scan(second.parcels.get(), "delivered")
    order.refresh_from_db()
    assert order.status == Order.Status.COMPLETED
    assert Event.objects.filter(name="orders.completed").count() == 1
