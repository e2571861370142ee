"""The right of withdrawal in the browser: two steps, an acknowledgement, and days counted on the customer's clock.

The parcel arrives half an hour after midnight in Helsinki, which is the day before in UTC.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from aftersales.calendars import possible_holidays
from aftersales.law import next_working_day
from aftersales.models import Refund, Return
from merchants.models import Merchant, Policy
from orders.models import Order
from tests import build
from tests.browser.people import at_desk, clerk, customer, demo, do, owed, pay, session, told
from tests.browser.test_pages import visit
from tests.visitors import holder

FINNISH = possible_holidays("FI", "")
pytestmark = pytest.mark.django_db(transaction=True)
FIXTURES = (clerk, customer, demo)
HELSINKI = ZoneInfo("Europe/Helsinki")
DAY = timedelta(days=1)


def arrived(merchant: Merchant, on: date, at: time = time(0, 30)) -> Order:
    """An order to Helsinki that arrived on a day there."""
    moment = datetime.combine(on, at, tzinfo=HELSINKI)
    placed_at = moment - 5 * DAY
    order = build.order(merchant=merchant, placed_at=placed_at, country="FI", city="Helsinki", postal_code="00100")
    build.delivered(order, at=moment)
    return order


def today() -> date:
    return timezone.now().astimezone(HELSINKI).date()


def last_working_day_before(day: date) -> date:
    day -= DAY
    while next_working_day(day, FINNISH) != day:
        day -= DAY
    return day


def test_on_day_14_one_withdraws_in_two_steps(customer: Page, clerk: Page, acme: Merchant) -> None:
    Policy.objects.update(return_days=7)
    came_on = today() - 14 * DAY
    order = arrived(acme, came_on)
    shipment = order.shipments.get()
    assert shipment.delivered_at.astimezone(UTC).date() == came_on - DAY
    customer.goto(f"/t/{order.token}/")
    customer.get_by_role("link", name="Withdraw from contract here").click()
    last_day = next_working_day(came_on + 14 * DAY, FINNISH)
    expect(customer.get_by_text(f"You can withdraw until {last_day:%a, %b} {last_day.day}")).to_be_visible()
    customer.get_by_role("button", name="Continue").click()
    expect(customer.get_by_text("I, Ann Archer, withdraw from the contract of order")).to_be_visible()
    assert not Return.objects.exists(), "nothing is declared before it is confirmed"
    customer.get_by_role("button", name="Confirm withdrawal").click()
    expect(customer.get_by_role("heading", name="We received your withdrawal")).to_be_visible()
    case = Return.objects.get()
    at = case.requested_at.astimezone(HELSINKI)
    expect(customer.get_by_text(f"at {at:%H:%M:%S} ({at:%Z}).")).to_be_visible()
    letter = told("withdrawal_acknowledged", "email")
    offset = int(at.strftime("%z")[:3])
    assert f"on {at:%b} {at.day}, {at:%Y}, {at.hour % 12 or 12}:{at:%M:%S} {at:%p} (UTC{offset:+d}):" in letter
    assert "2 × Thing 1\n2 × Thing 2" in letter
    assert case.number in told("withdrawal_acknowledged")

    at_desk(clerk, case)
    expect(clerk.locator(".badge", has_text="Withdrawal within 14 days (EU)")).to_be_visible()
    expect(clerk.get_by_role("link", name="Decline", exact=True)).to_have_count(0)
    do(clerk, "Mark as received")
    assert owed(order) == order.total, "with what the delivery cost"
    customer.reload()
    expect(customer.get_by_text("Of it, €4.90 is the shipping cost.")).to_be_visible()
    pay(clerk, Refund.objects.get())
    customer.reload()
    expect(customer.get_by_text("was paid back on")).to_be_visible()
    assert owed(order) == order.total


def test_on_day_15_the_right_is_over(customer: Page, acme: Merchant) -> None:
    Policy.objects.update(return_days=7)
    came_on = last_working_day_before(today()) - 14 * DAY
    order = arrived(acme, came_on, time(23, 30))
    customer.goto(f"/t/{order.token}/")
    expect(customer.get_by_role("link", name="Report a defect")).to_be_visible()
    expect(customer.get_by_role("link", name="Withdraw from contract here")).to_have_count(0)
    customer.goto(f"/t/{order.token}/withdraw/")
    expect(customer.get_by_role("heading", name="Not possible now")).to_be_visible()
    line = order.lines.first()
    form = {f"line-{line.pk}": "1", "step": "confirm", "csrfmiddlewaretoken": _token(customer)}
    answer = customer.request.post(f"/t/{order.token}/withdraw/", form=form)
    assert answer.status == 422
    assert not Return.objects.exists()


def _token(page: Page) -> str:
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrftoken")


def test_whoever_began_on_the_last_day_is_told_when_it_is_over(customer: Page, acme: Merchant) -> None:
    """The page of the first step is open while midnight passes."""
    Policy.objects.update(return_days=7)
    order = arrived(acme, today() - 3 * DAY)
    customer.goto(f"/t/{order.token}/withdraw/")
    customer.get_by_role("button", name="Continue").click()
    expect(customer.get_by_role("button", name="Confirm withdrawal")).to_be_visible()
    came_on = last_working_day_before(today()) - 14 * DAY
    order.shipments.update(delivered_at=datetime.combine(came_on, time(0, 30), tzinfo=HELSINKI))
    customer.get_by_role("button", name="Confirm withdrawal").click()
    expect(customer.get_by_role("heading", name="Not possible now")).to_be_visible()
    assert not Return.objects.exists()


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_a_part_is_withdrawn_once_by_a_double_click(
    browser: Browser, live_server: object, demo: None, acme: Merchant, has_script: bool
) -> None:
    order = arrived(acme, today() - 3 * DAY)
    context = visit(browser, live_server.url, session(holder()), java_script_enabled=has_script)
    page = context.new_page()
    page.goto(f"/t/{order.token}/withdraw/")
    page.get_by_label("Thing 1").select_option("1")
    page.get_by_label("Thing 2").select_option("0")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Confirm withdrawal").dblclick()
    expect(page.get_by_role("heading", name="We received your withdrawal")).to_be_visible()
    assert Return.objects.count() == 1
    context.close()
