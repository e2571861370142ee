"""The right of withdrawal: on which day it ends, what it pays, and that nobody can decline it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

import aftersales.services
from aftersales.models import Refund, Return
from aftersales.services import UnableToReturn, window_of, withdrawal_refusal
from logistics_portal.demo_data.clock import StoryClock, running_at
from logistics_portal.kernel.models import Event
from merchants.models import Merchant, Policy
from orders.models import Order
from tests import build

pytestmark = pytest.mark.django_db


def arrived(merchant: Merchant, at: datetime | None = None, **changes: Any) -> Order:
    at = at or timezone.now() - timedelta(days=1)
    order = build.order(merchant=merchant, placed_at=at - timedelta(days=5), **changes)
    build.delivered(order, at=at)
    return Order.objects.select_related("merchant__policy").get(pk=order.pk)


def everything(order: Order) -> dict:
    return {line.pk: line.quantity for line in order.lines.all()}


@pytest.mark.parametrize(
    ("now", "open_"),
    [
        ("2026-03-16T22:59:59+00:00", True),  # 23:59:59 in Berlin, day 14
        ("2026-03-16T23:00:00+00:00", False),
    ],
)
def test_it_ends_with_day_14_on_the_clock_of_the_address(acme: Merchant, now: str, open_: bool) -> None:
    Policy.objects.update(return_days=7)
    order = arrived(acme, datetime(2026, 3, 2, 9, tzinfo=UTC))
    window = window_of(order, now=datetime.fromisoformat(now))
    assert (withdrawal_refusal(order, window) == "") is open_
    assert window.is_open is open_


@pytest.mark.parametrize(
    ("place", "last_day"),
    [
        ({"region": "BY"}, "2026-06-05"),  # Corpus Christi
        ({"region": "Berlin"}, "2026-06-04"),
        ({"region": ""}, "2026-06-05"),  # it may be Bavaria
        ({"country": "PL", "postal_code": "00-001"}, "2026-06-05"),
        ({"country": "FR"}, "2026-06-04"),
    ],
)
def test_a_holiday_where_the_parcel_went_moves_the_last_day(
    acme: Merchant, place: dict[str, str], last_day: str
) -> None:
    window = window_of(arrived(acme, datetime(2026, 5, 21, 9, tzinfo=UTC), **place))
    assert window.legal and str(window.legal.last_day) == last_day


@pytest.mark.parametrize(
    ("home", "due"),
    [("DE", "2026-04-07"), ("FR", "2026-04-03"), ("CN", "2026-04-07")],
    ids=["Good Friday to Easter Monday", "no holiday there", "outside of the EU: the customer's"],
)
def test_money_is_due_on_a_working_day_of_the_merchants_country(acme: Merchant, home: str, due: str) -> None:
    Merchant.objects.update(country=home)
    at = datetime(2026, 3, 20, 12, tzinfo=UTC)
    order = arrived(acme, at - timedelta(days=2))
    with running_at(StoryClock(at)):
        case = aftersales.services.withdraw(order=order, quantities=everything(order))
    assert case.refund_due_at is not None
    last_moment = case.refund_due_at.astimezone(ZoneInfo("Europe/Berlin")) - timedelta(seconds=1)
    assert str(last_moment.date()) == due


def test_a_parcel_delivered_late_in_the_evening_counts_for_its_own_day(acme: Merchant) -> None:
    order = arrived(acme, datetime(2026, 3, 2, 23, 30, tzinfo=UTC))  # the 3rd in Berlin
    window = window_of(order, now=datetime(2026, 3, 17, 12, tzinfo=UTC))
    assert (str(window.legal.last_day), window.can_withdraw) == ("2026-03-17", True)


def test_while_a_parcel_is_under_way_the_period_does_not_run_out(acme: Merchant) -> None:
    order = arrived(acme, timezone.now() - timedelta(days=60))
    assert withdrawal_refusal(order)
    build.shipment(order)
    assert withdrawal_refusal(order) == ""


def test_it_is_approved_at_once_and_nobody_can_decline_it(acme: Merchant, staff: User) -> None:
    Policy.objects.update(auto_approve_returns=False, auto_approve_up_to=0)
    case = aftersales.services.withdraw(order=arrived(acme), quantities=everything(arrived_order()))
    assert (case.status, case.law) == (Return.Status.APPROVED, "eu_withdrawal")
    with pytest.raises(UnableToReturn):
        aftersales.services.reject_return(return_case=case, by=staff, note="No.")
    assert Event.objects.filter(name="aftersales.withdrawn", payload__law="eu_withdrawal").count() == 1


def arrived_order() -> Order:
    return Order.objects.get()


def test_the_whole_order_is_paid_back_with_its_delivery_and_a_part_without(acme: Merchant) -> None:
    order = arrived(acme)
    case = aftersales.services.withdraw(order=order, quantities=everything(order))
    aftersales.services.receive_return(return_case=case)
    refund = Refund.objects.get()
    assert (refund.amount, refund.shipping_amount) == (order.total, Decimal("4.90"))
    other = arrived(acme)
    first, second = other.lines.order_by("pk")
    part = aftersales.services.withdraw(order=other, quantities={first.pk: 2})
    aftersales.services.receive_return(return_case=part)
    assert Refund.objects.get(return_case=part).amount == Decimal("39.80")
    rest = aftersales.services.withdraw(order=other, quantities={second.pk: 2})
    aftersales.services.receive_return(return_case=rest)
    refund = Refund.objects.get(return_case=rest)
    assert (refund.amount, refund.shipping_amount) == (Decimal("44.70"), Decimal("4.90"))


def test_before_anything_left_the_order_is_canceled_and_all_is_paid_back(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    case = aftersales.services.withdraw(order=order, quantities=everything(order))
    order.refresh_from_db()
    assert (order.status, case.status) == (Order.Status.CANCELED, Return.Status.KEPT)
    assert Refund.objects.get().amount == order.total
    aftersales.services.pay_refund(refund=Refund.objects.get(), reference="re_1")
    case.refresh_from_db()
    assert case.status == Return.Status.CLOSED


def test_the_money_is_due_in_14_days(acme: Merchant) -> None:
    case = aftersales.services.withdraw(order=arrived(acme), quantities=everything(arrived_order()))
    assert case.refund_due_at
    days = (case.refund_due_at - timezone.now()).days
    assert 14 <= days <= 18
    assert not case.is_overdue(timezone.now())
    assert case.is_overdue(timezone.now() + timedelta(days=days + 1))


def test_seven_days_in_china_and_nothing_where_no_law_gives_it(acme: Merchant) -> None:
    china = {"country": "CN", "city": "上海", "postal_code": "200000", "phone": "+8613800138000"}
    order = arrived(acme, datetime(2026, 3, 2, 3, tzinfo=UTC), **china)
    inside, after = datetime(2026, 3, 9, 15, 59, tzinfo=UTC), datetime(2026, 3, 9, 16, 0, tzinfo=UTC)
    assert withdrawal_refusal(order, window_of(order, now=inside)) == ""
    assert withdrawal_refusal(order, window_of(order, now=after))
    elsewhere = arrived(acme, country="US", city="Boston", region="MA", postal_code="02101")
    assert withdrawal_refusal(elsewhere)
    fresh = arrived(acme, **china)
    case = aftersales.services.withdraw(order=fresh, quantities=everything(fresh))
    assert (case.law, case.refund_due_at) == ("cn_seven_days", None)
    aftersales.services.receive_return(return_case=case)
    assert case.refund_due_at and 6 <= (case.refund_due_at - timezone.now()).days <= 8
    assert Refund.objects.get().amount == Decimal("79.60"), "the delivery is not paid back"


def test_what_may_not_come_back_may_not_be_withdrawn_from(acme: Merchant) -> None:
    order = arrived(acme)
    order.lines.first().item.__class__.objects.update(is_returnable=False)
    assert withdrawal_refusal(order)
    with pytest.raises(UnableToReturn):
        aftersales.services.withdraw(order=order, quantities=everything(order))
