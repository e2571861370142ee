"""The page on which people choose their messages: theirs alone, complete without JavaScript, in their language."""

from datetime import time, timedelta

import pytest
from django.conf import settings as portal
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

import customers.services
import orders.services
from customers.models import Device
from customers.models import PhoneNumber as HeldNumber
from logistics_portal.kernel import tokens, work
from merchants.models import Merchant
from notifications import groups, services
from notifications.models import (
    ChannelOrder,
    ClosedAddress,
    Message,
    MessagePolicy,
    Preference,
    Subscription,
    WeChatAccount,
    WeChatConsent,
)
from notifications.stop_links import PATH, PURPOSE
from orders.models import Order
from tests import build
from tests.servers.push_server import Browser, encode
from tests.test_translations import compiled
from tests.visitors import holder, last_code, text_of

__all__ = ["compiled"]  # a fixture

pytestmark = pytest.mark.django_db
ANN, MAX = build.ANNS_PHONE, "+4915155500044"
PAGE = "/orders/messages/"
EVERY = list(groups.BY_CODE)


def named(number: str) -> str:
    """What the page calls a number."""
    return tokens.keyed_digest("number", number)[:12]


def save(client: Client, *wanted: str, of: str = ANN, **given: object) -> HttpResponse:
    told = {"of": named(of), "shown": ["sms", "email"], "wanted": wanted, **given}
    return client.post(PAGE, told, follow=True)


def switches_on(client: Client) -> set[str]:
    """The switches that the page shows as on."""
    page = client.get(PAGE).content.decode()
    inputs = [part.split(">")[0] for part in page.split('name="wanted"')[1:]]
    return {one.split('value="')[1].split('"')[0] for one in inputs if " checked" in one}


def test_strangers_are_led_to_the_sign_in_and_back(order: Order) -> None:
    client = Client()
    led = client.get(PAGE)
    assert led.url == f"{reverse('sign_in')}?to=my_messages"
    client.post(led.url, {"phone": ANN})
    assert client.post(reverse("sign_in_code"), {"code": last_code()}).url == PAGE
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize("data", [{}, {"of": "x"}, {"of": named(MAX)}])
def test_no_other_number_can_be_read_or_set(order: Order, acme: Merchant, data: dict) -> None:
    build.order(merchant=acme, phone=MAX, email="max@example.com")
    for client, status in ((holder(), 404), (Client(), 302)):
        assert client.post(PAGE, {"shown": ["sms"], **data}).status_code == status
    closed = ClosedAddress.objects.create(channel="sms", address=MAX, reason="stopped")
    told = {"closed": closed.pk, "of": named(ANN)}
    assert holder().post(reverse("turn_on_again"), {**told, **data}).status_code in (302, 404)
    assert ClosedAddress.objects.standing().count() == 1
    assert not Preference.objects.exists()
    page = text_of(holder().get(PAGE, {"of": named(MAX)}))
    assert "••••• 5678" in page
    assert "••••• 0044" not in page
    assert "m•••@example.com" not in page


def test_each_of_ones_numbers_has_its_own_choices(order: Order) -> None:
    client = holder()
    session = client.session
    customers.services.remember_proof(session, PhoneNumber.from_string(MAX))
    session.save()
    client.cookies[portal.SESSION_COOKIE_NAME] = session.session_key
    save(client, "sms:trouble", of=MAX)
    wishes = services.wishes_of({ANN, MAX}, ())
    assert wishes.is_wanted(ANN, "sms", "shipped")
    assert not wishes.is_wanted(MAX, "sms", "shipped")
    page = client.get(PAGE, {"of": named(MAX)})
    assert f'href="?of={named(MAX)}" aria-current="page"' in page.content.decode()


def test_what_is_sent_by_a_plain_form_is_saved_and_said(order: Order) -> None:
    client = holder()
    assert switches_on(client) == {f"{channel}:{group}" for channel in ("sms", "email") for group in EVERY}
    wanted = {"sms:arriving", "sms:trouble", *(f"email:{group}" for group in EVERY if group != "trouble")}
    page = text_of(save(client, *wanted, first="email"))
    assert "Your choices are saved. Turned off: Your order (SMS) · Returns and refunds (SMS) ·" in page
    assert "Delays and problems (Email)" in page
    assert switches_on(client) == wanted
    assert ChannelOrder.objects.get(number=ANN).channels == ["email"]
    again = text_of(save(client, *wanted, "sms:returning", first=""))
    assert "Your choices are saved. Turned on: Returns and refunds (SMS). " in again
    assert not ChannelOrder.objects.exists()


@pytest.mark.parametrize(
    "given",
    [
        {"wanted": ["pigeon:arriving"]},
        {"wanted": ["sms:everything"]},
        {"wanted": ["sms:verification_code"]},
        {"shown": ["pigeon"]},
        {"shown": []},
        {"first": "pigeon"},
    ],
)
def test_what_nobody_offered_is_refused_and_nothing_kept(order: Order, given: dict) -> None:
    response = save(holder(), **given)
    assert response.status_code == 422
    assert "That could not be saved." in text_of(response)
    assert not Preference.objects.exists()


def test_a_body_without_end_is_refused(order: Order) -> None:
    assert save(holder(), *["sms:arriving"] * 900).status_code == 413
    assert not Preference.objects.exists()


def test_numbers_and_mailboxes_are_masked(acme: Merchant) -> None:
    build.order(merchant=acme, email="Ann.Archer@Example.com")
    response = holder().get(PAGE)
    page, source = text_of(response), response.content.decode()
    assert "••••• 5678" in page
    assert "a•••r@example.com" in page
    assert ANN not in source
    assert "archer" not in source.lower()


def test_a_stop_is_seen_and_taken_back(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    services.stop_messages(number=ANN)
    services.stop_email(address=order.email, why=PURPOSE)
    client = holder()
    page = text_of(client.get(PAGE))
    assert "You wanted no more texts." in page
    assert "You wanted no more emails." in page
    assert "SMS stopped" in page
    for closed in ClosedAddress.objects.standing():
        told = {"of": named(ANN), "closed": closed.pk}
        assert "It is turned on again." in text_of(client.post(reverse("turn_on_again"), told, follow=True))
    assert not services.is_stopped(number=ANN)
    page = text_of(client.get(PAGE))
    assert "Turn on again" not in page
    assert page.count(" On ") == 2


def test_dead_addresses_and_reports_of_spam_have_no_button(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    services.mark_address_dead(channel="sms", address=ANN)
    services.stop_address(channel="email", address=order.email, why="Email: reported as spam (complained)")
    page = text_of(holder().get(PAGE))
    assert "Once you prove your number again, we write to it. Prove your number again" in page
    assert "Our emails were reported as unwanted." in page
    assert "Turn on again" not in page


def push_to(client: Client, order: Order) -> Subscription:
    browser = Browser()
    told = {"endpoint": "https://push.example.com/a", "p256dh": encode(browser.point), "auth": encode(browser.auth)}
    assert client.post(reverse("push_subscribe", args=[order.token]), told).status_code == 204
    Device.objects.update(label="Chrome · Linux")
    return Subscription.objects.get()


def test_browsers_and_mini_programmes_are_there_where_they_are_used(acme: Merchant, order: Order) -> None:
    client = holder()
    assert "Web push" not in text_of(client.get(PAGE))
    push_to(client, order)
    account = WeChatAccount.objects.create(merchant=acme, app_id="wx1", app_secret="s", report_secret="r")
    for report in ("1", "2"):
        WeChatConsent.objects.create(account=account, number=ANN, openid="o1", template_id="t", report=report)
    page = text_of(client.get(PAGE))
    assert "Web push Chrome · Linux On WeChat Acme On SMS ••••• 5678 On Email a•••@example.com On" in page
    assert "Web push" not in text_of(holder(MAX).get(PAGE)), "others' browsers are not theirs"


def test_pushes_that_are_turned_off_are_not_queued_and_the_subscription_stays(order: Order) -> None:
    client = holder()
    subscription = push_to(client, order)
    save(client, "sms:arriving", shown=["push", "sms", "email"])
    build.shipment(order)
    work.drain()
    assert not Message.objects.filter(channel="push").exists()
    assert list(Message.objects.filter(kind="shipped").values_list("channel", flat=True)) == ["sms"]
    save(client, "push:arriving", shown=["push", "sms", "email"])
    build.shipment(order)
    work.drain()
    assert Message.objects.get(channel="push").address == str(subscription.pk)


def test_the_latest_messages_are_told_without_codes(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "out_for_delivery")
    number = PhoneNumber.from_string(ANN)
    customers.services.request_verification(
        number=number, purpose="sign_in", language="en", caller="127.0.0.1", merchant=acme
    )
    work.drain()
    Message.objects.filter(kind="out_for_delivery").update(status="delivered", body="Code 4711", sent_at=timezone.now())
    Message.objects.filter(kind="order_confirmed").update(status="withdrawn", error_code="unwanted")
    response = holder().get(PAGE)
    page = text_of(response)
    assert "Out for delivery Arrived SMS · " in page
    assert "Order confirmed Not sent" in page
    assert "You turned it off." in page
    assert "Code to prove a number" in page
    assert f'href="/t/{order.token}/"' in response.content.decode()
    assert "4711" not in page
    assert last_code() not in page


def test_twenty_messages_at_most(acme: Merchant) -> None:
    for _ in range(12):
        build.order(merchant=acme)
    work.drain()
    assert Message.objects.filter(address__in=(ANN, "ann@example.com")).count() > 20
    assert holder().get(PAGE).content.decode().count("<time ") == 20


def test_a_shared_mailbox_tells_nothing_of_somebody_elses_orders(acme: Merchant) -> None:
    build.order(merchant=acme)
    theirs = build.order(merchant=acme, phone=MAX)
    work.drain()
    page = holder().get(PAGE).content.decode()
    assert theirs.number not in page
    assert theirs.token not in page
    assert page.count("<time ") == 2


def test_a_former_holder_of_the_number_is_not_seen(acme: Merchant) -> None:
    old = build.order(merchant=acme, email="former@example.com")
    work.drain()
    long_ago = timezone.now() - timedelta(days=200)
    Order.objects.update(placed_at=long_ago)
    HeldNumber.objects.update(heard_at=long_ago)
    page = holder().get(PAGE).content.decode()
    assert "f•••r@example.com" not in page
    assert old.number not in page
    assert "Order confirmed" not in page


def test_receivers_choose_for_their_own_number(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    draft = orders.services.DelegateDraft("Max", PhoneNumber.from_string(MAX), "max@example.com")
    delegate = orders.services.add_delegate(order=order, draft=draft, by="merchant")
    build.shipment(order)
    work.drain()
    receiver = holder(MAX)
    assert f'href="{PAGE}"' in receiver.get(f"/r/{delegate.token}/").content.decode()
    response = receiver.get(PAGE)
    page = text_of(response)
    assert "m•••@example.com" in page
    assert "Shipped" in page
    assert order.token not in response.content.decode(), "the customer's page is not theirs"
    save(receiver, "sms:arriving", of=MAX)
    assert not services.wishes_of({MAX}, ()).is_wanted(MAX, "email", "shipped")


def test_quiet_hours_are_told_by_merchant_where_they_differ(acme: Merchant, rival: Merchant) -> None:
    for merchant in (acme, rival):
        build.order(merchant=merchant)
        MessagePolicy.objects.create(merchant=merchant, quiet_from=time(21), quiet_until=time(8))
    page = text_of(holder().get(PAGE)).replace("\u202f", " ")
    assert page.count("From 9:00 PM to 8:00 AM we wake you only") == 1
    MessagePolicy.objects.filter(merchant=rival).update(quiet_from=time(22))
    assert "Rival: From 10:00 PM to" in text_of(holder().get(PAGE)).replace("\u202f", " ")
    MessagePolicy.objects.update(quiet_from=time(0), quiet_until=time(0))
    assert "At night" not in text_of(holder().get(PAGE))


def test_pages_lead_to_it(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    work.drain()
    letter = Message.objects.filter(channel="email").first()
    link = f'href="{PAGE}"'
    assert link in holder().get("/orders/").content.decode()
    assert link in holder().get(f"/t/{order.token}/").content.decode()
    assert link not in Client().get(f"/t/{order.token}/").content.decode()
    assert link in Client().get(f"{PATH}/{tokens.make_token(PURPOSE, letter.pk)}/").content.decode()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "de",
            (
                "Ihre Nachrichten",
                "Verspätungen und Probleme",
                "Immer an",
                "Die letzten Nachrichten an Sie",
                "Speichern",
            ),
        ),
        ("zh-hans", ("您的消息", "延误和问题", "始终开启", "订单已确认", "保存")),
    ],
)
def test_it_speaks_its_readers_language(compiled: None, order: Order, language: str, said: tuple[str, ...]) -> None:
    work.drain()
    client = holder()
    client.cookies[portal.LANGUAGE_COOKIE_NAME] = language
    page = text_of(client.get(PAGE))
    assert [words for words in said if words not in page] == []
    saved = text_of(save(client, "sms:arriving"))
    assert {"de": "Ausgeschaltet: ", "zh-hans": "已关闭："}[language] in saved
    assert "Turned" not in saved


def test_the_page_asks_as_much_for_many_orders_as_for_one(acme: Merchant, rival: Merchant) -> None:
    def queries() -> int:
        client = holder()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(PAGE).status_code == 200
        return len(asked)

    build.order(merchant=acme)
    work.drain()
    few = queries()
    for number, merchant in enumerate((acme, rival) * 6):
        build.shipment(build.order(merchant=merchant, email=f"ann{number}@example.com"))
        services.stop_email(address=f"ann{number}@example.com")
    services.save_wishes(number=ANN, wanted={"sms": EVERY, "email": EVERY}, first="email")
    work.drain()
    assert queries() == few <= 18
