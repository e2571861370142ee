"""The warehouse's and the courier's pages: found by four digits, packed, labeled, handed over."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import tracking.services
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.visitors import text_of, worker
from tracking.barcode import code128
from tracking.models import ProofOfDelivery, Shipment, TrackingStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def out(order: Order) -> Shipment:
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "in_transit", at=timezone.now() - timedelta(days=1))
    build.scan(shipment.parcels.get(), "out_for_delivery")
    shipment.refresh_from_db()
    return shipment


def ticked(order: Order) -> dict[str, str]:
    return {f"line-{line.pk}": "on" for line in order.lines.all()}


def test_the_list_holds_what_is_to_be_packed(acme: Merchant, staff: User) -> None:
    waiting, gone = build.order(merchant=acme), build.order(merchant=acme)
    build.shipment(gone)
    said = text_of(worker(staff).get("/warehouse/"))
    assert waiting.number in said
    assert gone.number not in said


@pytest.mark.parametrize("asked", ["5678", "number", "part of the number", "archer", "tracking number"])
def test_an_order_is_found_by_what_the_packer_has_in_hand(acme: Merchant, staff: User, asked: str) -> None:
    order = build.order(merchant=acme)
    other = build.order(merchant=acme, phone="+4915198765432", consignee="Bob Baker")
    number = build.shipment(order).parcels.get().tracking_number
    words = {"number": order.number, "part of the number": order.number[1:], "tracking number": number.lower()}
    answer = worker(staff).get("/warehouse/", {"q": words.get(asked, asked)})
    assert answer["Location"] == f"/warehouse/{order.pk}/"
    assert str(other.pk) not in answer["Location"]


def test_several_hits_are_listed_and_none_is_said(acme: Merchant, staff: User) -> None:
    orders = [build.order(merchant=acme) for _ in range(2)]
    said = text_of(worker(staff).get("/warehouse/", {"q": "5678"}))
    assert all(order.number in said for order in orders)
    assert "Nothing found" in text_of(worker(staff).get("/warehouse/", {"q": "0000"}))


@pytest.mark.parametrize("asked", ["\x00", "x" * 5000, "😀", "%", "'", "١٢٣٤"])
def test_any_search_is_answered(acme: Merchant, staff: User, asked: str) -> None:
    for path in ("/warehouse/", "/courier/"):
        assert worker(staff).get(path, {"q": asked}).status_code == 200


def test_lists_need_a_constant_number_of_queries(acme: Merchant, staff: User) -> None:
    client, counts = worker(staff), []
    for _ in range(2):
        for _ in range(4):
            build.order(merchant=acme)
            build.scan(build.shipment(build.order(merchant=acme)).parcels.get(), "out_for_delivery")
        with CaptureQueriesContext(connection) as queries:
            client.get("/warehouse/")
            client.get("/courier/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_order_is_packed_once_every_line_is_ticked(order: Order, staff: User) -> None:
    client, url = worker(staff), f"/warehouse/{order.pk}/"
    first = next(iter(ticked(order)))
    refused = client.post(url, {"action": "pack", first: "on"})
    assert refused.status_code == 422
    assert "Tick every line first" in text_of(refused)
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED
    assert "Saved." in text_of(client.post(url, {"action": "pick", first: "on"}, follow=True))
    order.refresh_from_db()
    assert order.status == Order.Status.PICKING
    assert sorted(order.lines.values_list("picked_quantity", flat=True)) == [0, 2]
    assert "Packed." in text_of(client.post(url, {"action": "pack", **ticked(order)}, follow=True))
    order.refresh_from_db()
    assert order.status == Order.Status.PACKED
    assert client.post(url, {"action": "pack", **ticked(order)}).status_code == 409


def test_a_packed_order_is_given_to_a_carrier(order: Order, staff: User) -> None:
    client, url = worker(staff), f"/warehouse/{order.pk}/"
    wrong = client.post(url, {"action": "ship", "carrier": "dhl", "tracking_number": "!"})
    assert wrong.status_code in (409, 422)
    given = {"action": "ship", "carrier": "DHL", "tracking_number": "JD01 4600 0001"}
    assert "Given to the carrier." in text_of(client.post(url, given, follow=True))
    order.refresh_from_db()
    assert order.status == Order.Status.SHIPPED
    assert order.shipments.get().parcels.get().tracking_number == "JD0146000001"


def test_the_label_has_barcode_address_and_a_masked_phone(order: Order, staff: User) -> None:
    url = f"/warehouse/{order.pk}/label/"
    html = worker(staff).get(url).content.decode()
    assert f'aria-label="Barcode of {order.number}"' in html
    assert code128(order.number).path in html
    assert "Lindenstraße 12" in html
    assert "••••• 5678" in html
    assert "15112345678" not in html
    number = build.shipment(order).parcels.get().tracking_number
    assert f'aria-label="Barcode of {number}"' in worker(staff).get(url).content.decode()


def test_barcodes_are_code_128() -> None:
    barcode = code128("AB")
    # Start B, A, B, check symbol (104 + 1*33 + 2*34) % 103 = 102 and stop: 4 symbols of 11 modules and one of 13.
    assert barcode.width == 10 + 4 * 11 + 13 + 10
    assert barcode.path.startswith("M10 0h2v40")
    assert code128("订单") is None
    assert code128("") is None
    assert code128("\x00") is None


def test_couriers_see_what_is_out_for_delivery(acme: Merchant, out: Shipment, staff: User) -> None:
    waiting = build.order(merchant=acme, line1="Elsewhere 1")
    build.shipment(waiting)
    said = text_of(worker(staff).get("/courier/"))
    assert "Lindenstraße 12" in said
    assert "Elsewhere 1" not in said
    assert "Lindenstraße 12" in text_of(worker(staff).get("/courier/", {"q": "5678"}))
    assert "Nothing found" in text_of(worker(staff).get("/courier/", {"q": "0000"}))


def test_a_parcel_is_handed_over_with_the_customers_code(out: Shipment, staff: User) -> None:
    client, url = worker(staff), f"/courier/{out.pk}/"
    page = client.get(url).content.decode()
    assert 'href="tel:+4915112345678"' in page
    code = tracking.services.handover_code(out)
    wrong = client.post(url, {"action": "code", "code": f"{(int(code) + 1) % 10_000:04d}"})
    assert wrong.status_code == 422
    assert "This is not the customer's code." in text_of(wrong)
    assert client.post(url, {"action": "code", "code": ""}).status_code == 422
    done = client.post(url, {"action": "code", "code": code}, follow=True)
    assert f"Handed over: {out.order.number}" in text_of(done)
    proof = ProofOfDelivery.objects.get()
    assert (proof.kind, proof.courier) == (ProofOfDelivery.Kind.CODE, staff)
    out.refresh_from_db()
    assert out.status == TrackingStatus.DELIVERED
    assert "Code given by the receiver" in text_of(client.get(url))


@pytest.mark.parametrize(("strokes", "kind"), [("", "name"), ("M10 20l0 0L30 40", "signature")])
def test_without_a_code_a_name_and_a_signature_will_do(out: Shipment, staff: User, strokes: str, kind: str) -> None:
    given = {"action": "name", "received_by": "Neighbor Schmidt", "signature_svg": strokes}
    assert worker(staff).post(f"/courier/{out.pk}/", given)["Location"] == "/courier/"
    proof = ProofOfDelivery.objects.get()
    assert (proof.kind, proof.received_by, proof.signature_svg) == (kind, "Neighbor Schmidt", strokes)


@pytest.mark.parametrize(
    "given",
    [
        {"action": "name", "received_by": ""},
        {"action": "name", "received_by": "\x00"},
        {"action": "name", "received_by": "A", "signature_svg": "<script>alert(1)</script>"},
        {"action": "name", "received_by": "A", "signature_svg": "M" * 60_001},
        {"action": "code", "code": "\x00"},
        {"action": "code", "code": "١٢٣٤"},
        {},
    ],
)
def test_a_wrong_proof_proves_nothing(out: Shipment, staff: User, given: dict) -> None:
    assert worker(staff).post(f"/courier/{out.pk}/", given).status_code == 422
    assert not ProofOfDelivery.objects.exists()


def test_who_works_elsewhere_sees_nothing(out: Shipment, rival: Merchant) -> None:
    order = out.order
    client = worker(build.staff(rival, name="other"))
    for path in ("/warehouse/", "/courier/", "/warehouse/?q=5678", "/courier/?q=5678"):
        assert order.number not in text_of(client.get(path))
        assert "Lindenstraße" not in text_of(client.get(path))
    for path in (f"/warehouse/{order.pk}/", f"/warehouse/{order.pk}/label/", f"/courier/{out.pk}/"):
        assert client.get(path).status_code == 404
    assert client.post(f"/courier/{out.pk}/", {"action": "name", "received_by": "X"}).status_code == 404
    assert not ProofOfDelivery.objects.exists()


def test_only_staff_gets_in(out: Shipment) -> None:
    customer = User.objects.create_user("customer", password="correct horse battery")
    paths = ("/warehouse/", f"/warehouse/{out.order_id}/", "/courier/", f"/courier/{out.pk}/")
    for client in (Client(), worker(customer)):
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 302
            assert answer["Location"].startswith("/admin/login/?next=/")


def test_ids_of_nothing_are_not_found(staff: User) -> None:
    for path in (f"/warehouse/{uuid4()}/", f"/courier/{uuid4()}/", "/courier/1/", "/warehouse/%00/"):
        assert worker(staff).get(path).status_code == 404
