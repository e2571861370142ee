"""A stranger's row does not exist: every route of the API, walked with a rival's key."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.utils import timezone
from rest_framework.routers import SimpleRouter
from rest_framework.test import APIClient

import aftersales.services
import notifications.hooks.endpoints
import orders.services
from aftersales.models import Dispute, Payment, Refund, Return
from inventory.models import StockLevel
from logistics_portal.api_urls import router
from logistics_portal.kernel.models import Event
from merchants.door import MerchantViewSet
from merchants.models import IdempotencyRecord, Merchant
from notifications.hooks.feed import first_key
from notifications.models import Message, WebhookCall
from orders.models import Delegate, Order
from tests import build
from tests.orders.bodies import order_body

API = "/api/v1"
OWN_APPS = ("merchants", "customers", "inventory", "orders", "tracking", "aftersales", "notifications")
# Routes that show no merchant's rows.
WITHOUT_ROWS = {
    "recognize",
    "phone-check",
    "phone-verifications",
    "number-changes",
    "unannounced-returns",
    "message-choices",
}  # no list; tenancy: tests/customers, tests/notifications


@pytest.fixture
def world(acme: Merchant) -> Order:
    """Acme has a row of every kind that the API shows."""
    build.stock(acme, sku="SKU-1")
    order = build.order(merchant=acme)
    shipment = build.delivered(order)
    line = order.lines.first()
    returned = aftersales.services.request_return(order=order, reason="too_small", comment="", quantities={line.pk: 1})
    aftersales.services.receive_return(return_case=returned)
    aftersales.services.request_return(order=order, reason="too_small", comment="", quantities={line.pk: 1})
    aftersales.services.open_dispute(shipment=shipment, statement="The rest is not here.")
    Payment.objects.create(merchant=acme, order=order, gateway="stripe", reference="pi_1")
    aftersales.services.write_message(order=order, text="Where is the rest?")
    orders.services.set_offer(merchant=acme, sku="SKU-1", currency="EUR", unit_price=Decimal("19.90"))
    today = orders.services.order_today(order)
    orders.services.request_reorder(order=order, form_id="f1", seen=today.seen)
    Delegate.objects.create(order=order, name="Neighbor", phone="+4915777777777", added_by="merchant")
    Message.objects.create(
        merchant=acme,
        order=order,
        kind="order_confirmed",
        subject_id=order.pk,
        fact=f"orders.placed:{order.pk}",
        channel="sms",
        address=str(order.phone),
    )
    endpoint = notifications.hooks.endpoints.create_endpoint(merchant=acme, url="https://1.1.1.1/hook")
    hour_ago = timezone.now() - timedelta(hours=1)  # events appear when nobody can write an earlier one any more
    event = Event.objects.create(
        id=first_key(hour_ago), name="orders.placed", merchant_id=acme.pk, subject_id=order.pk, published_at=hour_ago
    )
    WebhookCall.objects.create(endpoint=endpoint, event=event)
    return order


def routes() -> Iterator[tuple[str, Any]]:
    for prefix, viewset, _ in router.registry:
        yield prefix, viewset


def with_rows() -> list[tuple[str, Any]]:
    return [(prefix, viewset) for prefix, viewset in routes() if prefix not in WITHOUT_ROWS]


def actions(viewset: Any) -> Iterator[tuple[str, str]]:
    """Method and path ending of each extra action on one row."""
    for action in viewset.get_extra_actions():
        assert action.detail, "an action on the whole list needs a test of its own"
        for method in action.mapping:
            yield method, f"{_of_a_row(action.url_path)}/"


def _of_a_row(url_path: str) -> str:
    """An action's path with a row of acme's where it names one."""
    named = f"(?P<delegate_id>{MerchantViewSet.lookup_value_regex})"
    if named in url_path:
        row = Delegate.objects.order_by("pk").first()
        url_path = url_path.replace(named, str(row.pk if row else UUID(int=0)))
    return url_path.replace("(?P<link>customer|merchant)", "customer")


def everything() -> dict[str, list[dict]]:
    """Every row of the portal's own tables, but those that any call may write."""
    models = [model for label in OWN_APPS for model in apps.get_app_config(label).get_models()]
    return {
        model._meta.label: sorted(map(str, model.objects.values()))
        for model in models
        if model._meta.label not in ("merchants.ApiKey", "merchants.IdempotencyRecord")
    }


def rows_of(client: APIClient, prefix: str) -> list[dict]:
    answer = client.get(f"{API}/{prefix}/")
    assert answer.status_code == 200, (prefix, answer.content)
    return answer.json()["results"]


def test_the_walk_sees_every_route(world: Order, api: APIClient) -> None:
    """The owner sees a row behind each route: else the tests below would prove nothing."""
    assert isinstance(router, SimpleRouter)
    for prefix, viewset in with_rows():
        rows = rows_of(api, prefix)
        assert rows, f"acme needs a row under {prefix}"
        if hasattr(viewset, "retrieve"):
            assert api.get(f"{API}/{prefix}/{rows[0]['id']}/").status_code == 200
            for method, ending in actions(viewset):
                answer = getattr(api, method)(f"{API}/{prefix}/{rows[0]['id']}/{ending}", {})
                assert answer.status_code not in (404, 405), (prefix, ending)


@pytest.mark.parametrize("key", ["", "stolen-key"])
def test_a_rival_sees_and_moves_nothing(world: Order, api: APIClient, rival_api: APIClient, key: str) -> None:
    owned = {prefix: [row["id"] for row in rows_of(api, prefix) if "id" in row] for prefix, _ in with_rows()}
    before = everything()
    headers = {"idempotency-key": key} if key else {}
    body = {"carrier": "dhl", "tracking_number": "RET12345", "reference": "re_1", "note": "No.", "accept": True}
    for prefix, viewset in with_rows():
        assert rows_of(rival_api, prefix) == []
        for row_id in owned[prefix]:
            path = f"{API}/{prefix}/{row_id}/"
            assert rival_api.get(path).status_code in (404, 405) or not hasattr(viewset, "retrieve")
            for method in ("put", "patch", "delete"):
                assert getattr(rival_api, method)(path, body).status_code in (404, 405)
            for method, ending in actions(viewset):
                answer = getattr(rival_api, method)(path + ending, body, headers=headers)
                assert answer.status_code == 404, (path + ending, answer.content)
                assert answer["Content-Type"] == "application/problem+json"
    assert everything() == before
    assert not IdempotencyRecord.objects.exists()


def test_filters_do_not_reach_over_the_wall(world: Order, rival_api: APIClient) -> None:
    shipment = world.shipments.first()
    for path in (
        f"orders/?number={world.number}",
        f"shipments/?order={world.pk}",
        f"shipments/?tracking_number={shipment.parcels.get().tracking_number}",
        f"shipments/?order_number={world.number}",
        f"returns/?order_number={world.number}",
        f"disputes/?order_number={world.number}",
        f"items/?sku={world.lines.first().sku}",
    ):
        answer = rival_api.get(f"{API}/{path}")
        assert answer.status_code in (200, 400)
        assert answer.json().get("results", []) == []


def test_a_rival_ships_and_counts_nothing_of_acme(world: Order, rival_api: APIClient) -> None:
    before = everything()
    level = StockLevel.objects.select_related("item", "location").get()
    for path, body in (
        ("shipments/", {"order": str(world.pk), "carrier": "dhl", "tracking_number": "JD11112222"}),
        ("shipments/", {"order_number": world.number, "carrier": "dhl", "tracking_number": "JD11112222"}),
        ("stock/", {"sku": level.item.sku, "location": level.location.code, "on_hand": 0}),
    ):
        answer = rival_api.post(f"{API}/{path}", body)
        assert answer.status_code == 400, answer.content
    assert everything() == before


def test_equal_numbers_of_two_merchants_live_side_by_side(api: APIClient, rival_api: APIClient) -> None:
    for client in (api, rival_api):
        assert client.post(f"{API}/orders/", order_body(number="SAME")).status_code == 201
        sent = {"order_number": "SAME", "carrier": "dhl", "tracking_number": "JD0000SAME"}
        assert client.post(f"{API}/shipments/", sent).status_code == 201
    assert Order.objects.filter(number="SAME").count() == 2
    assert [row["order_number"] for row in rows_of(api, "shipments")] == ["SAME"]


def test_one_merchants_idempotency_key_is_another_ones_own(api: APIClient, rival_api: APIClient) -> None:
    for client in (api, rival_api):
        answer = client.post(f"{API}/orders/", order_body(number="K"), headers={"idempotency-key": "same"})
        assert answer.status_code == 201
    assert Order.objects.count() == 2


def test_the_kinds_of_the_world_are_what_they_should_be(world: Order) -> None:
    assert Return.objects.count() == 2
    assert Refund.objects.count() == Dispute.objects.count() == 1
