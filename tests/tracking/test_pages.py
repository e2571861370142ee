"""Looking an order up."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from merchants.models import Merchant
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


RIGHT, WRONG = "1Z879E930346834440", "1Z879E930346834441"


def test_a_number_that_fails_its_check_digit_is_told(db: None) -> None:
    said = text_of(look_up(WRONG))
    assert "One digit looks wrong. As a tracking number of UPS it can't be right." in said
    assert "ups.com" not in look_up(WRONG).content.decode()
    assert "One digit looks wrong." not in text_of(look_up(RIGHT))


def test_the_carrier_and_its_page_are_named_when_we_find_nothing(db: None) -> None:
    response = look_up(RIGHT)
    assert "This looks like a number of UPS." in text_of(response)
    link = response.content.decode().split('href="https://www.ups.com')[1].split('"')[0]
    assert RIGHT in link
    several = text_of(look_up("76000000721874"))
    assert "This may be a number of DHL, ZTO Express, DPD, or Hermes." in several


def test_an_order_number_gets_no_hint(order: Order) -> None:
    response = look_up(order.number, "0000")
    assert "note tone" not in response.content.decode()


def test_a_hint_does_not_tell_whether_a_number_is_known(order: Order) -> None:
    """One right number of ours, with wrong digits; the other is nobody's."""
    build.shipment(order, carrier="ups", number=RIGHT)
    known, unknown = look_up(RIGHT, "0000"), look_up("1Z999AA10123456784", "0000")
    assert known.status_code == unknown.status_code == 404
    pages = [answer.content.decode().split("<main")[1] for answer in (known, unknown)]
    plain = [
        re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page).replace(number, "NUMBER")
        for page, number in zip(pages, (RIGHT, "1Z999AA10123456784"), strict=True)
    ]
    assert plain[0] == plain[1]


@pytest.mark.parametrize(
    "typed",
    [f"  {RIGHT} ", "1z 879e-9303 4683.4440", "１Ｚ８７９Ｅ９３０３４６８３４４４０", "\u200b" + "\u00a0".join(RIGHT)],
)
def test_pasted_and_full_width_numbers_are_understood(order: Order, typed: str) -> None:
    build.shipment(order, carrier="ups", number=RIGHT)
    assert look_up(typed)["Location"] == f"/t/{order.token}/"
    assert look_up(typed, "５６７８")["Location"] == f"/t/{order.token}/"
    assert look_up(typed, " 56 78 ")["Location"] == f"/t/{order.token}/"


def test_an_order_number_may_be_pasted_too(acme: Merchant) -> None:
    order = build.order(merchant=acme, number="YG-10334 B")
    assert look_up("\uff39\uff27－10334\u3000B ")["Location"] == f"/t/{order.token}/"


def test_hints_come_without_looking_anything_up(db: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        hint = Client().post("/track/hints/", {"number": WRONG})
        none = Client().post("/track/hints/", {"number": "A-1001"})
    assert "One digit looks wrong." in text_of(hint)
    assert none.content.strip() == b""
    assert len(asked) == 0
    assert Client().get("/track/hints/").status_code == 405
    assert Client(enforce_csrf_checks=True).post("/track/hints/", {"number": WRONG}).status_code == 403
    for number in ("", "\x00", "A" * 5000, "<script>alert(1)</script>"):
        assert Client().post("/track/hints/", {"number": number}).content.strip() == b""


def test_a_hint_stands_while_the_digits_are_missing(db: None) -> None:
    response = look_up(WRONG, "")
    assert response.status_code == 422
    assert "One digit looks wrong." in text_of(response)
