"""What rules are told of orders before they leave: gathered for a batch of orders with a few statements."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db.models import Q, Sum
from django.utils import timezone

from customers.models import PhoneNumber, PhoneVerification
from orders.models import Order, OrderLine, Reorder
from tracking.gazetteer import locate
from tracking.models import Shipment, TrackingStatus

from ..models import OPEN_RETURNS, ReturnLine
from ..rules.base import OrderCase, Sold, Twin

TWIN_WITHIN = timedelta(hours=24)
A_YEAR = timedelta(days=365)
RATE_OF = timedelta(days=180)
LINES_COUNTED = 500  # of an item, the newest: of a best seller they tell as much as all
RATE_LASTS_S = 3600
_BAD_ADDRESS = ("carrier_address_not_found", "consignee_incorrect_address", "consignee_moved")
Content = frozenset[tuple[str, int]]


def order_facts(orders: Sequence[Order]) -> dict[UUID, OrderCase]:
    """The facts of orders, by id, as they are now; twins are those placed before each."""
    if not orders:
        return {}
    lines = _lines(orders)
    twins = _twins(orders, lines)
    failures = _failures(orders)
    proved, doubts = _numbers(orders)
    proving = _proving_merchants({order.merchant_id for order in orders})
    rates = {item_id: _rate(item_id) for order in orders for item_id in {line.item_id for line in lines[order.pk]}}
    return {
        order.pk: OrderCase(
            line1=order.line1,
            line2=order.line2,
            city=order.city,
            postal_code=order.postal_code,
            country=order.country,
            is_city_known=locate(order.city, order.country) is not None,
            city_elsewhere=_elsewhere(order),
            address_failures=failures[_door(order)],
            is_phone_proved=(order.merchant_id, str(order.phone)) in proved,
            phone_doubt=doubts.get((order.merchant_id, str(order.phone)), ""),
            does_merchant_prove=order.merchant_id in proving,
            twins=tuple(twins[order.pk]),
            lines=tuple(
                Sold(line.sku, line.name, *rates[line.item_id]) for line in lines[order.pk] if rates[line.item_id][0]
            ),
        )
        for order in orders
    }


def _lines(orders: Sequence[Order]) -> dict[UUID, list[OrderLine]]:
    found: dict[UUID, list[OrderLine]] = defaultdict(list)
    for line in OrderLine.objects.filter(order__in=orders).order_by("pk"):
        found[line.order_id].append(line)
    return found


def _content(lines: Collection[OrderLine]) -> Content:
    return frozenset(Counter({line.sku: line.quantity for line in lines}).items())


def _twins(orders: Sequence[Order], lines: dict[UUID, list[OrderLine]]) -> dict[UUID, list[Twin]]:
    """Orders of the same phone, placed up to a day before, with the same in them; the latest first."""
    first = min(order.placed_at for order in orders) - TWIN_WITHIN
    others = Order.objects.filter(phone__in={order.phone for order in orders}, placed_at__gte=first)
    others = others.filter(merchant__in={order.merchant_id for order in orders}).exclude(status=Order.Status.CANCELED)
    candidates = list(others.order_by("-placed_at", "-pk"))
    theirs = _lines(candidates)
    alike: dict[UUID, list[Order]] = defaultdict(list)
    for order in orders:
        own = _content(lines[order.pk])
        for other in candidates:
            if _comes_before(other, order) and _content(theirs[other.pk]) == own:
                alike[order.pk].append(other)
    for order_id in _replacements(alike):
        del alike[order_id]
    origins = _origins(alike)
    found: dict[UUID, list[Twin]] = defaultdict(list)
    for order in orders:
        for other in alike[order.pk]:
            if order.pk not in origins or origins[order.pk] != origins.get(other.pk, other.pk):
                before = round((order.placed_at - other.placed_at).total_seconds() / 3600, 2)
                found[order.pk].append(Twin(other.number, before, _door(other) == _door(order)))
    return found


def _origins(alike: Mapping[UUID, Sequence[Order]]) -> dict[UUID, UUID]:
    """Which of these orders were placed because the customer asked for another once more, and what they go back to.

    That such an order is like the other, and like what else repeats it, is meant.
    """
    asked = {pk for pk, others in alike.items() if others}
    asked |= {other.pk for others in alike.values() for other in others}
    if not asked:
        return {}
    wishes = dict(Reorder.objects.filter(placed__in=asked).values_list("placed", "order"))
    origins = {}
    for placed, repeated in wishes.items():
        while repeated in wishes:
            repeated = wishes[repeated]
        origins[placed] = repeated
    return origins


def _replacements(order_ids: Collection[UUID]) -> set[UUID]:
    """Which of these send goods anew: that they are alike is meant."""
    if not order_ids:
        return set()
    granted = Q(exchange__isnull=False) | Q(granted_by__isnull=False)
    return set(Order.objects.filter(granted, pk__in=order_ids).values_list("pk", flat=True))


def _comes_before(other: Order, order: Order) -> bool:
    same = other.merchant_id == order.merchant_id and other.phone == order.phone
    before = (other.placed_at, other.pk) < (order.placed_at, order.pk)
    return same and before and order.placed_at - other.placed_at <= TWIN_WITHIN


def _door(order: Order) -> tuple[str, ...]:
    """The address, however it was written in capitals."""
    written = (order.line1, order.line2, order.postal_code, order.city, order.country)
    return (str(order.merchant_id), *(" ".join(part.casefold().split()) for part in written))


def _failures(orders: Sequence[Order]) -> Counter[tuple[str, ...]]:
    """How many parcels to each address came back because of it."""
    streets = Q()
    for order in orders:
        streets |= Q(order__postal_code=order.postal_code, order__line1__iexact=order.line1)
    ended = Q(status=TrackingStatus.RETURNED) | Q(status=TrackingStatus.RETURNING) | Q(status=TrackingStatus.EXCEPTION)
    rows = Shipment.objects.outbound().filter(streets, ended, reason__in=_BAD_ADDRESS)
    rows = rows.filter(
        merchant__in={order.merchant_id for order in orders}, created_at__gte=timezone.now() - A_YEAR
    ).exclude(order__in=orders)
    return Counter(_door(shipment.order) for shipment in rows.select_related("order"))


def _numbers(orders: Sequence[Order]) -> tuple[set[tuple[UUID, str]], dict[tuple[UUID, str], str]]:
    """Which numbers are proved at which merchant, and which are in doubt."""
    rows = PhoneNumber.objects.filter(
        number__in={order.phone for order in orders},
        merchant__in={order.merchant_id for order in orders},
        until__isnull=True,
    )
    proved: set[tuple[UUID, str]] = set()
    doubts: dict[tuple[UUID, str], str] = {}
    for row in rows:
        key = (row.merchant_id, str(row.number))
        if row.verified_at:
            proved.add(key)
        if row.doubt:
            doubts[key] = row.doubt
    return proved, doubts


def _proving_merchants(merchant_ids: Collection[UUID]) -> set[UUID]:
    """Merchants whose checkout had a number proved within the last months."""
    since: datetime = timezone.now() - RATE_OF
    used = PhoneVerification.objects.filter(
        purpose=PhoneVerification.Purpose.CHECKOUT, merchant__in=merchant_ids, used_at__gte=since
    )
    return {merchant_id for merchant_id in used.values_list("merchant_id", flat=True).distinct() if merchant_id}


def _rate(item_id: UUID) -> tuple[int, int, str]:
    """How many pieces of an item were sold and came back lately, and why most did; an hour old at most."""
    key = f"return-rate:{item_id}"
    known: tuple[int, int, str] | None = cache.get(key)
    if known is None:
        known = _count_rate(item_id)
        cache.set(key, known, RATE_LASTS_S)
    return known


def _count_rate(item_id: UUID) -> tuple[int, int, str]:
    since = timezone.now() - RATE_OF
    newest = OrderLine.objects.filter(item=item_id, order__placed_at__gte=since).order_by("-pk")
    lines = list(newest.values_list("pk", "quantity")[:LINES_COUNTED])
    returned = ReturnLine.objects.filter(
        order_line__in=[pk for pk, _ in lines], return_case__status__in=OPEN_RETURNS
    ).values_list("return_case__reason")
    reasons = Counter(dict(returned.annotate(sum=Sum("quantity"))))
    main = min(reasons, key=lambda reason: (-reasons[reason], reason), default="")
    return sum(quantity for _, quantity in lines), reasons.total(), main


def _elsewhere(order: Order) -> str:
    """The country of the only city of that name that is known, where it isn't the order's."""
    if locate(order.city, order.country) is not None:
        return ""
    spot = locate(order.city)
    return spot.country if spot and spot.country != order.country else ""
