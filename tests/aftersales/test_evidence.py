"""Evidence collects itself, keeps what was known, and tells when something was changed."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import Error, transaction
from django.utils import timezone

import aftersales.services
import tracking.services
from aftersales.models import Dispute, DisputeStep, Evidence
from aftersales.services.evidence import COLLECTORS, canonical, digest_of
from aftersales.services.exports import case_file
from aftersales.services.sheets import sheet
from aftersales.weights import weights_in
from logistics_portal.kernel import work
from merchants.models import Merchant
from notifications.models import Message
from orders.models import Order
from tests import build
from tests.visitors import holder
from tracking.models import CarrierPayload, Retraction, Shipment, TrackingEvent

pytestmark = pytest.mark.django_db


def dispute_of(order: Order, **told: Any) -> Dispute:
    shipment = Shipment.objects.select_related("order__merchant__policy").get(order=order)
    return aftersales.services.open_dispute(shipment=shipment, statement="It is not here.", **told)


def content_of(dispute: Dispute, kind: str) -> dict[str, Any]:
    return dispute.evidence.filter(kind=kind).order_by("pk").last().content


def signed(order: Order) -> Shipment:
    """Handed over with a code by a courier in the address's city."""
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "out_for_delivery", at=timezone.now() - timedelta(hours=1))
    shipment.refresh_from_db()
    tracking.services.prove_delivery(
        shipment=shipment,
        code=tracking.services.handover_code(shipment),
        received_by="Ann",
        signature_svg="M1 1 L9 9",
    )
    return shipment


def test_every_kind_but_what_others_bring_has_its_collector() -> None:
    assert set(Evidence.Kind.values) - set(COLLECTORS) == {"decision"}


def test_a_kind_is_collected_by_one_and_must_be_known() -> None:
    for kind in ("timeline", "gossip"):
        with pytest.raises(ValueError, match=kind):
            aftersales.services.collects(kind)(lambda dispute: None)


def test_the_handover_and_its_code_are_kept(order: Order) -> None:
    signed(order)
    proof = content_of(dispute_of(order), "proof")
    assert proof["code"]["confirmed_at"]
    assert [(one["kind"], one["received_by"], one["signature_svg"]) for one in proof["proofs"]] == [
        ("code", "Ann", "M1 1 L9 9")
    ]


def test_the_timeline_has_both_times_and_the_payloads_digest(order: Order) -> None:
    shipment = build.delivered(order)
    body = json.dumps({"parcel": "told"}).encode()
    payload = CarrierPayload.objects.create(
        carrier="dhl", body=body, tracking_numbers=[shipment.parcels.get().tracking_number], done_at=timezone.now()
    )
    told = TrackingEvent.objects.create(
        parcel=shipment.parcels.get(), payload=payload, identity="x", status="in_transit", occurred_at=timezone.now()
    )
    Retraction.objects.create(event=told, is_struck=True)
    timeline = content_of(dispute_of(order), "timeline")
    assert all(event["recorded_at"] for event in timeline["events"])
    assert timeline["payloads"][0]["sha256"] == sha256(body).hexdigest()
    assert [event["payload"] for event in timeline["events"] if event["payload"]] == [str(payload.pk)]
    assert [one["is_struck"] for one in timeline["retractions"]] == [True]


@pytest.mark.parametrize(("place", "country", "near"), [("Berlin", "DE", True), ("Hamburg", "DE", False)])
def test_how_far_the_last_scan_lies_from_the_address(order: Order, place: str, country: str, near: bool) -> None:
    shipment = build.delivered(order)
    build.scan(shipment.parcels.get(), "delivered", place=place, country=country)
    told = content_of(dispute_of(order), "place")
    assert told["last_scan"]["place"] == place
    assert (told["distance_km"] == 0) if near else (240 < told["distance_km"] < 270)
    assert told["measured_from"] == "city"


def test_a_scan_nobody_can_place_has_no_distance(order: Order) -> None:
    shipment = build.delivered(order)
    build.scan(shipment.parcels.get(), "delivered", place="Depot 12 XQZ")
    assert content_of(dispute_of(order), "place")["distance_km"] is None


def test_messages_come_with_when_they_arrived(order: Order) -> None:
    build.delivered(order)
    now = timezone.now()
    Message.objects.create(
        merchant=order.merchant,
        order=order,
        kind="delivered",
        subject_id=order.pk,
        fact="1",
        channel="sms",
        address="+4915112345678",
        body="It is there.",
        status="delivered",
        sent_at=now,
        delivered_at=now,
        done_at=now,
    )
    told = content_of(dispute_of(order), "messages")["messages"]
    assert (told[-1]["address"], told[-1]["delivered_at"]) == ("+4915112345678", now.isoformat())


def test_the_policy_is_copied_as_it_was(order: Order) -> None:
    build.delivered(order)
    dispute = dispute_of(order)
    order.merchant.policy.return_days = 99
    order.merchant.policy.save()
    assert content_of(dispute, "policy")["policy"]["return_days"] == 30


def test_earlier_cases_and_openings_are_told(acme: Merchant) -> None:
    first, second = build.order(merchant=acme), build.order(merchant=acme)
    build.delivered(first)
    build.delivered(second)
    dispute_of(first)
    holder().get(f"/t/{second.token}/")
    dispute = dispute_of(second)
    told = content_of(dispute, "earlier")
    assert (told["orders"], [case["order"] for case in told["disputes"]]) == (2, [first.number])
    assert [one["phone_proved"] for one in content_of(dispute, "openings")["openings"]] == [True]


def test_weights_are_told_by_merchant_and_carriers(order: Order) -> None:
    shipment = build.delivered(order)
    parcel = shipment.parcels.get()
    parcel.weight_g = 1500
    parcel.save()
    for body in (b'{"details": {"weight": {"value": 1.4, "unitText": "kg"}}}', b'{"weight": 9}', b"<xml/>"):
        CarrierPayload.objects.create(
            carrier="dhl", body=body, tracking_numbers=[parcel.tracking_number], done_at=timezone.now()
        )
    CarrierPayload.objects.create(
        carrier="dhl",
        body=b'{"weight": {"value": 7, "unit": "kg"}}',
        tracking_numbers=[parcel.tracking_number, "OTHER"],
        done_at=timezone.now(),
    )
    told = content_of(dispute_of(order), "weight")["weights"]
    assert [(one["by"], one["grams"]) for one in told] == [("merchant", 1500), ("dhl", 1400), ("dhl", None)]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"package": {"weight": {"weight": "2.5", "unitOfMeasurement": {"code": "KGS"}}}}', [(2.5, "KGS", 2500)]),
        ('{"weightAndDimensions": {"weight": [{"value": "3.0", "unit": "LB"}]}}', [(3.0, "LB", 1361)]),
        ('{"weight": 11.0, "weight_unit": "oz"}', [(11.0, "oz", 312)]),
        ('{"weight": true, "tareWeight": "heavy", "grossWeight": -1}', []),
        ('[{"weight": 1}, {"weight": 1}]', [(1.0, "", None)]),
        ("not json", []),
    ],
)
def test_weights_in_payloads(body: str, told: list[tuple[float, str, int | None]]) -> None:
    assert [(one.value, one.unit, one.grams) for one in weights_in(body.encode())] == told


def test_what_changed_since_is_kept_beside_what_was_known(order: Order, staff: User) -> None:
    shipment = build.delivered(order)
    dispute = dispute_of(order)
    before = dispute.evidence.count()
    occasion = Evidence.Occasion.REFRESHED
    assert aftersales.services.collect_evidence(dispute=dispute, occasion=occasion, by=staff) == []
    build.scan(shipment.parcels.get(), "exception", place="Potsdam")
    added = aftersales.services.collect_evidence(dispute=dispute, occasion=occasion, by=staff)
    assert {"timeline", "place"} <= {piece.kind for piece in added}
    assert dispute.evidence.count() == before + len(added)
    assert {piece.collected_by for piece in added} == {staff}
    assert len(content_of(dispute, "timeline")["events"]) == 4


def test_digests_hold_after_a_way_through_the_database(order: Order, staff: User) -> None:
    signed(order)
    dispute = dispute_of(order)
    aftersales.services.decide_dispute(dispute=dispute, accept=False, note="Ihr Code wurde genannt: 门口 ✓", by=staff)
    work.drain()
    pieces = list(Evidence.objects.all())
    assert len(pieces) >= 9
    for piece in pieces:
        assert piece.digest == digest_of(piece.content) == sha256(canonical(piece.content)).hexdigest()
    decision = content_of(dispute, "decision")
    assert (decision["verdict"], decision["by"]) == ("rejected", staff.username)


def test_the_database_refuses_to_change_what_was_said(order: Order) -> None:
    build.delivered(order)
    dispute_of(order)
    for change in (
        lambda: Evidence.objects.update(digest="0"),
        lambda: DisputeStep.objects.update(text="Never mind."),
        DisputeStep.objects.all().delete,
    ):
        with pytest.raises(Error), transaction.atomic():
            change()


def test_what_was_said_to_support_is_kept_without_what_staff_noted(order: Order, staff: User) -> None:
    build.delivered(order)
    asked = aftersales.services.write_message(order=order, text="Where did he leave it?")
    writer = aftersales.services.Writer(staff)
    aftersales.services.note_internally(conversation=asked.conversation, text="Sounds odd.", writer=writer)
    aftersales.services.reply(conversation=asked.conversation, text="In the garage.", writer=writer)
    dispute = dispute_of(order)
    told = content_of(dispute, "conversation")["messages"]
    assert [(one["author"], one["text"]) for one in told] == [
        ("customer", "Where did he leave it?"),
        ("staff", "In the garage."),
    ]
    file = case_file(dispute)
    titles = {section.title: section for section in sheet(file)}
    assert "In the garage." in str(titles["Conversation with support"].table)


def test_without_a_conversation_none_is_kept(order: Order) -> None:
    build.delivered(order)
    assert not dispute_of(order).evidence.filter(kind="conversation").exists()
