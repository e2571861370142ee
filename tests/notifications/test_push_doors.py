"""Who may have an order's news on their screen: who proved its phone, on that device, while the proof holds."""

import json
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import customers.services
from customers.models import Device
from merchants.models import Merchant
from notifications.models import DemoDelivery, Subscription
from notifications.services import Recipient, Telling, addresses_of
from notifications.subscriptions import browsers
from orders.models import Order
from tests import build
from tests.servers.push_server import Browser, encode
from tests.visitors import holder

pytestmark = pytest.mark.django_db

ENDPOINT = "https://push.example.com/send/abc"


def named(endpoint: str = ENDPOINT, **changes: str) -> dict[str, str]:
    browser = Browser()
    return {"endpoint": endpoint, "p256dh": encode(browser.point), "auth": encode(browser.auth), **changes}


def subscribe(client: Client, order: Order, **told: str) -> int:
    return client.post(reverse("push_subscribe", args=[order.token]), told or named()).status_code


def browsers_told(order: Order, *, phone: str = build.ANNS_PHONE) -> list[str]:
    recipient = Recipient(phone=phone, merchant_id=order.merchant_id, order_id=order.pk)
    (found,) = addresses_of([Telling(kind="shipped", fact="f", subject_id=order.pk, recipient=recipient)], "push")
    return list(found)


def test_who_proved_the_phone_is_told_on_that_device(order: Order) -> None:
    assert subscribe(holder(), order) == 204
    row = Subscription.objects.get()
    assert (str(row.number), row.merchant, row.endpoint) == (build.ANNS_PHONE, order.merchant, ENDPOINT)
    assert browsers_told(order) == [str(row.pk)]


def test_strangers_with_the_link_are_not_told(order: Order) -> None:
    assert subscribe(Client(), order) == 403
    assert subscribe(holder("+4915199999999"), order) == 403
    assert not Subscription.objects.exists()


def test_a_link_that_is_not_good_is_told_apart_from_nothing(order: Order) -> None:
    url = reverse("push_subscribe", args=[order.token[:-2] + "zz"])
    assert holder().post(url, named()).status_code == 404


def test_another_page_can_not_subscribe_in_the_reader_s_name(order: Order) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = holder().cookies
    assert subscribe(client, order) == 403
    assert not Subscription.objects.exists()


def test_the_same_browser_again_is_the_same_with_its_newest_keys(order: Order) -> None:
    client, newest = holder(), named()
    subscribe(client, order)
    first = Subscription.objects.get().pk
    subscribe(client, order, **newest)
    row = Subscription.objects.get()
    assert (row.pk, row.auth) == (first, newest["auth"])


def test_what_only_the_browser_and_we_know_is_sealed(order: Order) -> None:
    told = named()
    subscribe(holder(), order, **told)
    kept = Subscription.objects.extra(select={"raw": "auth"}).values_list("raw", flat=True).get()
    assert kept.startswith("sealed:")
    assert told["auth"] not in kept


def test_another_merchant_s_news_are_another_consent(order: Order, rival: Merchant) -> None:
    subscribe(holder(), order)
    assert browsers_told(build.order(merchant=rival)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://push.example.com/1"},
        {"endpoint": "https://127.0.0.1/1"},
        {"endpoint": "https://10.0.0.9/1"},
        {"endpoint": "https://user:word@push.example.com/1"},
        {"endpoint": "https://push.example.com/" + "a" * 1000},
        {"endpoint": "nothing"},
        {"p256dh": "AAAA"},
        {"p256dh": encode(b"\4" + b"\1" * 64)},
        {"auth": "AAAA"},
        {"auth": "!!"},
        {"auth": ""},
    ],
)
def test_what_can_not_be_sent_to_is_refused(wrong: dict[str, str], order: Order) -> None:
    assert subscribe(holder(), order, **named(**wrong)) == 422
    assert not Subscription.objects.exists()


def test_turning_it_off_ends_it_for_that_browser_only(order: Order) -> None:
    client = holder()
    subscribe(client, order)
    subscribe(client, order, **named("https://push.example.com/send/other"))
    url = reverse("push_unsubscribe", args=[order.token])
    assert holder("+4915199999999").post(url, {"endpoint": ENDPOINT}).status_code == 204
    assert Subscription.objects.count() == 2, "a stranger ends nothing"
    assert client.post(url, {"endpoint": ENDPOINT}).status_code == 204
    assert Subscription.objects.get().endpoint == "https://push.example.com/send/other"


def test_a_device_that_was_signed_out_is_told_no_more(order: Order) -> None:
    client = holder()
    subscribe(client, order)
    Device.objects.update(ended_at=timezone.now())
    assert browsers_told(order) == []
    assert subscribe(client, order) == 403


def test_a_proof_that_ran_out_ends_it(order: Order) -> None:
    subscribe(holder(), order)
    Device.objects.update(proved_at=timezone.now() - customers.services.PROOF_LASTS - timedelta(minutes=1))
    assert browsers_told(order) == []


def test_a_number_that_was_given_up_tells_its_old_holder_nothing(order: Order, acme: Merchant) -> None:
    subscribe(holder(), order)
    customers.services.end_devices_of(order.phone)
    assert browsers_told(order) == []


def test_proving_the_number_anew_on_the_same_browser_goes_on(order: Order) -> None:
    client = holder()
    subscribe(client, order)
    session = client.session
    customers.services.remember_proof(session, order.phone)
    session.save()
    client.cookies["sessionid"] = session.session_key
    assert browsers_told(order) == [], "until the page tells it again"
    assert subscribe(client, order) == 204
    assert len(browsers_told(order)) == 1


def test_ended_subscriptions_are_removed_after_a_day(order: Order) -> None:
    subscribe(holder(), order)
    Subscription.objects.update(renewed_at=timezone.now() - timedelta(days=2))
    browsers.forget_ended()
    assert Subscription.objects.count() == 1
    Device.objects.update(ended_at=timezone.now())
    browsers.forget_ended()
    assert Subscription.objects.count() == 0


def test_a_person_has_ten_browsers_at_most(order: Order) -> None:
    client = holder()
    for number in range(12):
        subscribe(client, order, **named(f"https://push.example.com/{number}"))
    kept = set(Subscription.objects.values_list("endpoint", flat=True))
    assert kept == {f"https://push.example.com/{number}" for number in range(2, 12)}


def test_too_many_tries_are_refused(order: Order) -> None:
    client = holder()
    answers = [subscribe(client, order) for _ in range(browsers.BY_CALLER.times + 1)]
    assert answers[-2:] == [204, 429]


def test_people_are_found_with_one_statement(order: Order, django_assert_num_queries: object) -> None:
    subscribe(holder(), order)
    recipient = Recipient(phone=build.ANNS_PHONE, merchant_id=order.merchant_id, order_id=order.pk)
    tellings = [Telling(kind="shipped", fact=str(n), subject_id=order.pk, recipient=recipient) for n in range(50)]
    with django_assert_num_queries(1):
        found = addresses_of(tellings, "push")
    assert {len(addresses) for addresses in found} == {1}


def test_the_offer_is_on_the_page_of_who_proved_the_phone_only(order: Order) -> None:
    path = f"/t/{order.token}/"
    assert b'id="push"' not in Client().get(path).content
    page = holder().get(path).content.decode()
    assert f'data-key="{browsers.key_for_browsers()}"' in page
    assert 'id="push"' in page


def test_the_service_worker_lies_at_the_root_and_is_asked_for_each_time() -> None:
    answer = Client().get("/sw.js")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/javascript"
    assert "no-cache" in answer.headers["Cache-Control"]
    assert b"showNotification" in answer.content


@pytest.mark.parametrize(
    ("language", "name"), [("en", "My orders"), ("de", "Meine Bestellungen"), ("zh-hans", "我的订单")]
)
def test_the_pages_can_be_installed(language: str, name: str) -> None:
    answer = Client().get("/app.webmanifest", HTTP_ACCEPT_LANGUAGE=language)
    told = json.loads(answer.content)
    assert answer.headers["Content-Type"] == "application/manifest+json"
    assert (told["name"], told["display"], told["scope"]) == (name, "standalone", "/")
    assert {icon["sizes"] for icon in told["icons"]} == {"192x192", "512x512"}
    assert 'rel="manifest" href="/app.webmanifest"' in Client().get("/").content.decode()


def test_the_demo_shows_what_screens_would(order: Order, settings: LazySettings) -> None:
    settings.DEMO_INBOX = True
    assert "No device wants notices yet" in Client().get("/demo/push/").content.decode()
    subscribe(holder(), order)
    row = Subscription.objects.get()
    text = f"Acme: Order 1 left with DHL.\nhttps://track.example/t/{order.token}/"
    DemoDelivery.objects.create(channel="push", address=str(row.pk), subject="On its way", text=text)
    page = Client().get("/demo/push/").content.decode()
    assert "<strong>On its way</strong><span>Acme: Order 1 left with DHL.</span>" in page
    assert f'href="https://track.example/t/{order.token}/"' in page
    assert build.ANNS_PHONE in page


def test_screens_are_shown_in_the_demo_only(settings: LazySettings) -> None:
    settings.DEMO_INBOX = False
    assert Client().get("/demo/push/").status_code == 404
