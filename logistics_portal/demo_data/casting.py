"""Casts the world: who orders what, when, and what becomes of it. The same seed gives the same world."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from random import Random

from orders.services import LineDraft

from .cases import CASES
from .payloads import can_tell
from .people import Person
from .plots import PLOTS, Plot, Step
from .shops import Good, Road, Shop

SEED = 20


@dataclass(slots=True)
class Tale:
    """One order's story."""

    shop: Shop
    person: Person
    road: Road
    plot: Plot
    number: str
    steps: list[Step]
    lines: list[LineDraft] = field(default_factory=list)

    @property
    def began(self) -> datetime:
        return self.steps[0].at


def cast(shops: tuple[Shop, ...], *, now: datetime) -> list[Tale]:
    """Every order of the world, oldest first, so that numbers and rows grow with time."""
    chance = Random(SEED)  # noqa: S311 - a stage play, no secret
    tales = [tale for shop in shops for tale in _tales(shop, now, chance)]
    tales.sort(key=lambda tale: tale.began)
    for position, tale in enumerate(tales):
        tale.number = f"{tale.shop.prefix}-{10_200 + position}"
    return tales


def _tales(shop: Shop, now: datetime, chance: Random) -> Iterator[Tale]:
    turn = 0
    for plot in (*PLOTS, *(case for case in CASES if case.shop == shop.slug)):
        for _ in range(plot.often):
            turn += 1
            cast_as = _person_and_road(shop, plot, turn)
            if cast_as is None:
                continue
            person, road = cast_as
            yield Tale(shop, person, road, plot, "", plot.steps(now=now, chance=chance), _basket(shop, plot, chance))


def _person_and_road(shop: Shop, plot: Plot, turn: int) -> tuple[Person, Road] | None:
    """Somebody to whom a carrier goes that can tell this story; a story about customs crosses a border."""
    people, needs = shop.customers, plot.kinds()
    crosses = "customs" in needs
    for offset in range(len(people) * 3):
        person = people[(turn * 5 + offset) % len(people)]
        road = shop.road_to(person, turn + offset)
        fits = plot.country in ("", person.place.country) and (not crosses or person.place.country != shop.country)
        if fits and can_tell(road.teller, needs):
            return (replace(person, line1=plot.street) if plot.street else person), road
    return None


def _basket(shop: Shop, plot: Plot, chance: Random) -> list[LineDraft]:
    if plot.basket:
        goods = {good.sku: good for good in shop.goods}
        return [_line(goods[sku], quantity) for sku, quantity in plot.basket]
    return _dear_lines(shop) if plot.is_dear else _lines(shop, chance, is_cheap="ask_return" in plot.script)


def _lines(shop: Shop, chance: Random, *, is_cheap: bool) -> list[LineDraft]:
    """A few goods, none that a customer would keep; cheap ones when one comes back without a person's approval."""
    most = shop.auto_approve_up_to if is_cheap else Decimal("Infinity")
    fitting = [good for good in shop.goods if shop.keep_goods_up_to < good.price <= most]
    goods = chance.sample(fitting, k=chance.choice((1, 1, 2, 2, 3)))
    return [_line(good, chance.choice((1, 1, 1, 2))) for good in goods]


def _dear_lines(shop: Shop) -> list[LineDraft]:
    dearest = max(shop.goods, key=lambda good: good.price)
    return [_line(dearest, int(Decimal(shop.auto_approve_up_to) / dearest.price) + 1)]


def _line(good: Good, quantity: int) -> LineDraft:
    return LineDraft(good.sku, good.name, quantity, good.price, good.gtin, good.weight_g)
