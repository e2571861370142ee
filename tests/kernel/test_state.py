"""One function moves a status, and only one mover wins."""

import pytest
from django.utils import timezone

from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.state import UnableToTransition, transition
from orders.models import ORDER_TRANSITIONS, Order
from tests.races.at_once import at_once

pytestmark = pytest.mark.django_db
PLACED, PACKED, CANCELED = Order.Status.PLACED, Order.Status.PACKED, Order.Status.CANCELED


def test_the_row_and_its_copy_in_hand_move_together(order: Order) -> None:
    now = timezone.now()
    transition(order, PACKED, allowed=ORDER_TRANSITIONS, packed_at=now)
    assert (order.status, order.packed_at) == (PACKED, now)
    order.refresh_from_db()
    assert (order.status, order.packed_at) == (PACKED, now)


def test_a_step_that_the_table_does_not_have_is_refused(order: Order) -> None:
    with pytest.raises(UnableToTransition, match="placed and can't become completed"):
        transition(order, Order.Status.COMPLETED, allowed=ORDER_TRANSITIONS)
    order.refresh_from_db()
    assert order.status == PLACED


def test_a_copy_that_is_out_of_date_moves_nothing(order: Order) -> None:
    old = Order.objects.get(pk=order.pk)
    transition(order, CANCELED, allowed=ORDER_TRANSITIONS, canceled_at=timezone.now())
    with pytest.raises(UnableToTransition, match="somebody else"):
        transition(old, PACKED, allowed=ORDER_TRANSITIONS, packed_at=timezone.now())
    order.refresh_from_db()
    assert (order.status, order.packed_at) == (CANCELED, None)


@pytest.mark.django_db(transaction=True)
def test_of_many_movers_at_once_one_wins(order: Order) -> None:
    copies = [Order.objects.get(pk=order.pk) for _ in range(6)]
    steps = [PACKED, CANCELED] * 3
    acts = [
        lambda row=row, to=to: transition(row, to, allowed=ORDER_TRANSITIONS)
        for row, to in zip(copies, steps, strict=True)
    ]
    outcomes = at_once(acts)
    winners = [to for outcome, to in zip(outcomes, steps, strict=True) if outcome is None]
    assert len(winners) == 1
    assert all(isinstance(outcome, UnableToTransition | None) for outcome in outcomes)
    order.refresh_from_db()
    assert order.status == winners[0]


def test_a_refusal_is_a_conflict() -> None:
    assert issubclass(UnableToTransition, DomainError)
    assert UnableToTransition.status == 409
