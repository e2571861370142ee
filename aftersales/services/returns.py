"""Goods come back: asked for, judged, sent, called off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import tracking.services
from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.events import EventType, publish
from logistics_portal.kernel.state import transition
from orders.models import Order
from tracking.models import Shipment

from ..events import (
    RETURN_APPROVED,
    RETURN_CANCELED,
    RETURN_KEPT,
    RETURN_REJECTED,
    RETURN_REOPENED,
    RETURN_REQUESTED,
)
from ..models import (
    MERCHANTS_FAULT,
    RETURN_TRANSITIONS,
    Reason,
    Return,
    ReturnLine,
    ReturnPhoto,
)
from ..pictures import Photo
from .amounts import value_of
from .closing import close_if_done
from .exchanges import Offer, cancel_exchange, renew_exchange, reserve_exchange
from .judging import decide_return, judge_return
from .refunds import start_refund
from .repeats import same_return
from .return_clocks import start_clock, stop_clock
from .returnable import arrived_of, lines_left, nothing_to_return, returnable_lines
from .windows import warranty_refusal, window_of, window_refusal

# What has ended is opened again first, with its checks: the table's steps back are not for decisions.
_TO_APPROVE: dict[str, frozenset[str]] = {Return.Status.REQUESTED: RETURN_TRANSITIONS[Return.Status.REQUESTED]}
_TO_KEEP: dict[str, frozenset[str]] = _TO_APPROVE | {Return.Status.APPROVED: RETURN_TRANSITIONS[Return.Status.APPROVED]}


class UnableToReturn(DomainError):
    """The return can't be asked for or sent like this; the message says why."""

    code = "unable_to_return"


class WrongStatus(DomainError):
    """The return is not in the status that the caller expected; the message names the one that it is in."""

    code = "wrong_status"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer asks for. ``quantities`` by order line; ``wanted``, of an exchange, too."""

    reason: str
    quantities: Mapping[UUID, int]
    comment: str = ""
    resolution: str = Return.Resolution.REFUND
    wanted: Mapping[UUID, Offer] | None = None
    photos: Sequence[Photo] = ()


def return_refusal(order: Order) -> str:
    """Why a customer can't ask for a return now; "" when they can."""
    return window_refusal(window_of(order), order) or _nothing_to_return(order)


def claim_refusal(order: Order) -> str:
    """Why a customer can't claim the warranty now; "" when they can."""
    return warranty_refusal(window_of(order), order) or _nothing_to_return(order)


def _nothing_to_return(order: Order) -> str:
    left = lines_left(order)
    return nothing_to_return(left, arrived_of(order, left))


@transaction.atomic
def request_return(
    *,
    order: Order,
    reason: str,
    comment: str = "",
    quantities: Mapping[UUID, int],
    by: User | None = None,
    again_within: timedelta | None = None,
    **more: object,
) -> Return:
    """Ask for a return; a rule may approve it at once. ``more`` are further fields of `Wish`.

    Staff (``by``) are not bound by the time for returns; that is kept as an approval of theirs. The same wish once more
    ``again_within`` a while is a second click: it gets the return of the first.

    Raises:
        UnableToReturn: too late, nothing chosen, more than is left, or an unknown reason.
        UnableToExchange: what is wanted for it can't be had.
    """
    wish = Wish(reason, quantities, comment, **more)  # type: ignore[arg-type]
    if reason not in Reason.values:
        raise UnableToReturn(_("Choose one of the reasons."), fields={"reason": [_("Choose one of the reasons.")]})
    if again_within and (
        again := same_return(order, within=again_within, quantities=quantities, reason=reason, comment=comment)
    ):
        return again
    refusal = return_refusal(order)
    if refusal and reason in MERCHANTS_FAULT:
        refusal = claim_refusal(order)
    if refusal and by is None:
        raise UnableToReturn(refusal)
    return_case = open_return(order=order, wish=wish, origin="staff" if by else "customer")
    if by is not None:
        approve_return(return_case=return_case, by=by)
        return return_case
    verdict = judge_return(return_case)
    if verdict and verdict.decision == "approve":
        approve(return_case, note="")
    elif verdict and verdict.decision == "refund":
        keep_goods(return_case, note="")
    return return_case


def open_return(*, order: Order, wish: Wish, origin: str, law: str = "") -> Return:
    """Write a return that is asked for, with its lines, photos and exchange. Call it in a transaction."""
    order = Order.objects.select_for_update(of=("self",)).select_related("merchant__policy").get(pk=order.pk)
    quantities = _check_quantities(order, wish.quantities, before_arrival=bool(law))
    return_case = Return.objects.create(
        merchant_id=order.merchant_id,
        order=order,
        number=new_number(order),
        origin=origin,
        law=law,
        reason=wish.reason,
        resolution=wish.resolution,
        comment=wish.comment[:2000],
    )
    ReturnLine.objects.bulk_create(
        ReturnLine(return_case=return_case, order_line_id=line_id, quantity=quantity)
        for line_id, quantity in quantities.items()
    )
    ReturnPhoto.objects.bulk_create(
        [
            ReturnPhoto(
                return_case=return_case, jpeg=photo.jpeg, width=photo.width, height=photo.height, digest=photo.digest
            )
            for photo in wish.photos
        ],
        ignore_conflicts=True,  # the same picture twice is one
    )
    if wish.resolution == Return.Resolution.EXCHANGE:
        reserve_exchange(return_case=return_case, wanted=wish.wanted or {})
    tell(RETURN_REQUESTED, return_case)
    return return_case


def new_number(order: Order) -> str:
    """The number of an order's next return: the order's, shortened where need be, so that it is like no other's."""
    short = order.number if len(order.number) <= 54 else f"{order.number[:41]}-{order.pk.hex[-12:]}"
    return f"R-{short}-{order.returns.count() + 1}"


def _check_quantities(order: Order, quantities: Mapping[UUID, int], *, before_arrival: bool) -> dict[UUID, int]:
    wanted = {line_id: quantity for line_id, quantity in quantities.items() if quantity}
    if not wanted:
        raise UnableToReturn(_("Choose what you send back."))
    found = lines_left(order) if before_arrival else returnable_lines(order)
    left = {one.line.pk: one.quantity for one in found}
    for line_id, quantity in wanted.items():
        if not 0 < quantity <= left.get(line_id, 0):
            raise UnableToReturn(_("You can send back at most what you got and have not sent back yet."))
    return wanted


def expect_status(return_case: Return, from_status: str) -> None:
    """Refuse to go on from another status than the caller saw; an empty one is not checked.

    Raises:
        WrongStatus: it is in another; the message and `fields` name it.
    """
    if from_status and return_case.status != from_status:
        told = f"The return is {return_case.status}, not {from_status}."
        raise WrongStatus(told, fields={"from_status": [return_case.status]})


@transaction.atomic
def approve_return(*, return_case: Return, by: User | None, note: str = "") -> None:
    """A person approves what no rule did."""
    _decide(return_case, "approve", note, by)
    approve(return_case, note=note, by=by)


def _decide(return_case: Return, decision: str, why: str, by: User | None) -> None:
    decide_return(return_case=return_case, decision=decision, why=why, by=by)


def approve(return_case: Return, *, note: str, by: User | None = None) -> None:
    """The goods may come back; from now on its clock runs. Call it in a transaction."""
    now = timezone.now()
    days = return_case.order.merchant.policy.send_within_days
    transition(
        return_case,
        Return.Status.APPROVED,
        allowed=_TO_APPROVE,
        decided_at=now,
        decided_by=by,
        decision_note=note,
        send_by_at=now + timedelta(days=days),
    )
    start_clock(return_case)
    tell(RETURN_APPROVED, return_case)


@transaction.atomic
def keep_return(*, return_case: Return, by: User | None, note: str = "") -> None:
    """A person decides that the goods need not come back: the customer keeps them and is paid back.

    Raises:
        UnableToReturn: the parcel is on its way already.
    """
    _refuse_if_sent(return_case)
    _decide(return_case, "refund", note, by)
    keep_goods(return_case, note=note, by=by)


def keep_goods(return_case: Return, *, note: str, by: User | None = None) -> None:
    """Pay a return without the goods. Call it in a transaction."""
    transition(
        return_case,
        Return.Status.KEPT,
        allowed=_TO_KEEP,
        decided_at=timezone.now(),
        decided_by=by,
        decision_note=note,
        resolution=Return.Resolution.REFUND,
    )
    stop_clock(return_case)
    cancel_exchange(return_case=return_case)
    owed = value_of(return_case)
    for line in return_case.lines.all():
        ReturnLine.objects.filter(pk=line.pk).update(accepted_quantity=line.quantity)
    tell(RETURN_KEPT, return_case)
    start_refund(order=return_case.order, amount=owed, return_case=return_case)
    close_if_done(return_case, at=timezone.now())  # where nothing was paid, nothing is owed


@transaction.atomic
def reject_return(*, return_case: Return, by: User | None, note: str) -> None:
    """A person declines a return.

    Raises:
        UnableToReturn: no note: the customer must be told why; or the law gives the right to return.
    """
    if not note.strip():
        raise UnableToReturn(_("Say why: the customer is told."), fields={"note": [_("Say why.")]})
    if return_case.is_withdrawal:
        raise UnableToReturn(_("The law gives this customer the right to send the goods back."))
    _decide(return_case, "reject", note, by)
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
    cancel_exchange(return_case=return_case)
    tell(RETURN_REJECTED, return_case)


@transaction.atomic
def cancel_return(*, return_case: Return) -> None:
    """The customer keeps the goods."""
    _refuse_if_sent(return_case)
    transition(return_case, Return.Status.CANCELED, allowed=RETURN_TRANSITIONS, closed_at=timezone.now())
    stop_clock(return_case)
    cancel_exchange(return_case=return_case)
    tell(RETURN_CANCELED, return_case)


def _refuse_if_sent(return_case: Return) -> None:
    return_case.refresh_from_db(from_queryset=Return.objects.select_for_update())
    if return_case.shipment_id:
        raise UnableToReturn(_("The return parcel is already on its way back."))


@transaction.atomic
def reopen_return(*, return_case: Return, by: User | None) -> None:
    """Staff open a return again that was declined, called off or expired: it is to decide, or to send, once more.

    Raises:
        UnableToReturn: its goods are in another return by now.
        UnableToExchange: what was wanted for it is gone.
    """
    return_case.refresh_from_db(from_queryset=Return.objects.select_for_update())
    order = Order.objects.select_for_update(of=("self",)).get(pk=return_case.order_id)
    asked = {line.order_line_id: line.quantity for line in return_case.lines.all()}
    _check_quantities(order, asked, before_arrival=bool(return_case.law))
    was_expired = return_case.status == Return.Status.EXPIRED
    to = Return.Status.APPROVED if was_expired else Return.Status.REQUESTED
    days = return_case.order.merchant.policy.send_within_days
    again = {"send_by_at": timezone.now() + timedelta(days=days)} if was_expired else {"decided_at": None}
    transition(return_case, to, allowed=RETURN_TRANSITIONS, closed_at=None, decision_note="", **again)
    _decide(return_case, "reopen", "", by)
    renew_exchange(return_case=return_case)
    if was_expired:
        start_clock(return_case)
    tell(RETURN_REOPENED, return_case)


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
        stop_clock(return_case)
    return shipment


def tell(kind: EventType, return_case: Return, **more: object) -> None:
    """Publish what happened to a return."""
    publish(kind, merchant_id=return_case.merchant_id, subject_id=return_case.pk, order_id=return_case.order_id, **more)
