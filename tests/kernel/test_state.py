"""One function moves a status, and only one mover wins."""

import pytest
from django.utils import timezone, translation

from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.state import UnableToTransition, transition, transition_many
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
    with pytest.raises(UnableToTransition, match="“Order confirmed”, and “Delivered” can't follow it"):
        transition(order, Order.Status.COMPLETED, allowed=ORDER_TRANSITIONS)
    order.refresh_from_db()
    assert order.status == PLACED


def test_a_copy_that_is_out_of_date_moves_nothing(order: Order) -> None:
    old = Order.objects.get(pk=order.pk)
    transition(order, CANCELED, allowed=ORDER_TRANSITIONS, canceled_at=timezone.now())
    with pytest.raises(UnableToTransition, match="Somebody else"):
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


@pytest.mark.parametrize(
    ("language", "now", "wanted"), [("de", "Bestätigt", "Zugestellt"), ("zh-hans", "订单已确认", "已签收")]
)
def test_a_refusal_speaks_the_readers_language(order: Order, language: str, now: str, wanted: str) -> None:
    with translation.override(language), pytest.raises(UnableToTransition) as refused:
        transition(order, Order.Status.COMPLETED, allowed=ORDER_TRANSITIONS)
    assert now in refused.value.message
    assert wanted in refused.value.message
    assert "status is" not in refused.value.message
    with pytest.raises(UnableToTransition) as impossible:
        transition_many(Order.objects.all(), Order.Status.CANCELED, PLACED, allowed=ORDER_TRANSITIONS)
    assert "canceled" not in impossible.value.message
