"""From a fact to a screen or a chat: the real engine, a real push service and WeChat's server, as processes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.urls import reverse

import tracking.services
from logistics_portal.kernel import http, work
from merchants.models import Merchant
from notifications.channels import push
from notifications.models import ClosedAddress, Message, Subscription, WeChatAccount, WeChatConsent, WeChatTemplate
from orders.models import Order
from tests import build
from tests.notifications.test_wechat import APP, FIELDS, MAPPING, TEMPLATE
from tests.servers.processes import Running, running
from tests.visitors import holder

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def push_service(settings: LazySettings, tmp_path: Path, twilio: Running) -> Iterator[Running]:
    settings.WEBHOOKS_TO_LOOPBACK = True
    key = push.public_key(settings.PUSH_SIGNING_KEY)
    with running("push_server", tmp_path / "push", "--key", key) as server:
        yield server


@pytest.fixture
def wechat_server(settings: LazySettings, tmp_path: Path, twilio: Running) -> Iterator[Running]:
    with running("wechat_server", tmp_path / "wechat", "--template", f"{TEMPLATE}:{FIELDS}") as server:
        settings.WECHAT_BASE_URL = server.url
        yield server


def ask(server: Running, path: str, **body: object) -> dict:
    method = "POST" if body or path == "/revoke" else "GET"
    return json.loads(http.call(method, f"{server.url}{path}", content=json.dumps(body).encode()).body)


def subscribe(service: Running, order: Order, name: str) -> Subscription:
    told = ask(service, f"/subscription/{name}")
    assert holder().post(reverse("push_subscribe", args=[order.token]), told).status_code == 204
    return Subscription.objects.get(endpoint=told["endpoint"])


def told_by(order: Order, kind: str) -> list[tuple[str, str, str]]:
    rows = Message.objects.filter(order=order, kind=kind).order_by("pk")
    return [(row.channel, row.status, row.error_code) for row in rows if row.channel != "email"]


def wechat_account(merchant: Merchant) -> WeChatAccount:
    account = WeChatAccount.objects.create(merchant=merchant, app_id=APP, app_secret="secret", report_secret="whsec_")
    WeChatTemplate.objects.create(account=account, kind="shipped", template_id=TEMPLATE, fields=MAPPING)
    return account


def consent(server: Running, account: WeChatAccount, report: str, *, at_wechat: bool = True) -> None:
    if at_wechat:
        ask(server, "/consent", openid="o-ann", template_id=TEMPLATE)
    WeChatConsent.objects.create(
        account=account, number=build.ANNS_PHONE, openid="o-ann", template_id=TEMPLATE, report=report
    )


def test_a_parcel_that_leaves_is_told_on_the_screen_instead_of_by_sms(
    order: Order, push_service: Running, twilio: Running
) -> None:
    work.drain()
    before = len(twilio.told())
    subscribe(push_service, order, "ann")
    build.shipment(order)
    work.drain()
    assert told_by(order, "shipped") == [("push", "sent", "")]
    assert len(twilio.told()) == before
    (shown,) = [line["shown"] for line in push_service.told()]
    assert shown["title"] == "Your order is on its way"
    assert shown["body"] == f"Acme: Order {order.number} left with DHL."
    assert shown["link"] == order.tracking_url


def test_nothing_on_a_lock_screen_is_nobody_s_business(order: Order, push_service: Running) -> None:
    subscribe(push_service, order, "ann")
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "out_for_delivery")
    work.drain()
    shown = json.dumps([{**line["shown"], "link": ""} for line in push_service.told()])
    code = tracking.services.handover_code(shipment)
    secrets = [order.consignee, order.line1, order.postal_code, order.email, str(order.phone), code]
    assert "Out for delivery" in shown
    assert [secret for secret in secrets if secret and secret in shown] == []


@pytest.mark.parametrize(("name", "code"), [("gone", "410"), ("lost", "404")])
def test_a_browser_that_is_gone_is_forgotten_and_the_sms_goes(
    name: str, code: str, order: Order, push_service: Running, twilio: Running
) -> None:
    row = subscribe(push_service, order, name)
    build.shipment(order)
    work.drain()
    assert told_by(order, "shipped") == [("push", "failed", code), ("sms", "sent", "")]
    assert not Subscription.objects.exists()
    assert ClosedAddress.objects.filter(channel="push", address=str(row.pk)).exists()
    assert any("on its way" in line["taken"]["Body"] for line in twilio.told())


def test_a_push_service_that_is_ill_is_asked_again(
    order: Order, push_service: Running, due_again: Callable[[], None]
) -> None:
    subscribe(push_service, order, "broken")
    build.shipment(order)
    work.drain()
    assert told_by(order, "shipped") == [("push", "queued", "")]
    assert Subscription.objects.exists()


def test_a_consent_in_wechat_is_used_before_an_sms_and_the_next_message_goes_by_sms(
    acme: Merchant, wechat_server: Running, twilio: Running
) -> None:
    account = wechat_account(acme)
    work.drain()  # its token is fetched
    consent(wechat_server, account, "1")
    first, second = build.order(merchant=acme), build.order(merchant=acme)
    for order in (first, second):
        build.shipment(order)
        work.drain()
    assert told_by(first, "shipped") == [("wechat", "sent", "")]
    assert told_by(second, "shipped") == [("sms", "sent", "")]
    sent = [line["asked"] for line in wechat_server.told() if line["path"].endswith("/send")]
    assert [one["data"]["character_string1"]["value"] for one in sent] == [first.number]
    assert WeChatConsent.objects.get().message.order == first


def test_two_messages_for_one_consent_become_one_and_an_sms(acme: Merchant, wechat_server: Running) -> None:
    account = wechat_account(acme)
    work.drain()
    consent(wechat_server, account, "1")
    both = [build.order(merchant=acme) for _ in range(2)]
    for order in both:
        build.shipment(order)
    work.drain()  # both were queued while the consent was free
    channels = sorted(entry for order in both for entry in told_by(order, "shipped"))
    sent = [line["answer"] for line in wechat_server.told() if line["path"].endswith("/send")]
    assert [entry for entry in channels if entry[1] == "sent"] == [("sms", "sent", ""), ("wechat", "sent", "")]
    assert [answer["errcode"] for answer in sent] == [0], "WeChat is never asked without a consent of ours"


def test_a_consent_that_wechat_knows_nothing_of_falls_back_to_sms(acme: Merchant, wechat_server: Running) -> None:
    account = wechat_account(acme)
    work.drain()
    consent(wechat_server, account, "1", at_wechat=False)
    order = build.order(merchant=acme)
    build.shipment(order)
    work.drain()
    assert told_by(order, "shipped") == [("wechat", "failed", "43101"), ("sms", "sent", "")]
    assert not WeChatConsent.objects.free().exists()


def test_a_token_that_was_ended_is_made_anew_and_the_message_goes(
    acme: Merchant, wechat_server: Running, due_again: Callable[[], None]
) -> None:
    account = wechat_account(acme)
    work.drain()
    consent(wechat_server, account, "1")
    ask(wechat_server, "/revoke")
    order = build.order(merchant=acme)
    build.shipment(order)
    work.drain()
    assert told_by(order, "shipped") == [("wechat", "queued", "")]
    due_again()
    work.drain()
    assert told_by(order, "shipped") == [("wechat", "sent", "")]
    forced = [line["asked"]["force_refresh"] for line in wechat_server.told() if line["path"].endswith("token")]
    assert forced == [False, True]
