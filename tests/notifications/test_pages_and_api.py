"""The demo's phone and mailbox, and the API's list of messages."""

import pytest
from django.conf import LazySettings
from django.test import Client
from rest_framework.test import APIClient

from logistics_portal.kernel import work
from merchants.models import Merchant
from notifications.models import DemoDelivery, Message, Receipt
from orders.models import Order
from tests import build
from tests.notifications.conftest import PUBLIC

pytestmark = pytest.mark.usefixtures("demo")
working = pytest.mark.django_db(transaction=True)  # a claim sees what was committed

PAGES = ["/demo/phone/", "/demo/mail/"]


@working
def test_the_phone_shows_messages_with_a_link_to_open(order: Order, client: Client) -> None:
    work.drain()
    page = client.get("/demo/phone/")
    assert page.status_code == 200
    assert f'href="{order.tracking_url}"' in page.text
    assert order.tracking_url.startswith(PUBLIC)
    assert page.headers["Refresh"] == "4"
    assert "no-store" in page.headers["Cache-Control"]
    assert Receipt.objects.filter(status="delivered").count() == 2


@working
def test_one_number_can_be_chosen(acme: Merchant, client: Client) -> None:
    mine, other = build.order(merchant=acme), build.order(merchant=acme, phone="+4915198765432")
    work.drain()
    for number in ("%2B4915112345678", "+4915112345678"):
        page = client.get(f"/demo/phone/?number={number}").text
        assert mine.token in page
        assert other.token not in page
    assert "No messages yet" in client.get("/demo/phone/?number=%2B1").text


@working
def test_a_mail_opens_in_a_frame_that_can_do_nothing(order: Order, client: Client) -> None:
    work.drain()
    letter = DemoDelivery.objects.get(channel="email")
    assert f"/demo/mail/{letter.pk}/" in client.get("/demo/mail/").text
    page = client.get(f"/demo/mail/{letter.pk}/").text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    inner = client.get(f"/demo/mail/{letter.pk}/html/")
    assert order.tracking_url in inner.text
    assert inner.headers["X-Frame-Options"] == "SAMEORIGIN"
    policy = inner.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups" in policy


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "de", "zh-hans"])
@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_there_in_every_language_with_or_without_messages(
    path: str, language: str, client: Client
) -> None:
    assert client.get(path, {"lang": language}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("garbage", ["%00", "x" * 3000, "%ff", "'--"])
@pytest.mark.parametrize("path", PAGES)
def test_garbage_in_the_address_finds_nothing(path: str, garbage: str, client: Client) -> None:
    assert client.get(f"{path}?number={garbage}&address={garbage}").status_code == 200


@working
def test_outside_the_demo_the_pages_do_not_exist(order: Order, client: Client, settings: LazySettings) -> None:
    work.drain()
    letter = DemoDelivery.objects.get(channel="email")
    settings.DEMO_INBOX = False
    for path in (*PAGES, f"/demo/mail/{letter.pk}/", f"/demo/mail/{letter.pk}/html/"):
        assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_what_a_message_says_can_not_act_on_the_page(db: None, client: Client) -> None:
    DemoDelivery.objects.create(channel="sms", address="+1<b>", text="<script>alert(1)</script>")
    page = client.get("/demo/phone/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@working
def test_a_merchant_lists_what_its_customers_were_told(acme: Merchant, api: APIClient) -> None:
    order = build.order(merchant=acme)
    build.order(merchant=acme, lines=3)
    work.drain()
    listed = api.get("/api/v1/messages/", {"order": str(order.pk), "channel": "sms"}).json()["results"]
    (message,) = listed
    assert message["kind"] == "order_confirmed"
    assert message["status"] == "delivered"
    assert order.token not in message["body"]
    assert api.get(f"/api/v1/messages/{message['id']}/").json() == message
    assert len(api.get("/api/v1/messages/").json()["results"]) == 4
    assert api.get("/api/v1/messages/", {"status": "failed"}).json()["results"] == []
    assert api.get("/api/v1/messages/", {"status": "nonsense"}).status_code == 400


@working
def test_a_stranger_sees_nothing(order: Order, rival_api: APIClient) -> None:
    work.drain()
    assert rival_api.get("/api/v1/messages/").json()["results"] == []
    assert rival_api.get(f"/api/v1/messages/{Message.objects.first().pk}/").status_code == 404


@working
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_messages_can_only_be_read(method: str, order: Order, api: APIClient) -> None:
    work.drain()
    path = "/api/v1/messages/" if method == "post" else f"/api/v1/messages/{Message.objects.first().pk}/"
    assert getattr(api, method)(path, {}).status_code == 405


@working
def test_a_list_takes_one_query_however_long(
    acme: Merchant, api: APIClient, django_assert_max_num_queries: object
) -> None:
    for number in range(5):
        build.order(merchant=acme, phone=f"+491511234000{number}")
    work.drain()
    api.get("/api/v1/messages/")
    with django_assert_max_num_queries(2):
        assert len(api.get("/api/v1/messages/").json()["results"]) == 10
