"""Goods that came back though nobody had agreed to it: noted without a refund; staff decide."""

from collections.abc import Mapping
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

import tracking.services
from orders.models import Order
from tracking.models import Shipment

from ..events import RETURN_CAME_UNASKED
from ..models import Return, ReturnLine
from .receiving import mark_received
from .returns import UnableToReturn, new_number, tell
from .settling import lock_return


@transaction.atomic
def receive_unannounced(
    *,
    order: Order,
    pieces: Mapping[UUID, int],
    by: User | None = None,
    note: str = "",
    tracking_number: str = "",
    carrier: str = "",
) -> Return:
    """Goods of an order lie here that nobody had announced: they are noted without a refund; staff decide.

    Args:
        pieces: how many of each order line; they are looked at with `inspect_return`.

    Raises:
        UnableToReturn: nothing, or more than was sold and has not come back yet.
    """
    order = Order.objects.select_for_update(of=("self",)).select_related("merchant__policy").get(pk=order.pk)
    found = {line_id: count for line_id, count in pieces.items() if count}
    if not found:
        raise UnableToReturn(_("Count at least one piece."))
    sold = {line.pk: line.quantity for line in order.lines.all()}
    back = _back_already(order)
    if any(not 0 < count <= sold.get(line_id, 0) - back.get(line_id, 0) for line_id, count in found.items()):
        raise UnableToReturn(_("More came back than was sold and has not come back yet."))
    return_case = _open_unasked(order, Return.Origin.UNANNOUNCED, found, comment=note)
    if tracking_number and carrier:
        shipment = tracking.services.create_shipment(
            order=order,
            carrier=carrier,
            parcels=[tracking.services.ParcelDraft(tracking_number)],
            direction=Shipment.Direction.RETURN,
        )
        Return.objects.filter(pk=return_case.pk).update(shipment=shipment)
    for line in return_case.lines.all():
        ReturnLine.objects.filter(pk=line.pk).update(received_quantity=line.quantity)
    mark_received(return_case)
    return return_case


@transaction.atomic
def open_refused(*, shipment: Shipment) -> Return | None:
    """A parcel that was not accepted at the door travels back: a case by itself; None where there is one already.

    Of an order in one parcel it holds everything that is not coming back already; of an order in several nobody knows
    what is in it before somebody looks.
    """
    order = Order.objects.select_for_update(of=("self",)).select_related("merchant__policy").get(pk=shipment.order_id)
    if Return.objects.filter(shipment=shipment).exists():
        return None
    sent = order.shipments.filter(direction=Shipment.Direction.OUTBOUND).count()
    back = _back_already(order)
    left = {line.pk: line.quantity - back.get(line.pk, 0) for line in order.lines.all()} if sent == 1 else {}
    pieces = {line_id: count for line_id, count in left.items() if count > 0}
    return _open_unasked(order, Return.Origin.REFUSED, pieces, shipment=shipment)


def _back_already(order: Order) -> dict[UUID, int]:
    back: dict[UUID, int] = {}
    lines = ReturnLine.objects.filter(order_line__order=order).exclude(
        return_case__status__in=(Return.Status.CANCELED, Return.Status.REJECTED, Return.Status.EXPIRED)
    )
    for line_id, quantity in lines.values_list("order_line", "quantity"):
        back[line_id] = back.get(line_id, 0) + quantity
    return back


def _open_unasked(
    order: Order, origin: str, pieces: Mapping[UUID, int], *, shipment: Shipment | None = None, comment: str = ""
) -> Return:
    return_case = Return.objects.create(
        merchant_id=order.merchant_id,
        order=order,
        shipment=shipment,
        number=new_number(order),
        status=Return.Status.APPROVED,
        origin=origin,
        reason="refused" if origin == Return.Origin.REFUSED else "unannounced",
        comment=comment[:2000],
    )
    ReturnLine.objects.bulk_create(
        ReturnLine(return_case=return_case, order_line_id=line_id, quantity=count) for line_id, count in pieces.items()
    )
    tell(RETURN_CAME_UNASKED, return_case, origin=str(origin))
    return return_case


@transaction.atomic
def add_found_lines(*, return_case: Return, pieces: Mapping[UUID, int]) -> None:
    """Note what is in a parcel that came back without anybody knowing what is in it.

    Raises:
        UnableToReturn: the return has lines already, or more than was sold and has not come back yet.
    """
    return_case = lock_return(return_case)
    if return_case.lines.exists() or return_case.is_asked:
        raise UnableToReturn(_("What is in this return is known already."))
    sold = {line.pk: line.quantity for line in return_case.order.lines.all()}
    back = _back_already(return_case.order)
    found = {line_id: count for line_id, count in pieces.items() if count}
    if any(not 0 < count <= sold.get(line_id, 0) - back.get(line_id, 0) for line_id, count in found.items()):
        raise UnableToReturn(_("More came back than was sold and has not come back yet."))
    has_arrived = return_case.received_at is not None
    ReturnLine.objects.bulk_create(
        ReturnLine(
            return_case=return_case,
            order_line_id=line_id,
            quantity=count,
            received_quantity=count if has_arrived else 0,
        )
        for line_id, count in found.items()
    )
