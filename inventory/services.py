"""Writes of stock. Levels are locked in key order, so that two orders for the same items can't deadlock."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.events import make_event, publish_all
from merchants.models import Merchant

from .events import STOCK_RAN_LOW
from .models import Item, Location, Reservation, StockLevel, StockMovement


class UnableToCount(DomainError):
    """The counted quantity is less than what is promised to orders."""


@dataclass(frozen=True, slots=True)
class ItemDraft:
    sku: str
    name: str
    gtin: str = ""
    weight_g: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """``quantity`` of an item for ``reference``, the order line."""

    item: Item
    quantity: int
    reference: UUID


def find_or_create_items(*, merchant: Merchant, drafts: Iterable[ItemDraft]) -> dict[str, Item]:
    """The items of the drafts' SKUs; unknown ones are added, known ones stay as they are."""
    by_sku = {draft.sku: draft for draft in drafts}
    known = {item.sku: item for item in Item.objects.for_merchant(merchant).filter(sku__in=by_sku)}
    missing = [
        Item(merchant=merchant, sku=draft.sku, name=draft.name, gtin=draft.gtin, weight_g=draft.weight_g)
        for sku, draft in by_sku.items()
        if sku not in known
    ]
    if missing:
        Item.objects.bulk_create(missing, ignore_conflicts=True)
        known = {item.sku: item for item in Item.objects.for_merchant(merchant).filter(sku__in=by_sku)}
    return known


@transaction.atomic
def reserve(*, wanted: Sequence[Wanted]) -> list[Reservation]:
    """Promise stock to order lines: all from one place where it can be, what lacks is written as short."""
    kept = [want for want in wanted if want.item.is_stock_kept]
    levels = _lock_levels({want.item.pk for want in kept})
    made = [_reserve_one(want, levels[want.item.pk]) for want in sorted(kept, key=lambda want: want.item.pk)]
    StockLevel.objects.bulk_update([level for found in levels.values() for level in found], ["reserved"])
    _tell_low(kept, levels)
    return Reservation.objects.bulk_create(made)


def _reserve_one(want: Wanted, levels: list[StockLevel]) -> Reservation:
    best = max(levels, key=lambda level: level.on_hand - level.reserved, default=None)
    taken = min(best.on_hand - best.reserved, want.quantity) if best else 0
    if best:
        best.reserved += taken
    return Reservation(
        item=want.item,
        location_id=best.location_id if best and taken else None,
        reference=want.reference,
        quantity=taken,
        short=want.quantity - taken,
    )


@transaction.atomic
def release(*, references: Iterable[UUID]) -> None:
    """Give back what was promised to order lines that will not ship."""
    found = _lock_reservations(references)
    _end(found)
    for reservation in found:
        if reservation.quantity:
            StockLevel.objects.filter(item=reservation.item_id, location=reservation.location_id).update(
                reserved=F("reserved") - reservation.quantity
            )


@transaction.atomic
def ship_reserved(*, pieces: Mapping[UUID, int]) -> None:
    """Take what was promised out of the levels: so many pieces of each reference left. The rest stays promised."""
    found = _lock_reservations(reference for reference, quantity in pieces.items() if quantity)
    for reservation in found:
        gone = min(reservation.quantity, pieces[reservation.reference])
        reservation.quantity -= gone
        reservation.short -= min(reservation.short, pieces[reservation.reference] - gone)
        if gone:
            _take_out(reservation, gone)
    _end([reservation for reservation in found if not (reservation.quantity or reservation.short)])
    partly = [reservation for reservation in found if reservation.quantity or reservation.short]
    Reservation.objects.bulk_update(partly, ["quantity", "short"])


def _take_out(reservation: Reservation, quantity: int) -> None:
    assert reservation.location_id  # what holds nothing has no place, and no pieces that could leave
    StockLevel.objects.filter(item=reservation.item_id, location=reservation.location_id).update(
        reserved=F("reserved") - quantity, on_hand=F("on_hand") - quantity
    )
    StockMovement.objects.create(
        item_id=reservation.item_id,
        location_id=reservation.location_id,
        kind=StockMovement.Kind.SHIPPED,
        quantity=-quantity,
        reference=reservation.reference,
    )


def _lock_reservations(references: Iterable[UUID]) -> list[Reservation]:
    """The open reservations, locked with the levels of their items."""
    open_ones = Reservation.objects.select_for_update().filter(reference__in=references, ended_at__isnull=True)
    found = list(open_ones.order_by("pk"))
    _lock_levels({reservation.item_id for reservation in found})
    return found


def _end(reservations: Iterable[Reservation]) -> None:
    Reservation.objects.filter(pk__in=[reservation.pk for reservation in reservations]).update(ended_at=timezone.now())


@transaction.atomic
def put_back(*, item: Item, quantity: int, reference: UUID) -> None:
    """Goods came back and can be sold again: into the place that has most of the item."""
    if not item.is_stock_kept:
        return
    level = max(_lock_levels({item.pk})[item.pk], key=lambda level: level.on_hand, default=None)
    if level is None:
        return
    StockLevel.objects.filter(pk=level.pk).update(on_hand=F("on_hand") + quantity)
    StockMovement.objects.create(
        item=item,
        location_id=level.location_id,
        kind=StockMovement.Kind.RETURNED,
        quantity=quantity,
        reference=reference,
    )


@transaction.atomic
def write_off_returned(*, item: Item, quantity: int, reference: UUID) -> None:
    """Goods came back and can't be sold again: they came and went, and the levels stay as they are."""
    if not item.is_stock_kept:
        return
    level = max(_lock_levels({item.pk})[item.pk], key=lambda level: level.on_hand, default=None)
    if level is None:
        return
    StockMovement.objects.bulk_create(
        StockMovement(item=item, location_id=level.location_id, kind=kind, quantity=change, reference=reference)
        for kind, change in (
            (StockMovement.Kind.RETURNED, quantity),
            (StockMovement.Kind.WRITTEN_OFF, -quantity),
        )
    )


@transaction.atomic
def count_stock(*, item: Item, location: Location, on_hand: int) -> StockLevel:
    """Set what lies at a place to what was counted there; the difference is kept as a movement.

    Raises:
        UnableToCount: more than ``on_hand`` is promised to orders.
    """
    level, _ = StockLevel.objects.select_for_update().get_or_create(item=item, location=location)
    if on_hand < level.reserved:
        raise UnableToCount(
            f"{level.reserved} of {item.sku} are promised to orders at {location.code}. Release them first."
        )
    change = on_hand - level.on_hand
    if change:
        StockLevel.objects.filter(pk=level.pk).update(on_hand=on_hand)
        StockMovement.objects.create(item=item, location=location, kind=StockMovement.Kind.COUNTED, quantity=change)
    if not item.is_stock_kept:
        Item.objects.filter(pk=item.pk).update(is_stock_kept=True)
    level.on_hand = on_hand
    return level


def _lock_levels(item_ids: set[UUID]) -> dict[UUID, list[StockLevel]]:
    found: dict[UUID, list[StockLevel]] = defaultdict(list)
    for level in StockLevel.objects.select_for_update().filter(item__in=item_ids).order_by("pk"):
        found[level.item_id].append(level)
    return found


def _tell_low(wanted: Sequence[Wanted], levels: dict[UUID, list[StockLevel]]) -> None:
    low = [
        make_event(
            STOCK_RAN_LOW,
            merchant_id=want.item.merchant_id,
            subject_id=want.item.pk,
            item_id=want.item.pk,
            location_id=level.location_id,
            free=level.on_hand - level.reserved,
        )
        for want in wanted
        for level in levels[want.item.pk]
        if level.on_hand - level.reserved < want.item.low_stock_at
    ]
    publish_all(low)
