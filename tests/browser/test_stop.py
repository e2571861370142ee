"""STOP and the link that ends mails, by hand on the demo's phone and mailbox."""

import re

import pytest
from django.conf import LazySettings
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from logistics_portal.kernel import work
from merchants.models import Merchant
from notifications.models import DemoDelivery
from tests import build
from tests.browser.test_pages import visit

EMAIL = "ann@example.com"


@pytest.fixture
def page(browser: Browser, live_server: object, transactional_db: None, settings: LazySettings) -> Page:
    settings.DEMO_INBOX, settings.BASE_URL = True, live_server.url
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = settings.SMTP_URL = ""
    return visit(browser, live_server.url).new_page()


def came(channel: str) -> int:
    work.drain()
    return DemoDelivery.objects.over(channel).count()


def answer(page: Page, word: str) -> None:
    page.goto(reverse("demo_phone"))
    page.get_by_role("link", name=build.ANNS_PHONE).click()
    page.get_by_role("button", name=word, exact=True).click()
    work.drain()
    page.reload()


def test_stop_ends_sms_not_mails_and_start_begins_them_again(page: Page, acme: Merchant) -> None:
    order = build.order(merchant=acme, email=EMAIL)
    assert (came("sms"), came("email")) == (1, 1)
    answer(page, "STOP")
    expect(page.locator(".inbox-bubble").first).to_contain_text("You get no more SMS from us.")
    sms, mails = came("sms"), came("email")
    shipment = build.shipment(order)
    assert (came("sms"), came("email")) == (sms, mails + 1), "the mail goes, the SMS does not"
    answer(page, "1")
    expect(page.locator(".inbox-bubble").first).to_contain_text(f"Order {order.number}. Your parcel waits")
    answer(page, "START")
    expect(page.locator(".inbox-bubble").first).to_contain_text("You get our SMS again.")
    sms = came("sms")
    build.scan(shipment.parcels.get(), "out_for_delivery")
    assert came("sms") == sms + 1


def test_own_words_reach_staff_and_nothing_typed_is_lost(page: Page, acme: Merchant) -> None:
    order = build.order(merchant=acme, email=EMAIL)
    work.drain()
    page.goto(f"{reverse('demo_phone')}?number={build.ANNS_PHONE.replace('+', '%2B')}")
    page.get_by_role("link", name="Own words").click()
    page.get_by_label("Your answer").fill("Please ring twice")
    page.wait_for_timeout(5000)  # longer than the page's own refreshing
    expect(page.get_by_label("Your answer")).to_have_value("Please ring twice")
    page.get_by_role("button", name="Send").click()
    work.drain()
    page.reload()
    expect(page.get_by_text("Our staff has your message")).to_be_visible()
    assert order.inbound_messages.get().needs_staff


def test_the_link_in_a_mail_ends_mails_and_begins_them_again(page: Page, acme: Merchant) -> None:
    build.order(merchant=acme, email=EMAIL, lines=3)
    work.drain()
    page.goto(reverse("demo_mail"))
    page.get_by_role("link", name=re.compile("is confirmed")).click()
    letter = page.frame_locator(".inbox-letter")
    page.goto(letter.get_by_role("link", name="Unsubscribe").get_attribute("href"))
    page.get_by_role("button", name="Send me no more emails").click()
    expect(page.get_by_role("status")).to_have_text("We send no more emails to a•••@example.com.")
    mails = came("email")
    build.order(merchant=acme, email=EMAIL, lines=4)
    assert came("email") == mails
    page.get_by_role("button", name="Send me emails again").click()
    expect(page.get_by_role("button", name="Send me no more emails")).to_be_visible()
    build.order(merchant=acme, email=EMAIL, lines=5)
    assert came("email") == mails + 1
