"""A customer and a member of staff, each with a browser of their own, and the messages that reach the customer."""

import re
from collections.abc import Iterator
from datetime import time
from decimal import Decimal

import pytest
from django.conf import LazySettings, settings
from django.db.models import Sum
from playwright.sync_api import Browser, Page, expect

from aftersales.models import Refund, Return
from logistics_portal.kernel import work
from merchants.models import Merchant
from notifications.models import Message, MessagePolicy
from orders.models import Order
from tests import build
from tests.browser.test_pages import visit
from tests.visitors import holder, worker

__all__ = ["clerk", "customer", "demo"]


@pytest.fixture
def demo(transactional_db: None, acme: Merchant, settings: LazySettings, live_server: object) -> None:
    """Messages go to the demo's phone and mailbox, at any hour."""
    settings.DEMO_INBOX, settings.BASE_URL = True, live_server.url
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = settings.SMTP_URL = ""
    MessagePolicy.objects.create(merchant=acme, quiet_from=time(0), quiet_until=time(0))


@pytest.fixture
def customer(browser: Browser, live_server: object, demo: None) -> Iterator[Page]:
    """Ann at her phone, verified."""
    context = visit(browser, live_server.url, session(holder()))
    yield context.new_page()
    context.close()


@pytest.fixture
def clerk(browser: Browser, live_server: object, demo: None) -> Iterator[Page]:
    """Staff of every merchant at a desk."""
    chief = build.staff(superuser=True, name="chief")
    context = visit(browser, live_server.url, session(worker(chief)), viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def session(of: object) -> str:
    return of.cookies[settings.SESSION_COOKIE_NAME].value  # type: ignore[attr-defined]


def told(kind: str, channel: str = "sms") -> str:
    """The newest message of a kind that reached the customer, once all work is done; "" when there is none."""
    work.drain()
    message = Message.objects.filter(kind=kind, channel=channel, status="delivered").order_by("-pk").first()
    return message.body if message else ""


def at_desk(page: Page, row: Return | Refund) -> None:
    """Open a row's page among the staff pages."""
    page.goto(f"/admin/aftersales/{row._meta.model_name}/{row.pk}/change/")


def do(page: Page, deed: str, **given: str) -> None:
    """Do a deed on a staff page: its button, then what it asks for by the fields' names, then the button again."""
    page.get_by_role("link", name=deed, exact=True).click()
    for name, value in given.items():
        field = page.locator(f"[name={name}]")
        if value in ("yes", "no"):
            field.set_checked(value == "yes")
        elif field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.get_by_role("button", name=deed, exact=True).click()


def pay(page: Page, refund: Refund, reference: str = "re_1") -> None:
    at_desk(page, refund)
    do(page, "Mark as paid", reference=reference)
    expect(page.get_by_text("The refund is marked as paid; the customer is told.")).to_be_visible()


def way(page: Page) -> list[str]:
    """The stations of a return's line with their states, as a screen reader says them."""
    said = page.get_by_label("The way of this return").get_by_role("listitem").all_text_contents()
    return [re.sub(r"\s+", " ", one).replace(" :", ":").strip() for one in said]


def owed(order: Order) -> Decimal:
    """All refunds of an order that were not called off; never above what was paid."""
    alive = Refund.objects.filter(order=order).exclude(status=Refund.Status.CANCELED)
    total = alive.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    assert total <= order.total
    return total
