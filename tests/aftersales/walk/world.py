"""A merchant with stock and a policy, and a customer's order at some point of its life."""

import copy
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

import aftersales.services
import tracking.services
from aftersales.gateways.base import Notice
from aftersales.models import GatewayAccount
from aftersales.pictures import Photo
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from merchants.models import Merchant, Policy
from orders.models import Order
from tests import build

from .clock import Clock

LIKELY = 0.88  # how often a row is taken of which the move might be legal
STALE = 0.06  # how often a row is taken as somebody saw it some steps ago
LATE = 0.12  # how often the news of a step are delivered later
PHOTOS = [Photo(jpeg=bytes([255, 216, number]), width=64, height=48, digest=f"{number:064x}") for number in range(4)]
PRICES = ("19.90", "7.35", "0.99", "40.00")
COUNTRIES = {"DE": ("Berlin", "10969"), "CN": ("Shanghai", "200000"), "US": ("Austin", "73301")}


class Nobody(Exception):
    """There is no row of which the move could be made: it counts as not tried."""


@dataclass(slots=True)
class Bank:
    """A payment provider: what it took, by the key by which it knows a repetition, and what it told so far."""

    taken: dict[str, Notice] = field(default_factory=dict)
    told: list[Notice] = field(default_factory=list)


@dataclass(slots=True)
class World:
    """Everything that moves look at; ``dice`` are those of the step that is made now."""

    clock: Clock
    dice: Random
    merchant: Merchant
    staff: User
    levels: dict[int, int] = field(default_factory=dict)  # what lay there at first, by stock level
    bank: Bank = field(default_factory=Bank)
    account: GatewayAccount | None = None
    seen: dict[Any, Model] = field(default_factory=dict)
    numbers: int = 0

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def pick(self, rows: QuerySet, likely: Q | None = None) -> Any:
        """A row, mostly one of which the move might be legal; now and then as it was when it was picked before.

        Raises:
            Nobody: there is none.
        """
        wanted = rows.filter(likely) if likely is not None and self.chance(LIKELY) else rows
        found = list(wanted.order_by("pk"))
        if not found:
            raise Nobody
        row = self.dice.choice(found)
        before = self.seen.get(row.pk)
        self.seen[row.pk] = copy.copy(row)
        return before if before is not None and self.chance(STALE) else row

    def order(self, *likely: str) -> Order:
        """An order of the merchant, mostly in one of these statuses; replacements are orders, too."""
        orders = Order.objects.filter(merchant=self.merchant).select_related("merchant__policy", "customer__merchant")
        return self.pick(orders, Q(status__in=likely) if likely else None)

    def pieces(self, order: Order) -> dict[UUID, int]:
        """Some pieces of an order: mostly of what may be sent back, now and then of anything."""
        returnable = aftersales.services.returnable_lines(order)
        if returnable and self.chance(LIKELY):
            left = {one.line.pk: one.quantity for one in returnable}
        else:
            left = {line.pk: line.quantity for line in order.lines.order_by("pk")}
        if self.chance(0.3):
            return left
        chosen = self.dice.sample(sorted(left), self.dice.randint(1, len(left)))
        most = 1.2 if self.chance(0.1) else 1.0
        return {key: self.dice.randint(0 if self.chance(0.05) else 1, int(left[key] * most)) for key in chosen}

    def amount(self, left: Decimal) -> Decimal:
        """Some money, mostly within what is left."""
        share = Decimal(self.dice.choice((1, 10, 33, 50, 100, 100, 110))) / 100
        return (left * share).quantize(Decimal("0.01"))

    def photos(self) -> list[Photo]:
        return self.dice.sample(PHOTOS, self.dice.choice((0, 0, 1, 2)))

    def number(self) -> str:
        self.numbers += 1
        return f"JD01470000{self.numbers:08d}"


def new_world(dice: Random, clock: Clock) -> World:
    """A merchant with any policy, stock of four items, and one order that is new, on its way, or there."""
    shop = build.merchant(slug="walked", country="DE", **_policy(dice))
    world = World(clock=clock, dice=dice, merchant=shop, staff=build.staff(shop, name="walker"))
    for number in range(1, 5):
        level = build.stock(shop, sku=f"SKU-{number}", on_hand=dice.choice((0, 4, 9, 30)))
        world.levels[level.pk] = level.on_hand
    if dice.random() < 0.75:
        world.account = GatewayAccount.objects.create(
            merchant=shop,
            gateway=dice.choice(("stripe", "stripe", "stripe", "merchant_webhook")),
            label="walk",
            credentials={"api_key": "sk_test_walk"},
            webhook_secret="whsec_walk",
        )
    for _number in range(dice.choice((1, 1, 2))):
        _new_order(world)
    catch_up()
    return world


def _policy(dice: Random) -> dict[str, object]:
    return {
        "refund_on": dice.choice(Policy.RefundOn.values),
        "auto_approve_returns": dice.random() < 0.6,
        "auto_approve_up_to": dice.choice((20, 500)),
        "keep_goods_up_to": dice.choice((0, 0, 15)),
        "send_within_days": dice.choice((3, 14)),
        "return_days": dice.choice((10, 30)),
        "delay_percent": dice.choice((0, 50, 100)),
        "answer_within_days": dice.choice((1, 3)),
        "refund_lost": dice.random() < 0.5,
        "close_after_days": dice.choice((2, 7)),
    }


def _new_order(world: World) -> None:
    dice = world.dice
    country = dice.choice(("DE", "DE", "DE", "CN", "US"))
    city, postal_code = COUNTRIES[country]
    lines = [
        build.line(sku, quantity=dice.randint(1, 3), unit_price=PRICES[sku - 1])
        for sku in dice.sample((1, 2, 3, 4), dice.randint(1, 3))
    ]
    goods = sum((line.unit_price * line.quantity for line in lines), Decimal(0))
    order = build.order(
        merchant=world.merchant,
        number=f"W-{dice.randrange(10**9)}",
        country=country,
        city=city,
        postal_code=postal_code,
        lines=lines,
        shipping_total=dice.choice((Decimal(0), Decimal("4.90"))),
        discount_total=dice.choice((Decimal(0), (goods / 7).quantize(Decimal("0.01")), goods)),
        promised_on=dice.choice((None, (timezone.now() - timedelta(days=12)).date())),
        line1=dice.choice(("Lindenstraße 12", "Lindenstraße 12", "Lindenstraße")),
    )
    if world.account and world.account.gateway == "stripe" and dice.random() < 0.9:
        aftersales.services.note_payment(
            merchant=world.merchant, order=order, gateway="stripe", reference=f"pi_{order.number}"
        )
    start = dice.choice(("placed", "placed", "sent", "part", "there", "there", "there", "there"))
    if start == "sent":
        build.shipment(order, number=world.number())
    elif start == "part":
        part = tracking.services.ParcelDraft(world.number(), contents={lines[0].sku: 1})
        tracking.services.create_shipment(order=order, carrier="dhl", parcels=[part])
    elif start == "there":
        build.delivered(order, at=timezone.now() - timedelta(days=dice.choice((0, 1, 5))), number=world.number())


def catch_up() -> None:
    """Deliver all news, as a worker would."""
    kind = work.KINDS["kernel.event"]
    while rows := list(Event.objects.due().order_by("pk")[: kind.batch]):
        before = [(row.pk, row.due_at) for row in rows]
        work._perform_batch(kind, rows)
        failed = Event.objects.filter(pk__in=[pk for pk, _due in before], done_at__isnull=True)
        assert not failed, [(row.name, row.last_error) for row in failed]


def perform_due(label: str) -> None:
    """Do what is due of one kind of clock."""
    kind = work.KINDS[label]
    if rows := list(kind.due().order_by("pk")):
        work._perform_batch(kind, rows)
        failed = kind.model._base_manager.exclude(last_error="").filter(done_at__isnull=True)
        assert not failed, [(label, row.last_error) for row in failed]
