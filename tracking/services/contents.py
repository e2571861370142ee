"""What lies in which parcel, as who packed it said: the packing list."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import Sum

from logistics_portal.kernel.errors import DomainError
from orders.models import Order, OrderLine

from ..models import Parcel, ParcelLine, Shipment, TrackingStatus


class UnableToPack(DomainError):
    """The contents that were told of a parcel can't lie in it."""

    code = "unable_to_ship"


Contents = Mapping[str, int]  # SKU → pieces


def divide(order: Order, told: Sequence[Contents]) -> list[dict[UUID, int]]:
    """For each parcel the pieces by order line, from the pieces by SKU that were told of it.

    The order must be locked. A SKU that stands in several lines is taken from them in their order.

    Raises:
        UnableToPack: contents were told of some parcels only, or are not in the order, or are more than is left.
    """
    if not all(told):
        raise _wrong("Tell the lines of each parcel, or of none.")
    lines = list(order.lines.order_by("pk"))
    packed = _packed(order)
    left = {line.pk: line.quantity - packed.get(line.pk, 0) for line in lines}
    return [_take(contents, lines, left) for contents in told]


def _packed(order: Order) -> dict[UUID, int]:
    standing = ParcelLine.objects.of_order(order).standing()
    return dict(standing.values_list("order_line").annotate(sum=Sum("quantity")))


def _take(contents: Contents, lines: Sequence[OrderLine], left: dict[UUID, int]) -> dict[UUID, int]:
    taken: dict[UUID, int] = {}
    for sku, wanted in contents.items():
        of_sku = [line for line in lines if line.sku == sku]
        if not of_sku:
            raise _wrong(f"There is no “{sku[:64]}” in this order.")
        rest = wanted
        for line in of_sku:
            pieces = min(rest, left[line.pk])
            rest -= pieces
            left[line.pk] -= pieces
            if pieces:
                taken[line.pk] = pieces
        if rest:
            raise _wrong(f"Of “{sku[:64]}”, {wanted - rest} are left to be sent, not {wanted}.")
    return taken


def _wrong(reason: str) -> UnableToPack:
    return UnableToPack(reason, fields={"lines": [reason]})


def note_contents(order: Order, parcels: Sequence[Parcel], divided: Sequence[Mapping[UUID, int]]) -> dict[UUID, int]:
    """Keep what lies in each parcel; returns the pieces by order line that had not left before.

    What is sent once more, since its first parcel went astray, is not among them.
    """
    ParcelLine.objects.bulk_create(
        ParcelLine(parcel=parcel, order_line_id=line_id, quantity=quantity)
        for parcel, pieces in zip(parcels, divided, strict=True)
        for line_id, quantity in pieces.items()
    )
    packed = _packed(order)
    return {line.pk: max(0, packed.get(line.pk, 0) - line.shipped_quantity) for line in order.lines.all()}


def arrived_pieces(order: Order) -> dict[UUID, int] | None:
    """The pieces by order line that were delivered; None where not every parcel's contents were told."""
    parcels = Parcel.objects.filter(shipment__order=order, shipment__direction=Shipment.Direction.OUTBOUND)
    told = list(parcels.values_list("status", "contents__order_line", "contents__quantity"))
    if not told or any(line is None for _, line, _ in told):
        return None
    arrived = Counter[UUID]()
    for status, line, quantity in told:
        arrived[line] += quantity if status == TrackingStatus.DELIVERED else 0
    return arrived
