"""Journeys of goods that come back, by the customer's phone and the desk of staff: refund, exchange, damage, clicks."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

import orders.services
from aftersales.models import Decision, Exchange, Inspection, Refund, Return
from inventory.models import StockLevel
from logistics_portal.kernel import work
from merchants.models import Merchant, Policy
from orders.models import Order
from tests import build
from tests.browser.people import at_desk, clerk, customer, demo, do, owed, pay, session, told, way
from tests.browser.test_pages import visit
from tests.visitors import holder
from tracking.models import Shipment

pytestmark = pytest.mark.django_db(transaction=True)
FIXTURES = (clerk, customer, demo)


def arrived(merchant: Merchant, **changes: object) -> Order:
    order = build.order(merchant=merchant, placed_at=timezone.now() - timedelta(days=6), **changes)
    build.delivered(order, at=timezone.now() - timedelta(days=1))
    return order


def ask(page: Page, order: Order, pieces: dict[str, str], *, reason: str, resolution: str = "refund") -> Return:
    """Ask for a return on the order's page; the case that comes of it."""
    page.goto(f"/t/{order.token}/")
    page.get_by_role("link", name="Send something back").click()
    for name, count in pieces.items():
        page.get_by_label(name).select_option(count)
    page.get_by_label("Why do you send it back?").select_option(reason)
    page.get_by_label("What do you want for it?").select_option(resolution)
    page.get_by_role("button", name="Ask for the return").click()
    return Return.objects.filter(order=order).order_by("-pk").first()


def send(page: Page, case: Return, number: str) -> Shipment:
    """Tell the tracking number of the parcel on the case's page."""
    page.goto(f"/t/{case.order.token}/returns/{case.pk}/")
    page.get_by_role("link", name="Enter the tracking number").click()
    page.get_by_label("Carrier").fill("DHL")
    page.get_by_label("Tracking number").fill(number)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Thank you. You can follow your return on this page.")).to_be_visible()
    return Shipment.objects.get(parcels__tracking_number=number)


def test_in_policy_from_the_wish_to_the_money(customer: Page, clerk: Page, acme: Merchant) -> None:
    order = arrived(acme)
    case = ask(customer, order, {"Thing 1": "1"}, reason="too_small")
    expect(customer.get_by_text("Your return is approved.")).to_be_visible()
    expect(customer.get_by_text("Your turn", exact=True)).to_be_visible()
    assert Decision.objects.get().rule == "in_policy"
    assert f"Return {case.number} is approved." in told("return_approved")

    parcel = send(customer, case, "00340434161094027318").parcels.get()
    build.scan(parcel, "in_transit", place="Leipzig")
    customer.goto(f"/t/{order.token}/returns/{case.pk}/")
    assert way(customer)[1] == "On its way backLeipzig: now"
    build.scan(parcel, "delivered", place="Hamburg")
    assert "We are refunding €19.90" in told("refund_started")
    customer.reload()
    assert [one.rpartition(": ")[2] for one in way(customer)] == ["done", "done", "done", "now"]
    expect(customer.get_by_text("You get €19.90 back. It is the sender's turn to pay.")).to_be_visible()

    clerk.goto(reverse("admin:index"))
    clerk.get_by_role("link", name="Refunds to pay").first.click()
    expect(clerk.get_by_role("link", name="19.90 EUR")).to_be_visible()
    pay(clerk, Refund.objects.get())
    assert "We refunded €19.90 for order" in told("refund_paid")
    customer.reload()
    assert way(customer)[-1] == "Refund paid: done"
    expect(customer.get_by_text("This return is complete.")).to_be_visible()
    customer.goto(reverse("demo_phone"))
    expect(customer.locator(".inbox-bubble").first).to_contain_text("We refunded €19.90")
    assert owed(order) == Decimal("19.90")


def test_an_exchange_shows_three_parcels_on_one_line(customer: Page, clerk: Page, acme: Merchant) -> None:
    for sku, price in (("SHIRT-M", "20.00"), ("SHIRT-L", "18.00")):
        build.stock(acme, sku=sku, on_hand=5)
        build.order(merchant=acme, lines=[_shirt(sku, price)], phone="+4915198765432")
    free = _free("SHIRT-L")
    order = arrived(acme, lines=[_shirt("SHIRT-M", "20.00")])
    ask(customer, order, {"Shirt-M": "1"}, reason="too_small", resolution="exchange")
    assert not Return.objects.exists(), "for what is asked first"
    expect(customer.get_by_text("One more thing: choose what you want instead.")).to_be_visible()
    expect(customer.locator(".error, [aria-invalid=true]")).to_have_count(0)
    expect(customer.get_by_label("Instead of “Shirt-M”")).to_be_focused()
    customer.get_by_label("Instead of “Shirt-M”").select_option(label="SHIRT-L")
    customer.get_by_role("button", name="Ask for the return").click()
    expect(customer.get_by_text("Put aside for you")).to_be_visible()
    case = Return.objects.get()
    assert _free("SHIRT-L") == free - 1

    parcel = send(customer, case, "RETURN12345").parcels.get()
    build.scan(parcel, "in_transit")
    build.scan(parcel, "delivered")
    work.drain()
    replacement = Exchange.objects.get().order
    assert replacement.total == 0
    clerk.goto("/warehouse/")
    clerk.get_by_role("link", name=replacement.number).click()
    clerk.get_by_label("SHIRT-L").check()
    clerk.get_by_role("button", name="All in the box: pack").click()
    clerk.get_by_label("Carrier").fill("DHL")
    clerk.get_by_label("Tracking number").fill("REPLACE12345")
    clerk.get_by_role("button", name="Given to the carrier").click()
    expect(clerk.get_by_text("REPLACE12345").first).to_be_visible()
    customer.goto(f"/t/{order.token}/returns/{case.pk}/")
    assert [one.partition(":")[0] for one in way(customer)] == [
        *("Your parcel", "On its way back", "With the sender", "ReplacementOn its way", "Refund started"),
    ]
    build.scan(Shipment.objects.get(order=replacement).parcels.get(), "delivered")
    customer.reload()
    assert way(customer)[3] == "ReplacementDelivered: done"
    at_desk(clerk, case)
    expect(clerk.get_by_label("The way of this return").get_by_text("Replacement")).to_be_visible()
    expect(clerk.get_by_role("link", name=replacement.number)).to_be_visible()
    pay(clerk, Refund.objects.get())
    customer.reload()
    expect(customer.get_by_text("This return is complete.")).to_be_visible()
    customer.get_by_role("link", name=f"Replacement {replacement.number}").click()
    expect(customer.get_by_role("heading", level=1)).to_have_text("Your parcel was delivered.")
    assert (_free("SHIRT-L"), StockLevel.objects.get(item__sku="SHIRT-L").on_hand) == (free - 1, 4)
    assert owed(order) == Decimal("2.00"), "what the larger one costs less"


def _shirt(sku: str, price: str) -> orders.services.LineDraft:
    return orders.services.LineDraft(sku=sku, name=sku.title(), quantity=1, unit_price=Decimal(price))


def _free(sku: str) -> int:
    level = StockLevel.objects.get(item__sku=sku)
    return level.on_hand - level.reserved


def test_of_a_damaged_part_staff_pay_the_good_pieces(customer: Page, clerk: Page, acme: Merchant) -> None:
    Policy.objects.update(refund_on="inspected")
    on_hand = build.stock(acme, sku="SKU-1").on_hand
    order = arrived(acme, lines=[build.line(1, quantity=3)])
    on_hand -= 3 if StockLevel.objects.get().on_hand != on_hand else 0
    case = ask(customer, order, {"Thing 1": "3"}, reason="changed_mind")
    at_desk(clerk, case)
    do(clerk, "Receive a part", resellable="1", damaged="1", note="Coffee on it")
    expect(clerk.get_by_text("What came is noted.")).to_be_visible()
    expect(clerk.get_by_text("1 as good as new, 1 damaged, 0 missing (written off) · Coffee on it")).to_be_visible()
    customer.reload()
    expect(customer.get_by_role("heading", name="Partly received")).to_be_visible()
    expect(customer.get_by_text("2 arrived · 1 damaged", exact=True)).to_be_visible()
    assert owed(order) == 0, "nothing before all is there"

    do(clerk, "Receive a part", resellable="1", is_last="yes")
    assert owed(order) == Decimal("39.80")
    assert "We are refunding €39.80" in told("refund_started")
    do(clerk, "Decline the rest", note="The third one has coffee on it.")
    expect(clerk.get_by_text("The customer is told why nothing is paid for it.")).to_be_visible()
    pay(clerk, Refund.objects.get())
    customer.reload()
    expect(customer.get_by_text("3 arrived · 1 damaged · 2 accepted · 1 declined")).to_be_visible()
    expect(customer.get_by_text("The third one has coffee on it.")).to_be_visible()
    expect(customer.get_by_text("€39.80 was paid back on")).to_be_visible()
    assert owed(order) == Decimal("39.80")
    assert StockLevel.objects.get().on_hand == on_hand + 2, "the damaged one is written off"
    assert Inspection.objects.count() == 2


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_a_double_click_asks_once(
    browser: Browser, live_server: object, demo: None, acme: Merchant, has_script: bool
) -> None:
    order = arrived(acme)
    context = visit(browser, live_server.url, session(holder()), java_script_enabled=has_script)
    page = context.new_page()
    page.goto(f"/t/{order.token}/return/")
    page.get_by_label("Thing 1").select_option("1")
    page.get_by_label("Why do you send it back?").select_option("too_large")
    page.get_by_role("button", name="Ask for the return").dblclick()
    number = page.get_by_role("heading", level=1).filter(has_text=f"Return R-{order.number}-1")
    expect(number).to_be_visible()
    page.go_back()
    page.get_by_label("Thing 1").select_option("1")
    page.get_by_label("Why do you send it back?").select_option("too_large")
    page.get_by_role("button", name="Ask for the return").click()
    expect(number).to_be_visible()
    assert Return.objects.count() == 1
    assert told("return_approved")
    context.close()
