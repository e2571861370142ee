"""Talking to support in the browser: an answer appears by itself, a double click sends once, and it works plainly."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import caches
from django.utils.csp import CSP
from playwright.sync_api import Browser, Page, expect

from aftersales import services
from aftersales.models import Conversation, Note
from aftersales.services import Writer
from logistics_portal.kernel import work
from orders.models import Order, Reorder
from tests import build
from tests.browser.test_pages import RULES, visit
from tests.live.streams import Live, live_process
from tests.visitors import holder

SOON = 20_000  # milliseconds


@pytest.fixture
def live(live_server: object, settings: object, tmp_path: Path) -> Iterator[Live]:
    with live_process(tmp_path / "live.log", PORTAL_BASE_URL=live_server.url) as running:
        settings.LIVE_URL = running.url
        settings.SECURE_CSP = {**settings.SECURE_CSP, "connect-src": [CSP.SELF, running.url]}
        caches["pages"].clear()
        yield running


@pytest.fixture
def session(transactional_db: None, settings: object) -> str:
    return holder().cookies[settings.SESSION_COOKIE_NAME].value


def unblemished(page: Page) -> None:
    assert not Axe().run(page, options={**RULES, "resultTypes": ["violations"]}).response["violations"]


def test_an_answer_appears_while_the_customer_writes(
    browser: Browser, live_server: object, live: Live, order: Order, session: str
) -> None:
    work.drain()
    page = visit(browser, live_server.url, session).new_page()
    page.goto(f"/t/{order.token}/")
    page.get_by_text("Write a message").click()
    page.get_by_label("Your message").fill("Where is it?")
    with page.expect_response(lambda response: "/live/" in response.url and response.status == 200, timeout=SOON):
        page.get_by_role("button", name="Send").click()
    work.drain()
    page.evaluate("window.wasLoadedOnce = true")
    answer = page.get_by_label("Your message").or_(page.get_by_label("Your answer"))  # whose turn it is changes
    answer.fill("I am half way thr")
    answer.focus()
    staff = build.staff(order.merchant)
    services.reply(conversation=Conversation.objects.get(), text="Which door?", writer=Writer(staff))
    work.drain()
    expect(page.get_by_role("log").get_by_text("Which door?")).to_be_visible(timeout=SOON)
    expect(page.get_by_text("Your turn")).to_be_visible()
    assert page.evaluate("window.wasLoadedOnce"), "it was not loaded again"
    expect(answer).to_have_value("I am half way thr")
    expect(answer).to_be_focused()
    unblemished(page)
    page.context.close()


def test_without_scripts_it_is_written_and_read(
    browser: Browser, live_server: object, order: Order, session: str, tmp_path: Path
) -> None:
    pdf = tmp_path / "bill.pdf"
    pdf.write_bytes(b"%PDF-1.4\n%%EOF")
    page = visit(browser, live_server.url, session, java_script_enabled=False).new_page()
    page.goto(f"/t/{order.token}/talk/")
    page.get_by_text("Write a message").click()
    page.get_by_label("Your message").fill("Here is the bill.")
    page.get_by_label("Photos or PDF files").set_input_files(pdf)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Your message is on its way to the merchant.")).to_be_visible()
    expect(page.get_by_role("link", name="bill.pdf")).to_be_visible()
    assert Note.objects.count() == 1
    page.context.close()


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_double_click_orders_once(
    browser: Browser, live_server: object, order: Order, session: str, has_scripts: bool
) -> None:
    page = visit(browser, live_server.url, session, java_script_enabled=has_scripts).new_page()
    page.goto(f"/t/{order.token}/again/")
    if has_scripts:
        unblemished(page)
    page.get_by_role("button", name="Order this again").dblclick()
    expect(page.get_by_role("heading", name="Your wish")).to_be_visible()
    assert Reorder.objects.count() == 1
    page.go_back()
    page.context.close()
