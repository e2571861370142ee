"""Journeys that turn on staff: goods nobody announced, decisions against a rule's, impatient fingers over money."""

from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

import aftersales.services
from aftersales.models import Decision, Refund, Return
from merchants.models import Merchant, Policy
from orders.models import Order
from tests import build
from tests.browser.people import at_desk, clerk, customer, demo, do, owed, pay, told
from tests.browser.test_returns import arrived, ask

pytestmark = pytest.mark.django_db(transaction=True)
FIXTURES = (clerk, customer, demo)


def test_an_unannounced_parcel_is_noted_and_paid_only_once_staff_decide(
    customer: Page, clerk: Page, acme: Merchant
) -> None:
    order = arrived(acme)
    clerk.goto(reverse("admin:orders_order_change", args=[order.pk]))
    clerk.get_by_role("link", name="Goods came back that nobody had announced").click()
    clerk.get_by_label("SKU-1 Thing 1").fill("1")
    clerk.get_by_label("Note for staff").fill("No slip inside")
    clerk.get_by_role("button", name="Goods came back").click()
    expect(clerk.get_by_text("The goods are noted. Nothing is paid back before somebody decides.")).to_be_visible()
    case = Return.objects.get()
    assert (case.origin, case.status, owed(order)) == ("unannounced", "received", 0)
    customer.goto(f"/t/{order.token}/returns/{case.pk}/")
    expect(customer.get_by_text("The sender has the goods. It is the sender's turn to decide.")).to_be_visible()
    assert "has arrived. We are checking it" in told("return_received")

    at_desk(clerk, case)
    do(clerk, "Inspect", resellable="1")
    assert owed(order) == 0, "that it is good decides nothing"
    do(clerk, "Pay for the rest", note="You sent it in time.")
    expect(clerk.get_by_text("The customer gets what was asked for.")).to_be_visible()
    pay(clerk, Refund.objects.get())
    customer.reload()
    expect(customer.get_by_text("€19.90 was paid back on")).to_be_visible()
    expect(customer.get_by_text("You sent it in time.")).to_be_visible()
    assert owed(order) == Decimal("19.90")
    assert "We refunded €19.90" in told("refund_paid")

    clerk.goto(reverse("admin:aftersales_return_unannounced", args=[order.pk]))
    clerk.get_by_label("SKU-1 Thing 1").fill("2")
    clerk.get_by_role("button", name="Goods came back").click()
    expect(clerk.get_by_text("More came back than was sold and has not come back yet.")).to_be_visible()
    assert Return.objects.count() == 1


def test_what_is_in_a_parcel_that_came_back_is_said_by_who_opens_it(clerk: Page, acme: Merchant) -> None:
    order = build.order(merchant=acme)
    first, _second = build.shipment(order), build.shipment(order)
    build.scan(first.parcels.get(), "returned")
    told("return_received")
    case = Return.objects.get()
    at_desk(clerk, case)
    clerk.get_by_role("link", name="Say what is in it").click()
    clerk.get_by_label("SKU-2 Thing 2").fill("2")
    clerk.get_by_role("button", name="Say what is in it").click()
    expect(clerk.get_by_text("What is in the parcel is noted.")).to_be_visible()
    assert [(line.order_line.sku, line.received_quantity) for line in case.lines.all()] == [("SKU-2", 2)]
    do(clerk, "Decline the rest", note="It was opened.")
    assert owed(order) == 0


def test_staff_decide_against_a_rule_and_the_page_shows_both(customer: Page, clerk: Page, acme: Merchant) -> None:
    order = arrived(acme)
    case = ask(customer, order, {"Thing 1": "1"}, reason="not_as_described")
    expect(customer.get_by_text("Your return is approved.")).to_be_visible()
    at_desk(clerk, case)
    do(clerk, "Refund without return", note="It is not worth the postage: keep it.")
    expect(clerk.get_by_text("The customer keeps the goods; the refund is started.")).to_be_visible()
    by_rule, by_hand = (clerk.locator("article.case").filter(has_text=text) for text in ("by the rule", "by chief"))
    expect(by_rule).to_contain_text("Approved by the rule “In policy”, version 1")
    expect(by_rule).to_contain_text("Day 1 of 30, value within the merchant's limit.")
    expect(by_hand).to_contain_text("Instead of: Approved")
    expect(by_hand).to_contain_text("It is not worth the postage: keep it.")
    assert Decision.objects.get(rule="").overrules == Decision.objects.get(rule="in_policy")
    customer.reload()
    expect(customer.get_by_text("You keep the goods and get your money back.")).to_be_visible()
    expect(customer.get_by_text("It is not worth the postage: keep it.")).to_be_visible()
    assert owed(order) == Decimal("19.90")


def test_what_a_rule_left_to_people_is_declined_with_a_reason(customer: Page, clerk: Page, acme: Merchant) -> None:
    Policy.objects.update(auto_approve_up_to=Decimal(10))
    order = arrived(acme)
    case = ask(customer, order, {"Thing 1": "2"}, reason="changed_mind")
    expect(customer.get_by_text("It is the sender's turn: your request is being looked at.")).to_be_visible()
    assert told("return_requested")
    at_desk(clerk, case)
    expect(clerk.get_by_text("Worth 39.80, above the limit of 10.00.")).to_be_visible()
    do(clerk, "Decline", note="Worn for a year.")
    expect(clerk.get_by_text("The return is declined; the customer is told why.")).to_be_visible()
    expect(clerk.locator("article.case").filter(has_text="by chief")).to_contain_text("Worn for a year.")
    customer.reload()
    expect(customer.get_by_text("Worn for a year.")).to_be_visible()
    assert f"We can't accept return {case.number}" in told("return_rejected")
    assert owed(order) == 0


def test_a_double_click_pays_once_and_never_more_than_was_paid(clerk: Page, acme: Merchant) -> None:
    order = arrived(acme)
    case = _approved(order)
    for amount, left in (("10.00", "10.00"), ("70.00", "80.00")):
        at_desk(clerk, case)
        clerk.get_by_role("link", name="Refund an amount").click()
        clerk.get_by_label("Amount").fill(amount)
        clerk.get_by_label("Why").fill("For the trouble")
        clerk.get_by_role("button", name="Refund an amount").dblclick()
        expect(clerk.get_by_text("The refund is started.").first).to_be_visible()
        assert owed(order) == Decimal(left)
    at_desk(clerk, case)
    do(clerk, "Refund an amount", amount="5.00", note="And more")
    expect(clerk.get_by_text("At most 4.50 EUR can be paid back.")).to_be_visible()
    assert owed(order) == Decimal("80.00")

    refund = Refund.objects.order_by("pk").first()
    at_desk(clerk, refund)
    clerk.get_by_role("link", name="Mark as paid").click()
    clerk.get_by_label("Reference").fill("re_1")
    clerk.get_by_role("button", name="Mark as paid").dblclick()
    expect(clerk.get_by_text("The refund is marked as paid; the customer is told.").first).to_be_visible()
    refund.refresh_from_db()
    assert (refund.status, refund.reference) == ("paid", "re_1")
    assert "We refunded €10.00" in told("refund_paid")


def test_two_tabs_receive_once(clerk: Page, acme: Merchant) -> None:
    order = arrived(acme)
    case = _approved(order)
    other = clerk.context.new_page()
    for page in (clerk, other):
        at_desk(page, case)
        page.get_by_role("link", name="Mark as received").click()
    for page in (clerk, other):
        page.get_by_role("button", name="Mark as received").click()
    expect(other.get_by_text("This can't be done: the status is")).to_be_visible()
    assert owed(order) == Decimal("19.90")
    pay(clerk, Refund.objects.get())
    assert owed(order) == Decimal("19.90")


def _approved(order: Order) -> Return:
    line = order.lines.order_by("pk").first()
    return aftersales.services.request_return(order=order, reason="too_small", quantities={line.pk: 1})
