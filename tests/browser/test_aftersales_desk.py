"""What the staff pages of cases owe those who work there: readable in light and dark, whole on a phone."""

import pytest
from playwright.sync_api import Browser

from merchants.models import Merchant
from tests.browser.aftersales_scene import Rooms, build_rooms, every_room, violations
from tests.browser.people import demo
from tests.browser.test_pages import PHONE, RULES

pytestmark = pytest.mark.django_db(transaction=True)
FIXTURES = (demo,)
# The frame around our pages is the theme's, which keeps to the law and not to every good habit.
WCAG = [rule for rule in RULES["runOnly"] if rule != "best-practice"]
DESK = {"width": 1280, "height": 900}


@pytest.fixture
def rooms(demo: None, acme: Merchant) -> Rooms:
    return build_rooms(acme)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_cases_can_be_read_by_everybody(browser: Browser, live_server: object, rooms: Rooms, theme: str) -> None:
    found = []
    for name, page in every_room(browser, live_server.url, rooms, ("staff",), color_scheme=theme, viewport=DESK):
        found += [(name, one) for one in violations(page, rules=WCAG)]
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("language", ["de", "zh-hans"])
def test_cases_fit_on_a_phone(browser: Browser, live_server: object, rooms: Rooms, language: str) -> None:
    found = []
    for name, page in every_room(browser, live_server.url, rooms, ("staff",), viewport=PHONE, locale=language):
        excess = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found += [(name, excess)] if excess > 0 else []
    assert not found
