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
    assert api.get(mine).json()["status"] == "closed"


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


# Steps with an expected status, counts, unannounced goods, payments.


@pytest.fixture
def arrived(acme: Merchant) -> Order:
    order = build.order(merchant=acme)
    build.delivered(order)
    return order


def test_a_return_is_asked_for_decided_counted_and_judged(api: APIClient, arrived: Order) -> None:
    line = str(arrived.lines.order_by("pk").first().pk)
    body = {"order": str(arrived.pk), "reason": "too_small", "lines": [{"order_line": line, "quantity": 2}]}
    asked = api.post(RETURNS, body)
    assert (asked.status_code, asked.json()["status"]) == (201, "approved")
    mine = f"{RETURNS}{asked.json()['id']}/"
    refused = act(api, f"{mine}approve/", {"from_status": "requested"})
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_status")
    assert refused.json()["errors"] == {"from_status": ["approved"]}
    count = {"line": asked.json()["lines"][0]["id"], "resellable": 1, "damaged": 1, "disposition": "repair"}
    received = act(api, f"{mine}receive/", {"from_status": "approved", "counts": [count]})
    assert received.json()["status"] == "received"
    assert received.json()["lines"][0]["accepted_quantity"] == 1
    judged = act(api, f"{mine}judge/", {"accept": False, "note": "Worn."})
    assert judged.json()["lines"][0]["declined_quantity"] == 1
    [refund] = api.get(REFUNDS).json()["results"]
    act(api, f"{REFUNDS}{refund['id']}/pay/", {"reference": "re_1"})
    assert api.get(mine).json()["status"] == "closed"


def test_goods_that_nobody_announced(api: APIClient, rival_api: APIClient, arrived: Order) -> None:
    line = str(arrived.lines.order_by("pk").first().pk)
    body = {"order": str(arrived.pk), "lines": [{"order_line": line, "quantity": 1}], "note": "No slip"}
    assert rival_api.post("/api/v1/unannounced-returns/", body).status_code == 422
    noted = api.post("/api/v1/unannounced-returns/", body)
    assert (noted.status_code, noted.json()["status"], noted.json()["origin"]) == (201, "received", "unannounced")
    assert api.get(REFUNDS).json()["results"] == []


def test_a_part_is_refunded_fails_and_is_tried_again(api: APIClient, rival_api: APIClient, arrived: Order) -> None:
    body = {"order": str(arrived.pk), "amount": "5.00", "cause": "late", "note": "It came late."}
    assert rival_api.post(REFUNDS, body).status_code == 422
    first, again = api.post(REFUNDS, body), api.post(REFUNDS, body)
    assert (first.status_code, first.json()["id"]) == (201, again.json()["id"])
    mine = f"{REFUNDS}{first.json()['id']}/"
    assert act(api, f"{mine}fail/", {"failure": "No such account"}).json()["status"] == "failed"
    assert act(api, f"{mine}retry/").json()["status"] == "pending"
    too_much = api.post(REFUNDS, body | {"amount": "84.00", "cause": "more"})
    assert (too_much.status_code, too_much.json()["code"]) == (409, "nothing_to_refund")


def test_how_an_order_was_paid(api: APIClient, rival_api: APIClient, arrived: Order) -> None:
    body = {"order": str(arrived.pk), "gateway": "stripe", "reference": "pi_1"}
    assert rival_api.post("/api/v1/payments/", body).status_code == 422
    assert api.post("/api/v1/payments/", body).status_code == 201
    assert api.post("/api/v1/payments/", body | {"reference": "pi_2"}).json()["reference"] == "pi_2"
    assert [row["reference"] for row in api.get("/api/v1/payments/").json()["results"]] == ["pi_2"]
    assert api.post("/api/v1/payments/", body | {"gateway": "gold"}).status_code == 422
