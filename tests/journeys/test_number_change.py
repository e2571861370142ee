"""A promise to a customer with a new phone: the number changes in mid-delivery, and everybody knows the new one."""

import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect

from customers.models import PhoneVerification
from customers.services import verification_code
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Allowance
from merchants.models import Merchant
from tests import build
from tests.browser.chromium import ARGUMENTS, PATH
from tests.visitors import last_code, worker

# Playwright's own loop runs in the thread of the test, which Django would take for a mistake.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

OLD, NEW = build.ANNS_PHONE, "+4915155566677"
PHONE = {"width": 360, "height": 740}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PATH is None, reason="no chromium on this machine (apt-get install chromium)"),
]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    return {"executable_path": PATH, "args": ARGUMENTS}


@pytest.fixture
def _patience(transactional_db: None) -> Iterator[None]:
    yield
    Allowance.objects.all().delete()


def code_to(phone: str) -> str:
    return verification_code(PhoneVerification.objects.filter(number=phone).latest("id"))


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_the_number_changes_in_mid_delivery_and_back(
    browser: Browser, live_server: object, _patience: None, acme: Merchant, has_script: bool
) -> None:
    order = build.order(merchant=acme)
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "out_for_delivery")
    context = browser.new_context(
        base_url=live_server.url, viewport=PHONE, locale="en-US", java_script_enabled=has_script
    )
    page = context.new_page()
    page.goto("/orders/sign-in/")
    page.get_by_label("Phone number").fill(OLD)
    page.get_by_role("button", name="Send the code").click()
    page.get_by_label("Code with 6 digits").fill(last_code())
    page.get_by_role("button", name="Confirm").click()
    Allowance.objects.all().delete()  # a minute passes
    page.get_by_role("link", name="Change your number").click()
    page.get_by_label("New number").fill("0151 55566677")
    page.get_by_role("button", name="Send both codes").click()
    page.get_by_role("button", name="+49 1515 5566677").click()
    page.get_by_label("Code to the old number").fill(code_to(OLD))
    page.get_by_label("Code to the new number").fill(code_to(NEW))
    page.get_by_role("button", name="Change the number").click()
    expect(page.get_by_text("Your number is changed.")).to_be_visible()
    work.drain()
    desk = worker(build.staff(acme))
    assert f"tel:{NEW}" in desk.get(f"/courier/{shipment.pk}/").content.decode()
    page.goto("/orders/number/")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("You have your old number back.")).to_be_visible()
    work.drain()
    assert f"tel:{OLD}" in desk.get(f"/courier/{shipment.pk}/").content.decode()
    assert settings.SESSION_COOKIE_NAME in {cookie["name"] for cookie in context.cookies()}
    context.close()
