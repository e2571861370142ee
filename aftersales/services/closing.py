"""When a return is at its end: nothing is to be looked at, sent or paid any more."""

from datetime import datetime

from logistics_portal.kernel.state import transition

from ..models import RETURN_TRANSITIONS, Exchange, Refund, Return
from .amounts import paying_order
from .exchanges import cancel_exchange

SETTLED = (Refund.Status.PAID, Refund.Status.CANCELED)
_WAITING = (Return.Status.RECEIVED, Return.Status.KEPT)


def extra_cause(return_case: Return) -> str:
    """How the causes of a return's further refunds begin."""
    return f"return:{return_case.pk}:"


def follow_refund(refund: Refund, *, at: datetime) -> None:
    """A refund moved: end its return, or open it again. Call it in a transaction."""
    if refund.return_case:
        close_if_done(refund.return_case, at=at)
    elif refund.cause.startswith("return:"):
        close_if_done(Return.objects.select_for_update().get(pk=refund.cause.split(":")[1]), at=at)


def close_if_done(return_case: Return, *, at: datetime) -> None:
    """End a return whose goods are judged and whose money and exchange are settled; open one again whose refund failed.

    Call it in a transaction, with a row that is locked or was moved in it.
    """
    return_case.refresh_from_db(fields=["status"])
    refunds = list(Refund.objects.filter(return_case=return_case).values_list("status", flat=True))
    extra = Refund.objects.filter(order=paying_order(return_case.order), cause__startswith=extra_cause(return_case))
    refunds += extra.values_list("status", flat=True)
    is_settled = all(status in SETTLED for status in refunds)
    if return_case.status == Return.Status.RECEIVED and _is_for_nothing(return_case):
        cancel_exchange(return_case=return_case)
    if return_case.status == Return.Status.CLOSED and not is_settled:
        back_to = Return.Status.RECEIVED if return_case.received_at else Return.Status.KEPT
        transition(return_case, back_to, allowed=RETURN_TRANSITIONS, closed_at=None)
    if return_case.status in _WAITING and is_settled and not _is_waited_for(return_case, has_refund=bool(refunds)):
        transition(return_case, Return.Status.CLOSED, allowed=RETURN_TRANSITIONS, closed_at=at)


def _is_for_nothing(return_case: Return) -> bool:
    """Whether all goods were looked at and none accepted: there is nothing for which something else would be given."""
    lines = list(return_case.lines.all())
    return bool(lines) and not any(line.undecided_quantity or line.accepted_quantity for line in lines)


def _is_waited_for(return_case: Return, *, has_refund: bool) -> bool:
    """Whether somebody must still look at goods, or send some."""
    if return_case.status == Return.Status.RECEIVED:
        lines = list(return_case.lines.all())
        if not lines or any(line.undecided_quantity for line in lines):
            return True
        if return_case.resolution == Return.Resolution.REPAIR and not has_refund:
            return True
    return Exchange.objects.filter(return_case=return_case, status=Exchange.Status.RESERVED).exists()
