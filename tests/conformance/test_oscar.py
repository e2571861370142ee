"""What an order's link opens, and what it does not.

Found in django-oscar: src/oscar/apps/customer/order/... `AnonymousOrderDetailView` and oscar/apps/order/models.py
(`verification_hash`, `check_verification_hash`): a guest sees an order by its number and a signed hash of it, and since
oscar/apps/customer/mixins.py:104 only where the e-mail in the session fits, too.

| theirs | ours |
|---|---|
| number and signed hash | one token that can't be guessed; the number opens nothing |
| the session's e-mail | the proof of the order's phone number on this device |
| a hash that holds for ever | a link that is closed and replaced; a receiver's ends 30 days after the last parcel |
"""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

import orders.services
from merchants.models import Merchant
from orders.models import Order
from orders.services import DelegateDraft
from tests import build
from tests.visitors import holder

pytestmark = pytest.mark.django_db

PERSONAL = ("Ann Archer", "Lindenstraße 12", "10969", "39.80")
STRANGER = "+4915198765432"


def status(path: str, client: Client | None = None) -> int:
    return (client or Client()).get(path).status_code


def page(order: Order, client: Client | None = None) -> str:
    return (client or Client()).get(f"/t/{order.token}/").content.decode()


def test_a_guest_needs_the_token_and_not_the_number(order: Order) -> None:
    assert status(f"/t/{order.token}/") == 200
    for guess in (order.number, str(order.pk), order.pk.hex, "", "1"):
        assert status(f"/t/{guess}/") == 404


def test_a_token_with_one_letter_changed_is_none(order: Order) -> None:
    for place in range(len(order.token)):
        other = "A" if order.token[place] != "A" else "B"
        assert status(f"/t/{order.token[:place]}{other}{order.token[place + 1 :]}/") == 404
    assert status(f"/t/{order.token[:-1]}/") == status(f"/t/{order.token}A/") == 404


def test_one_orders_token_opens_nothing_of_another(acme: Merchant, order: Order) -> None:
    other = build.order(merchant=acme)
    shipment = build.delivered(other)
    ann = holder()
    assert status(f"/t/{other.token}/dispute/{shipment.pk}/", ann) == 200
    assert status(f"/t/{order.token}/dispute/{shipment.pk}/", ann) == 404


def test_a_closed_link_opens_nothing_and_the_next_one_does(order: Order) -> None:
    old = order.token
    orders.services.revoke_link(order=order, link="customer", by="merchant")
    order = Order.objects.get(pk=order.pk)
    assert status(f"/t/{old}/") == 410
    assert order.token != old
    assert status(f"/t/{order.token}/") == 200


def test_a_receivers_link_ends_with_the_delivery(order: Order) -> None:
    draft = DelegateDraft("Mia Moss", PhoneNumber.from_string("+4915155500011"))
    link = f"/r/{orders.services.add_delegate(order=order, draft=draft, by='customer').token}/"
    assert status(link) == 200
    build.delivered(order)
    Order.objects.filter(pk=order.pk).update(completed_at=timezone.now() - timedelta(days=31))
    assert status(link) == 410


def test_the_token_alone_shows_nothing_personal(order: Order) -> None:
    build.shipment(order)
    seen = page(order)
    assert [word for word in PERSONAL if word in seen] == []


def test_the_proof_of_another_number_shows_nothing_personal(order: Order) -> None:
    seen = page(order, holder(STRANGER))
    assert [word for word in PERSONAL if word in seen] == []


def test_the_token_with_the_proof_of_its_number_shows_it(order: Order) -> None:
    seen = page(order, holder())
    assert [word for word in PERSONAL if word not in seen] == []


@pytest.mark.parametrize("deed", ["return", "withdraw", "talk", "access", "change", "again"])
def test_what_is_done_in_the_customers_name_needs_the_proof(order: Order, deed: str) -> None:
    build.delivered(order)
    for visitor in (Client(), holder(STRANGER)):
        answer = visitor.get(f"/t/{order.token}/{deed}/")
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, f"/t/{order.token}/verify/")
    assert status(f"/t/{order.token}/{deed}/", holder()) == 200
