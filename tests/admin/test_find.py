"""The search box of staff: quick to a single order, a list for several, and nothing of others."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from merchants.models import Merchant
from orders.models import Order
from tests import build


@pytest.fixture
def clerk(acme: Merchant) -> Client:
    user = build.staff(acme, name="clerk")
    user.user_permissions.add(Permission.objects.get(codename="view_order"))
    client = Client()
    client.force_login(user)
    return client


def test_a_single_order_opens_itself(clerk: Client, order: Order) -> None:
    page = clerk.get(reverse("admin_find"), {"q": order.number})
    assert page.status_code == 302
    assert page["Location"] == reverse("admin:orders_order_change", args=[order.pk])


def test_several_are_listed_with_what_matched(clerk: Client, acme: Merchant) -> None:
    for number in ("S-1", "S-2"):
        build.order(merchant=acme, number=number, consignee="Ann Miller", phone="+4915112345555")
    page = clerk.get(reverse("admin_find"), {"q": "5555"})
    assert page.status_code == 200
    assert [row["found"].number for row in page.context["rows"]] == ["S-2", "S-1"]
    assert "+4915112345555" in page.content.decode()


def test_what_is_new_is_found_at_once(clerk: Client, acme: Merchant) -> None:
    box = reverse("admin:search")
    assert "LATE-7" not in clerk.get(box, {"s": "LATE-7"}).content.decode()
    build.order(merchant=acme, number="LATE-7")
    assert "LATE-7" in clerk.get(box, {"s": "LATE-7"}).content.decode()


def test_nothing_found_says_how_numbers_are_read(clerk: Client) -> None:
    page = clerk.get(reverse("admin_find"), {"q": "<b>nobody</b>"}).content.decode()
    assert "&lt;b&gt;nobody" in page
    assert "country code" in page


def test_others_and_strangers_find_nothing(clerk: Client, rival: Merchant) -> None:
    foreign = build.order(merchant=rival, number="R-77")
    assert clerk.get(reverse("admin_find"), {"q": foreign.number}).status_code == 200
    assert clerk.get(reverse("admin:search"), {"s": foreign.number}).status_code == 200
    assert foreign.consignee not in clerk.get(reverse("admin:search"), {"s": foreign.number}).content.decode()
    assert Client().get(reverse("admin_find"), {"q": foreign.number}).status_code == 302  # to sign in
    assert "login" in Client().get(reverse("admin:search"), {"s": foreign.number})["Location"]


def test_without_the_permission_nothing_is_found(acme: Merchant, order: Order) -> None:
    client = Client()
    client.force_login(build.staff(acme, name="nobody"))
    assert client.get(reverse("admin_find"), {"q": order.number}).context["rows"] == []
