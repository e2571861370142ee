"""Which parcel holds what: orders that leave in parts, on every door."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

import aftersales.services
import orders.services
from aftersales.services import UnableToReturn, returnable_lines, window_of
from inventory.models import Item, Reservation, StockLevel
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.state import UnableToTransition
from merchants.models import Merchant
from notifications.models import Message
from orders.models import Order
from tests import build
from tests.visitors import holder
from tracking.models import Parcel, ParcelLine, Shipment
from tracking.services import ParcelDraft, UnableToPack, create_shipment

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(acme: Merchant) -> Order:
    """Two of SKU-1 and two of SKU-2, of which five are in stock each."""
    for sku in ("SKU-1", "SKU-2"):
        build.stock(acme, sku=sku, on_hand=5)
    return build.order(merchant=acme, lines=2)


def send(order: Order, **contents: int) -> Parcel:
    """A parcel with so many pieces: ``send(order, sku_1=2)``; of none, nothing is told."""
    told = {name.upper().replace("_", "-"): pieces for name, pieces in contents.items()}
    number = f"JD0177{Parcel.objects.count():06d}"
    return create_shipment(order=order, carrier="dhl", parcels=[ParcelDraft(number, contents=told)]).parcels.get()


def status(order: Order) -> str:
    order.refresh_from_db()
    return order.status


def stock() -> list[tuple[int, int]]:
    return list(StockLevel.objects.order_by("item__sku").values_list("on_hand", "reserved"))


def test_an_order_that_leaves_in_parts_is_complete_when_the_last_part_arrived(order: Order) -> None:
    first = send(order, sku_1=1)
    assert status(order) == "partly_shipped"
    assert stock() == [(4, 1), (5, 2)]
    build.scan(first, "delivered")
    assert status(order) == "partly_shipped", "the rest has not left"
    second = send(order, sku_1=1, sku_2=2)
    assert status(order) == "shipped"
    assert stock() == [(4 - 1, 0), (3, 0)]
    assert not Reservation.objects.filter(ended_at__isnull=True).exists()
    build.scan(second, "delivered")
    assert status(order) == "completed"
    assert Event.objects.filter(name="orders.completed").count() == 1


def test_a_parcel_of_which_nobody_told_the_contents_takes_all_the_rest(order: Order) -> None:
    send(order, sku_1=1)
    send(order)
    assert status(order) == "shipped"
    assert [line.left_to_ship for line in order.lines.all()] == [0, 0]
    assert stock() == [(3, 0), (3, 0)]


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        ({"sku_1": 3}, "2 are left"),
        ({"sku_3": 1}, "no “SKU-3”"),
        ({"sku_1": 1, "sku_2": 9}, "2 are left"),
    ],
)
def test_what_can_not_lie_in_a_parcel_is_refused(order: Order, contents: dict, says: str) -> None:
    with pytest.raises(UnableToPack, match=says):
        send(order, **contents)
    assert status(order) == "placed"
    assert not Parcel.objects.exists()


def test_of_two_parcels_at_once_both_tell_or_none(order: Order) -> None:
    drafts = [ParcelDraft("JD01770001", contents={"SKU-1": 1}), ParcelDraft("JD01770002")]
    with pytest.raises(UnableToPack, match="of each parcel"):
        create_shipment(order=order, carrier="dhl", parcels=drafts)


def test_what_went_astray_is_sent_once_more(order: Order) -> None:
    lost = send(order, sku_1=2)
    build.scan(lost, "exception", reason="carrier_parcel_lost")
    send(order, sku_1=2)
    assert status(order) == "partly_shipped", "of the other line nothing left"
    with pytest.raises(UnableToPack):
        send(order, sku_1=1)


def test_two_lines_of_one_sku_are_taken_in_their_order(acme: Merchant) -> None:
    order = build.order(merchant=acme, lines=[build.line(1, quantity=1), build.line(1, quantity=3, unit_price="5")])
    send(order, sku_1=2)
    assert [line.shipped_quantity for line in order.lines.order_by("pk")] == [1, 1]


def test_the_rest_is_called_off(order: Order) -> None:
    build.scan(send(order, sku_1=2), "delivered")
    orders.services.call_off_rest(order=order)
    work.drain()
    assert status(order) == "completed", "all that left arrived"
    assert stock() == [(3, 0), (5, 0)]
    with pytest.raises(UnableToTransition):
        orders.services.call_off_rest(order=order)


def test_only_what_arrived_can_be_sent_back(order: Order) -> None:
    first, second = send(order, sku_1=1), send(order, sku_1=1, sku_2=2)
    build.scan(first, "delivered")
    assert [(one.line.sku, one.quantity) for one in returnable_lines(order)] == [("SKU-1", 1)]
    one, two = order.lines.order_by("pk")
    with pytest.raises(UnableToReturn):
        aftersales.services.request_return(order=order, reason="changed_mind", quantities={two.pk: 1})
    aftersales.services.request_return(order=order, reason="changed_mind", quantities={one.pk: 1})
    assert returnable_lines(order) == []
    assert "once it has arrived" in aftersales.services.return_refusal(order)
    build.scan(second, "delivered")
    assert [(one.line.sku, one.quantity) for one in returnable_lines(order)] == [("SKU-1", 1), ("SKU-2", 2)]


def test_the_laws_period_waits_for_the_last_part(order: Order) -> None:
    long_ago = timezone.now() - timedelta(days=40)
    build.scan(send(order, sku_1=2), "delivered", at=long_ago)
    order = Order.objects.select_related("merchant__policy").get(pk=order.pk)
    window = window_of(order)
    assert window.legal
    assert window.legal.last_day is None
    assert window.can_withdraw
    build.scan(send(order, sku_2=2), "delivered", at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    order.refresh_from_db()
    window = window_of(order, now=datetime(2026, 3, 10, tzinfo=UTC))
    assert window.legal
    assert window.legal.last_day


def test_merchants_tell_the_contents_over_the_api(api: APIClient, order: Order) -> None:
    body = {"order": str(order.pk), "carrier": "dhl", "tracking_number": "JD01770009"}
    made = api.post("/api/v1/shipments/", body | {"lines": [{"sku": "SKU-2", "quantity": 1}]})
    assert made.status_code == 201, made.content
    told = [{"sku": "SKU-2", "name": "Thing 2", "quantity": 1}]
    assert made.json()["parcels"][0]["lines"] == told
    assert api.get(f"/api/v1/shipments/{made.json()['id']}/").json()["parcels"][0]["lines"] == told
    answer = api.get(f"/api/v1/orders/{order.pk}/").json()
    assert (answer["status"], [line["shipped_quantity"] for line in answer["lines"]]) == ("partly_shipped", [0, 1])
    assert api.post(f"/api/v1/orders/{order.pk}/call_off_rest/").json()["status"] == "shipped"
    assert api.post(f"/api/v1/orders/{order.pk}/call_off_rest/").status_code == 409


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lines": [{"sku": "SKU-1", "quantity": 3}]}, 409),
        ({"lines": [{"sku": "SKU-1", "quantity": 0}]}, 400),
        ({"lines": [{"quantity": 1}]}, 400),
        ({"lines": [{"sku": "SKU-1", "quantity": 1}], "parcels": [{"tracking_number": "JD01770009"}]}, 400),
    ],
)
def test_wrong_contents_are_refused_by_name(api: APIClient, order: Order, changes: dict[str, Any], code: int) -> None:
    body = {"order": str(order.pk), "carrier": "dhl"} | changes
    if "parcels" not in changes:
        body["tracking_number"] = "JD01770009"
    refused = api.post("/api/v1/shipments/", body)
    assert refused.status_code == code, refused.content
    assert "lines" in refused.json()["errors"]


def test_the_customers_page_tells_what_is_where(order: Order) -> None:
    send(order, sku_1=1)
    page = holder().get(order.tracking_url).content.decode()
    assert "In this parcel" in page
    assert page.count("still to be sent") == 2
    send(order, sku_1=1, sku_2=2)
    page = holder().get(order.tracking_url).content.decode()
    assert page.count("In this parcel") == 2
    assert "still to be sent" not in page


def test_the_warehouse_sends_a_part_and_then_the_rest(acme: Merchant, order: Order) -> None:
    client = Client()
    client.force_login(build.staff(acme))
    one, two = order.lines.order_by("pk")
    page = f"/warehouse/{order.pk}/"
    part = {"action": "ship", "carrier": "DHL", "tracking_number": "JD01770011"}
    nothing = client.post(page, part | {f"pieces-{one.pk}": 0, f"pieces-{two.pk}": 0})
    assert nothing.status_code == 422
    assert "Nothing lies in this box" in nothing.content.decode()
    too_much = client.post(page, part | {f"pieces-{one.pk}": 3, f"pieces-{two.pk}": 0})
    assert too_much.status_code == 422
    assert client.post(page, part | {f"pieces-{one.pk}": 2, f"pieces-{two.pk}": 0}).status_code == 302
    assert status(order) == "partly_shipped"
    assert order.number in client.get("/warehouse/").content.decode(), "it waits for its rest"
    rest = part | {"tracking_number": "JD01770012", f"pieces-{two.pk}": 2}
    assert client.post(page, rest).status_code == 302
    assert status(order) == "shipped"
    assert order.number not in client.get("/warehouse/").content.decode()


def test_a_single_piece_is_told_without_a_question(acme: Merchant) -> None:
    client = Client()
    client.force_login(build.staff(acme))
    order = build.order(merchant=acme, lines=[build.line(1, quantity=1)])
    field = f"pieces-{order.lines.get().pk}"
    page = client.get(f"/warehouse/{order.pk}/").content.decode()
    assert f'<input type="hidden" name="{field}" value="1"' in page
    assert "Only a part" not in page
    sent = {"action": "ship", "carrier": "DHL", "tracking_number": "JD01770013", field: 1}
    assert client.post(f"/warehouse/{order.pk}/", sent).status_code == 302
    assert ParcelLine.objects.get().quantity == 1


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", ["A part of your order", "In the parcel:\n1 × Thing 1", "The rest of your order follows."]),
        ("de", ["Ein Teil Ihrer Bestellung", "Im Paket:\n1 × Thing 1", "Der Rest Ihrer Bestellung folgt."]),
        ("zh-hans", ["部分商品", "包裹内含：\n1 × Thing 1", "订单其余商品将随后发出。"]),
    ],
)
def test_the_customer_reads_what_left_and_that_the_rest_follows(acme: Merchant, language: str, says: list[str]) -> None:
    order = build.order(merchant=acme, lines=2, language=language)
    send(order, sku_1=1)
    work.drain()
    letter = Message.objects.get(kind="shipped", channel="email")
    for words in says:
        assert words in f"{letter.subject}\n{letter.body}"
    send(order, sku_1=1, sku_2=2)
    work.drain()
    Message.objects.open().update(due_at=timezone.now())  # more of one order waits a while for others
    work.drain()
    letter = Message.objects.filter(kind="shipped", channel="email").order_by("-pk")[0]
    assert "2 × Thing 2" in letter.body
    assert says[2] not in letter.body


def test_a_dispute_keeps_what_was_packed_and_what_that_weighs(order: Order) -> None:
    Item.objects.filter(sku="SKU-1").update(weight_g=250)
    parcel = send(order, sku_1=2)
    build.scan(parcel, "delivered", at=timezone.now() - timedelta(days=1))
    dispute = aftersales.services.open_dispute(
        shipment=Shipment.objects.get(),
        kind="missing_item",
        statement="One thing is not in the box.",
        quantities={order.lines.get(sku="SKU-1").pk: 1},
    )
    pieces = {piece.kind: piece.content for piece in dispute.evidence.all()}
    number = parcel.tracking_number
    packed = {"tracking_number": number, "sku": "SKU-1", "name": "Thing 1", "quantity": 2}
    assert pieces["order"]["shipment"]["contents"] == [packed]
    assert {"tracking_number": number, "by": "contents", "grams": 500} in pieces["weight"]["weights"]


def test_who_withdraws_from_what_has_not_left_is_paid_at_once(order: Order) -> None:
    send(order, sku_1=2)
    one, two = order.lines.order_by("pk")
    case = aftersales.services.withdraw(order=order, quantities={two.pk: 2})
    refund = case.refund
    assert (case.status, refund.amount, refund.shipping_amount) == ("kept", two.amount, 0)
    assert status(order) == "shipped"
    assert stock() == [(3, 0), (5, 0)]
    assert [one.line.pk for one in aftersales.services.lines_left(order)] == [one.pk]
