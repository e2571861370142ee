"""Signing in and out by phone."""

import pytest
from django.test import Client

from customers.models import PhoneVerification
from merchants.models import Merchant
from tests import build
from tests.visitors import holder, last_code, text_of

pytestmark = pytest.mark.django_db


def ask(client: Client, phone: str) -> object:
    return client.post("/orders/sign-in/", {"phone": phone})


def test_a_code_signs_in_and_the_device_is_remembered(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    client = Client()
    assert ask(client, "+49 1511 2345678")["Location"] == "/orders/sign-in/code/"
    answer = client.post("/orders/sign-in/code/", {"code": last_code()})
    assert answer["Location"] == "/orders/"
    assert order.number in text_of(client.get("/orders/"))
    assert "Lindenstraße" in text_of(client.get(f"/t/{order.token}/"))


def test_known_and_unknown_numbers_get_the_same_answer(acme: Merchant) -> None:
    build.order(merchant=acme)
    pages = []
    for phone in (build.ANNS_PHONE, "+4915199995678"):
        client = Client()
        assert ask(client, phone)["Location"] == "/orders/sign-in/code/"
        pages.append(text_of(client.get("/orders/sign-in/code/")))
    assert pages[0] == pages[1]


def test_a_code_for_one_number_does_not_open_another(acme: Merchant) -> None:
    thief, owner = Client(), Client()
    ask(owner, build.ANNS_PHONE)
    code = last_code()
    ask(thief, "+4915198765432")
    assert thief.post("/orders/sign-in/code/", {"code": code}).status_code == 422
    assert thief.get("/orders/")["Location"] == "/orders/sign-in/"


def test_a_missing_country_code_is_asked_for_with_a_guess(acme: Merchant) -> None:
    response = ask(Client(), "0151 12345678")
    assert response.status_code == 422
    assert "The country code is missing." in text_of(response)
    assert 'name="meant" value="+4915112345678"' in response.content.decode()
    assert not PhoneVerification.objects.exists()
    client = Client()
    answer = client.post("/orders/sign-in/", {"phone": "0151 12345678", "meant": "+4915112345678"})
    assert answer["Location"] == "/orders/sign-in/code/"
    assert str(PhoneVerification.objects.get().number) == "+4915112345678"


@pytest.mark.parametrize("phone", ["", "\x00", "abc", "+49", "1" * 5000, "😀", "+999999999999"])
def test_any_input_for_a_number_is_answered(acme: Merchant, phone: str) -> None:
    assert ask(Client(), phone).status_code == 422


def test_a_second_code_within_a_minute_says_to_wait_and_takes_the_first(acme: Merchant) -> None:
    client = Client()
    ask(client, build.ANNS_PHONE)
    code = last_code()
    again = ask(client, build.ANNS_PHONE)
    assert again.status_code == 429
    assert "Wait " in text_of(again)
    assert client.post("/orders/sign-in/code/", {"code": code})["Location"] == "/orders/"


def test_the_code_page_without_a_number_starts_over(db: None) -> None:
    assert Client().get("/orders/sign-in/code/")["Location"] == "/orders/sign-in/"


def test_the_code_page_shows_only_the_last_digits(acme: Merchant) -> None:
    client = Client()
    ask(client, build.ANNS_PHONE)
    page = client.get("/orders/sign-in/code/").content.decode()
    assert "••••• 5678" in page
    assert "15112345678" not in page


def test_signing_out_forgets_the_device(acme: Merchant) -> None:
    order, client = build.order(merchant=acme), holder()
    assert client.get("/orders/").status_code == 200
    assert client.get("/orders/sign-out/").status_code == 405
    assert client.post("/orders/sign-out/")["Location"] == "/"
    assert client.get("/orders/")["Location"] == "/orders/sign-in/"
    assert "Lindenstraße" not in text_of(client.get(f"/t/{order.token}/"))
