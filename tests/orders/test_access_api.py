"""Receivers and links over the API, each merchant's own."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from orders.models import Delegate, Order
from tests import build
from tests.orders.bodies import order_body

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders/"
MIA = {"name": "Mia Moss", "phone": "+4915155500011"}


def doors(order: Order, delegate: str = "") -> dict[str, str]:
    home = f"{ORDERS}{order.pk}/"
    return {
        "delegates": f"{home}delegates/",
        "end": f"{home}delegates/{delegate}/end/",
        "links": f"{home}links/",
        "revoke": f"{home}links/customer/revoke/",
    }


def path_of(url: str) -> str:
    return url[url.index("/", 8) :]


def test_a_receiver_is_named_with_the_order(api: APIClient) -> None:
    made = api.post(ORDERS, order_body(receiver=MIA | {"language": "de", "sees_items": True}))
    assert made.status_code == 201
    delegate = Delegate.objects.get()
    assert (delegate.name, delegate.language, delegate.sees_items, delegate.added_by) == (
        "Mia Moss",
        "de",
        True,
        "merchant",
    )
    [told] = api.get(f"{ORDERS}{made.json()['id']}/delegates/").json()
    assert (told["id"], told["is_following"], told["ended_at"]) == (str(delegate.pk), True, None)
    assert Client().get(path_of(told["url"])).status_code == 200


@pytest.mark.parametrize(
    ("receiver", "field"),
    [
        ({"name": "Mia"}, "receiver"),
        (MIA | {"phone": "12"}, "receiver"),
        (MIA | {"phone": "+4915112345678"}, "phone"),
        (MIA | {"name": "https://x.example"}, "name"),
        (MIA | {"language": "fr"}, "receiver"),
        ("Mia", "receiver"),
        ([MIA], "receiver"),
    ],
)
def test_a_receiver_who_can_not_be_one_refuses_the_order(api: APIClient, receiver: Any, field: str) -> None:
    refused = api.post(ORDERS, order_body(receiver=receiver))
    assert refused.status_code in (400, 422)
    assert any(name.partition(".")[0] == field for name in refused.json()["errors"]), refused.json()
    assert not Order.objects.exists()


def test_receivers_are_added_and_taken_away(api: APIClient, order: Order) -> None:
    added = api.post(doors(order)["delegates"], MIA, headers={"idempotency-key": "1"})
    again = api.post(doors(order)["delegates"], MIA, headers={"idempotency-key": "1"})
    assert (added.status_code, again.json()) == (201, added.json())
    assert api.post(doors(order)["delegates"], MIA).status_code == 409
    delegate = added.json()
    ended = api.post(doors(order, delegate["id"])["end"])
    assert (ended.status_code, ended.json()["ended_by"], ended.json()["is_following"]) == (200, "merchant", False)
    assert api.post(doors(order, delegate["id"])["end"]).json()["ended_at"] == ended.json()["ended_at"]
    assert Client().get(path_of(delegate["url"])).status_code == 410


def test_links_are_listed_and_revoked(api: APIClient, order: Order) -> None:
    url = api.get(f"{ORDERS}{order.pk}/").json()["tracking_url"]
    Client().get(path_of(url), headers={"user-agent": "Firefox Windows"})
    found = {link["kind"]: link for link in api.get(doors(order)["links"]).json()}
    assert set(found) == {"customer", "merchant"}
    assert (found["merchant"]["openings"], found["merchant"]["last_device"]) == (1, "computer")
    assert found["customer"]["last_opened_at"] is None
    moved = api.post(f"{ORDERS}{order.pk}/links/merchant/revoke/")
    assert moved.json()["tracking_url"] != url
    assert Client().get(path_of(url)).status_code == 410
    assert Client().get(path_of(moved.json()["tracking_url"])).status_code == 200
    assert Client().get(f"/t/{order.token}/").status_code == 200, "the customer's link is another one"
    assert api.post(f"{ORDERS}{order.pk}/links/delegate/revoke/").status_code == 404


def test_another_merchant_finds_none_of_it(rival_api: APIClient, api: APIClient, order: Order) -> None:
    delegate = api.post(doors(order)["delegates"], MIA).json()["id"]
    own = build.order(merchant=build.merchant(slug="third"))
    for name, door in doors(order, delegate).items():
        for ask in (rival_api.get, rival_api.post):
            assert ask(door, MIA if name == "delegates" and ask == rival_api.post else None).status_code in (404, 405)
    assert api.post(doors(own, delegate)["end"]).status_code == 404
    assert Delegate.objects.get().ended_at is None
    order.refresh_from_db()
    assert order.link_version == 1


def test_a_receivers_link_is_no_key(order: Order, api: APIClient) -> None:
    token = path_of(api.post(doors(order)["delegates"], MIA).json()["url"]).split("/")[2]
    stranger = APIClient(headers={"authorization": f"Bearer {token}"})
    for door in doors(order, str(Delegate.objects.get().pk)).values():
        assert stranger.get(door).status_code == 401
        assert stranger.post(door).status_code == 401


def test_a_receiver_of_another_order_is_not_taken_away(api: APIClient, order: Order) -> None:
    delegate = api.post(doors(order)["delegates"], MIA).json()["id"]
    other = build.order(merchant=order.merchant)
    assert api.post(doors(other, delegate)["end"]).status_code == 404
    assert Delegate.objects.get().ended_at is None
