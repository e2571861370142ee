"""Goods come back: asked for, judged, sent, received."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

import inventory.services
import tracking.services
from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.events import EventType, publish
from logistics_portal.kernel.state import transition
from orders.models import Order, OrderLine
from tracking.models import Shipment

from ..events import RETURN_APPROVED, RETURN_CANCELED, RETURN_RECEIVED, RETURN_REJECTED, RETURN_REQUESTED
from ..models import OPEN_RETURNS, RETURN_TRANSITIONS, Reason, Return, ReturnLine
from .cases import delivered_at
from .judging import decide_return, judge_return
from .refunds import start_refund, value_of


class UnableToReturn(DomainError):
    """The return can't be asked for or sent like this; the message says why."""

    code = "unable_to_return"


@dataclass(frozen=True, slots=True)
class Returnable:
    """How many of an order line may still be sent back."""

    line: OrderLine
    quantity: int


def returnable_lines(order: Order) -> list[Returnable]:
    """The lines of which something can still be sent back; what other open returns hold is taken."""
    taken = dict(
        ReturnLine.objects.filter(order_line__order=order, return_case__status__in=OPEN_RETURNS)
        .values_list("order_line")
        .annotate(sum=Sum("quantity"))
    )
    lines = order.lines.filter(item__is_returnable=True).order_by("pk")
    left = [Returnable(line, line.quantity - taken.get(line.pk, 0)) for line in lines]
    return [one for one in left if one.quantity > 0]


def return_refusal(order: Order) -> str:
    """Why a customer can't ask for a return now; "" when they can."""
    arrived = delivered_at(order)
    if arrived is None:
        return _("You can send goods back once the parcel has arrived.")
    days = order.merchant.policy.return_days
    if timezone.now() > arrived + timedelta(days=days + 1):
        return _("The %d days for returns are over. Write to support if something is wrong with the goods.") % days
    if not returnable_lines(order):
        return _("Everything of this order that can be sent back is already on its way back.")
    return ""


def request_return(*, order: Order, reason: str, comment: str, quantities: Mapping[UUID, int]) -> Return:
    """Ask for a return; a rule may approve it at once.

    Raises:
        UnableToReturn: too late, nothing chosen, more than is left, or an unknown reason.
    """
    if refusal := return_refusal(order):
        raise UnableToReturn(refusal)
    if reason not in Reason.values:
        raise UnableToReturn(_("Choose one of the reasons."), fields={"reason": [_("Choose one of the reasons.")]})
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",)).select_related("merchant__policy").get(pk=order.pk)
        wanted = _check_quantities(order, quantities)
        number = f"R-{_short_number(order)}-{order.returns.count() + 1}"
        return_case = Return.objects.create(
            merchant_id=order.merchant_id, order=order, number=number, reason=reason, comment=comment[:2000]
        )
        ReturnLine.objects.bulk_create(
            ReturnLine(return_case=return_case, order_line_id=line_id, quantity=quantity)
            for line_id, quantity in wanted.items()
        )
        publish(RETURN_REQUESTED, merchant_id=order.merchant_id, subject_id=return_case.pk, order_id=order.pk)
        verdict = judge_return(return_case)
        if verdict and verdict.decision == "approve":
            _approve(return_case, note="")
    return return_case


def _short_number(order: Order) -> str:
    """The order's number, where need be shortened so that it stays unlike any other's."""
    return order.number if len(order.number) <= 54 else f"{order.number[:41]}-{order.pk.hex[-12:]}"


def _check_quantities(order: Order, quantities: Mapping[UUID, int]) -> dict[UUID, int]:
    wanted = {line_id: quantity for line_id, quantity in quantities.items() if quantity}
    if not wanted:
        raise UnableToReturn(_("Choose what you send back."))
    left = {one.line.pk: one.quantity for one in returnable_lines(order)}
    for line_id, quantity in wanted.items():
        if not 0 < quantity <= left.get(line_id, 0):
            raise UnableToReturn(_("You can send back at most what you got and have not sent back yet."))
    return wanted


@transaction.atomic
def approve_return(*, return_case: Return, by: User, note: str = "") -> None:
    """A person approves what no rule did."""
    decide_return(return_case=return_case, decision="approve", why=note, by=by)
    _approve(return_case, note=note, by=by)


def _approve(return_case: Return, *, note: str, by: User | None = None) -> None:
    transition(
        return_case,
        Return.Status.APPROVED,
        allowed=RETURN_TRANSITIONS,
        decided_at=timezone.now(),
        decided_by=by,
        decision_note=note,
    )
    _tell(RETURN_APPROVED, return_case)


@transaction.atomic
def reject_return(*, return_case: Return, by: User, note: str) -> None:
    """A person declines a return.

    Raises:
        UnableToReturn: no note: the customer must be told why.
    """
    if not note.strip():
        raise UnableToReturn(_("Say why: the customer is told."), fields={"note": [_("Say why.")]})
    decide_return(return_case=return_case, decision="reject", why=note, by=by)
    now = timezone.now()
    transition(
        return_case,
        Return.Status.REJECTED,
        allowed=RETURN_TRANSITIONS,
        decided_at=now,
        closed_at=now,
        decided_by=by,
        decision_note=note.strip(),
    )
    _tell(RETURN_REJECTED, return_case)


@transaction.atomic
def cancel_return(*, return_case: Return) -> None:
    """The customer keeps the goods."""
    return_case.refresh_from_db(from_queryset=Return.objects.select_for_update())
    if return_case.shipment_id:
        raise UnableToReturn(_("The return parcel is already on its way back."))
    transition(return_case, Return.Status.CANCELED, allowed=RETURN_TRANSITIONS, closed_at=timezone.now())
    _tell(RETURN_CANCELED, return_case)


def send_return(*, return_case: Return, carrier: str, tracking_number: str) -> Shipment:
    """The goods are on their way back in a parcel of their own.

    Raises:
        UnableToReturn: not approved, or a parcel was given before.
        UnableToShip: the carrier or number can't be used.
    """
    with transaction.atomic():
        return_case = Return.objects.select_for_update(of=("self",)).select_related("order").get(pk=return_case.pk)
        if return_case.status != Return.Status.APPROVED:
            raise UnableToReturn(_("Only an approved return can be sent."))
        if return_case.shipment_id:
            raise UnableToReturn(_("This return has a parcel already."))
        shipment = tracking.services.create_shipment(
            order=return_case.order,
            carrier=carrier,
            parcels=[tracking.services.ParcelDraft(tracking_number)],
            direction=Shipment.Direction.RETURN,
        )
        Return.objects.filter(pk=return_case.pk).update(shipment=shipment)
    return shipment


@transaction.atomic
def receive_return(*, return_case: Return) -> None:
    """The goods are back: into stock with what can be sold again, and the refund starts."""
    transition(return_case, Return.Status.RECEIVED, allowed=RETURN_TRANSITIONS, received_at=timezone.now())
    if return_case.reason != Reason.DAMAGED:
        for line in return_case.lines.select_related("order_line__item").order_by("pk"):
            inventory.services.put_back(item=line.order_line.item, quantity=line.quantity, reference=line.pk)
    _tell(RETURN_RECEIVED, return_case)
    start_refund(order=return_case.order, amount=value_of(return_case), return_case=return_case)


def _tell(kind: EventType, return_case: Return) -> None:
    publish(kind, merchant_id=return_case.merchant_id, subject_id=return_case.pk, order_id=return_case.order_id)
