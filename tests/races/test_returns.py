"""Impatient fingers: the same wish at once from several requests is one return, and one withdrawal."""

from datetime import timedelta

import pytest

import aftersales.services
from aftersales.models import Return
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.races.at_once import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
MINUTE = timedelta(seconds=60)


def copies(merchant: Merchant, count: int) -> list[Order]:
    order = build.order(merchant=merchant, lines=[build.line(1, quantity=9)])
    build.delivered(order)
    return [Order.objects.select_related("merchant__policy").get(pk=order.pk) for _ in range(count)]


def test_the_same_return_at_once_is_asked_once(acme: Merchant) -> None:
    orders = copies(acme, 4)
    one_of = {orders[0].lines.get().pk: 1}
    acts = [
        lambda order=order: aftersales.services.request_return(
            order=order, reason="too_small", quantities=one_of, again_within=MINUTE
        )
        for order in orders
    ]
    outcomes = at_once(acts)
    assert {outcome.pk for outcome in outcomes} == {Return.objects.get().pk}


def test_the_same_withdrawal_at_once_is_declared_once(acme: Merchant) -> None:
    orders = copies(acme, 4)
    all_of_it = {orders[0].lines.get().pk: 9}
    acts = [
        lambda order=order: aftersales.services.withdraw(order=order, quantities=all_of_it, again_within=MINUTE)
        for order in orders
    ]
    outcomes = at_once(acts)
    assert {outcome.pk for outcome in outcomes} == {Return.objects.get().pk}


def test_who_means_it_twice_gets_two(acme: Merchant) -> None:
    (order,) = copies(acme, 1)
    one_of = {order.lines.get().pk: 1}
    for _ in range(2):
        aftersales.services.request_return(order=order, reason="too_small", quantities=one_of)
    assert Return.objects.count() == 2
