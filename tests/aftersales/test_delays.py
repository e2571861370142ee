"""Compensation for a delay: proposed while a parcel is late and once it came, a step at a time."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import aftersales.services
from aftersales.models import Decision, Proposal, Refund
from aftersales.services.delays import delay_facts, last_promise
from aftersales.services.judging import is_reproduced
from aftersales.services.simulation import Simulation, simulate
from logistics_portal.kernel.state import UnableToTransition
from merchants.models import Merchant, Policy
from orders.models import DayWish, Order
from tests import build

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 10, 20, 10, tzinfo=UTC)  # in Berlin
PROMISED = date(2026, 10, 12)


def late(merchant: Merchant, *, days: int = 4, **changes: Any) -> Order:
    at = timezone.now() - timedelta(hours=1)
    promised = (at - timedelta(days=days)).date()
    order = build.order(merchant=merchant, placed_at=at - timedelta(days=12), promised_on=promised, **changes)
    build.delivered(order, at=at)
    return order


def test_a_late_parcel_is_worth_a_proposal_once(acme: Merchant) -> None:
    Policy.objects.update(delay_percent=50)
    order = late(acme)
    for _ in range(2):
        aftersales.services.propose_compensation(order_ids=[order.pk])
    proposal = Proposal.objects.get()
    assert (proposal.amount, proposal.currency) == (Decimal("2.45"), "EUR")
    assert is_reproduced(proposal.decision)
    assert not Refund.objects.exists()


@pytest.mark.parametrize(("percent", "days"), [(0, 4), (50, 1)])
def test_who_is_hardly_late_or_pays_nothing_gets_no_proposal(acme: Merchant, percent: int, days: int) -> None:
    Policy.objects.update(delay_percent=percent)
    assert aftersales.services.propose_compensation(order_ids=[late(acme, days=days).pk]) == []


def test_who_was_not_at_home_in_time_gets_no_proposal(acme: Merchant) -> None:
    Policy.objects.update(delay_percent=50)
    order = late(acme)
    parcel = order.shipments.get().parcels.get()
    build.scan(parcel, "attempt_failed", at=timezone.now() - timedelta(days=4, hours=1), reason="consignee_not_home")
    assert aftersales.services.propose_compensation(order_ids=[order.pk]) == []


def test_a_delivery_that_comes_late_is_noticed_by_itself(acme: Merchant, drain: Any) -> None:
    Policy.objects.update(delay_percent=100)
    order = late(acme)
    drain()
    assert Proposal.objects.get().order == order


def test_staff_pay_a_proposal_with_one_click_and_only_once(acme: Merchant, staff: User) -> None:
    Policy.objects.update(delay_percent=50)
    aftersales.services.propose_compensation(order_ids=[late(acme).pk])
    first, second = Proposal.objects.get(), Proposal.objects.get()
    aftersales.services.accept_proposal(proposal=first, by=staff)
    with pytest.raises(UnableToTransition):
        aftersales.services.accept_proposal(proposal=second, by=staff)
    refund = Refund.objects.get()
    assert (refund.amount, refund.shipping_amount) == (Decimal("2.45"), Decimal("2.45"))
    assert Decision.objects.filter(decided_by=staff, verdict="approve", case="delay").count() == 1


def test_staff_decline_a_proposal(acme: Merchant, staff: User) -> None:
    Policy.objects.update(delay_percent=50)
    aftersales.services.propose_compensation(order_ids=[late(acme).pk])
    proposal = Proposal.objects.get()
    aftersales.services.decline_proposal(proposal=proposal, note="Paid by voucher.", by=staff)
    assert Decision.objects.get(decided_by=staff).overrules == proposal.decision
    assert not Refund.objects.exists()


# While it is on its way.


def awaited(merchant: Merchant, *, status: str = "in_transit", reason: str = "", **changes: Any) -> Order:
    """An order that was promised for the twelfth and has not come."""
    order = build.order(merchant=merchant, placed_at=NOON - timedelta(days=12), promised_on=PROMISED, **changes)
    sent = build.shipment(order)
    build.scan(sent.parcels.get(), "in_transit", at=NOON - timedelta(days=10))
    if status != "in_transit":
        build.scan(sent.parcels.get(), status, at=NOON - timedelta(days=9), reason=reason)
    order.refresh_from_db()
    return order


def judged(day: int, *, hour: int = 10) -> list[Proposal]:
    """What the clock proposes at that hour (UTC) of October, after all that was proposed before."""
    known = set(Proposal.objects.values_list("pk", flat=True))
    aftersales.services.propose_for_late_parcels(now=datetime(2026, 10, day, hour, tzinfo=UTC))
    return list(Proposal.objects.exclude(pk__in=known).order_by("pk"))


def pays(**policy: Any) -> None:
    Policy.objects.update(**{"delay_days": 3, "delay_percent": 25, **policy})


def test_it_is_proposed_while_the_parcel_is_still_late(acme: Merchant) -> None:
    pays(delay_percent=50)
    order = awaited(acme)
    assert judged(14) == []
    [proposal] = judged(15)
    assert (proposal.order, proposal.amount, proposal.step, proposal.ground) == (order, Decimal("2.45"), 1, "delay")
    assert proposal.decision.why == (
        "Promised for 2026-10-12, still on its way on 2026-10-15: 3 days late. 50 % of the shipping cost is 2.45 EUR."
    )
    assert is_reproduced(proposal.decision)
    assert judged(15) == judged(30) == [], "the policy has one step"


def test_the_day_ends_on_the_clock_of_the_address(acme: Merchant) -> None:
    pays()
    awaited(acme)
    assert judged(14, hour=21) == []
    assert len(judged(14, hour=23)) == 1, "in Berlin the fifteenth has begun"


def test_an_arrival_asks_for_no_step_again(acme: Merchant, drain: Any) -> None:
    pays(delay_steps=2)
    order = awaited(acme)
    assert len(judged(15)) == 1
    build.scan(order.shipments.get().parcels.get(), "delivered", at=datetime(2026, 10, 17, 9, tzinfo=UTC))
    drain()
    assert Proposal.objects.get().decision.facts["arrived_on"] == ""
    assert judged(30) == [], "it is here"


def test_an_arrival_may_be_the_next_step(acme: Merchant, staff: User, drain: Any) -> None:
    pays(delay_steps=2)
    order = awaited(acme)
    [first] = judged(15)
    aftersales.services.accept_proposal(proposal=first, by=staff)
    build.scan(order.shipments.get().parcels.get(), "delivered", at=datetime(2026, 10, 19, 9, tzinfo=UTC))
    drain()
    second = Proposal.objects.get(step=2)
    assert second.amount == Decimal("1.22"), "2.45 less 1.23"
    assert second.decision.why == (
        "Promised for 2026-10-12, arrived on 2026-10-19: 7 days late."
        " 50 % of the shipping cost, less the 1.23 EUR that it was given before, is 1.22 EUR."
    )
    assert is_reproduced(second.decision)


def test_what_was_accepted_is_taken_off_the_next_step_and_both_are_paid(acme: Merchant, staff: User) -> None:
    pays(delay_steps=3, delay_percent=40)
    awaited(acme)
    paid = []
    for day in (15, 18, 21):
        [proposal] = judged(day)
        paid.append(aftersales.services.accept_proposal(proposal=proposal, by=staff))
    assert [refund.amount for refund in paid if refund] == [Decimal("1.96"), Decimal("1.96"), Decimal("1.96")]
    assert [refund.shipping_amount for refund in paid if refund] == [Decimal("1.96"), Decimal("1.96"), Decimal("0.98")]
    assert judged(30) == []


def test_what_was_declined_is_not_asked_again_but_a_later_step_is(acme: Merchant, staff: User) -> None:
    pays(delay_steps=2)
    awaited(acme)
    [first] = judged(15)
    aftersales.services.decline_proposal(proposal=first, note="A voucher.", by=staff)
    assert judged(16) == judged(17) == []
    [second] = judged(18)
    assert (second.step, second.amount) == (2, Decimal("2.45")), "nothing was paid that could be taken off"


def test_a_later_step_takes_the_place_of_one_that_nobody_decided(acme: Merchant, staff: User) -> None:
    pays(delay_steps=2)
    awaited(acme)
    [first] = judged(15)
    [second] = judged(18)
    assert second.amount == Decimal("2.45")
    with pytest.raises(UnableToTransition):
        aftersales.services.accept_proposal(proposal=first, by=staff)
    first.refresh_from_db()
    assert (first.status, second.status) == ("replaced", "open")
    aftersales.services.accept_proposal(proposal=second, by=staff)
    assert Refund.objects.get().amount == Decimal("2.45")


def test_steps_that_were_slept_through_are_proposed_as_one(acme: Merchant) -> None:
    pays(delay_steps=3)
    awaited(acme)
    [proposal] = judged(29)
    assert (proposal.step, proposal.amount) == (3, Decimal("3.68"))


def test_it_never_is_more_than_what_was_paid(acme: Merchant, staff: User) -> None:
    pays(delay_percent=900, delay_steps=2)
    order = awaited(acme, lines=1)
    aftersales.services.refund_amount(order=order, amount=order.total - 5, cause="gift", note="A gift.")
    [first] = judged(15)
    assert first.amount == Decimal("5.00")
    aftersales.services.accept_proposal(proposal=first, by=staff)
    assert judged(18) == []


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("available_for_pickup", ""),
        ("returning", ""),
        ("returned", ""),
        ("expired", ""),
        ("attempt_failed", "consignee_not_home"),
    ],
)
def test_a_parcel_that_waits_for_its_customer_or_goes_back_is_not_late(
    acme: Merchant, status: str, reason: str
) -> None:
    pays()
    awaited(acme, status=status, reason=reason)
    assert judged(20) == []


def test_a_parcel_that_the_carrier_has_trouble_with_is_late(acme: Merchant) -> None:
    pays()
    awaited(acme, status="exception", reason="weather_delay")
    assert len(judged(20)) == 1


def test_a_day_that_the_customer_wished_for_in_time_is_the_promise(acme: Merchant) -> None:
    pays()
    order = awaited(acme)
    DayWish.objects.create(order=order, day=date(2026, 10, 17), wished_at=NOON - timedelta(days=11))
    assert judged(19) == []
    [proposal] = judged(20)
    assert proposal.decision.facts["promised_on"] == "2026-10-17"


@pytest.mark.parametrize(
    ("wishes", "promise"),
    [
        ([], 12),
        ([(10, 15)], 15),
        ([(12, 15)], 15),
        ([(13, 15)], 12),
        ([(10, 15), (14, 20)], 20),
        ([(10, 15), (16, 20)], 15),
        ([(10, 15), (11, None)], 12),
        ([(9, 11)], 12),
    ],
)
def test_the_last_promise_before_it_was_broken(wishes: list[tuple[int, int | None]], promise: int) -> None:
    days = [(date(2026, 10, made), date(2026, 10, day) if day else None) for made, day in wishes]
    assert last_promise(PROMISED, days) == date(2026, 10, promise)


def test_a_carrier_that_puts_it_off_day_by_day_makes_no_new_promise(acme: Merchant) -> None:
    pays()
    order = awaited(acme)
    order.shipments.update(carrier_eta=date(2026, 10, 25))
    assert [one.decision.facts["promised_on"] for one in judged(15)] == ["2026-10-12"]


def test_a_currency_without_cents_is_paid_without_cents(acme: Merchant, staff: User) -> None:
    pays()
    awaited(acme, currency="JPY", shipping_total=Decimal(490))
    [proposal] = judged(15)
    assert proposal.amount == Decimal(123)
    refund = aftersales.services.accept_proposal(proposal=proposal, by=staff)
    assert refund and refund.amount == Decimal(123)
    assert is_reproduced(proposal.decision)


def test_merchants_who_pay_nothing_are_not_looked_at(acme: Merchant, rival: Merchant) -> None:
    pays()
    Policy.objects.filter(merchant=rival).update(delay_percent=0)
    awaited(rival)
    assert judged(20) == []
    assert len([awaited(acme), *judged(20)]) == 2


def test_orders_cost_no_query_each(acme: Merchant) -> None:
    pays()
    orders = [awaited(acme) for _ in range(2)]
    rows = Order.objects.select_related("merchant__policy").filter(pk__in=[order.pk for order in orders])
    counts = []
    for some in (rows[:1], rows):
        with CaptureQueriesContext(connection) as asked:
            delay_facts(some, now=NOON)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_what_the_first_version_decided_can_be_replayed(acme: Merchant) -> None:
    facts = {
        "promised_on": "2026-10-05",
        "arrived_on": "2026-10-12",
        "days_late": 7,
        "delay_days": 3,
        "delay_percent": "50.00",
        "shipping_total": "4.95",
        "currency": "EUR",
        "refundable": "44.75",
    }
    why = "Promised for 2026-10-05, arrived on 2026-10-12: 7 days late. 50 % of the shipping cost is 2.48 EUR."
    kept = Decision(
        case="delay",
        rule="delayed",
        rule_version=1,
        verdict="propose",
        code="late",
        why=why,
        amount=Decimal("2.48"),
        facts=facts,
    )
    assert is_reproduced(kept)


# Simulated.


def simulated(**settings: str) -> Simulation:
    return simulate(
        since=datetime(2026, 10, 1, tzinfo=UTC),
        until=datetime(2026, 10, 19, 12, tzinfo=UTC),
        rule="delayed",
        settings=settings,
    )


def test_a_simulation_knows_what_is_awaited(acme: Merchant) -> None:
    pays(delay_percent=0)
    awaited(acme)
    assert not simulated().changed
    [one] = simulated(delay_percent="50", delay_steps="2").changed
    assert (one.before.decision, one.after.decision, one.after.money) == ("–", "propose", Decimal("4.90"))


def test_a_simulation_adds_steps_up(acme: Merchant, staff: User) -> None:
    pays(delay_steps=2)
    awaited(acme)
    for day in (15, 18):
        [proposal] = judged(day)
        aftersales.services.accept_proposal(proposal=proposal, by=staff)
    told = simulated()
    assert sum(told.counts.values()) == 1
    assert not told.changed
    [one] = simulated(delay_percent="50").changed
    assert (one.before.money, one.after.money) == (Decimal("2.45"), Decimal("4.90"))
    [one] = simulated(delay_steps="1").changed
    assert one.after.money == Decimal("1.23")
