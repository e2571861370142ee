"""News on this device in a real Chromium: the button on the order's page, and what the service worker shows and opens.

Chromium here reaches no push service, so pushes are handed to the service worker by the browser's own developer tools,
and the page subscribes as it does in the demo, which stands in for the service.
"""

import json
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import LazySettings, settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

from notifications.models import Subscription
from orders.models import Order
from tests.browser.test_pages import RULES, visit
from tests.visitors import holder

SOON = 20_000  # milliseconds

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def look(browser: Browser, live_server: object, order: Order, settings: LazySettings) -> Callable[..., Page]:
    settings.DEMO_INBOX = True

    def open_page(*, session: str = "", allowed: bool = True) -> Page:
        context = visit(browser, live_server.url, session)
        if allowed:
            context.grant_permissions(["notifications"], origin=live_server.url)
        page = context.new_page()
        page.goto(f"/t/{order.token}/")
        return page

    return open_page


def session_of_ann() -> str:
    return holder().cookies[settings.SESSION_COOKIE_NAME].value


def card(page: Page):
    return page.get_by_role("region", name="News on this device")


def test_a_device_is_told_from_a_press_of_the_button_to_the_next(look: Callable[..., Page], order: Order) -> None:
    page = look(session=session_of_ann())
    card(page).get_by_role("button", name="Tell me on this device").click()
    expect(card(page).get_by_text("News of your orders at Acme come to this device.")).to_be_visible(timeout=SOON)
    row = Subscription.objects.get()
    assert (str(row.number), row.merchant) == (str(order.phone), order.merchant)
    page.reload()
    expect(card(page).get_by_role("button", name="Turn off")).to_be_visible()
    card(page).get_by_role("button", name="Turn off").click()
    expect(card(page).get_by_role("button", name="Tell me on this device")).to_be_visible(timeout=SOON)
    assert not Subscription.objects.exists()


def test_the_card_says_what_is_wrong_where_the_door_is_shut(look: Callable[..., Page]) -> None:
    page = look(session=session_of_ann())
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    card(page).get_by_role("button", name="Tell me on this device").click()
    expect(card(page).get_by_role("status")).to_have_text("That did not work. Please try again later.", timeout=SOON)
    expect(card(page).get_by_role("button", name="Tell me on this device")).to_be_visible()


def test_strangers_are_offered_nothing(look: Callable[..., Page]) -> None:
    expect(card(look())).to_have_count(0)


def test_the_card_is_accessible_in_both_states(look: Callable[..., Page]) -> None:
    page = look(session=session_of_ann())
    assert Axe().run(page, options=RULES).response["violations"] == []
    card(page).get_by_role("button", name="Tell me on this device").click()
    expect(card(page).get_by_role("button", name="Turn off")).to_be_visible(timeout=SOON)
    assert Axe().run(page, options=RULES).response["violations"] == []


SHOWN = """async () => {
    const registration = await navigator.serviceWorker.ready;
    for (let tries = 0; tries < 40; tries++) {
        const [shown] = await registration.getNotifications();
        if (shown) return {title: shown.title, body: shown.body, tag: shown.tag, link: shown.data.link};
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return null;
}"""


def push(page: Page, content: str) -> dict:
    """Hand a push to the service worker; the notification that it shows."""
    devtools, found = page.context.new_cdp_session(page), []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(told["registrations"]))
    devtools.send("ServiceWorker.enable")
    page.evaluate("navigator.serviceWorker.register('/sw.js', {scope: '/'}).then(() => navigator.serviceWorker.ready)")
    for _ in range(5):  # the tools drop what they are given while the worker starts
        page.wait_for_timeout(200)
        given = {"origin": page.evaluate("location.origin"), "registrationId": found[-1]["registrationId"]}
        devtools.send("ServiceWorker.deliverPushMessage", {**given, "data": content})
        if shown := page.evaluate(SHOWN):
            return shown
    raise AssertionError("the push was not shown")


def opened(context: BrowserContext) -> str:
    """The page that a tap on the notification opens; the window itself is out of reach here, the call for it is not."""
    (worker,) = context.service_workers
    return worker.evaluate(
        """async () => {
            let link = "";
            Object.defineProperty(self.clients, "openWindow", {value: async (wanted) => { link = wanted; }});
            Object.defineProperty(self.clients, "matchAll", {value: async () => []});
            const [notification] = await self.registration.getNotifications();
            const tap = new NotificationEvent("notificationclick", {notification});
            self.dispatchEvent(tap);
            await new Promise((resolve) => setTimeout(resolve, 200));
            return link;
        }"""
    )


def test_a_push_is_shown_and_opens_the_order(look: Callable[..., Page], live_server: object, order: Order) -> None:
    page, link = look(session=session_of_ann()), f"{live_server.url}/t/{order.token}/"
    told = {"title": "Out for delivery", "body": "Acme: DHL is bringing your parcel.", "tag": "a", "link": link}
    shown = push(page, json.dumps(told))
    assert shown == {**told}
    assert opened(page.context) == link


@pytest.mark.parametrize("link", ["https://evil.example/t/1/", "javascript:alert(1)", "//evil.example", "http://["])
def test_a_push_opens_pages_of_the_portal_only(link: str, look: Callable[..., Page], live_server: object) -> None:
    page = look(session=session_of_ann())
    assert push(page, json.dumps({"title": "T", "link": link}))["link"] == f"{live_server.url}/orders/"


def test_a_push_that_can_not_be_read_is_shown_all_the_same(look: Callable[..., Page], live_server: object) -> None:
    shown = push(look(session=session_of_ann()), "no json")
    assert (shown["title"], shown["link"]) == ("Logistics Portal", f"{live_server.url}/orders/")
