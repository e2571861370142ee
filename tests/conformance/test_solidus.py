"""Three axes of a return that Solidus keeps apart, and what must hold before money goes back.

Found in solidus/core: app/models/spree/return_item.rb, app/models/spree/return_item/{reception,acceptance}_status.rb,
app/models/spree/return_item/eligibility_validator/*.rb, app/models/spree/reimbursement.rb.

| theirs | ours |
|---|---|
| RMA | a return that was approved |
| reception: awaiting, received, given_to_customer, lost_in_transit, short_shipped | status and `received_quantity` |
| acceptance: pending, accepted, rejected, manual_intervention_required | `accepted_quantity`, `declined_quantity` |
| reimbursement: pending, errored, reimbursed | refund: pending, sent, failed, paid, canceled |
"""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

import aftersales.services
import orders.services
from aftersales.models import Refund, Return, ReturnLine
from aftersales.services import Count, UnableToReturn
from logistics_portal.kernel.state import UnableToTransition
from merchants.models import Merchant, Policy
from orders.models import Order
from tests import build
from tests.conformance.acts import arrived, ask, asked, line_of, put_into, receive

pytestmark = pytest.mark.django_db


# Who gets money.


def test_without_an_rma_goods_that_come_are_not_paid(acme: Merchant, staff: User) -> None:
    order = arrived(acme)
    case = aftersales.services.receive_unannounced(order=order, pieces={order.lines.get().pk: 2}, by=staff)
    aftersales.services.inspect_return(return_case=case, counts={line_of(case).pk: Count(resellable=2)}, by=staff)
    assert (line_of(case).accepted_quantity, Refund.objects.count()) == (0, 0)


@pytest.mark.parametrize("far", ["placed", "picking", "packed", "shipped"])
def test_what_has_not_arrived_is_not_returned(acme: Merchant, far: str) -> None:
    order = build.order(merchant=acme, lines=1)
    if far in ("picking", "packed"):
        orders.services.start_picking(order=order)
    if far == "packed":
        orders.services.pack_order(order=order)
    if far == "shipped":
        build.shipment(order)
    with pytest.raises(UnableToReturn):
        ask(Order.objects.select_related("merchant__policy").get(pk=order.pk))


def test_what_was_reimbursed_is_not_reimbursed_again(acme: Merchant) -> None:
    order = arrived(acme)
    case = ask(order)
    receive(case, Count(resellable=2))
    refund = Refund.objects.get()
    aftersales.services.pay_refund(refund=refund, reference="re_1")
    with pytest.raises(UnableToTransition):
        aftersales.services.pay_refund(refund=refund, reference="re_2")
    with pytest.raises(UnableToReturn):
        ask(order, 1)
    assert Refund.objects.count() == 1


def test_an_errored_reimbursement_is_tried_again_and_is_the_same_one(acme: Merchant) -> None:
    receive(asked(acme), Count(resellable=2))
    refund = Refund.objects.get()
    aftersales.services.fail_refund(refund=refund, why="The account is closed.")
    aftersales.services.retry_refund(refund=refund, by_hand=True)
    aftersales.services.pay_refund(refund=refund, reference="by transfer")
    assert [(one.status, one.attempt) for one in Refund.objects.all()] == [("paid", 2)]


def test_pending_acceptance_blocks_the_refund(acme: Merchant) -> None:
    case = asked(acme)
    receive(case, Count(damaged=2))
    assert (line_of(case).undecided_quantity, Refund.objects.count()) == (2, 0)


def test_rejected_acceptance_blocks_the_refund_for_good(acme: Merchant, staff: User) -> None:
    case = asked(acme)
    receive(case, Count(damaged=2))
    aftersales.services.judge_goods(return_case=case, accept=False, note="It was worn.", by=staff)
    with pytest.raises(UnableToReturn):
        aftersales.services.judge_goods(return_case=case, accept=True, note="", by=staff)
    assert (line_of(case).declined_quantity, Refund.objects.count()) == (2, 0)


def test_manual_intervention_may_accept_what_no_rule_does(acme: Merchant, staff: User) -> None:
    case = asked(acme)
    receive(case, Count(damaged=2))
    aftersales.services.judge_goods(return_case=case, accept=True, note="Kindness.", by=staff)
    assert (line_of(case).accepted_quantity, Refund.objects.get().amount) == (2, Decimal("39.80"))


# The axes.

RECEPTIONS: dict[str, tuple[str, int]] = {  # status, and how many of two pieces came
    "awaited": ("approved", 0),
    "partly": ("partly_received", 1),
    "received": ("received", 2),
    "short": ("received", 1),
    "given to the customer": ("kept", 0),
}
ACCEPTANCES: dict[str, tuple[int, int]] = {  # accepted and declined, of two
    "pending": (0, 0),
    "a part accepted": (1, 0),
    "accepted": (2, 0),
    "a part declined": (0, 1),
    "declined": (0, 2),
    "some of each": (1, 1),
}


def test_no_status_of_a_return_tells_of_acceptance_or_money() -> None:
    of_money = {"pending", "owed", "sent", "paid", "refunded", "reimbursed", "failed", "errored"}
    of_acceptance = {"accepted", "declined", "pending", "inspected"}
    assert not set(Return.Status.values) & (of_money | of_acceptance)
    assert not set(Refund.Status.values) & {"received", "partly_received", "kept", "accepted", "declined"}


@pytest.mark.parametrize("reception", RECEPTIONS)
def test_every_reception_stands_with_every_acceptance_and_every_state_of_money(
    acme: Merchant, api: APIClient, reception: str
) -> None:
    """Each is stored and told by the API as what it is, whatever the others are."""
    status, came = RECEPTIONS[reception]
    case = put_into(asked(acme), status)
    refund = Refund.objects.create(
        merchant=acme, order=case.order, return_case=case, amount=Decimal("1.00"), currency="EUR"
    )
    for accepted, declined in ACCEPTANCES.values():
        ReturnLine.objects.filter(return_case=case).update(
            received_quantity=came, accepted_quantity=accepted, declined_quantity=declined
        )
        for money in Refund.Status.values:
            Refund.objects.filter(pk=refund.pk).update(status=money)
            told = api.get(f"/api/v1/returns/{case.pk}/").json()
            [line] = told["lines"]
            assert (told["status"], line["received_quantity"]) == (status, came)
            assert (line["accepted_quantity"], line["declined_quantity"]) == (accepted, declined)
            assert api.get(f"/api/v1/refunds/{refund.pk}/").json()["status"] == money


def what_is_known(case: Return) -> tuple[object, ...]:
    case.refresh_from_db()
    line = line_of(case)
    reception = (bool(case.received_at), line.received_quantity, line.resellable_quantity, line.damaged_quantity)
    return *reception, line.accepted_quantity, line.declined_quantity


@pytest.mark.parametrize(
    "moves",
    [
        [lambda refund: aftersales.services.pay_refund(refund=refund, reference="re_1")],
        [lambda refund: aftersales.services.fail_refund(refund=refund, why="Closed.")],
        [
            lambda refund: aftersales.services.pay_refund(refund=refund, reference="re_1"),
            lambda refund: aftersales.services.fail_refund(refund=refund, why="The bank sent it back."),
        ],
        [lambda refund: aftersales.services.cancel_refund(refund=refund, why="Settled otherwise.")],
    ],
)
def test_money_moves_neither_reception_nor_acceptance(acme: Merchant, moves: list[Callable[[Refund], None]]) -> None:
    case = asked(acme)
    receive(case, Count(resellable=1, damaged=1))
    before = what_is_known(case)
    refund = Refund.objects.get()
    for move in moves:
        move(refund)
        assert what_is_known(case) == before


def test_acceptance_and_money_may_come_before_reception(acme: Merchant) -> None:
    """A policy that pays at the first scan: accepted and paid, and nothing has come yet."""
    Policy.objects.update(refund_on="first_scan")
    case = asked(acme)
    aftersales.services.note_first_scan(return_case=case)
    aftersales.services.pay_refund(refund=Refund.objects.get(), reference="re_1")
    case.refresh_from_db()
    line = line_of(case)
    assert (case.status, line.received_quantity, line.accepted_quantity) == ("approved", 0, 2)
    receive(case, Count(resellable=1, damaged=1))
    assert [refund.status for refund in Refund.objects.all()] == ["paid"], "what comes then is not paid again"


def test_reception_alone_moves_neither_acceptance_nor_money(acme: Merchant) -> None:
    Policy.objects.update(refund_on="inspected")
    case = asked(acme)
    aftersales.services.note_arrival(return_case=case)
    line = line_of(case)
    assert (line.received_quantity, line.accepted_quantity, line.declined_quantity) == (2, 0, 0)
    assert not Refund.objects.exists()
