"""The page of an order is made once for each change, and never shown after one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from time import sleep
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.cache import caches
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone, translation

import aftersales.services
import orders.services
import tracking.services
from logistics_portal.order_state import order_state
from merchants.models import Brand, Merchant
from orders.models import Order
from tests import build
from tests.visitors import holder, text_of
from tracking.models import Shipment, Watch

pytestmark = pytest.mark.django_db


@pytest.fixture
def shipment(order: Order) -> Shipment:
    sent = build.shipment(order)
    build.scan(sent.parcels.get(), "in_transit", at=timezone.now() - timedelta(days=1))
    return sent


def visit(order: Order, tag: str = "", **query: str) -> HttpResponse:
    return Client().get(f"/t/{order.token}/", query, headers={"if-none-match": tag} if tag else {})


def approve(order: Order) -> None:
    line = order.lines.first()
    case = aftersales.services.request_return(order=order, reason="too_small", comment="", quantities={line.pk: 1})
    case.refresh_from_db()
    assert case.status == "approved"


def dispute(order: Order) -> None:
    aftersales.services.open_dispute(shipment=order.shipments.get(), statement="")


def decide(order: Order) -> None:
    found = order.shipments.get().disputes.get()
    aftersales.services.decide_dispute(dispute=found, accept=True, note="It is lost.", by=build.staff(superuser=True))


def pay(order: Order) -> None:
    aftersales.services.pay_refund(refund=order.refunds.get(), reference="R-1")


CHANGES: dict[str, tuple[list[Callable[[Order], object]], Callable[[Order], object], str]] = {
    "picked": ([], lambda order: orders.services.start_picking(order=order), "Your order is being packed."),
    "canceled": ([], lambda order: orders.services.cancel_order(order=order), "Your order was canceled."),
    "shipped": ([], build.shipment, "Your parcel waits for its first scan by the carrier."),
    "scanned": (
        [build.shipment],
        lambda order: build.scan(order.shipments.get().parcels.get(), "out_for_delivery"),
        "Your parcel is out for delivery.",
    ),
    "arrived": ([], build.delivered, "Your parcel was delivered."),
    "return": ([build.delivered], approve, "Return approved"),
    "dispute": ([build.delivered], dispute, "You told us: I did not receive it"),
    "decided": ([build.delivered, dispute], decide, "Decided in your favor."),
    "paid": ([build.delivered, dispute, decide], pay, "paid"),
    "promised": (
        [],
        lambda order: Order.objects.filter(pk=order.pk).update(promised_on=timezone.now() + timedelta(days=4)),
        "Expected",
    ),
    "help": ([], lambda order: Merchant.objects.update(support_phone="+49 30 111"), "+49 30 111"),
    "proved": (
        [build.shipment, lambda order: build.scan(order.shipments.get().parcels.get(), "out_for_delivery")],
        lambda order: tracking.services.prove_delivery(shipment=order.shipments.get(), received_by="Ann"),
        "Your parcel was delivered.",
    ),
    "word": (
        [build.shipment],
        lambda order: Watch.objects.update_or_create(
            shipment=order.shipments.get(), defaults={"word_by": timezone.now() + timedelta(days=2)}
        ),
        "you hear from us by",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_no_page_is_shown_after_a_change(order: Order, name: str) -> None:
    before, change, says = CHANGES[name]
    for act in before:
        act(order)
        order.refresh_from_db()
    old = visit(order)
    assert says not in text_of(old)
    assert visit(order, old["ETag"]).status_code == 304
    change(order)
    for client_has in (old["ETag"], ""):
        new = visit(order, client_has)
        assert new.status_code == 200
        assert says in text_of(new)
    assert new["ETag"] != old["ETag"]


def test_a_brands_new_color_shows(order: Order) -> None:
    old = visit(order)
    Brand.objects.filter(merchant=order.merchant).update(color="#AB1234")
    new = visit(order, old["ETag"])
    assert b'href="/brand/ab1234.css"' in new.content
    sheet = Client().get("/brand/ab1234.css")
    assert sheet["Content-Type"] == "text/css"
    assert b"--accent:#ab1234" in sheet.content
    assert "public" in sheet["Cache-Control"]
    for color in ("", "xyz", "#12345", "red", "expression(1)"):
        Brand.objects.filter(merchant=order.merchant).update(color=color[:7])
        assert b'href="/brand/1f5eff.css"' in visit(order).content


def test_what_time_alone_changes_shows(order: Order, shipment: Shipment) -> None:
    Shipment.objects.filter(pk=shipment.pk).update(eta_to=timezone.now() + timedelta(seconds=1.5))
    Watch.objects.update_or_create(
        shipment=shipment, defaults={"word_by": timezone.now() + timedelta(seconds=1.5), "due_at": None}
    )
    early = visit(order)
    assert "you hear from us by" in text_of(early)
    assert "is late" not in text_of(early)
    sleep(1.6)
    later = visit(order, early["ETag"])
    assert later.status_code == 200
    assert "you hear from us by" not in text_of(later)
    assert "is late" in text_of(later)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])  # never the same day
def test_a_new_day_is_a_new_page(order: Order, zone: str) -> None:
    """What should have arrived yesterday is late today, though nothing was written."""
    Order.objects.filter(pk=order.pk).update(country="US")  # a country with several clocks: the merchant's counts
    Merchant.objects.filter(pk=order.merchant_id).update(time_zone=zone)
    state = order_state(order.token)
    assert f" {timezone.localdate(timezone=ZoneInfo(zone))} " in state.marks
    assert state.name_in("en") != replace(state, marks=f"{state.marks}.").name_in("en")


def test_how_many_queries(order: Order, shipment: Shipment, django_assert_max_num_queries: Callable) -> None:
    visit(order, lang="de")  # the connection learns its statement
    with django_assert_max_num_queries(5) as cold:
        page = visit(order)
    assert len(cold) > 1
    with django_assert_max_num_queries(1) as kept:
        assert visit(order).content == page.content
    with django_assert_max_num_queries(1) as same:
        assert visit(order, page["ETag"]).status_code == 304
    assert len(kept) == len(same) == 1


def test_the_page_is_kept_in_each_language(order: Order) -> None:
    english, german = visit(order, lang="en"), visit(order, lang="de")
    assert english["ETag"] != german["ETag"]
    assert visit(order, german["ETag"], lang="en").status_code == 200
    assert visit(order, german["ETag"], lang="de").status_code == 304
    assert visit(order, lang="de").content == german.content != english.content
    assert translation.get_language() == "en"


def test_who_proved_the_phone_gets_a_page_of_its_own(order: Order) -> None:
    visit(order)
    private = holder().get(f"/t/{order.token}/")
    assert "Lindenstraße 12" in text_of(private)
    assert "ETag" not in private.headers
    assert "no-store" in private["Cache-Control"]
    tag = visit(order)["ETag"]
    assert "Lindenstraße 12" not in text_of(visit(order))
    again = holder().get(f"/t/{order.token}/", headers={"if-none-match": tag})
    assert again.status_code == 200
    assert "Lindenstraße 12" in text_of(again)


def test_a_message_is_shown_to_its_reader_alone(order: Order) -> None:
    visitor = Client()
    storage = CookieStorage(RequestFactory().get("/"))
    visitor.cookies["messages"] = storage._encode([Message(constants.SUCCESS, "Only for you")])
    assert "Only for you" in text_of(visitor.get(f"/t/{order.token}/"))
    assert "Only for you" not in text_of(visit(order))


def test_a_kept_page_holds_nothing_of_one_visit(order: Order, shipment: Shipment) -> None:
    response = visit(order)
    html = response.content.decode()
    assert "nonce" not in html
    assert "csrf" not in html
    assert "<style" not in html
    assert "nonce" not in response["Content-Security-Policy"]
    assert "Set-Cookie" not in response.headers
    assert {"Cookie", "Accept-Language"} <= set(response["Vary"].split(", "))


def test_a_revoked_link_is_no_longer_answered(order: Order) -> None:
    tag, address = visit(order)["ETag"], f"/t/{order.token}/"
    orders.services.revoke_links(order=order)
    assert Client().get(address, headers={"if-none-match": tag}).status_code == 410
    order.refresh_from_db()
    assert visit(order).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_no_lost_page(order: Order) -> None:
    tag = visit(order)["ETag"]
    for has in ("", tag):
        connection.ensure_connection()
        given = connection.get_connection_params()
        wanted = {name: given[name] for name in ("dbname", "user", "password", "host", "port") if given.get(name)}
        with psycopg.connect(**wanted, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        assert visit(order, has).status_code == (304 if has else 200)


def test_the_pages_kept_are_bounded(settings: object) -> None:
    pages = caches["pages"]
    pages.clear()
    for number in range(settings.CACHES["pages"]["OPTIONS"]["MAX_ENTRIES"] + 50):
        pages.set(str(number), b"page")
    assert sum(pages.get(str(number)) is not None for number in range(2000)) <= 1000


def test_the_page_names_its_stream_where_there_is_one(order: Order, settings: object) -> None:
    assert b"data-live" not in visit(order).content
    settings.LIVE_URL = "https://live.example"
    caches["pages"].clear()
    assert b'data-live="https://live.example/live/' in visit(order).content
