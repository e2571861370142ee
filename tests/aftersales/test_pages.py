"""Sending goods back, and saying that a parcel did not arrive."""

from uuid import uuid4

import pytest
from django.test import Client

from aftersales.models import Dispute, Return
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.visitors import holder, text_of
from tracking.models import Shipment

pytestmark = pytest.mark.django_db


@pytest.fixture
def arrived(order: Order) -> Order:
    build.delivered(order)
    return order


def wanted(order: Order, quantity: object = 1, **changes: object) -> dict:
    given = {f"line-{order.lines.order_by('pk').first().pk}": quantity, "reason": "too_small", "comment": ""}
    return {**given, **changes}


def test_a_return_is_asked_for_approved_and_sent(arrived: Order) -> None:
    client, home = holder(), f"/t/{arrived.token}/"
    assert "Thing 1" in text_of(client.get(f"{home}return/"))
    asked = client.post(f"{home}return/", wanted(arrived), follow=True)
    assert "Your return is approved." in text_of(asked)
    case = Return.objects.get()
    sent = client.post(
        f"{home}returns/{case.pk}/send/", {"carrier": "DHL", "tracking_number": "00 3404 3416"}, follow=True
    )
    assert "You can follow your return on this page." in text_of(sent)
    case.refresh_from_db()
    assert case.shipment.carrier == "dhl"
    assert case.shipment.direction == Shipment.Direction.RETURN
    assert case.shipment.parcels.get().tracking_number == "0034043416"


def test_a_carrier_without_an_adapter_is_taken_by_its_name(arrived: Order) -> None:
    client, home = holder(), f"/t/{arrived.token}/"
    client.post(f"{home}return/", wanted(arrived))
    case = Return.objects.get()
    client.post(f"{home}returns/{case.pk}/send/", {"carrier": "Post Office 7", "tracking_number": "ABC12345"})
    case.refresh_from_db()
    assert case.shipment.carrier == "post_office_7"


def test_a_return_that_a_person_decides_says_so(acme: Merchant) -> None:
    acme.policy.auto_approve_returns = False
    acme.policy.save()
    order = build.order(merchant=acme)
    build.delivered(order)
    said = text_of(holder().post(f"/t/{order.token}/return/", wanted(order), follow=True))
    assert "The sender decides and tells you." in said
    assert "It is the sender's turn: your request is being looked at." in said


def test_a_return_can_be_canceled_before_it_is_sent(arrived: Order) -> None:
    client, home = holder(), f"/t/{arrived.token}/"
    client.post(f"{home}return/", wanted(arrived))
    case = Return.objects.get()
    assert "Your return is canceled." in text_of(client.post(f"{home}returns/{case.pk}/cancel/", follow=True))
    case.refresh_from_db()
    assert case.status == Return.Status.CANCELED
    again = client.post(f"{home}returns/{case.pk}/cancel/")
    assert again.status_code == 409
    assert "canceled" in text_of(again)


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": ""},
        {"reason": "because"},
        {"comment": "\x00"},
        {"comment": "x" * 2001},
        {"quantity": 0},
        {"quantity": 99},
        {"quantity": "-1"},
        {"quantity": "\x00"},
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_asked_for(arrived: Order, changes: dict) -> None:
    response = holder().post(f"/t/{arrived.token}/return/", wanted(arrived, **changes))
    assert response.status_code in (409, 422)
    assert 'role="alert"' in response.content.decode()
    assert not Return.objects.exists()


def test_before_the_parcel_arrived_the_page_says_why_not(order: Order) -> None:
    said = text_of(holder().get(f"/t/{order.token}/return/"))
    assert "You can send goods back once the parcel has arrived." in said
    assert holder().post(f"/t/{order.token}/return/", wanted(order)).status_code == 422


def test_a_parcel_that_did_not_arrive_is_looked_into(arrived: Order) -> None:
    shipment = arrived.shipments.get()
    client, url = holder(), f"/t/{arrived.token}/dispute/{shipment.pk}/"
    assert client.get(url).status_code == 200
    said = text_of(client.post(url, {"kind": "not_received", "statement": "Asked all neighbors"}, follow=True))
    assert "We are looking into it." in said
    dispute = Dispute.objects.get()
    assert dispute.statement == "Asked all neighbors"
    case = f"/t/{arrived.token}/disputes/{dispute.pk}/"
    assert "We are looking into this parcel already." in text_of(client.get(url))
    assert client.post(url, {"statement": ""})["Location"] == case, "a second click leads to the case"
    assert "Asked all neighbors" in text_of(client.get(case))
    assert "Good that you have it." in text_of(client.post(f"{case}withdraw/", follow=True))
    assert Dispute.objects.get().status == Dispute.Status.WITHDRAWN
    assert client.post(f"{case}withdraw/").status_code == 404


def test_strangers_are_sent_to_prove_the_phone_and_change_nothing(arrived: Order) -> None:
    shipment = arrived.shipments.get()
    home = f"/t/{arrived.token}/"
    for client in (Client(), holder("+4915198765432")):
        for path in ("return/", f"dispute/{shipment.pk}/"):
            for answer in (client.get(home + path), client.post(home + path, wanted(arrived))):
                assert answer.status_code == 302
                assert answer["Location"].startswith(f"{home}verify/?next=")
        assert client.post(f"{home}disputes/{uuid4()}/withdraw/").status_code == 302
    assert not Return.objects.exists()
    assert not Dispute.objects.exists()


def test_returns_and_parcels_of_other_orders_are_not_found(acme: Merchant, arrived: Order) -> None:
    other = build.order(merchant=acme)
    others_shipment = build.delivered(other)
    client = holder()
    client.post(f"/t/{other.token}/return/", wanted(other))
    case, home = Return.objects.get(), f"/t/{arrived.token}/"
    for path in (f"returns/{case.pk}/send/", f"dispute/{others_shipment.pk}/", f"returns/{uuid4()}/send/"):
        assert client.get(home + path).status_code == 404
    assert client.post(f"{home}returns/{case.pk}/cancel/").status_code == 404
    assert client.get(f"{home}returns/{case.pk}/cancel/").status_code == 405
    assert client.get(f"{home}returns/not-a-uuid/send/").status_code == 404
