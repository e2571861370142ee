"""Returns, refunds and disputes over the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

import aftersales.services
from aftersales.models import Refund, Return
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tracking.models import Shipment

pytestmark = pytest.mark.django_db
RETURNS, REFUNDS, DISPUTES = "/api/v1/returns/", "/api/v1/refunds/", "/api/v1/disputes/"


@pytest.fixture
def return_case(acme: Merchant) -> Return:
    order = build.order(merchant=acme)
    build.delivered(order)
    line = order.lines.first()
    return aftersales.services.request_return(order=order, reason="damaged", comment="", quantities={line.pk: 1})


def act(api: APIClient, path: str, body: dict | None = None, key: str = "") -> Any:
    return api.post(path, body or {}, headers={"idempotency-key": key} if key else {})


def test_from_label_to_refund(api: APIClient, return_case: Return) -> None:
    mine = f"{RETURNS}{return_case.pk}/"
    sent = act(api, f"{mine}send/", {"carrier": "dhl", "tracking_number": "ret 123"})
    assert (sent.status_code, sent.json()["shipment"]) == (200, str(Shipment.objects.get(direction="return").pk))
    assert act(api, f"{mine}receive/").json()["status"] == "received"
    [refund] = api.get(REFUNDS).json()["results"]
    assert (refund["amount"], refund["currency"], refund["status"]) == ("19.90", "EUR", "pending")
    paid = act(api, f"{REFUNDS}{refund['id']}/pay/", {"reference": "re_1"})
    assert paid.json()["status"] == "paid"
    assert api.get(mine).json()["status"] == "refunded"


def test_a_second_click_changes_nothing_and_a_repetition_gets_the_same(api: APIClient, return_case: Return) -> None:
    path = f"{RETURNS}{return_case.pk}/receive/"
    first, again = act(api, path, key="k"), act(api, path, key="k")
    assert (again.status_code, again.json()) == (200, first.json())
    refused = act(api, path)
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_status")
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("ending", "body", "status", "field"),
    [
        ("send/", {}, 400, "carrier"),
        ("send/", {"carrier": "dhl"}, 400, "tracking_number"),
        ("send/", {"carrier": "dhl", "tracking_number": "!"}, 409, "tracking_number"),
        ("send/", {"carrier": "D H L", "tracking_number": "RET123"}, 409, "carrier"),
    ],
)
def test_a_wrong_label_is_named(
    api: APIClient, return_case: Return, ending: str, body: dict, status: int, field: str
) -> None:
    answer = act(api, f"{RETURNS}{return_case.pk}/{ending}", body)
    assert answer.status_code == status
    assert field in answer.json()["errors"]
    assert not Shipment.objects.filter(direction="return").exists()


def test_a_payment_needs_its_reference(api: APIClient, return_case: Return) -> None:
    aftersales.services.receive_return(return_case=return_case)
    path = f"{REFUNDS}{Refund.objects.get().pk}/pay/"
    for body in ({}, {"reference": ""}, {"reference": "  "}, {"reference": "x" * 121}):
        answer = act(api, path, body)
        assert answer.status_code == 400
        assert "reference" in answer.json()["errors"]
    assert Refund.objects.get().status == "pending"


def test_disputes_are_read_and_filtered(api: APIClient, return_case: Return) -> None:
    order = Order.objects.get()
    aftersales.services.open_dispute(shipment=order.shipments.get(), statement="Not here.")
    for query in ("", "?status=open", f"?order_number={order.number}"):
        [row] = api.get(f"{DISPUTES}{query}").json()["results"]
        assert (row["kind"], row["statement"]) == ("not_received", "Not here.")
    assert api.get(f"{DISPUTES}?status=accepted").json()["results"] == []
    assert act(api, DISPUTES).status_code == 405
