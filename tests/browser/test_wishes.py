"""Choosing messages by hand: on a phone, with and without script, and what is turned off does not come."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from logistics_portal.kernel import work
from merchants.models import Merchant
from notifications import services
from notifications.models import DemoDelivery
from notifications.stop_links import PURPOSE
from tests import build
from tests.browser.people import customer, demo, session
from tests.browser.test_pages import RULES, visit
from tests.visitors import holder

__all__ = ["customer", "demo"]


@pytest.fixture
def scriptless(browser: Browser, live_server: object, demo: None) -> Iterator[Page]:
    """Ann at her phone, verified, without JavaScript."""
    context = visit(browser, live_server.url, session(holder()), java_script_enabled=False)
    yield context.new_page()
    context.close()


def came(channel: str) -> list[str]:
    work.drain()
    return [one.text for one in DemoDelivery.objects.over(channel)]


def test_what_is_turned_off_does_not_come_any_more(customer: Page, acme: Merchant) -> None:
    order = build.order(merchant=acme)
    customer.goto(f"/t/{order.token}/")
    customer.get_by_role("link", name="Choose your messages").click()
    coming = customer.get_by_role("group", name="Your parcel is coming")
    expect(coming.get_by_role("switch", name="SMS")).to_be_checked()
    expect(coming.get_by_text("You hear nothing of this.")).to_be_hidden()
    coming.get_by_text("SMS").click()
    coming.get_by_text("Email").click()
    expect(coming.get_by_text("You hear nothing of this.")).to_be_visible()
    coming.get_by_text("Email").click()
    customer.get_by_role("button", name="Save").click()
    expect(customer.get_by_role("status")).to_have_text(
        "Your choices are saved. Turned off: Your parcel is coming (SMS)."
    )
    texts, mails = len(came("sms")), len(came("email"))
    build.delivered(order)
    assert len(came("sms")) == texts
    assert len(came("email")) > mails


def test_it_is_complete_without_script_and_by_keyboard(scriptless: Page, acme: Merchant) -> None:
    build.order(merchant=acme)
    scriptless.goto("/orders/messages/")
    switch = scriptless.get_by_role("group", name="Delays and problems").get_by_role("switch", name="SMS")
    switch.focus()
    scriptless.keyboard.press("Space")
    scriptless.get_by_role("radio", name="Email").check()
    scriptless.get_by_role("button", name="Save").press("Enter")
    expect(scriptless.get_by_role("status")).to_contain_text("Turned off: Delays and problems (SMS).")
    expect(switch).not_to_be_checked()
    expect(scriptless.get_by_role("radio", name="Email")).to_be_checked()


def test_what_was_stopped_is_turned_on_again(customer: Page, acme: Merchant) -> None:
    order = build.order(merchant=acme)
    services.stop_messages(number=build.ANNS_PHONE)
    services.stop_email(address=order.email, why=PURPOSE)
    customer.goto("/orders/")
    customer.get_by_role("link", name="Your messages").click()
    for channel in ("SMS", "Email"):
        customer.get_by_role("button", name=re.compile(f"Turn on again.*{channel}")).click()
        expect(customer.get_by_role("status")).to_contain_text("It is turned on again.")
    expect(customer.get_by_text("On", exact=True)).to_have_count(2)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_state_keeps_the_rules_and_fits_a_small_phone(customer: Page, acme: Merchant, theme: str) -> None:
    order = build.order(merchant=acme, email="a.person.with.a.very.long.name@mail.subdomain.of.a.company.example")
    build.order(merchant=acme, email="ann@example.com")
    build.delivered(order)
    work.drain()
    services.mark_address_dead(channel="sms", address=build.ANNS_PHONE)
    services.stop_email(address=order.email, why=PURPOSE)
    customer.emulate_media(color_scheme=theme)
    for language in ("en", "zh-hans", "de"):
        customer.goto(f"/orders/messages/?lang={language}")
        customer.locator("summary").click()
        assert customer.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        found = Axe().run(customer, options={**RULES, "resultTypes": ["violations"]}).response["violations"]
        assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []
        small = """() => [...document.querySelectorAll('main :is(.switch, .choice, .button, summary)')]
            .filter((one) => one.getBoundingClientRect().height < 43.5).map((one) => one.outerHTML.slice(0, 120))"""
        assert customer.evaluate(small) == []
