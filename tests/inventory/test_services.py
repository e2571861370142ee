"""Stock: promised, shipped, given back and counted, and never below nothing."""

import pytest
from django.db.models import Sum

import inventory.services
import orders.services
from inventory.models import Item, Location, Reservation, StockLevel, StockMovement
from inventory.services import UnableToCount
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from tests import build

pytestmark = pytest.mark.django_db


def order_of(acme: Merchant, quantity: int) -> object:
    return build.order(merchant=acme, lines=[build.line(1, quantity=quantity)])


def level() -> tuple[int, int]:
    row = StockLevel.objects.get()
    return row.on_hand, row.reserved


def test_an_order_promises_what_is_there_and_notes_what_lacks(acme: Merchant) -> None:
    build.stock(acme, on_hand=3)
    order_of(acme, 2)
    order_of(acme, 2)
    order_of(acme, 2)
    assert level() == (3, 3)
    assert list(Reservation.objects.order_by("pk").values_list("quantity", "short")) == [(2, 0), (1, 1), (0, 2)]


def test_what_ships_leaves_the_level_with_a_movement(acme: Merchant) -> None:
    build.stock(acme, on_hand=5)
    order = order_of(acme, 2)
    build.shipment(order)
    assert level() == (3, 0)
    movement = StockMovement.objects.get()
    assert (movement.kind, movement.quantity, movement.reference) == ("shipped", -2, order.lines.get().pk)
    orders.services.ship_order(order=order)
    assert level() == (3, 0)


def test_a_canceled_order_gives_back_once(acme: Merchant) -> None:
    build.stock(acme, on_hand=5)
    order = order_of(acme, 2)
    orders.services.cancel_order(order=order)
    inventory.services.release(references=order.lines.values_list("pk", flat=True))
    assert level() == (5, 0)


def test_items_without_kept_stock_reserve_nothing(acme: Merchant) -> None:
    order_of(acme, 2)
    assert not Reservation.objects.exists()
    assert not Item.objects.get().is_stock_kept


def test_the_fullest_place_is_taken_from(acme: Merchant) -> None:
    build.stock(acme, on_hand=1)
    far = Location.objects.create(merchant=acme, code="FAR", name="Far")
    StockLevel.objects.create(item=Item.objects.get(), location=far, on_hand=9)
    order_of(acme, 4)
    assert Reservation.objects.get().location == far
    assert StockLevel.objects.aggregate(sum=Sum("reserved"))["sum"] == 4


def test_a_count_is_kept_as_the_difference(acme: Merchant) -> None:
    row = build.stock(acme, on_hand=5)
    inventory.services.count_stock(item=row.item, location=row.location, on_hand=3)
    inventory.services.count_stock(item=row.item, location=row.location, on_hand=3)
    assert level() == (3, 0)
    assert [movement.quantity for movement in StockMovement.objects.all()] == [-2]


def test_nobody_counts_promised_goods_away(acme: Merchant) -> None:
    row = build.stock(acme, on_hand=5)
    order_of(acme, 4)
    with pytest.raises(UnableToCount):
        inventory.services.count_stock(item=row.item, location=row.location, on_hand=3)
    assert level() == (5, 4)
    inventory.services.count_stock(item=row.item, location=row.location, on_hand=4)
    assert level() == (4, 4)


def test_counting_makes_an_items_stock_kept(acme: Merchant) -> None:
    order_of(acme, 1)
    location = Location.objects.create(merchant=acme, code="MAIN", name="Main")
    inventory.services.count_stock(item=Item.objects.get(), location=location, on_hand=2)
    order_of(acme, 1)
    assert level() == (2, 1)


def test_low_stock_is_told_with_what_is_free(acme: Merchant) -> None:
    build.stock(acme, on_hand=5)
    Item.objects.update(low_stock_at=4)
    order_of(acme, 1)
    assert not Event.objects.filter(name="inventory.stock_ran_low").exists()
    order_of(acme, 1)
    assert Event.objects.get(name="inventory.stock_ran_low").payload["free"] == 3


def test_known_items_stay_as_they_are(acme: Merchant) -> None:
    build.order(merchant=acme, lines=[build.line(1)])
    Item.objects.update(name="The merchant's own name")
    build.order(merchant=acme, lines=[build.line(1)])
    assert Item.objects.get().name == "The merchant's own name"
