"""Payloads are kept as they came, read by the batch, and may be read again without harm."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.races import aftership
from tests.races.aftership import checkpoint
from tracking.models import CarrierAccount, CarrierPayload, Parcel, Shipment, TrackingEvent, TrackingStatus
from tracking.services import keep_payload, read_again

pytestmark = pytest.mark.django_db
Outcome = CarrierPayload.Outcome


@pytest.fixture
def account(db: None) -> CarrierAccount:
    return build.carrier_account("aftership")


@pytest.fixture
def parcel(order: Order) -> Parcel:
    return build.shipment(order).parcels.get()


@pytest.fixture
def keep(account: CarrierAccount) -> Callable[[bytes], CarrierPayload]:
    def keep_one(body: bytes, carrier: str = "aftership") -> CarrierPayload:
        return keep_payload(carrier=carrier, body=body, content_type="application/json", account=account)

    return keep_one


def outcome_of(payload: CarrierPayload) -> tuple[str, str]:
    work.drain()
    payload.refresh_from_db()
    assert payload.done_at is not None
    return payload.outcome, payload.note


def test_a_payload_is_kept_to_the_byte(keep: Callable) -> None:
    body = bytes(range(256)) * 3
    payload = keep(body)
    payload.refresh_from_db()
    assert bytes(payload.body) == body
    assert payload.outcome == Outcome.WAITING


def test_what_was_read_is_noted(keep: Callable, parcel: Parcel) -> None:
    payload = keep(aftership.body(parcel.tracking_number, [checkpoint(1)]))
    assert outcome_of(payload) == (Outcome.READ, "")
    assert payload.tracking_numbers == [parcel.tracking_number]
    assert TrackingEvent.objects.get().payload == payload


def test_an_unknown_code_is_never_guessed(keep: Callable, parcel: Parcel) -> None:
    payload = keep(aftership.body(parcel.tracking_number, [checkpoint(1, tag="Teleported", subtag="Teleported_007")]))
    outcome, note = outcome_of(payload)
    assert outcome == Outcome.READ
    assert "Teleported_007" in note
    assert "Teleported_007" in payload.unknown_codes
    parcel.refresh_from_db()
    assert parcel.status == TrackingStatus.UNKNOWN


def test_a_carrier_without_adapter_is_said_to_have_none(keep: Callable) -> None:
    outcome, note = outcome_of(keep(b"{}", carrier="nobody"))
    assert outcome == Outcome.UNREADABLE
    assert "nobody" in note


def test_reading_again_doubles_nothing(keep: Callable, parcel: Parcel) -> None:
    keep(aftership.body(parcel.tracking_number, [checkpoint(1), checkpoint(2, tag="Delivered")]))
    work.drain()
    before = list(TrackingEvent.objects.values_list("pk", flat=True)), Shipment.objects.get().version
    events = Event.objects.count()
    assert read_again(payloads=CarrierPayload.objects.all()) == 1
    work.drain()
    assert (list(TrackingEvent.objects.values_list("pk", flat=True)), Shipment.objects.get().version) == before
    assert Event.objects.count() == events


def test_a_batch_of_many_carriers_and_kinds_is_read_each_by_its_own(keep: Callable, acme: Merchant) -> None:
    parcels = [build.shipment(build.order(merchant=acme)).parcels.get() for _ in range(3)]
    payloads = [keep(aftership.body(row.tracking_number, [checkpoint(1)])) for row in parcels]
    payloads.insert(1, keep(b"garbage"))
    payloads.insert(3, keep(aftership.body("NOBODYS1", [checkpoint(1)])))
    payloads.append(keep(b'{"meta": {"code": 4004, "message": "no such tracking"}, "data": {}}'))
    outcomes = [outcome_of(payload)[0] for payload in payloads]
    assert outcomes == [
        Outcome.READ,
        Outcome.UNREADABLE,
        Outcome.READ,
        Outcome.UNMATCHED,
        Outcome.READ,
        Outcome.NO_TRACKING,
    ]


def test_one_payload_may_tell_of_many_parcels(keep: Callable, acme: Merchant) -> None:
    numbers = [build.shipment(build.order(merchant=acme)).parcels.get().tracking_number for _ in range(3)]
    trackings = [
        f'{{"tracking_number": "{number}", "slug": "dhl", "tag": "Delivered", "checkpoints":'
        f' [{{"checkpoint_time": "2026-11-02T08:00:00+00:00", "tag": "Delivered", "message": "Here"}}]}}'
        for number in [*numbers, "NOBODYS1"]
    ]
    payload = keep(f'{{"data": {{"trackings": [{", ".join(trackings)}]}}}}'.encode())
    assert outcome_of(payload)[0] == Outcome.READ
    assert Parcel.objects.filter(status=TrackingStatus.DELIVERED).count() == 3
    assert set(payload.tracking_numbers) == {*numbers, "NOBODYS1"}


def test_a_number_at_two_carriers_is_told_by_the_carrier_that_is_named(keep: Callable, acme: Merchant) -> None:
    dhl, ups = (build.shipment(build.order(merchant=acme), carrier=code, number="12345678") for code in ("dhl", "ups"))
    keep(aftership.body("12345678", [checkpoint(1)]))
    work.drain()
    dhl.refresh_from_db()
    ups.refresh_from_db()
    assert (dhl.status, ups.status) == (TrackingStatus.IN_TRANSIT, TrackingStatus.PENDING)


def test_the_expected_day_is_followed_and_told(keep: Callable, parcel: Parcel) -> None:
    def expect(day: str) -> None:
        keep(
            aftership.body(parcel.tracking_number, [checkpoint(1)]).replace(
                b'"slug": "dhl", "tag"', f'"expected_delivery": "{day}", "slug": "dhl", "tag"'.encode(), 1
            )
        )
        work.drain()

    expect("2026-11-05")
    expect("2026-11-05")
    expect("2026-11-07")
    assert Shipment.objects.get().carrier_eta == date(2026, 11, 7)
    changes = [event.payload for event in Event.objects.filter(name="tracking.eta_changed").order_by("pk")]
    assert [(change["before"], change["eta"]) for change in changes] == [
        (None, "2026-11-05"),
        ("2026-11-05", "2026-11-07"),
    ]


def test_a_fact_never_fails_because_a_plan_disagrees(keep: Callable, parcel: Parcel, order: Any) -> None:
    """A parcel of an order that was called off is delivered all the same."""
    Order.objects.update(status=Order.Status.CANCELED)
    keep(aftership.body(parcel.tracking_number, [checkpoint(1, tag="Delivered")]))
    work.drain()
    parcel.refresh_from_db()
    assert parcel.status == TrackingStatus.DELIVERED
    assert Order.objects.get().status == Order.Status.CANCELED


@pytest.mark.django_db
def test_a_number_under_carrier_and_aggregator_means_the_carriers_parcel(acme: Merchant) -> None:
    by_aggregator = build.shipment(build.order(merchant=acme), carrier="aftership", number="AS1000000001")
    by_carrier = build.shipment(build.order(merchant=acme), carrier="dhl", number="AS1000000001")
    told = {"tracking_number": "AS1000000001", "slug": "dhl", "tag": "InTransit", "checkpoints": [_CHECKPOINT]}
    body = json.dumps({"event": "tracking_update", "msg": told}).encode()
    keep_payload(carrier="aftership", body=body, content_type="application/json", account=None)
    work.drain()
    by_aggregator.refresh_from_db()
    by_carrier.refresh_from_db()
    assert (by_aggregator.status, by_carrier.status) == ("pending", "in_transit")


_CHECKPOINT = {
    "tag": "InTransit",
    "subtag": "InTransit_001",
    "message": "On its way",
    "checkpoint_time": "2026-11-20T10:00:00+01:00",
    "country_iso3": "DEU",
}
