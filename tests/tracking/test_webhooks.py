"""The carriers' door: who signed is believed, what was signed is kept, and each scan is one scan however often told."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.merchants.garbage import BODIES, TOO_LARGE
from tests.races import aftership
from tests.races.aftership import DOOR, checkpoint, post, signature
from tests.tracking.test_carrier_signatures import signed
from tracking.models import CarrierPayload, Parcel, Shipment, TrackingEvent, TrackingStatus
from tracking.services import CARRIERS, keep_payload

pytestmark = pytest.mark.django_db
SECRET = "shh"


@pytest.fixture
def parcel(order: Order) -> Parcel:
    build.carrier_account("aftership")
    return build.shipment(order).parcels.get()


def tell(parcel: Parcel, checkpoints: Iterable[dict[str, Any]], **changes: Any) -> None:
    """Post one payload and have it read."""
    assert post(aftership.body(parcel.tracking_number, list(checkpoints)), **changes) == 202
    work.drain()
    parcel.refresh_from_db()


def scans() -> list[str]:
    return list(TrackingEvent.objects.order_by("occurred_at", "pk").values_list("description", flat=True))


# Each scan once.


def test_the_same_event_five_times_is_one(parcel: Parcel) -> None:
    for _ in range(5):
        tell(parcel, [checkpoint(1)])
    assert scans() == ["Scan 1"]
    assert Event.objects.filter(name="tracking.status_changed").count() == 1


def test_the_same_scan_with_another_place_is_one(parcel: Parcel) -> None:
    for city in ("Leipzig", "LEIPZIG (DE)", "Leipzig Hub"):
        tell(parcel, [checkpoint(1, city=city)])
    assert scans() == ["Scan 1"]
    assert TrackingEvent.objects.get().place == "Leipzig", "what was told first stays: facts are only added"


def test_three_copies_in_one_call_are_one(parcel: Parcel) -> None:
    tell(parcel, [checkpoint(1), checkpoint(1), checkpoint(1, city="Elsewhere")])
    assert scans() == ["Scan 1"]


def test_two_scans_of_one_minute_are_two(parcel: Parcel) -> None:
    at = datetime(2026, 11, 2, 8, 10, tzinfo=UTC)
    tell(parcel, [checkpoint(1, at=at), checkpoint(2, at=at)])
    assert scans() == ["Scan 1", "Scan 2"]


# Time goes forward.


def test_a_late_older_scan_leaves_a_delivery_delivered(parcel: Parcel) -> None:
    tell(parcel, [checkpoint(5, tag="Delivered")])
    tell(parcel, [checkpoint(2), checkpoint(3, tag="OutForDelivery")])
    shipment = parcel.shipment
    shipment.refresh_from_db()
    assert parcel.status == shipment.status == TrackingStatus.DELIVERED
    assert scans() == ["Scan 2", "Scan 3", "Scan 5"]
    assert shipment.last_event_at == aftership.FIRST_SCAN + timedelta(minutes=50)
    assert Event.objects.filter(name="tracking.status_changed").count() == 1


@pytest.mark.parametrize("order_of_telling", [(1, 2, 3, 4), (4, 3, 2, 1), (2, 4, 1, 3)])
def test_the_order_of_telling_does_not_matter(parcel: Parcel, order_of_telling: tuple[int, ...]) -> None:
    tags = {1: "InfoReceived", 2: "InTransit", 3: "OutForDelivery", 4: "Delivered"}
    for number in order_of_telling:
        tell(parcel, [checkpoint(number, tag=tags[number])])
    assert parcel.status == TrackingStatus.DELIVERED
    assert scans() == ["Scan 1", "Scan 2", "Scan 3", "Scan 4"]
    assert parcel.delivered_at == aftership.FIRST_SCAN + timedelta(minutes=40)


def test_an_event_without_a_date_is_kept_last_and_decides_nothing(parcel: Parcel) -> None:
    tell(parcel, [checkpoint(3)])
    tell(parcel, [checkpoint(9, tag="Delivered", checkpoint_time=None)])
    assert parcel.status == TrackingStatus.IN_TRANSIT
    latest = TrackingEvent.objects.filter(parcel=parcel).latest_first()
    assert [event.description for event in latest] == ["Scan 3", "Scan 9"]
    assert latest[1].occurred_at is None


@pytest.mark.parametrize(
    "when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00Z", "x"]
)
def test_an_absurd_date_decides_nothing_and_breaks_nothing(parcel: Parcel, when: str) -> None:
    tell(parcel, [checkpoint(3), checkpoint(4, tag="Delivered", checkpoint_time=when)])
    tell(parcel, [checkpoint(5)])
    assert CarrierPayload.objects.filter(outcome=CarrierPayload.Outcome.READ).count() == 2
    assert parcel.status == TrackingStatus.IN_TRANSIT
    assert len(scans()) == 3


# Only what it speaks of.


def test_a_payload_touches_its_own_parcel_alone(acme: Merchant, rival: Merchant, parcel: Parcel) -> None:
    others = [build.shipment(build.order(merchant=merchant)) for merchant in (acme, acme, rival)]
    before = {row.pk: row for row in Shipment.objects.exclude(pk=parcel.shipment_id)}
    tell(parcel, [checkpoint(1)])
    assert TrackingEvent.objects.exclude(parcel=parcel).count() == 0
    for shipment in others:
        shipment.refresh_from_db()
        assert (shipment.status, shipment.version) == (before[shipment.pk].status, before[shipment.pk].version)


def test_a_merchants_own_account_speaks_of_its_own_parcels(acme: Merchant, rival: Merchant, order: Order) -> None:
    theirs = build.carrier_account("aftership", secret="rivals", merchant=rival)
    parcel = build.shipment(order).parcels.get()
    content = aftership.body(parcel.tracking_number, [checkpoint(1, tag="Delivered")])
    assert post(content, secret="rivals", account=theirs.pk) == 202
    work.drain()
    parcel.refresh_from_db()
    assert (parcel.status, TrackingEvent.objects.count()) == (TrackingStatus.PENDING, 0)
    assert CarrierPayload.objects.get().outcome == CarrierPayload.Outcome.UNMATCHED


def test_a_payload_before_its_parcel_is_read_when_the_parcel_comes(
    order: Order, django_capture_on_commit_callbacks: Any
) -> None:
    build.carrier_account("aftership")
    post(aftership.body("JD00055500", [checkpoint(1)]))
    work.drain()
    assert CarrierPayload.objects.get().outcome == CarrierPayload.Outcome.UNMATCHED
    with django_capture_on_commit_callbacks(execute=True):
        shipment = build.shipment(order, number="JD 000 55500")
    work.drain()
    assert CarrierPayload.objects.get().outcome == CarrierPayload.Outcome.READ
    shipment.refresh_from_db()
    assert shipment.status == TrackingStatus.IN_TRANSIT


@pytest.mark.parametrize("written", ["jd00055500", "JD 000 555 00", "JD-000.55500"])
def test_a_number_is_known_however_it_is_written(order: Order, written: str) -> None:
    build.carrier_account("aftership")
    parcel = build.shipment(order, number="JD00055500").parcels.get()
    post(aftership.body(written, [checkpoint(1)]))
    work.drain()
    parcel.refresh_from_db()
    assert parcel.status == TrackingStatus.IN_TRANSIT


# Who signed.


def payload_count() -> int:
    return CarrierPayload.objects.count()


def test_without_the_right_signature_nothing_is_kept(parcel: Parcel) -> None:
    content = aftership.body(parcel.tracking_number, [checkpoint(1)])
    right = signature(content)
    for given in (
        "",
        right[:-2],
        right.swapcase(),
        signature(content, "other"),
        signature(content + b" "),
        "é",
        "x" * 9999,
    ):
        answer = Client().post(DOOR, content, "application/json", headers={"aftership-hmac-sha256": given})
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
    assert Client().post(DOOR, content, "application/json").status_code == 401
    assert payload_count() == 0


def test_an_account_that_was_closed_signs_no_more(parcel: Parcel) -> None:
    account = build.carrier_account("aftership", secret="old secret")
    content = aftership.body(parcel.tracking_number, [checkpoint(1)])
    assert post(content, secret="old secret") == 202
    account.is_active = False
    account.save(update_fields=["is_active"])
    assert post(content, secret="old secret") == 401


def test_each_account_has_a_door_of_its_own(parcel: Parcel) -> None:
    account = build.carrier_account("aftership", secret="second")
    content = aftership.body(parcel.tracking_number, [checkpoint(1)])
    assert post(content, secret="second", account=account.pk) == 202
    assert post(content, secret=SECRET, account=account.pk) == 401
    assert post(content, secret="second", account=uuid4()) == 401
    assert CarrierPayload.objects.get().account == account


def test_one_carriers_secret_opens_no_other_carriers_door(parcel: Parcel) -> None:
    build.carrier_account("easypost", secret="easy")
    content = aftership.body(parcel.tracking_number, [checkpoint(1)])
    assert post(content, secret="easy") == 401


def test_a_carrier_that_we_do_not_read_has_no_door() -> None:
    for path in ("/webhooks/carriers/nobody", "/webhooks/carriers/base", "/webhooks/carriers/_json"):
        answer = Client().post(path, b"{}", "application/json")
        assert answer.status_code == 404


def test_the_door_is_for_posting() -> None:
    for method in ("get", "put", "delete", "patch", "head"):
        assert getattr(Client(), method)(DOOR).status_code == 405


# Whatever was signed.


def send(code: str, body: bytes, content_type: str) -> Any:
    if code == "kuaidi100":  # its signature is part of a form, which is text
        body = body.decode("latin-1").encode()
    content, headers = signed(code, body, SECRET)
    client = Client(raise_request_exception=False)
    return client.generic("POST", f"/webhooks/carriers/{code}", content, content_type, headers=headers)


@pytest.mark.parametrize("code", ["aftership", "dhl", "easypost", "kuaidi100", "seventeentrack"])
def test_signed_garbage_is_kept(code: str) -> None:
    build.carrier_account(code, secret=SECRET)
    kept = 0
    for name, (content_type, body) in BODIES.items():
        answer = send(code, body, content_type)
        assert answer.status_code == (202 if body or code == "kuaidi100" else 400), (name, answer.content)
        kept += answer.status_code == 202
    assert payload_count() == kept > 20


@pytest.mark.parametrize("code", sorted(CARRIERS))
def test_kept_garbage_is_found_unreadable(code: str) -> None:
    bodies = [body for _, body in BODIES.values()]
    for body in bodies:
        keep_payload(carrier=code, body=body, content_type="application/json", account=None)
    work.drain()
    left = list(CarrierPayload.objects.open().values_list("last_error", flat=True))
    assert left == [], "a payload that can't be read is work that is done"
    outcomes = set(CarrierPayload.objects.values_list("outcome", flat=True))
    assert outcomes <= {CarrierPayload.Outcome.UNREADABLE, CarrierPayload.Outcome.NO_TRACKING}
    unreadable = CarrierPayload.objects.filter(outcome=CarrierPayload.Outcome.UNREADABLE)
    assert unreadable.count() > len(bodies) / 2
    assert not unreadable.filter(note="").exists(), "each must say why"


@pytest.mark.parametrize("code", sorted(CARRIERS))
def test_unsigned_garbage_is_refused(code: str) -> None:
    build.carrier_account(code, secret=SECRET)
    client = Client(raise_request_exception=False)
    for name in ("empty", "truncated", "invalid utf-8", "utf-16 as declared", "nul bytes", "a broken form", "html"):
        content_type, body = BODIES[name]
        answer = client.generic("POST", f"/webhooks/carriers/{code}", body, content_type)
        assert answer.status_code in (400, 401), name
    assert payload_count() == 0


@pytest.mark.parametrize("code", ["aftership", "dhl"])
def test_a_payload_beyond_the_limit_is_413(code: str) -> None:
    build.carrier_account(code, secret=SECRET)
    answer = send(code, TOO_LARGE, "application/json")
    assert answer.status_code == 413
    assert str(settings.DATA_UPLOAD_MAX_MEMORY_SIZE) in json.loads(answer.content)["detail"]


def test_garbage_does_not_stop_its_neighbors(parcel: Parcel) -> None:
    """In one batch, read by one worker."""
    for content_type, body in BODIES.values():
        if body:
            send("aftership", body, content_type)
    post(aftership.body(parcel.tracking_number, [checkpoint(1)]))
    work.drain()
    assert scans() == ["Scan 1"]


@pytest.mark.parametrize(
    "changes",
    [
        {"message": "a\0b"},
        {"message": "\ud800"},
        {"message": "x" * 200_000},
        {"city": "\0"},
        {"city": "x" * 5000},
        {"country_iso3": "\ud83d"},
        {"raw_tag": "\udfff\0"},
        {"tag": "New\0Tag", "subtag": "x" * 5000},
        {"coordinates": ["1e400", "NaN"]},
        {"coordinates": {"latitude": 1e308, "longitude": -1e308}},
        {"checkpoint_time": {"year": 2026}},
        {"checkpoint_time": 10**40},
    ],
)
def test_damaged_texts_in_a_good_payload_are_kept_as_far_as_they_can_be(parcel: Parcel, changes: dict) -> None:
    tell(parcel, [checkpoint(1, **changes), checkpoint(2)])
    assert CarrierPayload.objects.get().outcome == CarrierPayload.Outcome.READ
    assert len(scans()) == 2


@pytest.mark.parametrize("number", ["\0", "\ud800", "x" * 5000, "", " ", 17, None, [], {"a": 1}, True])
def test_a_number_that_can_be_none_matches_nothing(parcel: Parcel, number: Any) -> None:
    post(aftership.body(number, [checkpoint(1)]))
    work.drain()
    assert not CarrierPayload.objects.open().exists()
    assert scans() == []


def test_the_answer_is_what_the_carrier_waits_for() -> None:
    for code in ("aftership", "kuaidi100", "seventeentrack"):
        adapter = CARRIERS[code]
        build.carrier_account(code, secret=SECRET)
        answer = send(code, b"{}", "application/json")
        body, content_type = adapter.acknowledge()
        assert (answer.status_code, answer.content.decode(), answer["Content-Type"]) == (202, body, content_type)
