"""An order is found by its number and the end of its phone number, and by guessing it is not."""

import pytest

from logistics_portal.kernel.errors import NotFound, TooOften
from logistics_portal.kernel.models import Allowance
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tracking.services import find_order
from tracking.services.lookup import TRIES_A_CALLER, TRIES_A_NUMBER

pytestmark = pytest.mark.django_db
ANNS_END = build.ANNS_PHONE[-4:]


def find(number: str, last_four: str = ANNS_END, caller: str = "192.0.2.1") -> Order:
    return find_order(number=number, last_four=last_four, caller=caller)


def test_by_order_number_and_by_tracking_number(order: Order) -> None:
    parcel = build.shipment(order).parcels.get()
    assert find(order.number) == find(f" {order.number} ") == order
    assert find(parcel.tracking_number) == order
    assert find(f" {parcel.tracking_number[:4]} {parcel.tracking_number[4:]}".lower()) == order


def test_wrong_digits_and_wrong_numbers_get_the_same_answer(order: Order) -> None:
    told = set()
    for number, digits in ((order.number, "0000"), ("NOBODYS", ANNS_END), (order.number, ""), (order.number, "x")):
        with pytest.raises(NotFound) as refused:
            find(number, digits)
        told.add(refused.value.message)
    assert len(told) == 1


def test_equal_order_numbers_of_two_merchants_are_told_apart_by_the_phone(acme: Merchant, rival: Merchant) -> None:
    anns = build.order(merchant=acme, number="SAME")
    bobs = build.order(merchant=rival, number="SAME", phone="+4915112340000")
    assert find("SAME") == anns
    assert find("SAME", "0000") == bobs


def test_the_digits_of_one_number_can_not_be_tried_through(order: Order) -> None:
    """From however many addresses."""
    tries = 0
    with pytest.raises(TooOften):
        for guess in range(100):
            with pytest.raises(NotFound):
                find(order.number, f"{guess:04d}", caller=f"198.51.100.{guess}")
            tries += 1
    assert tries == TRIES_A_NUMBER.times


def test_one_address_can_not_try_many_numbers(order: Order) -> None:
    tries = 0
    with pytest.raises(TooOften):
        for guess in range(100):
            with pytest.raises(NotFound):
                find(f"GUESS{guess}")
            tries += 1
    assert tries == TRIES_A_CALLER.times


def test_spaces_and_dashes_open_no_new_window(order: Order) -> None:
    for written in ("NO-1", "no 1", "N O 1", "no.1"):
        with pytest.raises(NotFound):
            find(written, caller=written)
    assert Allowance.objects.filter(key__startswith="lookup-number").count() == 1
