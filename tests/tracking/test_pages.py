"""Looking an order up."""

import pytest
from django.test import Client

from orders.models import Order
from tests import build
from tests.visitors import text_of

pytestmark = pytest.mark.django_db
NEUTRAL = "We found nothing with this number and these digits."


def look_up(number: str, last_four: str = "5678") -> object:
    return Client().post("/track/", {"number": number, "last_four": last_four})


def test_an_order_number_or_a_tracking_number_leads_to_the_order(order: Order) -> None:
    shipment = build.shipment(order, number="JD014600000012345678")
    for number in (order.number, shipment.parcels.get().tracking_number, "jd01 4600-0000 1234.5678"):
        assert look_up(number)["Location"] == f"/t/{order.token}/"


def test_wrong_digits_and_unknown_numbers_get_the_same_answer(order: Order) -> None:
    wrong, unknown = look_up(order.number, "0000"), look_up("NOBODY-1")
    assert wrong.status_code == unknown.status_code == 404
    assert NEUTRAL in text_of(wrong)
    assert NEUTRAL in text_of(unknown)


def test_guessing_ends(order: Order) -> None:
    answers = [look_up(order.number, f"{guess:04d}").status_code for guess in range(25)]
    assert answers[-1] == 429
    assert look_up(order.number).status_code == 429


@pytest.mark.parametrize("number", ["", "\x00", "A" * 5000, "'; drop table orders_order; --", "😀"])
@pytest.mark.parametrize("last_four", ["5678", "\x00", "", "12345", "abcd", "１２３４"])
def test_any_input_is_answered(db: None, number: str, last_four: str) -> None:
    assert look_up(number, last_four).status_code in (404, 422)


def test_the_form_tells_what_is_wrong_where_it_is_wrong(db: None) -> None:
    response = look_up("A-1", "12")
    assert "Enter four digits." in text_of(response)
    assert 'aria-invalid="true"' in response.content.decode()
    assert 'value="A-1"' in response.content.decode()


def test_only_reading_and_asking_are_answered(db: None) -> None:
    assert Client().put("/track/").status_code == 405
