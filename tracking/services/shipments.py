"""Goods leave: a shipment and its parcels come to be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

import orders.services
from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.events import publish
from orders.models import Order

from ..events import SHIPMENT_CREATED
from ..models import FINAL, Parcel, Shipment
from .carriers import normalize_number
from .contents import Contents, divide, note_contents
from .payloads import NUMBER_RESTS, read_waiting_for
from .polls import start_polls
from .watching import look_at

_CARRIER_CODE = re.compile(r"[a-z0-9][a-z0-9_]{1,29}")
_TRACKING_NUMBER = re.compile(r"[A-Z0-9]{4,40}")


class UnableToShip(DomainError):
    """The shipment can't be taken as it is."""

    code = "unable_to_ship"


@dataclass(frozen=True, slots=True)
class ParcelDraft:
    """A box that leaves; ``contents`` are pieces by SKU, where they were told."""

    tracking_number: str
    weight_g: int | None = None
    sscc: str = ""
    contents: Contents = field(default_factory=dict)


def create_shipment(
    *,
    order: Order,
    carrier: str,
    parcels: Sequence[ParcelDraft],
    service: str = "",
    direction: str = Shipment.Direction.OUTBOUND,
    is_announced: bool = True,
    at: datetime | None = None,
) -> Shipment:
    """Note that goods of an order left with a carrier, and read what the carrier already told of them.

    Told the contents of every parcel, the order knows what is still to be sent; told of none, all of it has left.

    Raises:
        UnableToShip: the order was canceled, the carrier's code or a number can't be one, or a number is in use.
        UnableToPack: the contents that were told can't be.
    """
    numbers = [normalize_number(parcel.tracking_number) for parcel in parcels]
    with transaction.atomic():
        order.refresh_from_db(from_queryset=Order.objects.select_for_update())  # its parcels may leave at once
        _check(order, carrier, numbers, direction)
        told = [parcel.contents for parcel in parcels]
        divided = divide(order, told) if any(told) else []
        shipment = Shipment.objects.create(
            merchant_id=order.merchant_id,
            order=order,
            carrier=carrier,
            service=service,
            direction=direction,
            created_at=at or timezone.now(),
        )
        _retire_finished(shipment, numbers)
        made = _create_parcels(shipment, parcels, numbers)
        pieces = note_contents(order, made, divided) if divided else None
        if direction == Shipment.Direction.OUTBOUND:
            orders.services.ship_order(order=order, pieces=pieces, at=at)
        start_polls(parcels=made)
        look_at([shipment.pk])  # a parcel that is never scanned must be missed, too
        if is_announced:
            publish(
                SHIPMENT_CREATED,
                merchant_id=order.merchant_id,
                subject_id=shipment.pk,
                order_id=order.pk,
                direction=direction,
            )
        transaction.on_commit(lambda: read_waiting_for(numbers), robust=True)
    return shipment


def _check(order: Order, carrier: str, numbers: list[str], direction: str) -> None:
    if order.status == Order.Status.CANCELED and direction == Shipment.Direction.OUTBOUND:
        raise UnableToShip(f"Order {order.number} was canceled.")
    if not _CARRIER_CODE.fullmatch(carrier):
        reason = f"“{carrier[:40]}” can't be a carrier's code: use lower-case letters, digits and _, like dhl."
        raise UnableToShip(reason, fields={"carrier": [reason]})
    if not numbers:
        raise UnableToShip("A shipment needs at least one parcel.", fields={"parcels": ["Send at least one."]})
    for number in numbers:
        if not _TRACKING_NUMBER.fullmatch(number):
            reason = f"“{number[:60]}” can't be a tracking number: 4 to 40 letters and digits."
            raise UnableToShip(reason, fields={"tracking_number": [reason]})
    if len(set(numbers)) < len(numbers):
        raise UnableToShip(
            "Each parcel needs a tracking number of its own.", fields={"parcels": ["A number came twice."]}
        )


def _retire_finished(shipment: Shipment, numbers: list[str]) -> None:
    """Carriers use numbers again: a parcel that ended long ago gives its number free."""
    finished = Parcel.objects.filter(
        merchant_id=shipment.merchant_id,
        carrier=shipment.carrier,
        tracking_number__in=numbers,
        retired_at__isnull=True,
        shipment__status__in=FINAL,
        shipment__last_event_at__lt=shipment.created_at - NUMBER_RESTS,
    )
    finished.update(retired_at=timezone.now())


def _create_parcels(shipment: Shipment, drafts: Sequence[ParcelDraft], numbers: list[str]) -> list[Parcel]:
    try:
        with transaction.atomic():
            return Parcel.objects.bulk_create(
                Parcel(
                    shipment=shipment,
                    merchant_id=shipment.merchant_id,
                    carrier=shipment.carrier,
                    tracking_number=number,
                    weight_g=draft.weight_g,
                    sscc=draft.sscc,
                )
                for draft, number in zip(drafts, numbers, strict=True)
            )
    except IntegrityError as error:
        if "one_parcel_a_number" not in str(error):
            raise
        reason = "A parcel with this carrier and tracking number exists already. Read it, or check the number."
        raise UnableToShip(reason, fields={"tracking_number": [reason]}) from error
