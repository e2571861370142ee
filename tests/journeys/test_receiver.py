"""A promise to who receives a gift: news and a page of their own, without prices; and to who sent it: who looked."""

import os
import re
from collections.abc import Iterator

import pytest
from django.conf import LazySettings, settings
from playwright.sync_api import Browser, expect

from logistics_portal.kernel import work
from logistics_portal.kernel.models import Allowance
from merchants.models import Merchant
from tests import build
from tests.browser.chromium import ARGUMENTS, PATH
from tests.visitors import holder, last_code

# Playwright's own loop runs in the thread of the test, which Django would take for a mistake.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

MIA = "+4915155500011"
PHONE = {"width": 360, "height": 740}
PRICE = re.compile(r"€|EUR|19\.90|39\.80|84\.50|4\.90")
BUYER = re.compile(r"5112345678|1511 2345678|5678\b|ann@example\.com|Thing 1")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PATH is None, reason="no chromium on this machine (apt-get install chromium)"),
]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    return {"executable_path": PATH, "args": ARGUMENTS}


@pytest.fixture
def demo(transactional_db: None, settings: LazySettings, live_server: object) -> Iterator[None]:
    settings.DEMO_INBOX, settings.BASE_URL = True, live_server.url
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = ""
    yield
    Allowance.objects.all().delete()


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_a_gift_is_followed_by_who_gets_it(
    browser: Browser, live_server: object, demo: None, acme: Merchant, has_script: bool
) -> None:
    order = build.order(merchant=acme)
    parcel = build.shipment(order).parcels.get()
    build.scan(parcel, "out_for_delivery")
    look = {"base_url": live_server.url, "viewport": PHONE, "locale": "en-US", "java_script_enabled": has_script}

    buyer = browser.new_context(**look)
    session = holder().cookies[settings.SESSION_COOKIE_NAME].value
    buyer.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    page = buyer.new_page()
    page.goto(f"/t/{order.token}/")
    page.get_by_role("link", name="Let somebody else receive it").click()
    page.get_by_label("Name").fill("Mia Moss")
    page.get_by_label("Phone number").fill("0151 55500011")
    page.get_by_role("button", name="Send them a link").click()
    expect(page.get_by_text("We sent Mia Moss a link.")).to_be_visible()
    expect(page.get_by_text("Not opened lately")).to_have_count(
        2
    )  # hers and the merchant's; the buyer's own was opened
    work.drain()

    receiver = browser.new_context(**look)
    theirs = receiver.new_page()
    theirs.goto(f"/demo/phone/?number={MIA.replace('+', '%2B')}")
    link = theirs.locator("a[href*='/r/']").first.get_attribute("href")
    theirs.goto(link)
    expect(theirs.get_by_role("heading", level=1)).to_contain_text("out for delivery")
    assert not PRICE.search(theirs.content())
    assert not BUYER.search(theirs.content())
    assert order.token not in theirs.content()
    theirs.get_by_role("link", name="Verify your phone", exact=True).click()
    theirs.get_by_role("button", name="Send me a code by SMS").click()
    theirs.get_by_label("Code with 6 digits").fill(last_code())
    theirs.get_by_role("button", name="Confirm").click()
    expect(theirs.get_by_text("Lindenstraße 12")).to_be_visible()
    assert not PRICE.search(theirs.content())
    assert not BUYER.search(theirs.content())

    build.scan(parcel, "delivered")
    theirs.reload()
    theirs.get_by_role("button", name="I have it").click()
    expect(theirs.get_by_text("Who ordered it sees your answer.")).to_be_visible()

    page.goto(f"/t/{order.token}/access/")
    mine = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Mia Moss"))
    expect(mine).to_contain_text("Opened 2 times")  # before her proof and after
    expect(mine).to_contain_text("Has the parcel")
    mine.get_by_role("button", name="Close").click()
    expect(page.get_by_text("Closed. Who opens it now sees nothing of your order.")).to_be_visible()

    answer = theirs.goto(link)
    assert answer.status == 410
    expect(theirs.get_by_role("heading", name="This link is closed")).to_be_visible()
    assert "Lindenstraße" not in theirs.content()
    for context in (buyer, receiver):
        context.close()
