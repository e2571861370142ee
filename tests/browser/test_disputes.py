"""Two journeys of a missing parcel: with a proof at the door it goes to a person, and one tap begins it."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page, expect

import tracking.services
from aftersales.models import Confirmation, Dispute, Refund
from merchants.models import Merchant
from tests import build
from tests.browser.test_pages import visit
from tests.visitors import holder, worker
from tracking.models import Shipment

pytestmark = pytest.mark.django_db(transaction=True)


def proved(merchant: Merchant) -> Shipment:
    """Handed over with the code that only the customer has."""
    shipment = build.shipment(build.order(merchant=merchant))
    build.scan(shipment.parcels.get(), "out_for_delivery", at=timezone.now() - timedelta(hours=1))
    shipment.refresh_from_db()
    tracking.services.prove_delivery(shipment=shipment, code=tracking.services.handover_code(shipment))
    return shipment


def lost(merchant: Merchant) -> Shipment:
    order = build.order(merchant=merchant, placed_at=timezone.now() - timedelta(days=12))
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "in_transit", at=timezone.now() - timedelta(days=10))
    build.scan(shipment.parcels.get(), "exception", at=timezone.now() - timedelta(days=1), reason="carrier_parcel_lost")
    return shipment


def session(of: object) -> str:
    return of.cookies[settings.SESSION_COOKIE_NAME].value  # type: ignore[attr-defined]


@pytest.fixture
def customer(browser: Browser, live_server: object) -> Page:
    context = visit(browser, live_server.url, session(holder()), java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def clerk(browser: Browser, live_server: object) -> Page:
    chief: User = build.staff(superuser=True, name="chief")
    context = visit(browser, live_server.url, session(worker(chief)), viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def test_with_a_code_at_the_door_a_person_decides(customer: Page, clerk: Page, acme: Merchant, tmp_path: Path) -> None:
    shipment = proved(acme)
    customer.goto(f"/t/{shipment.order.token}/")
    customer.get_by_role("button", name="It is not here").click()
    expect(customer.get_by_text("You said: It is not here")).to_be_visible()
    picture = tmp_path / "door.jpg"
    file = BytesIO()
    Image.new("RGB", (300, 200), "gray").save(file, "JPEG")
    picture.write_bytes(file.getvalue())
    customer.get_by_label("What happened? (optional)").fill("Nobody rang.")
    customer.get_by_label("Photos (optional)").set_input_files(picture)
    customer.get_by_role("button", name="Send", exact=True).click()
    expect(customer.get_by_text("The sender's turn", exact=True)).to_be_visible()
    expect(customer.get_by_alt_text("Photo 1")).to_be_visible()
    dispute = Dispute.objects.get()
    assert (dispute.status, Confirmation.objects.get().answer, dispute.photos.count()) == ("open", "not_here", 1)

    clerk.goto(f"/admin/aftersales/dispute/{dispute.pk}/change/")
    expect(clerk.get_by_text("Confirmed").first).to_be_visible()
    clerk.get_by_role("link", name="Ask the customer").click()
    clerk.get_by_label("What you want to know; the customer reads it").fill("Who has your code?")
    clerk.get_by_role("button", name="Ask the customer").click()
    customer.reload()
    expect(customer.get_by_text("Who has your code?")).to_be_visible()
    customer.get_by_role("textbox", name="Your answer").fill("Only me.")
    customer.get_by_role("button", name="Send the answer").click()
    expect(customer.get_by_text("It is the sender's turn now.")).to_be_visible()

    clerk.goto(f"/admin/aftersales/dispute/{dispute.pk}/change/")
    clerk.get_by_label("What the customer is told").fill("The courier was given your code.")
    clerk.get_by_role("button", name="Decline").click()
    customer.reload()
    expect(customer.get_by_text("The courier was given your code.").first).to_be_visible()
    expect(customer.get_by_role("button", name="Open the case again")).to_be_visible()
    assert not Refund.objects.exists()


def test_what_the_carrier_lost_is_paid_back_and_a_double_click_does_no_more(customer: Page, acme: Merchant) -> None:
    shipment = lost(acme)
    customer.goto(f"/t/{shipment.order.token}/dispute/{shipment.pk}/")
    customer.get_by_role("button", name="Send", exact=True).dblclick()
    expect(customer.get_by_text("You get")).to_be_visible()
    assert (Dispute.objects.count(), Dispute.objects.get().status) == (1, "accepted")
    assert Refund.objects.get().amount == shipment.order.total
