"""What the pages after the sale owe everybody: readable in light and dark, on a small phone, in three languages."""

import pytest
from playwright.sync_api import Browser, Page

from merchants.models import Merchant
from tests.browser.aftersales_scene import Rooms, build_rooms, every_room, violations
from tests.browser.people import demo

pytestmark = pytest.mark.django_db(transaction=True)
FIXTURES = (demo,)
WHO = ("stranger", "holder", "receiver")
TOO_SMALL = """() => [...document.querySelectorAll('.button, summary, input:not([type=hidden]), select, .bar a')]
    .filter((one) => one.checkVisibility() && !(one.type === 'checkbox' || one.type === 'radio'))
    .filter((one) => one.getBoundingClientRect().height < 43.5).map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture
def rooms(demo: None, acme: Merchant) -> Rooms:
    return build_rooms(acme)


def faults(page: Page) -> list[str]:
    """What falls out of a small screen or is too small to press."""
    excess = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*([f"{excess} pixels too wide"] if excess > 0 else []), *page.evaluate(TOO_SMALL)]


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "de")])
def test_everybody_can_read_and_press(
    browser: Browser, live_server: object, rooms: Rooms, theme: str, language: str
) -> None:
    found = []
    for name, page in every_room(browser, live_server.url, rooms, WHO, color_scheme=theme, locale=language):
        found += [(name, one) for one in (*faults(page), *violations(page))]
    assert not found, "\n".join(map(str, found))


def test_chinese_fits_and_no_page_trips_over_the_policy(browser: Browser, live_server: object, rooms: Rooms) -> None:
    heard: list[str] = []
    found, listening = [], set()
    for name, page in every_room(browser, live_server.url, rooms, WHO, locale="zh-hans"):
        if page not in listening:
            listening.add(page)
            page.on("console", lambda said: heard.append(said.text) if "Policy" in said.text else None)
            page.on("pageerror", lambda error: heard.append(str(error)))
        found += [(name, one) for one in faults(page)]
    assert not found
    assert not heard
