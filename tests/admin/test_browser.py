"""Staff pages in a real Chromium: the admin's scripts run under the policy, nothing falls out of a phone's screen."""

import os

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from customers.models import Customer
from orders.models import ImportProblem, ImportRun, Order
from tests import build
from tests.browser.chromium import ARGUMENTS, PATH

from .conftest import World, world_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PATH is None, reason="no chromium on this machine (apt-get install chromium)"),
]
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in the thread of the test
PASSWORD = "correct horse battery"  # of everybody whom tests.build.staff makes


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    return {"executable_path": PATH, "args": ARGUMENTS}


@pytest.fixture
def world(transactional_db: None) -> World:
    return world_of(build.merchant(slug="acme", auto_approve_returns=False), mark="acme")


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the console complains of, a violated policy among it."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.fixture
def at_home(page: Page, complaints: list[str], world: World, live_server: object) -> Page:
    """The boss, signed in through the form."""
    build.staff(superuser=True, name="boss")
    page.goto(live_server.url + reverse("admin:login"))
    page.fill("[name=username]", "boss")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    expect(page).to_have_url(live_server.url + reverse("admin:index"))
    return page


def test_pages_run_and_fit(at_home: Page, complaints: list[str], world: World, live_server: object) -> None:
    paths = [
        reverse("admin:index"),
        reverse("admin:states"),
        reverse("admin:orders_order_changelist"),
        reverse("admin:orders_order_change", args=[world.order.pk]),
        reverse("admin:aftersales_dispute_change", args=[world.dispute.pk]),
        reverse("admin:aftersales_return_change", args=[world.return_case.pk]),
        reverse("admin:tracking_carrierpayload_change", args=[world.payload.pk]),
        reverse("admin:tracking_carrierpayload_changelist") + "?work=stuck",
        reverse("admin:merchants_merchant_change", args=[world.merchant.pk]),
        reverse("admin:merchants_apikey_add"),
    ]
    for width in (1280, 360):
        at_home.set_viewport_size({"width": width, "height": 900})
        for path in paths:
            at_home.goto(live_server.url + path)
            assert at_home.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (width, path)
    assert complaints == []


def test_long_names_and_digests_break(at_home: Page, world: World, live_server: object) -> None:
    """Sixty letters without a space fall out of no page."""
    name = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewi"
    Order.objects.update(consignee=name, line1=name, email=f"{name}@example.com")
    Customer.objects.update(name=name)
    ImportRun.objects.update(digest="a" * 64, source=f"{name}.csv")
    ImportProblem.objects.update(reason=name, row={name: name * 2})
    paths = [
        reverse("admin:aftersales_dispute_change", args=[world.dispute.pk]),
        reverse("admin:orders_order_change", args=[world.order.pk]),
        reverse("admin:as_of", args=[world.order.pk]),
        reverse("admin:orders_importrun_change", args=[ImportRun.objects.get().pk]),
        reverse("admin:orders_importproblem_change", args=[ImportProblem.objects.get().pk]),
        reverse("admin:tracking_incident_change", args=[world.incident.pk]),
    ]
    for width in (1280, 768, 360):
        at_home.set_viewport_size({"width": width, "height": 900})
        for path in paths:
            at_home.goto(live_server.url + path)
            assert at_home.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (width, path)


def test_filters_open_and_apply(at_home: Page, complaints: list[str], live_server: object) -> None:
    at_home.goto(live_server.url + reverse("admin:tracking_shipment_changelist"))
    at_home.get_by_text("Filters").first.click()
    at_home.get_by_label("Problem", exact=True).check()
    at_home.get_by_role("button", name="Apply Filters").click()
    expect(at_home).to_have_url(live_server.url + reverse("admin:tracking_shipment_changelist") + "?now=problem")
    expect(at_home.get_by_text("ACME00000001")).to_have_count(0)
    assert complaints == []


def test_a_dispute_is_decided_on_its_page(
    at_home: Page, complaints: list[str], world: World, live_server: object
) -> None:
    at_home.goto(live_server.url + reverse("admin:aftersales_dispute_change", args=[world.dispute.pk]))
    at_home.get_by_label("What the customer is told").fill("We looked into it and pay you back.")
    at_home.get_by_role("button", name="Decide for the customer").click()
    expect(at_home.get_by_text("Decided for the customer: a refund waits to be paid.")).to_be_visible()
    world.dispute.refresh_from_db()
    assert world.dispute.status == "accepted"
    assert complaints == []


def test_the_search_box_works_by_keyboard(
    at_home: Page, complaints: list[str], world: World, live_server: object
) -> None:
    """From any page: a slash, what one has of the order, Enter; with several, the arrows choose."""
    order = reverse("admin:orders_order_change", args=[world.order.pk])
    at_home.goto(live_server.url + reverse("admin:states"))
    at_home.keyboard.press("/")
    box = at_home.locator("#search-input-command")
    expect(box).to_be_focused()
    box.fill(world.order.number)
    at_home.keyboard.press("Enter")
    expect(at_home).to_have_url(live_server.url + order)

    other = build.order(merchant=world.merchant, number="acme-2", phone=str(world.order.phone))
    at_home.goto(live_server.url + reverse("admin:states"))
    at_home.keyboard.press("Control+k")
    expect(box).to_be_focused()
    at_home.keyboard.type(str(world.order.phone)[-4:])
    expect(at_home.locator("#command-results-list li")).to_have_count(2)
    at_home.keyboard.press("ArrowDown")
    at_home.keyboard.press("ArrowDown")
    expect(at_home.locator("#command-results-list li.active")).to_contain_text(world.order.number)
    at_home.keyboard.press("ArrowUp")
    at_home.keyboard.press("Enter")
    expect(at_home).to_have_url(live_server.url + reverse("admin:orders_order_change", args=[other.pk]))
    assert complaints == []


def test_the_search_page_needs_no_script(at_home: Page, world: World, live_server: object) -> None:
    at_home.fill("#find-term", world.order.consignee)
    at_home.keyboard.press("Enter")
    expect(at_home).to_have_url(live_server.url + reverse("admin:orders_order_change", args=[world.order.pk]))
