"""Receivers who are not the customer, the links that open an order, and who opened them."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connection
from django.db.utils import DatabaseError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

import aftersales.services
import orders.services
import tracking.services
from logistics_portal.kernel import tokens, work
from logistics_portal.kernel.errors import Invalid, NotFound, TooOften
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from notifications.models import DemoDelivery, Message
from notifications.services import stop_messages
from orders.models import Delegate, LinkRevocation, Opening, Order
from orders.services import DelegateDraft, LinkClosed, UnableToAnswer, UnableToDelegate
from tests import build
from tests.visitors import holder, last_code, text_of
from tracking.models import Shipment

pytestmark = pytest.mark.django_db

MIA, TOM = "+4915155500011", "+4915155500022"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_1) AppleWebKit/605.1.15 Version/17.1 Safari/605.1.15"
PIXEL = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/129.0 Mobile Safari/537.36"
PREVIEW = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
PRICES = ("19.90", "39.80", "4.90", "84.50", "79.60", "€", "EUR")
BUYERS = ("5112345678", "1511 2345678", "•5678", "• 5678", "ann@example.com")
QUERY_BUDGET = 10


@pytest.fixture
def demo(settings: LazySettings) -> None:
    """The demo's own phone takes the messages."""
    settings.DEMO_INBOX = True


def draft(name: str = "Mia Moss", phone: str = MIA, **more: Any) -> DelegateDraft:
    return DelegateDraft(name, PhoneNumber.from_string(phone), **more)


def added(order: Order, by: str = "customer", **changes: Any) -> Delegate:
    return orders.services.add_delegate(order=order, draft=draft(**changes), by=by)


def page_of(delegate: Delegate, client: Client | None = None) -> str:
    answer = (client or Client()).get(f"/r/{delegate.token}/")
    assert answer.status_code == 200
    return answer.content.decode()


def on_its_way(order: Order) -> Shipment:
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "in_transit", at=timezone.now() - timedelta(days=1))
    build.scan(shipment.parcels.get(), "out_for_delivery", description="For Ann Archer, call 015112345678")
    shipment.refresh_from_db()
    return shipment


def told(phone: str, *kinds: str) -> list[Message]:
    work.drain()
    rows = Message.objects.filter(address=phone).order_by("pk")
    return list(rows.filter(kind__in=kinds) if kinds else rows)


# Who may be named.


def test_a_receiver_is_told_by_a_link_of_their_own(order: Order, demo: None) -> None:
    delegate = added(order)
    [message] = told(MIA)
    assert message.kind == "receiver_added"
    assert message.status == "delivered"
    assert delegate.token not in message.body
    assert order.token not in message.body
    event = Event.objects.get(name="orders.delegate_added")
    assert event.payload == {"delegate_id": str(delegate.pk), "by": "customer"}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "see www.win.example",
        "https://x.example",
        "call 0900",
        "a\nb",
        "x@y",
        "Mia/Moss",
        "M" * 61,
        "win.example",
    ],
)
def test_a_name_carries_no_text_of_its_own(order: Order, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        added(order, name=name)
    assert list(refusal.value.fields) == ["name"]
    assert not Delegate.objects.exists()


@pytest.mark.parametrize(
    "name", ["Mia Moss", "Dr. Zoë O’Neill-Braun", "王小明", "Mia & Tom", "Frau M. Ünlü", "Bäckerei (Empfang)"]
)
def test_names_of_people_are_taken(order: Order, name: str) -> None:
    assert added(order, name=name).name == name


def test_nobody_is_the_receiver_of_their_own_order(order: Order) -> None:
    with pytest.raises(Invalid):
        added(order, phone=build.ANNS_PHONE)
    with pytest.raises(Invalid):
        added(order, email="ANN@example.com")


def test_a_number_follows_an_order_once_and_five_do_at_most(order: Order) -> None:
    for number in range(5):
        added(order, phone=f"+491515550010{number}", by="merchant")
    with pytest.raises(UnableToDelegate):
        added(order, phone="+4915155500100", by="merchant")
    with pytest.raises(UnableToDelegate):
        added(order, by="merchant")
    orders.services.end_delegation(delegate=Delegate.objects.order_by("pk").first(), by="merchant")
    added(order, phone="+4915155500100", by="merchant")
    assert Delegate.objects.count() == 6


def test_links_are_sent_to_one_number_five_times_a_day(acme: Merchant) -> None:
    for _ in range(5):
        added(build.order(merchant=acme))
    with pytest.raises(TooOften):
        added(build.order(merchant=acme))


def test_an_order_that_is_long_over_takes_nobody(order: Order) -> None:
    build.delivered(order)
    Order.objects.filter(pk=order.pk).update(completed_at=timezone.now() - timedelta(days=31))
    with pytest.raises(UnableToDelegate):
        added(order)


# What they see, and what not.


def test_a_receiver_sees_where_it_is_and_nothing_of_the_customer(order: Order) -> None:
    on_its_way(order)
    html = page_of(added(order))
    for hidden in (
        *PRICES,
        *BUYERS,
        "Ann Archer",
        "Lindenstraße",
        "10969",
        "Thing 1",
        order.token,
        order.merchant_token,
    ):
        assert hidden not in html, hidden
    assert "Your parcel is out for delivery" in html or "out for delivery" in html
    assert "Berlin · Germany" in html
    assert "Mia Moss" in html
    assert str(order.shipments.get().parcels.get().tracking_number) in html


def test_who_proved_their_own_number_sees_street_and_code_and_still_no_price(order: Order) -> None:
    shipment = on_its_way(order)
    delegate = added(order)
    code = tracking.services.handover_code(shipment)
    assert f'<strong translate="no">{code}</strong>' not in page_of(delegate)
    html = page_of(delegate, holder(MIA))
    assert "Lindenstraße 12" in html
    assert f'<strong translate="no">{code}</strong>' in html
    for hidden in (*PRICES, *BUYERS, "Thing 1", "015112345678"):
        assert hidden not in html, hidden


def test_who_only_follows_gets_no_code(order: Order, demo: None) -> None:
    delegate = added(order, gets_code=False)
    code = tracking.services.handover_code(on_its_way(order))
    html = page_of(delegate, holder(MIA))
    assert code not in html
    assert "There is a code" not in html
    work.drain()
    [message] = told(MIA, "out_for_delivery")
    assert "code" not in message.body


def test_what_is_inside_shows_only_where_the_customer_wants_it(order: Order) -> None:
    shown = page_of(added(order, sees_items=True))
    assert "Thing 1" in shown
    assert "What is inside" in shown
    assert all(price not in shown for price in PRICES)
    assert "Thing 1" not in page_of(added(order, phone=TOM))


def test_what_lies_in_which_parcel_is_told_only_to_who_sees_what_is_inside(order: Order) -> None:
    tracking.services.create_shipment(
        order=order, carrier="dhl", parcels=[tracking.services.ParcelDraft("JD0188000001", contents={"SKU-1": 1})]
    )
    assert "In this parcel" in page_of(added(order, sees_items=True))
    surprised = page_of(added(order, phone=TOM))
    assert "JD0188000001" in surprised
    assert "Thing 1" not in surprised


def test_returns_disputes_and_refunds_are_not_theirs(order: Order) -> None:
    delegate = added(order)
    build.delivered(order)
    line = order.lines.first()
    case = aftersales.services.request_return(order=order, reason="too_small", comment="", quantities={line.pk: 1})
    html = page_of(delegate, holder(MIA))
    assert case.number not in html
    assert "Return" not in html
    assert "I did not receive it" not in html


def test_the_page_takes_a_fixed_number_of_queries(order: Order) -> None:
    for _ in range(2):  # with several parcels, what lies in them is read, too
        on_its_way(order)
    delegate, client = added(order), holder(MIA)
    page_of(delegate, client)
    with CaptureQueriesContext(connection) as few:
        page_of(delegate, client)
    on_its_way(order)
    with CaptureQueriesContext(connection) as more:
        page_of(delegate, client)
    assert len(few) == len(more) <= QUERY_BUDGET


# What they can do.


def test_a_receiver_proves_their_own_number(order: Order) -> None:
    delegate, client = added(order), Client()
    url = f"/r/{delegate.token}/verify/"
    assert "••••• 0011" in text_of(client.get(url))
    assert client.post(url, {"action": "send"})["Location"] == f"{url}?sent"
    assert client.post(url, {"code": "000000" if last_code() != "000000" else "1"}).status_code == 422
    assert client.post(url, {"code": last_code()})["Location"] == f"/r/{delegate.token}/"
    assert "Lindenstraße 12" in page_of(delegate, client)


def test_the_answer_of_a_receiver_reaches_the_customer(order: Order) -> None:
    delegate, client = added(order), holder(MIA)
    url = f"/r/{delegate.token}/answer/"
    with pytest.raises(UnableToAnswer):
        orders.services.answer_as_delegate(delegate=delegate, answer="has_it")
    build.delivered(order)
    assert Client().post(url, {"answer": "missing"})["Location"] == f"/r/{delegate.token}/verify/"
    client.post(url, {"answer": "perhaps"})
    assert Delegate.objects.get().answer == ""
    client.post(url, {"answer": "missing"})
    client.post(url, {"answer": "missing"})
    assert "You do not have it" in page_of(delegate, client)
    assert "Does not have it" in text_of(holder().get(f"/t/{order.token}/access/"))
    assert Event.objects.filter(name="orders.delegate_answered").count() == 1


def test_a_receiver_can_leave(order: Order) -> None:
    delegate, client = added(order), Client()
    assert client.get(f"/r/{delegate.token}/leave/").status_code == 200
    assert Delegate.objects.get().ended_at is None, "looking at the page ends nothing"
    assert "no more messages" in text_of(client.post(f"/r/{delegate.token}/leave/"))
    assert client.get(f"/r/{delegate.token}/").status_code == 410
    assert Delegate.objects.get().ended_by == "delegate"


# Messages.


def test_receivers_hear_of_the_parcel_and_of_nothing_else(order: Order, demo: None) -> None:
    delegate = added(order)
    orders.services.pack_order(order=order)
    work.drain()
    shipment = on_its_way(order)
    work.drain()
    build.scan(shipment.parcels.get(), "delivered", signed_by="A. Archer")
    sent = [message for message in told(MIA) if message.status != "withdrawn"]
    assert {"receiver_added", "out_for_delivery", "delivered"} <= {message.kind for message in sent}
    assert not {"order_confirmed", "order_packed"} & {message.kind for message in told(MIA)}
    for message in sent:
        assert message.status == "delivered", message.last_error
        for hidden in ("Ann", "Archer", order.token, order.merchant_token, delegate.token):
            assert hidden not in message.body
    shown = [row.text for row in DemoDelivery.objects.filter(address=MIA)]
    assert all(delegate.url in text and order.token not in text for text in shown)
    assert len(shown) == len(sent)


def test_a_message_that_waits_is_withdrawn_when_its_receiver_is_out(order: Order, demo: None) -> None:
    delegate = added(order)
    orders.services.end_delegation(delegate=delegate, by="customer")
    [message] = told(MIA)
    assert (message.status, message.error_code) == ("withdrawn", "ended")


def test_stop_ends_the_messages_to_a_receiver_like_to_anybody(order: Order, demo: None) -> None:
    added(order)
    work.drain()
    stop_messages(number=MIA)
    on_its_way(order)
    assert [row.kind for row in told(MIA) if row.status == "delivered"] == ["receiver_added"]
    assert told(build.ANNS_PHONE, "out_for_delivery")[0].status == "delivered"


# How it ends.


@pytest.mark.parametrize(("days", "status"), [(29, 200), (31, 410)])
def test_a_delegation_ends_thirty_days_after_the_last_parcel(order: Order, days: int, status: int) -> None:
    delegate = added(order)
    build.delivered(order)
    Order.objects.filter(pk=order.pk).update(completed_at=timezone.now() - timedelta(days=days))
    assert Client().get(f"/r/{delegate.token}/").status_code == status
    assert orders.services.following_delegates([order.pk]).exists() is (status == 200)


def test_no_delegation_outlives_a_year(order: Order) -> None:
    delegate = added(order)
    Delegate.objects.update(added_at=timezone.now() - timedelta(days=366))
    assert Client().get(f"/r/{delegate.token}/").status_code == 410


def test_who_was_taken_away_can_be_named_again_with_another_link(order: Order) -> None:
    first = added(order)
    orders.services.end_delegation(delegate=first, by="customer")
    orders.services.end_delegation(delegate=first, by="customer")
    second = added(order)
    assert Client().get(f"/r/{first.token}/").status_code == 410
    assert page_of(second)
    assert Event.objects.filter(name="orders.delegate_ended").count() == 1


# The customer's page of links.


def test_the_customer_adds_a_receiver_on_the_page(order: Order) -> None:
    client, url = holder(), f"/t/{order.token}/access/"
    assert "Let somebody else receive it" in text_of(client.get(f"/t/{order.token}/"))
    refused = client.post(url, {"name": "Mia", "phone": "12"})
    assert refused.status_code == 422
    assert client.post(url, {"name": "Mia Moss", "phone": "0151 55500011", "gets_code": "on"})["Location"] == url
    delegate = Delegate.objects.get()
    assert (str(delegate.phone), delegate.gets_code, delegate.sees_items) == (MIA, True, False)
    said = text_of(client.get(url))
    assert "Mia Moss" in said
    assert "Not opened lately" in said
    assert client.post(url, {"name": "Mia Moss", "phone": MIA}).status_code == 409


def test_only_the_customer_sees_and_changes_who_may_follow(order: Order) -> None:
    delegate = added(order)
    for client in (Client(), holder(MIA), holder(TOM)):
        for path in ("access/", "access/close/"):
            answer = client.post(f"/t/{order.token}/{path}", {"link": "others", "name": "X", "phone": TOM})
            assert answer["Location"].startswith(f"/t/{order.token}/verify/")
        assert client.get(f"/t/{order.token}/access/").status_code == 302
    assert list(Delegate.objects.values_list("pk", "ended_at")) == [(delegate.pk, None)]
    assert not LinkRevocation.objects.exists()


def test_links_are_listed_with_who_opened_them(order: Order) -> None:
    delegate = added(order)
    Client().get(f"/t/{order.merchant_token}/", headers={"user-agent": MAC})
    Client().get(f"/r/{delegate.token}/", headers={"user-agent": PIXEL})
    Client().get(f"/r/{delegate.token}/", headers={"user-agent": PREVIEW})
    found = {link.name: link for link in orders.services.links_of(order)}
    assert {name: link.openings for name, link in found.items()} == {
        "customer:1": 0,
        "merchant:1": 1,
        str(delegate.pk): 2,
    }
    assert found["merchant:1"].last.label == "Safari · Mac"
    assert found["customer:1"].made_at == order.placed_at
    said = text_of(holder().get(f"/t/{order.token}/access/"))
    for shown in (
        "Opened 2 times",
        "Chrome · Android",
        "Safari · Mac",
        "A program, such as a link preview",
        "Link at Acme",
    ):
        assert shown in said


def test_a_link_is_closed_alone_and_says_so(order: Order) -> None:
    mine, theirs = order.token, order.merchant_token
    client = holder()
    answer = client.post(f"/t/{mine}/access/close/", {"link": "merchant"})
    assert answer["Location"] == f"/t/{mine}/access/"
    assert Client().get(f"/t/{mine}/").status_code == 200
    gone = Client().get(f"/t/{theirs}/")
    assert gone.status_code == 410
    assert "This link is closed" in text_of(gone)
    assert "sign in with your phone" in text_of(gone)
    order.refresh_from_db()
    assert Client().get(f"/t/{order.merchant_token}/").status_code == 200
    answer = client.post(f"/t/{mine}/access/close/", {"link": "customer"})
    order.refresh_from_db()
    assert answer["Location"] == f"/t/{order.token}/access/"
    assert Client().get(f"/t/{mine}/").status_code == 410
    assert "2 closed links" in text_of(client.get(answer["Location"]))


def test_all_others_are_closed_at_once(order: Order) -> None:
    delegate, token = added(order), order.token
    holder().post(f"/t/{token}/access/close/", {"link": "others"})
    assert Client().get(f"/t/{token}/").status_code == 200
    assert Client().get(f"/t/{order.merchant_token}/").status_code == 410
    assert Client().get(f"/r/{delegate.token}/").status_code == 410


def test_a_closed_link_is_told_from_one_that_never_was(order: Order) -> None:
    token = order.token
    orders.services.revoke_links(order=order)
    with pytest.raises(LinkClosed):
        orders.services.open_link(token)
    for purpose, version in (("order-link", 0), ("order-link", 3), ("elsewhere", 1), ("order-link-merchant", 9)):
        guess = tokens.make_token(purpose, order.pk, version=version)
        with pytest.raises(NotFound):
            orders.services.open_link(guess)


# Openings.


def visit(order: Order, agent: str = PIXEL, address: str = "203.0.113.7", **headers: str) -> None:
    Client(REMOTE_ADDR=address).get(f"/t/{order.token}/", headers={"user-agent": agent, **headers})


def test_an_opening_is_kept_once_a_visitor_and_hour(order: Order) -> None:
    for _ in range(3):
        visit(order)
    visit(order, address="203.0.113.8")
    visit(order, MAC)
    assert Opening.objects.count() == 3
    later = timezone.now() + timedelta(hours=1)
    record(order, now=later)
    assert Opening.objects.count() == 4


def record(order: Order, **changes: Any) -> None:
    given = {"order_id": order.pk, "link": "customer:1", "address": "203.0.113.7", "agent": PIXEL, "has_proof": False}
    orders.services.record_opening(**{**given, "now": timezone.now(), **changes})


def test_who_forgot_is_still_counted_once(order: Order) -> None:
    """Another process has not seen the visitor, but the database has."""
    from_one = timezone.now()
    record(order, now=from_one)
    cache.clear()
    record(order, now=from_one)
    assert Opening.objects.count() == 1


def test_no_address_is_kept(order: Order, acme: Merchant) -> None:
    visit(order)
    other = build.order(merchant=acme)
    visit(other)
    first, second = Opening.objects.get(order=order), Opening.objects.get(order=other)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(o::text, ' ') FROM orders_opening o")
        assert "203.0.113" not in cursor.fetchone()[0]
    assert first.visitor != second.visitor, "nobody can tell that both orders had the same visitor"


def test_an_open_page_that_reads_itself_anew_opens_nothing(order: Order) -> None:
    visit(order, **{"sec-fetch-dest": "empty"})
    Client().head(f"/t/{order.token}/")
    assert not Opening.objects.exists()
    visit(order, **{"sec-fetch-dest": "document"})
    assert Opening.objects.count() == 1


def test_a_proved_visitor_is_marked(order: Order) -> None:
    holder().get(f"/t/{order.token}/")
    assert Opening.objects.get().has_proof


def test_openings_are_never_changed(order: Order) -> None:
    visit(order)
    with pytest.raises(DatabaseError):
        Opening.objects.update(label="somebody else")


def opened(order: Order, **ago: float) -> Opening:
    """An opening of some time ago."""
    at = timezone.now() - timedelta(**ago)
    cache.clear()
    record(order, now=at)
    return Opening.objects.get(order=order, opened_at=at)


def test_old_openings_are_forgotten_after_the_settings_days(order: Order, settings: LazySettings) -> None:
    settings.OPENINGS_DAYS = 30
    kept = {opened(order, days=29).pk, opened(order, days=8).pk, opened(order, minutes=1).pk}
    for days in (31, 60, 400):
        opened(order, days=days)
    assert orders.services.forget_old_openings() == 3
    assert set(Opening.objects.values_list("pk", flat=True)) == kept
    assert orders.services.forget_old_openings() == 0


def test_openings_are_forgotten_some_thousands_at_a_time(order: Order) -> None:
    for days in range(5):
        opened(order, days=100 + days)
    with CaptureQueriesContext(connection) as queries:
        assert orders.services.forget_old_openings(at_once=2) == 5
    assert sum(query["sql"].startswith("DELETE") for query in queries) == 3


def test_an_opening_of_this_week_can_not_be_removed(order: Order) -> None:
    opened(order, days=6)
    with pytest.raises(DatabaseError, match="append-only"):
        Opening.objects.all().delete()


def test_a_flood_of_made_up_visitors_fills_no_table(order: Order) -> None:
    for number in range(120):
        record(order, agent=f"{PIXEL} {number}")
    assert Opening.objects.count() == 100


def test_a_second_look_costs_nothing(order: Order) -> None:
    visit(order)
    visit(order)
    with CaptureQueriesContext(connection) as queries:
        visit(order)
    assert len(queries) == 1, "what tells whether the kept page is still good"


# What a receiver's link opens besides.


def test_a_receivers_link_opens_no_page_of_the_customers(order: Order) -> None:
    shipment = on_its_way(order)
    delegate = added(order)
    for client in (Client(), holder(MIA)):
        for path in ("", "verify/", "access/", "access/close/", "return/", f"dispute/{shipment.pk}/"):
            for ask in (client.get, client.post):
                answer = ask(f"/t/{delegate.token}/{path}")
                assert answer.status_code in (404, 405), (path, answer.status_code)
        proved = client.get(f"/t/{order.token}/return/")
        assert proved["Location"].startswith(f"/t/{order.token}/verify/"), "not with the customer's link, either"


def test_the_customers_link_is_none_of_a_receivers(order: Order) -> None:
    added(order)
    for token in (order.token, order.merchant_token, tokens.make_token("order-link", Delegate.objects.get().pk)):
        for path in ("", "verify/", "answer/", "leave/"):
            assert Client().post(f"/r/{token}/{path}").status_code in (404, 405)
            assert Client().get(f"/r/{token}/{path}").status_code in (404, 405)


@pytest.mark.parametrize("token", ["x", "A" * 38, "%00" * 20, "ä" * 38, "a" * 5000, "..%2f..", "=" * 38])
def test_made_up_links_of_receivers_are_not_found(db: None, token: str) -> None:
    for path in ("", "verify/", "leave/"):
        assert Client().get(f"/r/{token}/{path}").status_code == 404


def test_a_receivers_proof_opens_their_own_orders_only(acme: Merchant, order: Order) -> None:
    added(order)
    theirs = build.order(merchant=acme, phone=MIA, consignee="Mia Moss")
    said = text_of(holder(MIA).get("/orders/"))
    assert theirs.number in said
    assert order.number not in said


def test_a_customer_closes_no_link_of_another_order(acme: Merchant, order: Order) -> None:
    other = added(build.order(merchant=acme, phone=TOM))
    holder().post(f"/t/{order.token}/access/close/", {"link": str(other.pk)})
    holder().post(f"/t/{order.token}/access/close/", {"link": "x"})
    assert Delegate.objects.get().ended_at is None


def test_kept_pages_of_two_links_hold_no_link_of_each_other(order: Order) -> None:
    first = Client().get(f"/t/{order.token}/").content.decode()
    second = Client().get(f"/t/{order.merchant_token}/").content.decode()
    assert order.merchant_token in second
    assert order.token not in second
    assert order.merchant_token not in first
