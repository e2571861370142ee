"""What looks wrong before a parcel leaves: asked once, answered by customers, settled by staff with a reason."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber as Number

import aftersales.services
import customers.services
import orders.services
from aftersales.models import Decision, OrderCheck, Return, ReturnLine
from aftersales.services import UnableToSettle
from aftersales.services.judging import is_reproduced
from customers.models import PhoneNumber, PhoneVerification
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from orders.models import Order, OrderLine
from tests import build
from tests.visitors import holder, text_of, worker

pytestmark = pytest.mark.django_db
Drain = Callable[[], int]
RIGHT = {"line1": "Lindenstraße 12", "line2": "", "city": "Berlin", "region": "", "postal_code": "10969"}


def placed(merchant: Merchant, drain: Drain, **changes: object) -> Order:
    order = build.order(merchant=merchant, **changes)
    drain()
    return order


@pytest.fixture
def doubtful(acme: Merchant, drain: Drain) -> Order:
    """An order without a house number."""
    return placed(acme, drain, line1="Lindenstraße")


def rules_of(order: Order) -> set[str]:
    return set(order.checks.filter(status="open").values_list("rule", flat=True))


# What is asked.


def test_an_ordinary_order_is_asked_nothing(acme: Merchant, drain: Drain) -> None:
    assert not placed(acme, drain).checks.exists()


def test_an_address_that_looks_wrong_is_asked_of_the_customer(doubtful: Order) -> None:
    check = doubtful.checks.get()
    assert (check.rule, check.asked_of, check.is_blocking, check.status) == ("house_number", "customer", True, "open")
    assert is_reproduced(check.decision)
    assert check.decision.facts["line1"] == "Lindenstraße"
    told = Event.objects.get(name="aftersales.check_opened")
    assert told.payload == {"order_id": str(doubtful.pk), "rule": "house_number", "asked_of": "customer"}


def test_nothing_is_asked_twice(doubtful: Order) -> None:
    for _ in range(2):
        assert aftersales.services.check_orders(order_ids=[doubtful.pk]) == []
    aftersales.services.answer_check(check=doubtful.checks.get(), answer="as_is")
    assert aftersales.services.check_orders(order_ids=[doubtful.pk]) == []
    assert OrderCheck.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"postal_code": "1096"}, {"postal_code"}),
        ({"postal_code": ""}, {"postal_code"}),
        ({"city": "Paris", "postal_code": "75001"}, {"city"}),
        ({"city": "…"}, {"city"}),
        ({"line1": "Lindenstraße", "postal_code": "x"}, {"house_number", "postal_code"}),
        ({"city": "Hintertupfingen"}, set()),
    ],
)
def test_addresses(acme: Merchant, drain: Drain, changes: dict[str, str], rules: set[str]) -> None:
    assert rules_of(placed(acme, drain, **changes)) == rules


def test_the_same_things_twice_within_a_day(acme: Merchant, rival: Merchant, drain: Drain) -> None:
    first = placed(acme, drain)
    assert rules_of(placed(rival, drain)) == set(), "another merchant's orders are not known here"
    assert rules_of(placed(acme, drain, lines=1)) == set(), "other things"
    assert rules_of(placed(acme, drain, phone="+4915198765432")) == set(), "somebody else"
    again = placed(acme, drain)
    assert rules_of(again) == {"duplicate_order"}
    assert first.number in aftersales.services.question_of(again.checks.get())
    assert rules_of(first) == set()


def test_two_orders_of_one_batch_are_twins_too(acme: Merchant, drain: Drain) -> None:
    first, second = build.order(merchant=acme), build.order(merchant=acme)
    drain()
    assert (rules_of(first), rules_of(second)) == (set(), {"duplicate_order"})


def test_a_canceled_twin_or_one_of_yesterday_is_none(acme: Merchant, drain: Drain) -> None:
    orders.services.cancel_order(order=build.order(merchant=acme))
    build.order(merchant=acme, placed_at=timezone.now() - timedelta(hours=25))
    assert rules_of(placed(acme, drain)) == set()


def reordered(order: Order, drain: Drain) -> Order:
    """An order once more, as the customer asked on its page and the merchant placed it."""
    seen = orders.services.order_today(order).seen
    wish = orders.services.request_reorder(order=order, form_id=uuid4().hex, seen=seen)
    again = orders.services.place_reorder(reorder=wish, number=f"R-{wish.form_id[:8]}", shipping_total=Decimal("4.90"))
    drain()
    return again


def test_what_the_customer_asked_for_once_more_is_meant(acme: Merchant, drain: Drain) -> None:
    first = placed(acme, drain)
    again = reordered(first, drain)
    for order in (again, reordered(first, drain), reordered(again, drain)):
        assert rules_of(order) == set()


def test_a_shop_order_beside_one_that_was_asked_for_once_more_is_asked_about(acme: Merchant, drain: Drain) -> None:
    old = placed(acme, drain, placed_at=timezone.now() - timedelta(days=30))
    again = reordered(old, drain)
    in_the_shop = placed(acme, drain)
    assert rules_of(again) == set()
    assert rules_of(in_the_shop) == {"duplicate_order"}, "it may have been forgotten that this was asked for"


def test_who_asks_for_an_old_order_once_more_after_one_in_the_shop_is_asked(acme: Merchant, drain: Drain) -> None:
    old = placed(acme, drain, placed_at=timezone.now() - timedelta(days=30))
    placed(acme, drain)
    assert rules_of(reordered(old, drain)) == {"duplicate_order"}


def test_an_address_that_failed_before(acme: Merchant, rival: Merchant, drain: Drain) -> None:
    for merchant in (acme, rival):
        shipment = build.shipment(build.order(merchant=merchant, line1="LINDENSTRASSE 99"))
        build.scan(shipment.parcels.get(), "exception", reason="consignee_incorrect_address")
    assert rules_of(placed(acme, drain, line1="Lindenstrasse 99", lines=1)) == {"undeliverable"}
    assert rules_of(placed(acme, drain, line1="Lindenstrasse 98", lines=3)) == set()


def test_a_number_that_nobody_proved_where_numbers_are_proved(acme: Merchant, drain: Drain) -> None:
    now = timezone.now()
    PhoneVerification.objects.create(
        number="+4915111111111", purpose="checkout", merchant=acme, expires_at=now, used_at=now
    )
    order = placed(acme, drain)
    assert rules_of(order) == {"number_unproved"}
    assert not order.checks.get().is_blocking
    customers.services.request_verification(
        number=Number.from_string(build.ANNS_PHONE), purpose="sign_in", language="en", caller="1.2.3.4"
    )
    latest = PhoneVerification.objects.get(number=build.ANNS_PHONE)
    customers.services.confirm_verification(
        number=Number.from_string(build.ANNS_PHONE),
        purpose="sign_in",
        code=customers.services.verification_code(latest),
        caller="1.2.3.4",
    )
    drain()
    assert order.checks.get().status == OrderCheck.Status.HEALED


def test_a_number_that_does_not_reach_anybody(acme: Merchant, drain: Drain) -> None:
    order = placed(acme, drain)
    customers.services.doubt_number(number=build.ANNS_PHONE, reason=PhoneNumber.Doubt.BOUNCED)
    drain()
    assert rules_of(order) == {"number_unproved"}


def test_an_item_that_often_comes_back_warns_staff(acme: Merchant, drain: Drain) -> None:
    sold = build.order(merchant=acme, lines=[build.line(7, quantity=20)], phone="+4915198765432")
    case = Return.objects.create(merchant=acme, order=sold, number="R-1", reason="too_small")
    ReturnLine.objects.create(return_case=case, order_line=OrderLine.objects.get(order=sold), quantity=8)
    order = placed(acme, drain, lines=[build.line(7, quantity=1)])
    check = order.checks.get()
    assert (check.rule, check.asked_of, check.is_blocking) == ("often_sent_back", "staff", False)
    assert "38 % of Thing 7" in check.decision.why


def test_what_is_packed_or_past_is_not_judged(acme: Merchant, drain: Drain) -> None:
    history = build.order(merchant=acme, line1="Lindenstraße", is_announced=False)
    packed = build.order(merchant=acme, line1="Lindenstraße")
    orders.services.pack_order(order=packed)
    drain()
    assert not OrderCheck.objects.filter(order__in=[history, packed]).exists()


# How it ends.


def test_a_corrected_address_heals_the_question(doubtful: Order) -> None:
    asked = aftersales.services.correct_address(check=doubtful.checks.get(), **RIGHT)
    assert asked == []
    doubtful.refresh_from_db()
    assert doubtful.line1 == "Lindenstraße 12"
    assert doubtful.checks.get().status == OrderCheck.Status.HEALED
    assert doubtful.customer.addresses.filter(line1="Lindenstraße 12").exists()


def test_another_wrong_address_is_another_question(doubtful: Order) -> None:
    asked = aftersales.services.correct_address(check=doubtful.checks.get(), **{**RIGHT, "line1": "Rosenweg"})
    assert [check.rule for check in asked] == ["house_number"]
    assert doubtful.checks.filter(status="healed").count() == 1


def test_a_packed_parcel_goes_where_it_was_to_go(doubtful: Order) -> None:
    orders.services.pack_order(order=doubtful)
    with pytest.raises(orders.services.UnableToChangeAddress):
        aftersales.services.correct_address(check=doubtful.checks.get(), **RIGHT)


@pytest.mark.parametrize("answer", ["cancel", "correct", "whatever", ""])
def test_only_the_answers_of_the_question(doubtful: Order, answer: str) -> None:
    with pytest.raises(UnableToSettle):
        aftersales.services.answer_check(check=doubtful.checks.get(), answer=answer)
    assert doubtful.checks.get().status == "open"


def test_an_answer_counts_once(doubtful: Order, staff: User) -> None:
    first, second, third = (doubtful.checks.get() for _ in range(3))
    aftersales.services.answer_check(check=first, answer="as_is")
    with pytest.raises(UnableToSettle):
        aftersales.services.answer_check(check=first, answer="as_is")
    for late in (
        lambda: aftersales.services.answer_check(check=second, answer="as_is"),
        lambda: aftersales.services.overrule_check(check=third, note="Called.", by=staff),
    ):
        with pytest.raises(Exception, match="Somebody else changed this"):
            late()
    assert not Decision.objects.filter(decided_by=staff).exists()


def test_staff_settle_with_a_reason_that_is_kept(doubtful: Order, staff: User) -> None:
    check = doubtful.checks.get()
    with pytest.raises(UnableToSettle):
        aftersales.services.overrule_check(check=check, note=" ", by=staff)
    decision = aftersales.services.overrule_check(check=check, note="Called: a farm.", by=staff)
    assert decision.overrules == check.decision
    assert (decision.why, decision.decided_by, decision.facts) == ("Called: a farm.", staff, check.decision.facts)


@pytest.mark.parametrize("ending", ["canceled", "shipped"])
def test_what_left_or_was_canceled_is_asked_nothing(doubtful: Order, drain: Drain, ending: str) -> None:
    if ending == "canceled":
        orders.services.cancel_order(order=doubtful)
    else:
        build.shipment(doubtful)  # the world doesn't wait for our questions
    drain()
    assert doubtful.checks.get().status == OrderCheck.Status.HEALED


# The customer's page.


def test_the_page_asks_and_takes_another_address(doubtful: Order) -> None:
    client, home = holder(), f"/t/{doubtful.token}/"
    page = client.get(home)
    check = doubtful.checks.get()
    assert "“Lindenstraße” has no house number." in text_of(page)
    assert f"{home}checks/{check.pk}/" in page.content.decode()
    assert 'value="Lindenstraße"' in client.get(f"{home}checks/{check.pk}/").content.decode()
    said = client.post(f"{home}checks/{check.pk}/", {"action": "correct", **RIGHT}, follow=True)
    assert "Thank you." in text_of(said)
    assert "no house number" not in text_of(said)


def test_strangers_with_the_link_see_no_question(doubtful: Order) -> None:
    client, home = Client(), f"/t/{doubtful.token}/"
    assert "house number" not in text_of(client.get(home))
    answer = client.post(f"{home}checks/{doubtful.checks.get().pk}/", {"action": "as_is"})
    assert answer.status_code == 302
    assert doubtful.checks.get().status == "open"


def test_the_address_is_right_as_it_is(doubtful: Order) -> None:
    url = f"/t/{doubtful.token}/checks/{doubtful.checks.get().pk}/"
    client = holder()
    client.post(url, {"action": "as_is"})
    assert doubtful.checks.get().answer == "as_is"
    again = client.post(url, {"action": "as_is"})
    assert again.status_code == 409
    assert "This question is settled." in text_of(again)


def test_an_incomplete_address_is_told_at_the_field(doubtful: Order) -> None:
    url = f"/t/{doubtful.token}/checks/{doubtful.checks.get().pk}/"
    answer = holder().post(url, {"action": "correct", **RIGHT, "city": ""})
    assert answer.status_code == 422
    assert "This field is required." in text_of(answer)


def test_a_second_click_is_canceled(acme: Merchant, drain: Drain) -> None:
    first, second = placed(acme, drain), placed(acme, drain)
    url = f"/t/{second.token}/checks/{second.checks.get().pk}/"
    client = holder()
    assert "Yes, I want both" in text_of(client.get(url))
    assert "The order is canceled." in text_of(client.post(url, {"action": "cancel"}, follow=True))
    second.refresh_from_db()
    first.refresh_from_db()
    assert (first.status, second.status) == (Order.Status.PLACED, Order.Status.CANCELED)


def test_questions_of_other_orders_and_of_staff_are_not_there(doubtful: Order, acme: Merchant, drain: Drain) -> None:
    other = placed(acme, drain, lines=1, line1="Rosenweg")
    client = holder()
    assert client.get(f"/t/{doubtful.token}/checks/{other.checks.get().pk}/").status_code == 404
    assert client.get(f"/t/{doubtful.token}/checks/{uuid4()}/").status_code == 404
    OrderCheck.objects.update(asked_of="staff")
    assert client.get(f"/t/{doubtful.token}/checks/{doubtful.checks.get().pk}/").status_code == 404


# The warehouse.


def pack(client: Client, order: Order) -> str:
    ticks = {f"line-{line.pk}": "on" for line in order.lines.all()}
    return text_of(client.post(f"/warehouse/{order.pk}/", {"action": "pack", **ticks}, follow=True))


def test_packing_asks_first_and_goes_on_when_it_is_settled(doubtful: Order, staff: User) -> None:
    client = worker(staff)
    assert "“Lindenstraße” has no house number." in text_of(client.get(f"/warehouse/{doubtful.pk}/"))
    assert "Something is open about this order." in pack(client, doubtful)
    doubtful.refresh_from_db()
    assert doubtful.status == Order.Status.PLACED
    url = f"/warehouse/checks/{doubtful.checks.get().pk}/"
    back = client.post(url, {"note": "Called: a farm.", "next": f"/warehouse/{doubtful.pk}/"})
    assert back["Location"] == f"/warehouse/{doubtful.pk}/"
    pack(client, doubtful)
    doubtful.refresh_from_db()
    assert doubtful.status == Order.Status.PACKED


def test_giving_to_the_carrier_asks_too(doubtful: Order, staff: User) -> None:
    sent = {"action": "ship", "carrier": "DHL", "tracking_number": "00340434161094"}
    assert "Something is open" in text_of(worker(staff).post(f"/warehouse/{doubtful.pk}/", sent))
    assert not doubtful.shipments.exists()


def test_what_does_not_block_is_shown_and_packed(acme: Merchant, staff: User, drain: Drain) -> None:
    order = placed(acme, drain)
    customers.services.doubt_number(number=build.ANNS_PHONE, reason=PhoneNumber.Doubt.BOUNCED)
    drain()
    client = worker(staff)
    assert "may not reach the customer" in text_of(client.get(f"/warehouse/{order.pk}/"))
    pack(client, order)
    order.refresh_from_db()
    assert order.status == Order.Status.PACKED


def test_the_api_tells_facts_and_is_not_asked(doubtful: Order) -> None:
    api = build.api_client(doubtful.merchant)
    assert api.post(f"/api/v1/orders/{doubtful.pk}/pack/").status_code == 200


def test_other_merchants_checks_are_not_there(doubtful: Order, rival: Merchant) -> None:
    stranger = worker(build.staff(rival, name="stranger"))
    url = f"/warehouse/checks/{doubtful.checks.get().pk}/"
    assert stranger.post(url, {"note": "Mine."}).status_code == 404
    assert doubtful.checks.get().status == "open"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", ""])
def test_settling_leads_back_to_our_pages_only(doubtful: Order, staff: User, elsewhere: str) -> None:
    url = f"/warehouse/checks/{doubtful.checks.get().pk}/"
    assert worker(staff).post(url, {"note": "Called.", "next": elsewhere})["Location"].startswith("/admin/")


# The admin.


@pytest.fixture
def boss(acme: Merchant) -> Client:
    return worker(build.staff(superuser=True, name="boss"))


def test_the_desk_counts_and_lists_what_is_open(doubtful: Order, boss: Client) -> None:
    home = text_of(boss.get("/admin/"))
    assert "1 Customers are asked" in home
    listed = text_of(boss.get("/admin/aftersales/ordercheck/?status__exact=open"))
    assert "No house number" in listed
    assert "“Lindenstraße” has no house number." in text_of(boss.get(f"/admin/orders/order/{doubtful.pk}/change/"))


def test_staff_settle_in_the_admin(doubtful: Order, boss: Client) -> None:
    url = f"/admin/aftersales/ordercheck/{doubtful.checks.get().pk}/do/go/"
    said = text_of(boss.post(url, {"note": "Called: a farm."}, follow=True))
    assert "Settled: nobody waits for an answer any more." in said
    assert Decision.objects.filter(why="Called: a farm.").exists()
