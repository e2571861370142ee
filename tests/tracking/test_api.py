"""Shipments over the API."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import yaml
from django.utils import timezone
from rest_framework.test import APIClient

from merchants.models import Merchant
from orders.models import Order
from tests import build
from tracking.carriers.base import OffsetSource, ScanEvent, Status
from tracking.models import Shipment
from tracking.services import record_scans

pytestmark = pytest.mark.django_db
SHIPMENTS = "/api/v1/shipments/"


def ship(api: APIClient, ordered: Order, key: str = "", **changes: Any) -> Any:
    body = {"order": str(ordered.pk), "carrier": "dhl", "tracking_number": "JD000123456"} | changes
    given = {name: value for name, value in body.items() if value is not None}
    return api.post(SHIPMENTS, given, headers={"idempotency-key": key} if key else {})


def test_a_shipment_moves_its_order_and_shows_its_parcel(api: APIClient, order: Order) -> None:
    made = ship(api, order, tracking_number="jd 000-123.456")
    assert made.status_code == 201
    shipment = made.json()
    assert shipment["parcels"][0]["tracking_number"] == "JD000123456"
    assert (shipment["status"], shipment["order_number"]) == ("pending", order.number)
    order.refresh_from_db()
    assert order.status == Order.Status.SHIPPED


def test_by_order_number_and_with_many_parcels(api: APIClient, order: Order) -> None:
    parcels = [{"tracking_number": f"JD00012345{n}", "weight_g": 100 * n} for n in range(3)]
    made = ship(api, order, order=None, order_number=order.number, tracking_number=None, parcels=parcels)
    assert made.status_code == 201, made.content
    assert [parcel["weight_g"] for parcel in made.json()["parcels"]] == [0, 100, 200]


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"tracking_number": None}, 400, "tracking_number"),
        ({"parcels": [{"tracking_number": "JD1234567"}]}, 400, "tracking_number"),
        ({"order": "00000000-0000-0000-0000-000000000000"}, 400, "order"),
        ({"order": None, "order_number": "none"}, 400, "order"),
        ({"order": "x"}, 400, "order"),
        ({"carrier": None}, 400, "carrier"),
        ({"carrier": "DHL Express"}, 409, "carrier"),
        ({"tracking_number": "x"}, 409, "tracking_number"),
        ({"tracking_number": "JD<script>"}, 409, "tracking_number"),
        ({"tracking_number": None, "parcels": [{"tracking_number": "JD12345"}] * 2}, 409, "parcels"),
        ({"tracking_number": None, "parcels": [{"tracking_number": f"JD{n}9999"} for n in range(101)]}, 400, "parcels"),
        ({"tracking_number": None, "parcels": [{"tracking_number": "JD12345", "weight_g": -1}]}, 400, "parcels"),
        ({"tracking_number": None, "parcels": [{"tracking_number": "JD12345", "sscc": "17"}]}, 400, "parcels"),
    ],
)
def test_a_wrong_field_is_named(api: APIClient, order: Order, changes: dict, status: int, field: str) -> None:
    answer = ship(api, order, **changes)
    assert answer.status_code == status, answer.content
    assert field in answer.json()["errors"]
    assert not Shipment.objects.exists()
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED


def test_a_number_is_used_once_a_merchant_and_carrier(api: APIClient, order: Order, acme: Merchant) -> None:
    assert ship(api, order).status_code == 201
    assert ship(api, build.order(merchant=acme)).status_code == 409
    assert ship(api, order, carrier="ups").status_code == 201


def test_a_canceled_order_does_not_leave(api: APIClient, order: Order) -> None:
    api.post(f"/api/v1/orders/{order.pk}/cancel/")
    assert ship(api, order).status_code == 409


def test_a_repetition_gets_the_same_answer(api: APIClient, order: Order) -> None:
    first, second = ship(api, order, key="k"), ship(api, order, key="k")
    assert (second.status_code, second.json()) == (201, first.json())
    assert Shipment.objects.count() == 1
    assert ship(api, order, key="k", tracking_number="JD999").status_code == 422


def test_the_timeline_is_newest_first_and_filters_find(api: APIClient, order: Order) -> None:
    shipment = build.delivered(order, number="JD00077")
    build.shipment(order, carrier="ups", number="1Z999")
    for query in ("tracking_number=JD00077", "status=delivered", "carrier=dhl", f"order={order.pk}&carrier=dhl"):
        [row] = api.get(f"{SHIPMENTS}?{query}").json()["results"]
        assert row["id"] == str(shipment.pk)
        assert [event["status"] for event in row["parcels"][0]["events"]] == [
            "delivered",
            "out_for_delivery",
            "in_transit",
        ]


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_nobody_reads_by_number_without_a_key(method: str, order: Order) -> None:
    """The record with its scans, names and places is the merchant's alone."""
    shipment = build.delivered(order, number="JD00077")
    stranger = APIClient()
    for path in (
        f"{SHIPMENTS}?tracking_number=JD00077",
        f"{SHIPMENTS}{shipment.pk}/",
        "/api/v1/recognize/?number=JD00077",
    ):
        answer = getattr(stranger, method)(path)
        assert answer.status_code == 401
        assert b"Archer" not in answer.content
        assert b"Berlin" not in answer.content


def test_more_shipments_take_no_more_statements(
    api: APIClient, acme: Merchant, django_assert_max_num_queries: Any
) -> None:
    for _ in range(8):
        build.delivered(build.order(merchant=acme))
    api.get(SHIPMENTS)
    with django_assert_max_num_queries(6):
        assert len(api.get(SHIPMENTS).json()["results"]) == 8


def timeline(api: APIClient, shipment: Shipment, as_of: str | None = None) -> Any:
    return api.get(f"{SHIPMENTS}{shipment.pk}/timeline/", {} if as_of is None else {"as_of": as_of})


@pytest.fixture
def told(order: Order) -> Shipment:
    """Delivered two days ago, as was learned just now."""
    shipment = build.shipment(order, at=timezone.now() - timedelta(days=5))
    parcel = shipment.parcels.get()
    first = ScanEvent(timezone.now() - timedelta(days=4), OffsetSource.STATED, Status.IN_TRANSIT, "", "PU", "Picked up")
    record_scans(parcel=parcel, scans=[first], source="carrier", at=timezone.now() - timedelta(days=3))
    build.scan(parcel, "delivered", at=timezone.now() - timedelta(days=2), signed_by="Ann")
    return shipment


def test_the_timeline_is_by_when_we_learned(api: APIClient, told: Shipment) -> None:
    now = timeline(api, told).json()
    assert (now["status"], now["signed_by"]) == ("delivered", "Ann")
    assert [event["status"] for event in now["parcels"][0]["events"]] == ["delivered", "in_transit"]
    yesterday = timeline(api, told, (timezone.now() - timedelta(days=1)).isoformat()).json()
    assert (yesterday["status"], yesterday["delivered_at"], yesterday["signed_by"]) == ("in_transit", None, "")
    assert [(event["code"], event["is_struck"]) for event in yesterday["parcels"][0]["events"]] == [("PU", False)]
    at_first = timeline(api, told, (timezone.now() - timedelta(days=4)).isoformat()).json()
    assert (at_first["status"], at_first["parcels"][0]["events"]) == ("pending", [])


def test_a_moment_to_come_is_now_and_one_before_is_none(api: APIClient, told: Shipment) -> None:
    future = timeline(api, told, "2199-01-01T00:00:00Z").json()
    assert future["status"] == "delivered"
    assert datetime.fromisoformat(future["as_of"]) <= timezone.now()
    early = timeline(api, told, "2020-01-01T00:00:00Z")
    assert (early.status_code, early.json()["code"]) == (404, "not_there_yet")


@pytest.mark.parametrize(
    "as_of",
    [
        "",
        "yesterday",
        "2026-11-20",
        "2026-11-20T10:00:00",
        "1763632800",
        "0001-01-01T00:00:00+14:00",
        "\x00",
        "9" * 5000,
    ],
)
def test_a_moment_without_its_offset_is_refused_with_what_to_send(api: APIClient, told: Shipment, as_of: str) -> None:
    answer = timeline(api, told, as_of)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert set(answer.json()["errors"]) == {"as_of"}


def test_what_to_send_is_told(api: APIClient, told: Shipment) -> None:
    assert "2026-11-20T10:00:00Z" in timeline(api, told, "2026-11-20T10:00:00").json()["errors"]["as_of"][0]


@pytest.mark.parametrize("written", ["+01:00", "%2B01:00", "+0100"])
def test_a_plus_may_stay_as_it_is(api: APIClient, told: Shipment, written: str) -> None:
    moment = f"{timezone.now() - timedelta(days=1):%Y-%m-%dT%H:%M:%S}"
    answer = api.get(f"{SHIPMENTS}{told.pk}/timeline/?as_of={moment}{written}")
    assert answer.json()["status"] == "in_transit"


def test_a_strangers_timeline_does_not_exist(rival_api: APIClient, told: Shipment) -> None:
    assert timeline(rival_api, told).status_code == 404
    assert timeline(rival_api, told).json()["code"] == "not_found"
    assert timeline(APIClient(), told).status_code == 401


def test_the_timeline_is_described(api: APIClient) -> None:
    paths = yaml.safe_load(api.get("/api/schema/").content)["paths"]
    described = paths["/api/v1/shipments/{id}/timeline/"]["get"]
    assert [one["name"] for one in described["parameters"] if one["in"] == "query"] == ["as_of"]
