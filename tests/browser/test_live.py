"""An open page follows its order: it renews itself without being loaded again, and leaves its reader in place."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import caches
from django.db import connection
from django.utils import timezone
from django.utils.csp import CSP
from playwright.sync_api import Browser, Page, expect

from logistics_portal.kernel import work
from logistics_portal.live.hub import APPLICATION_NAME
from orders.models import Order
from tests import build
from tests.browser.test_pages import RULES, visit
from tests.live.streams import Live, live_process
from tests.visitors import holder
from tracking.models import Shipment

SOON = 20_000  # milliseconds; machines that run tests are busy


@pytest.fixture
def shipment(transactional_db: None, order: Order) -> Shipment:
    """On its way, with more scans than are shown at first."""
    sent = build.shipment(order)
    for hours in range(30, 0, -5):
        build.scan(sent.parcels.get(), "in_transit", at=timezone.now() - timedelta(hours=hours), place="Leipzig")
    work.drain()
    return sent


@pytest.fixture
def live(live_server: object, settings: object, tmp_path: Path) -> Iterator[Live]:
    with live_process(tmp_path / "live.log", PORTAL_BASE_URL=live_server.url) as running:
        settings.LIVE_URL = running.url
        settings.SECURE_CSP = {**settings.SECURE_CSP, "connect-src": [CSP.SELF, running.url]}
        caches["pages"].clear()
        yield running


def open_page(browser: Browser, base_url: str, order: Order, session: str = "", **options: object) -> Page:
    """The order's page, once its stream is open."""
    page = visit(browser, base_url, session, **options).new_page()
    with page.expect_response(lambda response: "/live/" in response.url and response.status == 200, timeout=SOON):
        page.goto(f"/t/{order.token}/")
    page.evaluate("window.wasLoadedOnce = true")
    return page


def arrives_at_the_door(shipment: Shipment) -> None:
    build.scan(shipment.parcels.get(), "out_for_delivery")


def test_the_page_renews_itself_and_says_so(
    browser: Browser, live_server: object, live: Live, order: Order, shipment: Shipment
) -> None:
    page = open_page(browser, live_server.url, order)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.locator("summary").click()
    page.get_by_role("link", name="Verify your phone").first.focus()
    expect(page.get_by_role("status")).to_be_empty()
    arrives_at_the_door(shipment)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your parcel is out for delivery.", timeout=SOON)
    expect(page.get_by_role("status")).to_have_text("Updated just now. Your parcel is out for delivery.")
    expect(page.get_by_text("There is a code for the courier.")).to_be_visible()
    expect(page.get_by_text("Show all 7 events")).to_be_visible()
    assert page.evaluate("window.wasLoadedOnce"), "it was not loaded again"
    assert page.locator("details").get_attribute("open") is not None, "what was opened stays open"
    expect(page.get_by_role("link", name="Verify your phone").last).to_be_focused()
    expect(page.get_by_role("button", name="Copy")).to_have_count(1)
    assert not Axe().run(page, options={**RULES, "resultTypes": ["violations"]}).response["violations"]
    assert not said
    page.context.close()


def test_the_renewed_page_is_the_page_as_it_is_loaded(
    browser: Browser, live_server: object, live: Live, order: Order, shipment: Shipment, settings: object
) -> None:
    session = holder().cookies[settings.SESSION_COOKIE_NAME].value
    page = open_page(browser, live_server.url, order, session)
    for status in ("out_for_delivery", "attempt_failed", "exception", "delivered"):
        build.scan(shipment.parcels.get(), status)
        expect(page.get_by_role("status")).to_contain_text("Updated just now.", timeout=SOON)
        renewed, loaded = page, page.context.new_page()
        loaded.goto(f"/t/{order.token}/")
        heading = loaded.get_by_role("heading", level=1).inner_text()
        expect(renewed.get_by_role("heading", level=1)).to_have_text(heading, timeout=SOON)
        text = "document.querySelector('.columns').innerText"
        assert renewed.evaluate(text) == loaded.evaluate(text)
        loaded.close()
    page.context.close()


def test_a_page_that_slept_looks_when_it_is_seen_again(
    browser: Browser, live_server: object, live: Live, order: Order, shipment: Shipment
) -> None:
    page = open_page(browser, live_server.url, order)
    see = """(isHidden) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => isHidden });
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.evaluate(see, True)
    page.wait_for_load_state("networkidle")  # what was asked for while it was seen has been answered
    arrives_at_the_door(shipment)
    page.wait_for_timeout(1500)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your parcel is on its way.")
    page.evaluate(see, False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your parcel is out for delivery.", timeout=SOON)
    page.context.close()


def test_a_page_misses_nothing_while_the_database_is_away(
    browser: Browser, live_server: object, live: Live, order: Order, shipment: Shipment
) -> None:
    page = open_page(browser, live_server.url, order)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = %s AND datname = current_database()",
            [APPLICATION_NAME],
        )
    arrives_at_the_door(shipment)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your parcel is out for delivery.", timeout=SOON)
    page.context.close()


def test_without_script_or_stream_the_page_is_complete(
    browser: Browser, live_server: object, live: Live, order: Order, shipment: Shipment
) -> None:
    plain = visit(browser, live_server.url, java_script_enabled=False).new_page()
    plain.goto(f"/t/{order.token}/")
    expect(plain.get_by_role("heading", level=1)).to_have_text("Your parcel is on its way.")
    plain.context.close()
    live.process.terminate()
    live.process.wait(timeout=20)
    page = visit(browser, live_server.url).new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"/t/{order.token}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your parcel is on its way.")
    page.locator("summary").click()
    expect(page.get_by_role("status")).to_be_empty()
    assert not faults
    page.context.close()


def test_the_page_stays_light_with_its_stream(
    browser: Browser, live_server: object, live: Live, order: Order, shipment: Shipment
) -> None:
    page, answers = visit(browser, live_server.url).new_page(), []
    page.on("response", lambda answer: answers.append(answer))
    with page.expect_response(lambda response: "/live/" in response.url, timeout=SOON):
        page.goto(f"/t/{order.token}/")
    bodies = [answer.body() for answer in answers if not answer.url.startswith(live.url)]
    assert len(bodies) >= 5  # the page, two sheets, two scripts
    assert sum(map(len, bodies)) <= 60_000
    page.context.close()
