"""What staff read: the home page, searching, an order whole, a dispute's evidence; and what it costs."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from aftersales.models import Evidence
from inventory.models import Location
from merchants.models import Merchant
from notifications.models import Message
from orders.models import Order
from tests import build
from tests.visitors import text_of
from tracking.models import CarrierPayload, Handover, TrackingEvent

from .conftest import World, world_of

pytestmark = pytest.mark.django_db


def numbers(client: Client) -> dict[str, int]:
    groups = client.get(reverse("admin:index")).context["groups"]
    return {str(count.label): count.number for group in groups for count in group["counts"]}


def test_home_counts(support: Client, own: World) -> None:
    seen = numbers(support)
    assert seen["Placed today"] == 1
    assert seen["Delivered today"] == 1
    assert seen["Returns to decide"] == 1
    assert seen["Open disputes"] == 1
    assert seen["Refunds to pay"] == 1
    assert seen["Unknown codes in 24 hours"] == 1
    assert seen["Unreadable payloads"] == 1
    assert seen["Carrier payloads"] == 1  # stuck
    assert (seen["Under way"], seen["Problems"], seen["Out for delivery"], seen["Failed"]) == (0, 0, 0, 0)


def test_home_follows_the_world(support: Client, own: World) -> None:
    late = build.shipment(build.order(merchant=own.merchant))
    build.scan(late.parcels.get(), "attempt_failed", at=timezone.now() - timedelta(days=4))
    out = build.shipment(build.order(merchant=own.merchant))
    build.scan(out.parcels.get(), "out_for_delivery")
    Message.objects.filter(pk=own.message.pk).update(status=Message.Status.FAILED)
    CarrierPayload.objects.update(received_at=timezone.now() - timedelta(days=2))
    seen = numbers(support)
    assert (seen["Under way"], seen["Problems"], seen["Out for delivery"], seen["Failed"]) == (2, 1, 1, 1)
    assert seen["No news for 3 days"] == 1
    assert seen["Unknown codes in 24 hours"] == 0


def test_every_number_of_home_leads_to_as_many_rows(support: Client, own: World) -> None:
    for group in support.get(reverse("admin:index")).context["groups"]:
        for count in group["counts"]:
            assert support.get(count.url).context["cl"].result_count == count.number, count.url


def test_today_is_by_the_merchants_clock(support: Client, own: World) -> None:
    Merchant.objects.filter(pk=own.merchant.pk).update(time_zone="Pacific/Kiritimati")
    start = timezone.now().astimezone(timezone.get_fixed_timezone(14 * 60)).replace(hour=0, minute=0, second=0)
    Order.objects.filter(pk=own.order.pk).update(placed_at=start - timedelta(minutes=1))
    assert numbers(support)["Placed today"] == 0
    Order.objects.filter(pk=own.order.pk).update(placed_at=start + timedelta(minutes=1))
    assert numbers(support)["Placed today"] == 1
    assert support.get(reverse("admin:index")).context["zone"] == "Pacific/Kiritimati"


def test_home_costs_the_same_whatever_there_is(support: Client, own: World) -> None:
    support.get(reverse("admin:index"))
    with CaptureQueriesContext(
        connection,
    ) as few:
        support.get(reverse("admin:index"))
    for _ in range(3):
        build.delivered(build.order(merchant=own.merchant))
    with CaptureQueriesContext(connection) as more:
        support.get(reverse("admin:index"))
    assert len(more) == len(few) <= 30


LISTS = (
    "orders_order",
    "customers_customer",
    "tracking_shipment",
    "tracking_trackingevent",
    "tracking_carrierpayload",
    "aftersales_return",
    "aftersales_refund",
    "aftersales_dispute",
    "notifications_message",
    "inventory_stocklevel",
    "merchants_apikey",
)


def cost(client: Client, name: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse(f"admin:{name}_changelist"))
    return len(queries)


def test_lists_cost_the_same_for_one_row_and_for_many(boss: Client, own: World) -> None:
    boss.get(reverse("admin:index"))
    for_one = {name: cost(boss, name) for name in LISTS}
    for number in range(3):
        world_of(build.merchant(slug=f"other{number}", auto_approve_returns=False), mark=f"other{number}")
    assert {name: cost(boss, name) for name in LISTS} == for_one
    assert max(for_one.values()) <= 22


def test_an_orders_page_costs_the_same_whatever_hangs_on_it(support: Client, own: World) -> None:
    url = reverse("admin:orders_order_change", args=[own.order.pk])
    support.get(url)
    with CaptureQueriesContext(connection) as few:
        support.get(url)
    for number in range(3):
        parcel = build.shipment(own.order).parcels.get()
        for hour in range(4):
            build.scan(parcel, "in_transit", at=timezone.now() - timedelta(hours=hour + 1))
        Message.objects.create(
            merchant=own.merchant,
            order=own.order,
            kind="shipped",
            subject_id=parcel.pk,
            fact=f"n{number}",
            channel="email",
            address="ann@example.com",
        )
    with CaptureQueriesContext(connection) as more:
        support.get(url)
    assert len(more) == len(few) <= 48


def test_orders_are_found_by_what_a_caller_has(support: Client, own: World) -> None:
    build.order(merchant=own.merchant, number="X-9", phone="+4915187654321", email="x@example.com", consignee="Xaver")
    by_number = ("acme-1", "ACME00000001", "acme 0000 0001", "acme-")
    by_person = ("5678", "+49 151 12345678", "0151 12345678", "ann@example.com", "acme person")
    for term in by_number + by_person:
        found = support.get(reverse("admin:orders_order_changelist"), {"q": term}).context["cl"].result_list
        assert [order.number for order in found] == ["acme-1"], term


def test_what_nobody_has_finds_nothing(support: Client, own: World) -> None:
    found = support.get(reverse("admin:orders_order_changelist"), {"q": "no such thing"}).context["cl"]
    assert found.result_count == 0


def test_an_order_is_whole_on_its_page(support: Client, own: World) -> None:
    page = support.get(reverse("admin:orders_order_change", args=[own.order.pk])).content.decode()
    for text in (
        "acme person",
        "+4915112345678",
        "Lindenstraße 12",
        "Thing 1",
        "ACME00000001",
        "acme depot",
        "TEST-in_transit",
        "UTC+00:00",
        "stated",
        "acme comment",
        "Refund of 19.90 EUR",
        "I did not receive it",
        "orders.placed",
        "tracking.status_changed",
        "aftersales.dispute_opened",
        "sms",
    ):
        assert text in page, text


def test_a_scan_tells_both_times_and_leads_to_its_payload(support: Client, own: World) -> None:
    parcel = own.shipment.parcels.get()
    event = TrackingEvent.objects.create(
        parcel=parcel,
        payload=own.payload,
        identity="x",
        status="in_transit",
        code="PU",
        occurred_at="2026-01-02T03:04:00Z",
        utc_offset_min=330,
        offset_source="inferred",
        recorded_at="2026-01-02T09:00:00Z",
    )
    page = support.get(reverse("admin:orders_order_change", args=[own.order.pk])).content.decode()
    assert "2026-01-02 08:34" in page
    assert "UTC+05:30" in page
    assert "inferred" in page
    assert "2026-01-02 09:00" in page
    link = reverse("admin:tracking_carrierpayload_change", args=[event.payload_id])
    assert f'href="{link}"' in page
    assert "&quot;mark&quot;: &quot;acme&quot;" in support.get(link).content.decode()


def test_evidence_is_on_one_page(support: Client, own: World) -> None:
    Handover.objects.update(confirmed_at=None)
    page = support.get(reverse("admin:aftersales_dispute_change", args=[own.dispute.pk])).content.decode()
    proof = own.shipment.proofs.get()
    for text in (
        "acme statement",
        "acme depot",
        "Carrier says in_transit",
        "Not confirmed",
        'd="M10 10 L200 100"',
        proof.digest,
        "acme-clerk",
        "acme words",
        "Lindenstraße 12",
        own.return_case.number,
        "What the customer is told",
        "Decide for the customer",
        "Digest holds",
        *Evidence.objects.values_list("digest", flat=True),
    ):
        assert text in page, text
    assert "Digest does not hold" not in page


def test_evidence_that_was_touched_is_shown_as_such(support: Client, own: World) -> None:
    forged = Evidence(dispute=own.dispute, kind="statement", content={"statement": "other"}, digest="0" * 64)
    Evidence.objects.bulk_create([forged])
    page = support.get(reverse("admin:aftersales_dispute_change", args=[own.dispute.pk])).content.decode()
    assert "Digest does not hold" in page


def test_a_decided_dispute_offers_no_decision(support: Client, own: World) -> None:
    url = reverse("admin:aftersales_dispute_deed", args=[own.dispute.pk, "reject"])
    support.post(url, {"note": "It was signed for"})
    page = support.get(reverse("admin:aftersales_dispute_change", args=[own.dispute.pk])).content.decode()
    assert "It was signed for" in page
    assert "Decide for the customer" not in page


def test_payloads_are_shown_as_they_came(support: Client, own: World) -> None:
    raw = CarrierPayload.objects.create(carrier="dhl", account=own.account, body=b"\xff<b>not json</b>")
    page = support.get(reverse("admin:tracking_carrierpayload_change", args=[raw.pk])).content.decode()
    assert "&lt;b&gt;not json&lt;/b&gt;" in page
    assert (
        json.dumps({"mark": "acme"}, indent=2).replace('"', "&quot;")
        in support.get(reverse("admin:tracking_carrierpayload_change", args=[own.payload.pk])).content.decode()
    )


def test_countries_and_proofs_are_told_in_the_readers_words(boss: Client, own: World) -> None:
    """Neither a country's code nor what the portal itself wrote in another language."""
    parcel = own.shipment.parcels.get()
    source = TrackingEvent.Source.COURIER
    build.scan(parcel, "delivered", code="proof_signature", description="Podpis", source=source)
    event = parcel.events.filter(code="proof_signature").latest("pk")
    pages = {
        reverse("admin:orders_order_change", args=[own.order.pk]): ("Berlin, Deutschland", "Unterschrift"),
        reverse("admin:tracking_trackingevent_change", args=[event.pk]): ("Deutschland",),
        reverse("admin:merchants_merchant_changelist"): ("Deutschland",),
        reverse("admin:inventory_location_changelist"): ("Deutschland",),
    }
    build.stock(own.merchant)
    Location.objects.update(country="DE")
    for url, words in pages.items():
        page = text_of(boss.get(url, headers={"accept-language": "de"}))
        assert all(word in page for word in words), url
        assert "(DE)" not in page
    assert "Podpis" not in boss.get(next(iter(pages))).content.decode()
