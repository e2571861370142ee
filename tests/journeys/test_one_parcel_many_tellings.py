"""What carriers get wrong about a parcel ends in one truthful page: its carrier, number, signature and scans."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from logistics_portal.demo_data.payloads import Happening, Trip, write
from logistics_portal.demo_data.places import CITIES
from logistics_portal.imports.signing import sign
from logistics_portal.kernel import work
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.races import aftership
from tests.visitors import text_of
from tracking.models import Parcel, Shipment, TrackingEvent

pytestmark = pytest.mark.django_db
UPS_NUMBER = "1Z879E930346834440"


def push(carrier: str, body: bytes) -> None:
    """Through the door, signed as the carrier signs it, and read."""
    sent, headers = sign(carrier, body, "shh")
    content_type = headers.pop("content-type", "application/json")
    answer = Client().post(f"/webhooks/carriers/{carrier}", sent, content_type=content_type, headers=headers)
    assert answer.status_code in (200, 202), answer.content
    work.drain()


def page(order: Order) -> str:
    return text_of(Client().get(f"/t/{order.token}/"))


def status_of(api: APIClient, shipment: Shipment) -> str:
    return api.get(f"/api/v1/shipments/{shipment.pk}/").json()["status"]


def test_a_wrong_carrier_is_warned_of_then_corrected_and_both_are_kept(api: APIClient, order: Order) -> None:
    build.carrier_account("ups")
    body = {"order": str(order.pk), "carrier": "dhl", "tracking_number": UPS_NUMBER}
    made = api.post("/api/v1/shipments/", body).json()
    assert made["warnings"] == [f"{UPS_NUMBER} looks like a UPS number, not DHL."]
    assert api.get("/api/v1/recognize/", {"number": UPS_NUMBER}).json()["candidates"][0]["carrier"] == "ups"
    scan = Happening("picked_up", timezone.now() - timedelta(hours=2), CITIES["Hamburg"])
    trip = Trip(UPS_NUMBER, "ups", "Ground", CITIES["Hamburg"], CITIES["Berlin"], [scan], scan.at.date())
    push("ups", write("ups", trip))
    parcel = Parcel.objects.get()
    assert (parcel.carrier, parcel.stated_carrier, parcel.status) == ("ups", "dhl", "in_transit")
    told = api.get(f"/api/v1/shipments/{made['id']}/").json()
    assert (told["carrier"], told["parcels"][0]["stated_carrier"]) == ("ups", "dhl")
    said = page(order)
    assert "UPS" in said
    assert "DHL" not in said


def test_a_number_that_is_used_again_does_not_mix_two_shipments(acme: Merchant, api: APIClient) -> None:
    """The second shipment of a number starts empty, is told alone, and the first keeps its story."""
    build.carrier_account("aftership")
    long_ago, now = timezone.now() - timedelta(days=200), timezone.now()
    first_order, second_order = build.order(merchant=acme), build.order(merchant=acme)
    first = build.shipment(first_order, number="JD014600002002", at=long_ago)
    old = [
        aftership.checkpoint(1, at=long_ago + timedelta(days=1), message="First time around"),
        aftership.checkpoint(2, at=long_ago + timedelta(days=2), tag="Delivered", message="First door"),
    ]
    aftership.post(aftership.body("JD014600002002", old, tag="Delivered"))
    work.drain()
    second = build.shipment(second_order, number="JD014600002002", at=now - timedelta(days=1))
    aftership.post(aftership.body("JD014600002002", old, tag="Delivered"))
    work.drain()
    assert status_of(api, second) == "pending", "an old trail is no news of a new parcel"
    new = [aftership.checkpoint(3, at=now - timedelta(hours=3), message="Second time around")]
    aftership.post(aftership.body("JD014600002002", new))
    work.drain()
    assert (status_of(api, first), status_of(api, second)) == ("delivered", "in_transit")
    scans = TrackingEvent.objects.order_by("occurred_at").values_list("parcel__shipment", "description")
    assert list(scans) == [
        (first.pk, "First time around"),
        (first.pk, "First door"),
        (second.pk, "Second time around"),
    ]
    first_order.refresh_from_db()
    assert first_order.status == Order.Status.COMPLETED


# Signed at 13:10, put into a parcel shop at 14:52, signed again at 18:09: as Kdniao tells it, in its glued times.
STO = (
    ("2026-11-1908:12:05", "【上海浦东公司】的派件员【王师傅】正在派件", "202"),
    ("2026-11-1913:10:32", "已签收，签收人是【本人】", "3"),
    ("2026-11-1914:52:10", "快件已放入【浦东花木驿站】，请及时取件", "211"),
    ("2026-11-1918:09:41", "已签收，签收人是【本人】，感谢使用申通快递", "3"),
)


def test_signed_parcel_shop_and_signed_again_reads_sensibly(api: APIClient, acme: Merchant) -> None:
    order = build.order(merchant=acme, country="CN", city="上海", phone="+8613800138000")
    shipment = build.shipment(order, carrier="sto", number="773000000000001", at=datetime(2026, 11, 18, tzinfo=UTC))
    build.carrier_account("kdniao")
    seen: list[tuple[str, bool]] = []
    for reach in range(1, len(STO) + 1):
        _tell_sto(reach)
        order.refresh_from_db()
        seen.append((status_of(api, shipment), order.status == Order.Status.COMPLETED))
    assert seen == [
        ("out_for_delivery", False),
        ("delivered", True),
        ("available_for_pickup", False),
        ("delivered", True),
    ]
    told = api.get(f"/api/v1/shipments/{shipment.pk}/").json()
    assert datetime.fromisoformat(told["delivered_at"]) == datetime(2026, 11, 19, 10, 9, 41, tzinfo=UTC)
    assert len(told["parcels"][0]["events"]) == len(STO)
    assert "Your parcel was delivered" in page(order)


def _tell_sto(reach: int) -> None:
    """Kdniao's push after the ``reach``-th scan."""
    traces = [{"AcceptTime": at, "AcceptStation": words, "Action": action} for at, words, action in STO[:reach]]
    state = {"202": "2", "3": "3", "211": "2"}[STO[reach - 1][2]]
    answer = {
        "LogisticCode": "773000000000001",
        "ShipperCode": "STO",
        "Success": True,
        "State": state,
        "StateEx": STO[reach - 1][2],
        "Traces": traces,
    }
    told = {"EBusinessID": "1600001", "Count": "1", "PushTime": "2026-11-19 20:00:00", "Data": [answer]}
    push("kdniao", json.dumps(told, ensure_ascii=False).encode())


def test_what_a_carrier_takes_back_is_struck_through_and_counts_no_more(api: APIClient, order: Order) -> None:
    build.carrier_account("aftership")
    shipment = build.shipment(order, number="JD014600003003")
    now = timezone.now().replace(microsecond=0)
    way = [aftership.checkpoint(1, at=now - timedelta(hours=9)), aftership.checkpoint(2, at=now - timedelta(hours=6))]
    wrong = aftership.checkpoint(3, at=now - timedelta(hours=2), tag="Delivered", message="Wrong door")
    aftership.post(aftership.body("JD014600003003", [*way, wrong], tag="Delivered"))
    work.drain()
    order.refresh_from_db()
    assert (status_of(api, shipment), order.status) == ("delivered", Order.Status.COMPLETED)
    right = aftership.checkpoint(4, at=now - timedelta(hours=1), message="Still in the van")
    aftership.post(aftership.body("JD014600003003", [*way, right]))
    work.drain()
    order.refresh_from_db()
    assert (status_of(api, shipment), order.status) == ("in_transit", Order.Status.SHIPPED)
    assert "The carrier took this back." in page(order)
