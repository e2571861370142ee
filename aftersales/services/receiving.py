"""Goods that came back: scanned, arrived, counted and looked at, judged; announced or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import inventory.services
import tracking.services
from logistics_portal.kernel.state import transition
from merchants.models import Policy

from .. import law
from ..events import RETURN_INSPECTED, RETURN_RECEIVED
from ..models import (
    RETURN_TRANSITIONS,
    Inspection,
    Return,
    ReturnLine,
)
from .return_clocks import stop_clock
from .returns import UnableToReturn, tell
from .settling import accept_as_asked, lock_return, settle
from .windows import payers_holidays

_TO_RECEIVE: dict[str, frozenset[str]] = {
    status: RETURN_TRANSITIONS[status] for status in (Return.Status.APPROVED, Return.Status.PARTLY_RECEIVED)
}


@dataclass(frozen=True, slots=True)
class Count:
    """What was found of one return line; ``disposition`` says where the damaged ones go."""

    resellable: int = 0
    damaged: int = 0
    missing: int = 0  # believed to have arrived, and not found
    disposition: str = Inspection.Disposition.WRITE_OFF
    note: str = ""

    @property
    def found(self) -> int:
        return self.resellable + self.damaged


@transaction.atomic
def note_first_scan(*, return_case: Return) -> None:
    """The carrier has the return: the replacement leaves, and where the policy says so the refund starts."""
    return_case = lock_return(return_case)
    if return_case.status != Return.Status.APPROVED or not return_case.is_asked:
        return
    if _policy(return_case).refund_on == Policy.RefundOn.FIRST_SCAN:
        accept_as_asked(return_case)


@transaction.atomic
def note_arrival(*, return_case: Return) -> None:
    """The carrier says that the return is with the merchant; nobody has looked into the parcel yet."""
    return_case = lock_return(return_case)
    if return_case.status != Return.Status.APPROVED:
        return
    for line in return_case.lines.all():
        ReturnLine.objects.filter(pk=line.pk).update(received_quantity=line.quantity)
    mark_received(return_case)
    if return_case.is_asked and _policy(return_case).refund_on != Policy.RefundOn.INSPECTED:
        accept_as_asked(return_case)


@transaction.atomic
def receive_return(
    *,
    return_case: Return,
    counts: Mapping[UUID, Count] | None = None,
    is_last: bool = True,
    by: User | None = None,
) -> None:
    """Goods of a return are in somebody's hands, who looked at them: into stock with what can be sold again.

    Args:
        counts: by return line; None: everything came, damaged where that was the reason, else as good as new.
        is_last: whether nothing more is expected; else the return waits for the rest.

    Raises:
        UnableToReturn: nothing or more than what was asked is in the counts.
        UnableToTransition: it is not approved, or was received before.
    """
    return_case = lock_return(return_case, original=return_case)
    lines = list(return_case.lines.select_related("order_line__item").order_by("pk"))
    found = counts if counts is not None else {line.pk: _all_of(line, return_case) for line in lines}
    is_whole = all(line.received_quantity + _found_of(found, line) >= line.quantity for line in lines)
    mark_received(return_case, is_last=is_last or is_whole)
    if not any(count.found for count in found.values()):
        raise UnableToReturn(_("Count at least one piece."))
    for line in lines:
        count = found.get(line.pk, Count())
        if not 0 <= count.found <= line.quantity - line.received_quantity or count.missing:
            raise UnableToReturn(_("More came back than was asked for. Receive the rest as unannounced."))
        line.received_quantity += count.found
        _inspect(return_case, line, count, by)
    _check_strange(lines, found)
    if return_case.status == Return.Status.RECEIVED:
        settle(return_case)


@transaction.atomic
def inspect_return(*, return_case: Return, counts: Mapping[UUID, Count], by: User | None = None) -> None:
    """Somebody looks at goods whose arrival the carrier told: what is there, in which state, what is missing.

    Raises:
        UnableToReturn: it was not received, or the counts are more than what was not looked at yet.
    """
    return_case = lock_return(return_case, original=return_case)
    if return_case.received_at is None:
        raise UnableToReturn(_("Nothing of this return was received yet."))
    lines = list(return_case.lines.select_related("order_line__item").order_by("pk"))
    _check_strange(lines, counts)
    for line in lines:
        count = counts.get(line.pk, Count())
        if min(count.resellable, count.damaged, count.missing) < 0 or (
            count.found + count.missing > line.uninspected_quantity
        ):
            raise UnableToReturn(_("This is more than what was not looked at yet."))
        line.received_quantity -= count.missing
        _inspect(return_case, line, count, by)
    tell(RETURN_INSPECTED, return_case)
    if return_case.status == Return.Status.RECEIVED:
        settle(return_case)


def _policy(return_case: Return) -> Policy:
    return return_case.order.merchant.policy


def _all_of(line: ReturnLine, return_case: Return) -> Count:
    left = line.quantity - line.received_quantity
    return Count(damaged=left) if return_case.reason == "damaged" else Count(resellable=left)


def _found_of(counts: Mapping[UUID, Count], line: ReturnLine) -> int:
    return counts[line.pk].found if line.pk in counts else 0


def _check_strange(lines: Sequence[ReturnLine], counts: Mapping[UUID, Count]) -> None:
    if set(counts) - {line.pk for line in lines}:
        raise UnableToReturn(_("Count only lines of this return."))


def mark_received(return_case: Return, *, is_last: bool = True) -> None:
    """Move the reception on; the law's deadline for the money counts from here where it waits for the goods."""
    now = timezone.now()
    to = Return.Status.RECEIVED if is_last else Return.Status.PARTLY_RECEIVED
    changes: dict[str, datetime | None] = {"received_at": return_case.received_at or now}
    if return_case.law and (due := _due_at(return_case, now)):
        changes["refund_due_at"] = due
    if not is_last and return_case.status == to:  # one more part of it came, and not the last
        Return.objects.filter(pk=return_case.pk).update(**changes)
    else:
        transition(return_case, to, allowed=_TO_RECEIVE, **changes)
    stop_clock(return_case)
    if is_last:
        tell(RETURN_RECEIVED, return_case)


def _due_at(return_case: Return, received_at: datetime) -> datetime | None:
    zone = tracking.services.place_zone(return_case.order)
    due = law.refund_due_on(
        return_case.law,
        withdrawn_on=return_case.requested_at.astimezone(zone).date(),
        received_on=received_at.astimezone(zone).date(),
        sent_on=return_case.shipment.created_at.astimezone(zone).date() if return_case.shipment else None,
        holidays=payers_holidays(return_case.order),
    )
    return law.ends_at(due, zone) if due else None


def _inspect(return_case: Return, line: ReturnLine, count: Count, by: User | None) -> None:
    """Keep what was found, and put it where it belongs."""
    if min(count.resellable, count.damaged, count.missing) < 0:
        raise UnableToReturn(_("Counts are not negative."))
    if not (count.found or count.missing):
        return
    inspection = Inspection.objects.create(
        line=line,
        resellable_quantity=count.resellable,
        damaged_quantity=count.damaged,
        missing_quantity=count.missing,
        disposition=count.disposition,
        note=count.note[:2000],
        inspected_by=by,
    )
    line.resellable_quantity += count.resellable
    line.damaged_quantity += count.damaged
    ReturnLine.objects.filter(pk=line.pk).update(
        received_quantity=line.received_quantity,
        resellable_quantity=line.resellable_quantity,
        damaged_quantity=line.damaged_quantity,
    )
    Return.objects.filter(pk=return_case.pk).update(inspected_at=inspection.inspected_at)
    return_case.inspected_at = inspection.inspected_at
    item = line.order_line.item
    restocked = count.resellable + (count.damaged if count.disposition == Inspection.Disposition.RESTOCK else 0)
    if restocked:
        inventory.services.put_back(item=item, quantity=restocked, reference=line.pk)
    if count.damaged and count.disposition == Inspection.Disposition.WRITE_OFF:
        inventory.services.write_off_returned(item=item, quantity=count.damaged, reference=line.pk)
