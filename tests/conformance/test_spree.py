"""Returns, exchanges and claims as Spree 6 rules them.

Found in spree/core: app/models/spree/{return,exchange,claim}.rb, app/workflows/spree/returns/*.rb,
returns/eligibility_validator.rb, and app/models/spree/market.rb for the window.

| theirs | ours |
|---|---|
| return: requested, approved, received, refunded, canceled | the same but "refunded": money stands in the refund |
| fulfilled quantity | the order's quantity: an order ships whole, what was missing is a dispute |
| resellable | `resellable_quantity`; else `damaged_quantity` with a disposition |
| claim: open, approved, resolved, denied, canceled | dispute: open, accepted with a resolution, rejected, withdrawn |
| refund, replacement, refund_and_replacement | refund, partial_refund, replacement; money beside goods is two deeds |
"""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

import aftersales.services
import orders.services
from aftersales.models import Dispute, Refund, Return
from aftersales.services import Count, UnableToDispute, UnableToRefund, UnableToReturn, returnable_lines
from inventory.models import StockLevel
from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.state import UnableToTransition
from merchants.models import Merchant, Policy
from tests import build
from tests.conformance.acts import arrived, ask, asked, line_of, put_into, receive

pytestmark = pytest.mark.django_db

OTHERS = [status for status in Return.Status.values if status != "requested"]


# Asking.


def test_a_canceled_order_has_no_return(acme: Merchant) -> None:
    order = build.order(merchant=acme, lines=1)
    orders.services.cancel_order(order=order)
    with pytest.raises(UnableToReturn):
        ask(order)


def test_quantity_is_at_most_what_was_fulfilled_less_what_was_requested(acme: Merchant) -> None:
    order = arrived(acme, lines=[build.line(1, quantity=5)])
    ask(order, 3)
    for too_many in (3, 5, 6):
        with pytest.raises(UnableToReturn):
            ask(order, too_many)
    ask(order, 2)
    assert returnable_lines(order) == []


@pytest.mark.parametrize("status", ["requested", "approved", "partly_received", "received", "kept", "closed"])
def test_other_returns_count_in_every_status_but_the_ones_that_came_to_nothing(acme: Merchant, status: str) -> None:
    order = arrived(acme)
    put_into(ask(order), status)
    with pytest.raises(UnableToReturn):
        ask(order, 1)


@pytest.mark.parametrize("status", ["rejected", "expired", "canceled"])
def test_a_return_that_came_to_nothing_frees_its_quantity(acme: Merchant, status: str) -> None:
    order = arrived(acme)
    put_into(ask(order), status)
    assert ask(order, 2).pk


def test_the_window_refuses_the_customer_and_not_staff(acme: Merchant, staff: User) -> None:
    order = arrived(acme, days_ago=60)
    with pytest.raises(UnableToReturn):
        ask(order)
    assert ask(order, by=staff).status == Return.Status.APPROVED


# Deciding and receiving.


@pytest.mark.parametrize("status", OTHERS)
def test_only_a_requested_return_is_approved(acme: Merchant, staff: User, status: str) -> None:
    case = put_into(asked(acme), status)
    with pytest.raises(UnableToTransition):
        aftersales.services.approve_return(return_case=case, by=staff)
    assert Return.objects.get().status == status


@pytest.mark.parametrize("status", OTHERS)
def test_only_a_requested_return_is_declined(acme: Merchant, staff: User, status: str) -> None:
    case = put_into(asked(acme), status)
    with pytest.raises(UnableToTransition):
        aftersales.services.reject_return(return_case=case, by=staff, note="No.")


@pytest.mark.parametrize("status", [one for one in Return.Status.values if one not in ("approved", "partly_received")])
def test_only_an_approved_return_is_received(acme: Merchant, status: str) -> None:
    case = put_into(asked(acme), status)
    with pytest.raises(UnableToTransition):
        receive(case, Count(resellable=1))
    assert line_of(case).received_quantity == 0


def test_what_came_in_part_and_is_not_resellable_is_not_restocked(acme: Merchant) -> None:
    level = build.stock(acme, on_hand=10)
    case = asked(acme)
    receive(case, Count(damaged=1), is_last=False)
    assert StockLevel.objects.get(pk=level.pk).on_hand == 8, "two left, none is on the shelf again"
    receive(case, Count(resellable=1))
    assert StockLevel.objects.get(pk=level.pk).on_hand == 9


def test_no_more_is_received_than_was_asked_in_several_parcels_either(acme: Merchant) -> None:
    case = asked(acme)
    receive(case, Count(resellable=1), is_last=False)
    with pytest.raises(UnableToReturn):
        receive(case, Count(resellable=2))
    assert line_of(case).received_quantity == 1


# Money.


@pytest.mark.parametrize("status", ["requested", "approved", "rejected", "canceled", "expired"])
def test_what_was_not_received_is_not_paid(acme: Merchant, staff: User, status: str) -> None:
    case = put_into(asked(acme), status)
    with pytest.raises(UnableToReturn):
        aftersales.services.judge_goods(return_case=case, accept=True, note="", by=staff)
    assert not Refund.objects.exists()


def test_only_what_arrived_is_paid(acme: Merchant) -> None:
    receive(asked(acme), Count(resellable=1))
    assert Refund.objects.get().amount == Decimal("19.90")


def test_no_more_is_paid_than_is_owed(acme: Merchant) -> None:
    order = arrived(acme)  # 39.80 and 4.90 for the delivery
    receive(ask(order), Count(resellable=2))
    pay = aftersales.services.refund_amount
    with pytest.raises(UnableToRefund):
        pay(order=order, amount=Decimal("4.91"), cause="more", note="Kindness.")
    pay(order=order, amount=Decimal("4.90"), cause="delivery", note="Kindness.")
    with pytest.raises(UnableToRefund):
        pay(order=order, amount=Decimal("0.01"), cause="still more", note="Kindness.")


# Calling off.


def test_cancel_frees_the_quantity(acme: Merchant) -> None:
    order = arrived(acme)
    aftersales.services.cancel_return(return_case=ask(order))
    assert [one.quantity for one in returnable_lines(order)] == [2]


@pytest.mark.parametrize(
    "status", [one for one in Return.Status.values if one not in ("requested", "approved")]
)  # theirs, too: from requested and approved only
def test_cancel_is_refused_once_it_is_received_or_over(acme: Merchant, status: str) -> None:
    case = put_into(asked(acme), status)
    with pytest.raises(UnableToTransition):
        aftersales.services.cancel_return(return_case=case)


def test_a_refused_step_is_409_with_a_word_and_changes_nothing(api: APIClient, acme: Merchant) -> None:
    case = put_into(asked(acme), "closed")
    for step, body in (("approve", {}), ("reject", {"note": "No."}), ("receive", {}), ("cancel", {})):
        answer = api.post(f"/api/v1/returns/{case.pk}/{step}/", body)
        assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json"), step
        assert answer.json()["detail"]
    assert Return.objects.get().status == "closed"


# Claims.


def claim(merchant: Merchant, kind: str = "damaged", quantity: int = 1) -> Dispute:
    order = arrived(merchant)
    about = {} if kind == "not_received" else {"quantities": {order.lines.get().pk: quantity}}
    return aftersales.services.open_dispute(shipment=order.shipments.get(), statement="Look.", kind=kind, **about)


@pytest.mark.parametrize(
    ("resolution", "amount", "pays"),
    [("refund", None, "19.90"), ("partial_refund", "5.00", "5.00"), ("replacement", None, None)],
)
def test_an_open_claim_is_approved_and_resolved_in_its_kind(
    acme: Merchant, staff: User, resolution: str, amount: str | None, pays: str | None
) -> None:
    dispute = claim(acme)
    given = Decimal(amount) if amount else None
    aftersales.services.decide_dispute(
        dispute=dispute, accept=True, note="Yes.", by=staff, resolution=resolution, amount=given
    )
    dispute.refresh_from_db()
    assert (dispute.status, dispute.resolution) == ("accepted", resolution)
    assert [str(refund.amount) for refund in Refund.objects.all()] == ([pays] if pays else [])
    assert bool(dispute.replacement) == (resolution == "replacement")


def test_refund_and_replacement_are_two_deeds(acme: Merchant, staff: User) -> None:
    """Theirs is one resolution; here goods are granted, and money beside them is a refund with a reason of its own."""
    dispute = claim(acme)
    aftersales.services.decide_dispute(dispute=dispute, accept=True, note="Anew.", by=staff, resolution="replacement")
    aftersales.services.refund_amount(order=dispute.order, amount=Decimal(5), cause="trouble", note="For the trouble.")
    dispute.refresh_from_db()
    assert (dispute.replacement is not None, Refund.objects.get().amount) == (True, Decimal(5))


@pytest.mark.parametrize("amount", ["44.71", "1000"])  # 39.80 and 4.90 were paid
def test_a_claims_refund_is_at_most_what_was_paid(acme: Merchant, staff: User, amount: str) -> None:
    dispute = claim(acme, "not_received")
    with pytest.raises(UnableToDispute):
        aftersales.services.decide_dispute(dispute=dispute, accept=True, note="Yes.", by=staff, amount=Decimal(amount))
    assert (Dispute.objects.get().status, Refund.objects.count()) == ("open", 0)


@pytest.mark.parametrize("ending", ["accepted", "rejected", "withdrawn"])
def test_what_is_resolved_denied_or_canceled_is_not_decided_again(acme: Merchant, staff: User, ending: str) -> None:
    dispute = claim(acme)
    if ending == "withdrawn":
        aftersales.services.withdraw_dispute(dispute=dispute)
    else:
        aftersales.services.decide_dispute(dispute=dispute, accept=ending == "accepted", note="So be it.", by=staff)
    for accept in (True, False):
        with pytest.raises(DomainError):
            aftersales.services.decide_dispute(dispute=dispute, accept=accept, note="Again.", by=staff)
    assert Dispute.objects.get().status == ending


def test_a_claims_quantity_is_at_most_what_was_bought(acme: Merchant) -> None:
    with pytest.raises(UnableToDispute):
        claim(acme, quantity=3)


# An exchange.


def test_a_replacement_is_in_stock_when_it_is_promised(acme: Merchant) -> None:
    """Theirs asks at the fulfilment; here the stock is put aside with the request, so it can't be gone by then."""
    build.stock(acme, on_hand=3)
    order = arrived(acme)  # leaves one
    line = order.lines.get()
    offer = aftersales.services.Offer(line.item, line.unit_price, is_variant=False)
    with pytest.raises(aftersales.services.UnableToExchange):
        ask(order, 2, resolution="exchange", wanted={line.pk: offer})
    ask(order, 1, resolution="exchange", wanted={line.pk: offer})
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (1, 1)


def test_damaged_pieces_are_counted_apart(acme: Merchant) -> None:
    """Medusa's `damaged_quantity` (packages/modules/order/src/models/return-item.ts)."""
    Policy.objects.update(refund_on="inspected")
    case = asked(acme)
    receive(case, Count(resellable=1, damaged=1))
    line = line_of(case)
    assert (line.received_quantity, line.resellable_quantity, line.damaged_quantity) == (2, 1, 1)
    assert (line.accepted_quantity, line.undecided_quantity) == (1, 1)
