"""A tale while it is told: its order, its parcels, and the cases that came of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from aftersales.models import Conversation, Dispute, Return
from orders.models import Delegate, Order
from tracking.models import Shipment

from .casting import Tale
from .numbers import Numbers
from .payloads import Happening
from .world import Cast


@dataclass(slots=True)
class Going:
    """A shipment of a tale, and what was scanned of each of its parcels."""

    shipment: Shipment
    trips: list[list[Happening]]
    numbers: list[str]


@dataclass(slots=True)
class Live:
    """A tale while it is told."""

    tale: Tale
    order: Order | None = None
    out: Going | None = None
    back: Going | None = None
    return_case: Return | None = None
    dispute: Dispute | None = None
    delegate: Delegate | None = None
    eta: date = field(default_factory=date.today)


class Stage(Protocol):
    """What deeds need of who tells the tales."""

    cast: Cast
    numbers: Numbers


Deed = Callable[[Stage, Live], None]


def order_of(live: Live) -> Order:
    assert live.order
    live.order.refresh_from_db()
    return live.order


def shipment_of(live: Live) -> Shipment:
    assert live.out
    live.out.shipment.refresh_from_db()
    return live.out.shipment


def return_of(live: Live) -> Return:
    assert live.return_case
    live.return_case.refresh_from_db()
    return live.return_case


def dispute_of(live: Live) -> Dispute:
    assert live.dispute
    live.dispute.refresh_from_db()
    return live.dispute


def conversation_of(live: Live) -> Conversation:
    return Conversation.objects.get(order=order_of(live))
