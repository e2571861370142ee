"""Devices are listed and signed out, and a number that was silent for long opens nothing old by itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber as Number

import customers.services
import orders.services
from customers.agents import device_class, device_label
from customers.models import Device, PhoneNumber, PhonePolicy
from logistics_portal.kernel.models import Allowance
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.visitors import holder, last_code, text_of

pytestmark = pytest.mark.django_db
ANN = Number.from_string(build.ANNS_PHONE)
PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/141.0.0.0 Mobile Safari/537.36"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15"


def sign_in(agent: str = PIXEL, phone: str = build.ANNS_PHONE) -> Client:
    Allowance.objects.all().delete()
    client = Client(headers={"user-agent": agent})
    client.post("/orders/sign-in/", {"phone": phone})
    assert client.post("/orders/sign-in/code/", {"code": last_code()})["Location"] == "/orders/"
    return client


@pytest.mark.parametrize(
    ("agent", "label", "kind"),
    [
        (PIXEL, "Chrome · Android", "phone"),
        (MAC, "Safari · Mac", "computer"),
        ("Mozilla/5.0 (iPad; CPU OS 18_0) Version/18.0 Safari/604.1", "Safari · iPad", "tablet"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/141.0 Safari/537.36 Edg/141.0", "Edge · Windows", "computer"),
        ("Mozilla/5.0 (iPhone; CPU) Mobile MicroMessenger/8.0", "WeChat · iPhone", "phone"),
        ("Googlebot/2.1", "", "program"),
        ("", "", "unknown"),
    ],
)
def test_a_browser_is_named_as_its_owner_knows_it(agent: str, label: str, kind: str) -> None:
    assert (device_label(agent), device_class(agent)) == (label, kind)


def test_devices_are_listed_and_signed_out_one_by_one(acme: Merchant) -> None:
    build.order(merchant=acme)
    phone, computer = sign_in(PIXEL), sign_in(MAC)
    page = text_of(phone.get("/orders/"))
    assert "2 devices are signed in" in page
    assert "Chrome · Android This device" in page
    other = Device.objects.get(label="Safari · Mac")
    phone.post("/orders/devices/", {"device": other.pk})
    assert computer.get("/orders/")["Location"] == "/orders/sign-in/"
    assert "1 device is signed in" in text_of(phone.get("/orders/"))


def test_all_others_are_signed_out_at_once(acme: Merchant) -> None:
    lost, other, mine = sign_in(), sign_in(), sign_in(MAC)
    mine.post("/orders/devices/")
    assert [client.get("/orders/").status_code for client in (lost, other, mine)] == [302, 302, 200]


def test_nobody_signs_out_a_strangers_device(acme: Merchant) -> None:
    anns, stranger = sign_in(), sign_in(phone="+4915198765432")
    stranger.post("/orders/devices/", {"device": Device.objects.get(number=ANN).pk})
    stranger.post("/orders/devices/")
    Client().post("/orders/devices/")
    assert anns.get("/orders/").status_code == 200


def test_a_session_can_not_claim_another_numbers_device(acme: Merchant) -> None:
    order, stranger = build.order(merchant=acme), sign_in(phone="+4915198765432")
    session = stranger.session
    session[customers.services.SESSION_KEY] = {str(ANN): str(Device.objects.get().pk)}
    session.save()
    assert "Lindenstraße" not in text_of(stranger.get(f"/t/{order.token}/"))


def test_a_device_shows_when_it_was_seen_last(acme: Merchant) -> None:
    client = holder()
    long_ago = timezone.now() - timedelta(days=3)
    Device.objects.update(last_seen_at=long_ago)
    client.get("/orders/")
    assert Device.objects.get().last_seen_at > long_ago


# A number that was silent.


def fall_silent(days: int = 91) -> None:
    then = timezone.now() - timedelta(days=days)
    PhoneNumber.objects.update(heard_at=then)
    Order.objects.update(placed_at=then)


def test_who_gets_a_silent_number_sees_no_older_orders(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    fall_silent()
    page = text_of(sign_in().get("/orders/"))
    assert order.number not in page
    assert "Older orders are put away" in page


def test_newer_orders_are_shown_at_once(acme: Merchant) -> None:
    old = build.order(merchant=acme)
    fall_silent()
    new = build.order(merchant=acme, consignee="Bo Baker", email="bo@example.com")
    page = text_of(sign_in().get("/orders/"))
    assert new.number in page
    assert old.number not in page


def test_the_same_person_who_orders_again_is_not_asked(acme: Merchant) -> None:
    old = build.order(merchant=acme)
    fall_silent()
    build.order(merchant=acme)
    assert old.number in text_of(sign_in().get("/orders/"))


@pytest.mark.parametrize("knows", ["number", "email"])
def test_an_order_number_or_an_email_address_shows_them_again(acme: Merchant, knows: str) -> None:
    order = build.order(merchant=acme)
    fall_silent()
    client = sign_in()
    client.post("/orders/older/", {"answer": f" {getattr(order, knows).upper()} "})
    assert order.number in text_of(client.get("/orders/"))


def test_wrong_answers_are_few(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    fall_silent()
    client = sign_in()
    for _ in range(5):
        client.post("/orders/older/", {"answer": "A-0"})
    client.post("/orders/older/", {"answer": order.number})
    page = text_of(client.get("/orders/"))
    assert "Too many answers" in page
    assert order.number not in page
    Allowance.objects.update(window_ends_at=timezone.now() - timedelta(days=1))
    assert client.post("/orders/older/", {"answer": ""}).status_code == 302
    assert customers.services.held_back([str(ANN)])


def test_a_remembered_device_is_asked_again_when_its_number_fell_silent(acme: Merchant) -> None:
    order, client = build.order(merchant=acme), holder()
    PhonePolicy.objects.create(merchant=acme, silent_days=45)
    fall_silent(days=46)
    page = text_of(client.get("/orders/"))
    assert order.number not in page
    assert "Verify your phone again" in page
    assert client.post("/orders/older/", {"answer": order.number}).status_code == 302
    assert customers.services.held_back([str(ANN)])[0].needs_code, "the order's number alone does not do"
    sign_in()
    assert client.get("/orders/")["Location"] == "/orders/sign-in/", "the former holder's device is signed out"


def test_one_merchants_window_is_not_anothers(acme: Merchant, rival: Merchant) -> None:
    ours, theirs = build.order(merchant=acme), build.order(merchant=rival)
    PhonePolicy.objects.create(merchant=acme, silent_days=45)
    fall_silent(days=46)
    page = text_of(sign_in().get("/orders/"))
    assert ours.number not in page
    assert theirs.number in page


def test_a_stranger_asks_for_older_orders_in_vain(client: Any) -> None:
    assert client.post("/orders/older/", {"answer": "A-1"})["Location"] == "/orders/sign-in/"


def test_orders_are_shown_in_few_queries_without_a_silence(acme: Merchant, django_assert_max_num_queries: Any) -> None:
    build.order(merchant=acme)
    with django_assert_max_num_queries(2):
        shown, held = orders.services.orders_of_numbers([str(ANN)])
    assert (shown.count(), held) == (1, [])
