"""The handover at the door: proved by a code, a signature or a name, once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

import tracking.services
from logistics_portal.kernel.errors import TooOften
from logistics_portal.kernel.models import Allowance, Event
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tracking.models import Handover, ProofOfDelivery, Shipment, TrackingEvent, TrackingStatus
from tracking.services import WrongCode, handover_code, prove_delivery
from tracking.services.handover import SIGNATURE_MAX, TRIES, UnableToProve

pytestmark = pytest.mark.django_db


@pytest.fixture
def out(order: Order) -> Shipment:
    """A shipment that is out for delivery."""
    return sent_out(order)


def sent_out(order: Order) -> Shipment:
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "out_for_delivery", at=timezone.now() - timedelta(hours=2))
    return Shipment.objects.get(pk=shipment.pk)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10_000:04d}"


def test_the_customers_code_proves_the_delivery(out: Shipment, staff: User) -> None:
    proof = prove_delivery(shipment=out, code=f" {handover_code(out)} ", courier=staff)
    assert (proof.kind, proof.courier) == (ProofOfDelivery.Kind.CODE, staff)
    out.refresh_from_db()
    assert out.status == TrackingStatus.DELIVERED
    assert Order.objects.get().status == Order.Status.COMPLETED
    assert Handover.objects.get().confirmed_at is not None
    event = TrackingEvent.objects.get(status="delivered")
    assert (event.source, event.signed_by) == (TrackingEvent.Source.COURIER, "Ann Archer")
    assert Event.objects.filter(name="tracking.delivery_proved").count() == 1


def test_a_code_is_there_while_the_parcel_is_out(order: Order) -> None:
    shipment = build.shipment(order)
    assert handover_code(shipment) is None
    build.scan(shipment.parcels.get(), "out_for_delivery")
    shipment = Shipment.objects.get()
    code = handover_code(shipment)
    assert code is not None
    assert len(code) == 4
    assert handover_code(Shipment.objects.get()) == code
    prove_delivery(shipment=shipment, code=code)
    assert handover_code(Shipment.objects.get()) is None


def test_five_wrong_codes_an_hour_and_no_more(out: Shipment) -> None:
    code = handover_code(out)
    for _ in range(TRIES.times):
        with pytest.raises(WrongCode) as refused:
            prove_delivery(shipment=out, code=wrong(code))
        assert "code" in refused.value.fields
    with pytest.raises(TooOften):
        prove_delivery(shipment=out, code=code)
    prove_delivery(shipment=out, received_by="A. Archer")
    assert ProofOfDelivery.objects.get().kind == ProofOfDelivery.Kind.NAME


def test_the_tries_of_one_shipment_are_not_another_ones(acme: Merchant, out: Shipment) -> None:
    other = sent_out(build.order(merchant=acme))
    for _ in range(TRIES.times):
        with pytest.raises(WrongCode):
            prove_delivery(shipment=out, code=wrong(handover_code(out)))
    prove_delivery(shipment=other, code=handover_code(other))
    assert Allowance.objects.count() == 2


def test_another_shipments_code_does_not_open_this_one(acme: Merchant, out: Shipment) -> None:
    codes = {handover_code(sent_out(build.order(merchant=acme))) for _ in range(3)} - {handover_code(out)}
    for code in codes:
        with pytest.raises(WrongCode):
            prove_delivery(shipment=out, code=code)


@pytest.mark.parametrize("typed", ["１２３４", "abcd", "\0", "\ud800", "0" * 5000])
def test_whatever_is_typed_is_a_wrong_code(out: Shipment, typed: str) -> None:
    with pytest.raises(WrongCode):
        prove_delivery(shipment=out, code=typed)


def test_a_signature_needs_a_name_and_has_a_limit(out: Shipment) -> None:
    for shown in ({}, {"received_by": "  "}, {"signature_svg": "M0 0L1 1"}):
        with pytest.raises(UnableToProve):
            prove_delivery(shipment=out, **shown)
    with pytest.raises(UnableToProve):
        prove_delivery(shipment=out, received_by="B. Neighbor", signature_svg="M" * (SIGNATURE_MAX + 1))
    proof = prove_delivery(shipment=out, received_by="B. Neighbor", signature_svg="M0 0L1 1")
    assert proof.kind == ProofOfDelivery.Kind.SIGNATURE
    assert Shipment.objects.get().signed_by == "B. Neighbor"


def test_what_was_delivered_is_not_handed_over_again(out: Shipment) -> None:
    code = handover_code(out)
    build.scan(out.parcels.get(), "delivered")
    with pytest.raises(UnableToProve):
        prove_delivery(shipment=out, code=code)
    assert not ProofOfDelivery.objects.exists()


def test_a_parcel_that_is_not_out_has_no_code_to_prove(order: Order) -> None:
    with pytest.raises(UnableToProve):
        prove_delivery(shipment=build.shipment(order), code="1234")


def test_the_digest_is_of_what_is_kept(out: Shipment) -> None:
    """A name longer than the column is cut before it is sealed: who checks the seal has only what is kept."""
    proof = prove_delivery(shipment=out, received_by="N" * 500, signature_svg="M0 0")
    proof.refresh_from_db()
    assert len(proof.received_by) == 120
    assert proof.digest == tracking.services.handover.seal(proof)


def test_every_parcel_of_the_shipment_is_delivered_by_one_proof(acme: Merchant) -> None:
    drafts = [tracking.services.ParcelDraft(f"JD0007000{number}") for number in range(3)]
    shipment = tracking.services.create_shipment(order=build.order(merchant=acme), carrier="dhl", parcels=drafts)
    for parcel in shipment.parcels.all():
        build.scan(parcel, "out_for_delivery", at=timezone.now() - timedelta(hours=1))
    shipment = Shipment.objects.get()
    prove_delivery(shipment=shipment, code=handover_code(shipment))
    assert set(shipment.parcels.values_list("status", flat=True)) == {TrackingStatus.DELIVERED}
    assert Event.objects.filter(name="tracking.status_changed", payload__status="delivered").count() == 1
