"""An order once more: what is there today at which price, asked for once, placed by the merchant."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from inventory.models import Item, Reservation
from logistics_portal.demo_data.clock import StoryClock, running_at
from logistics_portal.kernel.errors import DomainError, Invalid
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.state import UnableToTransition
from merchants.models import Merchant
from orders import services
from orders.models import DayWish, Offer, Order, Reorder
from tests import build
from tests.visitors import holder, text_of, worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(acme: Merchant) -> Order:
    """Two of thing 1, of which stock is kept, and one of thing 2."""
    build.stock(acme, sku="SKU-1", on_hand=10)
    lines = [build.line(1, quantity=2, unit_price="19.90"), build.line(2, quantity=1, unit_price="5.00")]
    order = build.order(merchant=acme, lines=lines)
    services.cancel_order(order=order)
    return order


def wanted(order: Order, form_id: str = "f1") -> Reorder:
    return services.request_reorder(order=order, form_id=form_id, seen=services.order_today(order).seen)


def told() -> list[tuple[str, str]]:
    rows = Event.objects.filter(name__startswith="orders.reorder").order_by("pk")
    return [(row.name.removeprefix("orders.reorder_"), row.payload.get("status", "")) for row in rows]


def test_what_is_gone_less_or_dearer_is_seen(old: Order, acme: Merchant) -> None:
    item = Item.objects.get(sku="SKU-1")
    item.stock_levels.update(on_hand=1)
    services.set_offer(merchant=acme, sku="SKU-1", currency="EUR", unit_price=Decimal("21.50"))
    services.set_offer(merchant=acme, sku="SKU-2", currency="EUR", unit_price=Decimal("5.00"), is_sold=False)
    first, second = services.order_today(old).lines
    assert (first.quantity, first.is_less, first.price, first.has_new_price, first.is_price_sure) == (
        *(1, True, Decimal("21.50")),
        *(True, True),
    )
    assert (second.is_gone, second.is_sold) == (True, False)
    assert services.order_today(old).total == Decimal("21.50")
    page = text_of(holder().get(f"/t/{old.token}/again/"))
    for said in ("Only 1 of 2 left", "Not sold any more", "Was €19.90, is €21.50 each"):
        assert said in page


def test_without_a_told_price_the_last_one_counts_and_is_said_to(old: Order, acme: Merchant) -> None:
    build.order(merchant=acme, lines=[build.line(2, unit_price="6.00")], phone="+4915100000001")
    build.order(merchant=acme, lines=[build.line(2, unit_price="9.00")], phone="+4915100000001", currency="USD")
    line = services.order_today(old).lines[1]
    assert (line.price, line.is_price_sure) == (Decimal("6.00"), False)
    assert "the merchant confirms them" in text_of(holder().get(f"/t/{old.token}/again/"))


def test_a_wish_is_taken_once_and_one_at_a_time(old: Order) -> None:
    assert wanted(old) == wanted(old)
    with pytest.raises(services.UnableToReorder, match="already"):
        wanted(old, "f2")
    assert told() == [("requested", "")]


def test_what_changed_since_it_was_looked_at_is_looked_at_again(old: Order, acme: Merchant) -> None:
    seen = services.order_today(old).seen
    services.set_offer(merchant=acme, sku="SKU-1", currency="EUR", unit_price=Decimal("99.00"))
    with pytest.raises(services.UnableToReorder, match="Something changed"):
        services.request_reorder(order=old, form_id="f1", seen=seen)
    answer = holder().post(f"/t/{old.token}/again/", {"form_id": "f1", "seen": seen})
    assert answer.status_code == 409
    assert "is €99.00 each" in text_of(answer)
    assert not Reorder.objects.exists()


def test_nothing_there_is_nothing_to_ask_for(old: Order, acme: Merchant) -> None:
    for sku in ("SKU-1", "SKU-2"):
        services.set_offer(merchant=acme, sku=sku, currency="EUR", unit_price=Decimal(1), is_sold=False)
    with pytest.raises(services.UnableToReorder, match="Nothing"):
        wanted(old)
    page = holder().get(f"/t/{old.token}/again/")
    assert "Nothing of this order can be had today." in text_of(page)
    assert 'name="form_id"' not in page.content.decode()


def test_the_merchant_offers_then_places_it(old: Order) -> None:
    reorder = wanted(old)
    with pytest.raises(Invalid):
        services.offer_payment(reorder=reorder, payment_url="javascript:alert(1)")
    services.offer_payment(reorder=reorder, payment_url="https://shop.example/pay/1")
    assert "https://shop.example/pay/1" in holder().get(f"/t/{old.token}/again/").content.decode()
    placed = services.place_reorder(reorder=reorder, number="A-9000", shipping_total=Decimal("4.90"))
    assert (placed.total, placed.phone, placed.line1) == (Decimal("49.70"), old.phone, old.line1)
    assert Reservation.objects.get(reference__in=placed.lines.values("pk")).quantity == 2
    reorder.refresh_from_db()
    assert (reorder.status, reorder.placed) == ("placed", placed)
    with pytest.raises(UnableToTransition):
        services.place_reorder(reorder=reorder, number="A-9001")
    assert not Order.objects.filter(number="A-9001").exists()
    assert told() == [("requested", ""), ("offered", ""), ("ended", "placed")]
    wanted(old, "f2")


def test_it_is_declined_with_a_reason_or_withdrawn(old: Order) -> None:
    reorder = wanted(old)
    with pytest.raises(Invalid):
        services.decline_reorder(reorder=reorder, note=" ")
    services.decline_reorder(reorder=reorder, note="Thing 1 is recalled.")
    assert "Thing 1 is recalled." in text_of(holder().get(f"/t/{old.token}/again/"))
    wanted(old, "f2")
    client = holder()
    assert "You took it back." in text_of(client.post(f"/t/{old.token}/again/withdraw/", follow=True))
    assert client.post(f"/t/{old.token}/again/withdraw/").status_code == 404


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form_ids", [("same", "same"), ("one", "two")])
def test_two_clicks_at_the_same_moment_are_one_wish(old: Order, form_ids: tuple[str, str]) -> None:
    gate, faults, seen = Barrier(2), [], services.order_today(old).seen

    def click(form_id: str) -> None:
        try:
            gate.wait()
            services.request_reorder(order=old, form_id=form_id, seen=seen)
        except DomainError as error:
            faults.append(error.code)
        finally:
            connection.close()

    threads = [Thread(target=click, args=[form_id]) for form_id in form_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Reorder.objects.count() == 1
    assert faults == ([] if form_ids[0] == form_ids[1] else ["unable_to_reorder"])


def test_the_page_is_the_holders_alone(old: Order) -> None:
    assert Client().get(f"/t/{old.token}/again/").status_code == 302
    assert Client().post(f"/t/{old.token}/again/", {"seen": "x"}).status_code == 302
    assert holder("+4915199999999").get(f"/t/{old.token}/change/").status_code == 302


def test_merchants_answer_over_the_api(old: Order, api: APIClient, rival_api: APIClient) -> None:
    wanted(old)
    (row,) = api.get("/api/v1/reorders/").json()["results"]
    assert (row["order_number"], row["total"], len(row["lines"])) == (old.number, "44.80", 2)
    path = f"/api/v1/reorders/{row['id']}/"
    assert rival_api.post(f"{path}place/", {"number": "X"}).status_code == 404
    assert api.post(f"{path}offer/", {"payment_url": "http://shop.example/"}).status_code == 422
    for _ in range(2):
        answer = api.post(f"{path}place/", {"number": "A-9000"}, headers={"idempotency-key": "k"})
        assert answer.status_code == 200, answer.content
    assert answer.json()["placed"] == str(Order.objects.get(number="A-9000").pk)
    given = {"sku": "SKU-1", "currency": "EUR", "unit_price": "3.00", "is_sold": False}
    assert api.post("/api/v1/offers/", given).json()["is_sold"] is False
    assert rival_api.post("/api/v1/offers/", given).status_code == 422
    assert rival_api.get("/api/v1/offers/").json()["results"] == []
    assert Offer.objects.count() == 1


def test_staff_place_it(old: Order, acme: Merchant) -> None:
    user = build.staff(acme, name="clerk")
    user.user_permissions.set(Permission.objects.filter(codename__in=("view_reorder", "change_reorder")))
    client, reorder = worker(user), wanted(old)
    base = f"/admin/orders/reorder/{reorder.pk}"
    assert "Thing 1" in text_of(client.get(f"{base}/change/"))
    taken = client.post(f"{base}/do/place/", {"number": old.number, "shipping_total": "0"})
    assert "There is an order" in text_of(taken)
    assert client.post(f"{base}/do/place/", {"number": "A-9000", "shipping_total": "0"}).status_code == 302
    reorder.refresh_from_db()
    assert reorder.status == "placed"


def test_all_orders_are_searched_by_what_is_remembered(acme: Merchant, rival: Merchant) -> None:
    first = build.order(merchant=acme, number="BLUE-1", lines=[build.line(7)])
    build.order(merchant=rival, number="RED-1", lines=[build.line(8)])
    build.shipment(first, number="JD014600001234")
    client = holder()
    for asked, found in (
        *(("blue", "BLUE-1"), ("thing 8", "RED-1"), ("rival", "RED-1"), ("jd01 4600 001234", "BLUE-1")),
    ):
        page = text_of(client.get("/orders/", {"q": asked}))
        assert found in page
        assert ({"BLUE-1", "RED-1"} - {found}).pop() not in page
    assert "None of your orders has “x<b>” in it." in text_of(client.get("/orders/", {"q": "x<b>\x00"}))
    assert "BLUE-1" not in text_of(holder("+4915199999999").get("/orders/", {"q": "blue"}))


def test_address_and_day_change_until_it_is_packed(acme: Merchant) -> None:
    order, client = build.order(merchant=acme), holder()
    url = f"/t/{order.token}/change/"
    given = {"line1": "Neue Straße 5", "line2": "", "city": "Berlin", "region": "", "postal_code": "10115"}
    assert "The merchant knows it now." in text_of(client.post(url, given, follow=True))
    order.refresh_from_db()
    assert order.line1 == "Neue Straße 5"
    day = services.wishable_days(timezone.now().date())[3]
    client.post(url, {"day": day.isoformat()})
    client.post(url, {"day": day.isoformat()})
    assert services.wished_day(order) == day
    assert DayWish.objects.count() == 1
    assert client.post(url, {"day": timezone.now().date().isoformat()}).status_code == 422
    client.post(url, {"day": ""})
    assert services.wished_day(order) is None
    services.pack_order(order=order)
    assert "The parcel is packed" in text_of(client.get(url))
    assert client.post(url, given).status_code == 409
    assert client.post(url, {"day": day.isoformat()}).status_code == 409


@pytest.mark.parametrize("days", [0, 1, 31, -3])
def test_days_too_soon_or_too_late_are_refused(order: Order, days: int) -> None:
    today = timezone.now().date()
    with pytest.raises(services.UnableToWish):
        services.wish_day(order=order, day=today + timedelta(days=days), today=today)


@pytest.mark.parametrize(
    ("place", "now", "first"),
    [
        ({"country": "NZ", "city": "Auckland"}, datetime(2026, 3, 2, 10, 59, tzinfo=UTC), date(2026, 3, 4)),
        ({"country": "NZ", "city": "Auckland"}, datetime(2026, 3, 2, 11, 0, tzinfo=UTC), date(2026, 3, 5)),
        ({"country": "CN", "city": "Shanghai"}, datetime(2026, 3, 2, 15, 59, tzinfo=UTC), date(2026, 3, 4)),
        ({"country": "CN", "city": "Shanghai"}, datetime(2026, 3, 2, 16, 0, tzinfo=UTC), date(2026, 3, 5)),
        ({"country": "US", "region": "HI"}, datetime(2026, 3, 3, 9, 59, tzinfo=UTC), date(2026, 3, 4)),
        ({"country": "US", "region": "HI"}, datetime(2026, 3, 3, 10, 0, tzinfo=UTC), date(2026, 3, 5)),
    ],
    ids=["Auckland before", "Auckland after", "Shanghai before", "Shanghai after", "Honolulu before", "Honolulu after"],
)
def test_days_are_counted_on_the_address_s_clock(
    acme: Merchant, place: dict[str, str], now: datetime, first: date
) -> None:
    """A minute before midnight there, and at midnight: the day after tomorrow is the first to choose."""
    order = build.order(merchant=acme, postal_code="96813", **place)
    url = f"/t/{order.token}/change/"
    with running_at(StoryClock(now)):
        client = holder()
        offered = re.findall(r'<option value="([\d-]+)"', client.get(url).content.decode())
        assert offered[0] == first.isoformat()
        too_soon = {"day": (first - timedelta(days=1)).isoformat()}
        assert client.post(url, too_soon).status_code == 422
        assert client.post(url, {"day": first.isoformat()}).status_code == 302
    assert services.wished_day(order) == first


def test_nobody_is_promised_a_sunday() -> None:
    days = services.wishable_days(timezone.now().date())
    assert {day.weekday() for day in days} == {0, 1, 2, 3, 4, 5}
