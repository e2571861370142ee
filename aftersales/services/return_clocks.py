"""Approved returns that nobody sends: reminded, then ended."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from logistics_portal.kernel.events import publish
from logistics_portal.kernel.state import transition

from ..events import RETURN_EXPIRED, RETURN_REMINDED
from ..models import RETURN_TRANSITIONS, Return, ReturnClock
from .exchanges import cancel_exchange

REMINDS_BEFORE = timedelta(days=3)  # the end


def start_clock(return_case: Return) -> None:
    """From now on the return is looked at. Call it in a transaction."""
    assert return_case.send_by_at is not None, "an approval has its end"
    again = {"due_at": _next(return_case.send_by_at, None), "reminded_at": None, "done_at": None, "attempts": 0}
    ReturnClock.objects.update_or_create(return_case=return_case, defaults={**again, "last_error": ""})


def stop_clock(return_case: Return) -> None:
    """The return is on its way, or at its end."""
    ReturnClock.objects.filter(return_case=return_case, done_at__isnull=True).update(
        done_at=timezone.now(), due_at=None
    )


def _next(send_by_at: datetime, reminded_at: datetime | None) -> datetime:
    return send_by_at if reminded_at else max(timezone.now(), send_by_at - REMINDS_BEFORE)


def look_at_clocks(clocks: Sequence[ReturnClock]) -> None:
    """Remind of returns that are not sent, and end those whose time is over."""
    now = timezone.now()
    found = Return.objects.select_for_update(of=("self",)).filter(pk__in=[clock.return_case_id for clock in clocks])
    cases = {row.pk: row for row in found.order_by("pk")}
    for clock in clocks:
        case = cases[clock.return_case_id]
        if not case.can_be_sent or case.send_by_at is None:
            clock.due_at = None
        elif now >= case.send_by_at and not case.is_withdrawal:
            clock.due_at = None
            _expire(case, now)
        elif clock.reminded_at is None:
            _remind(clock, case, now)
        else:  # a withdrawal does not end; who withdrew is reminded once
            clock.due_at = None if now >= case.send_by_at else case.send_by_at


def _expire(case: Return, now: datetime) -> None:
    transition(case, Return.Status.EXPIRED, allowed=RETURN_TRANSITIONS, closed_at=now)
    cancel_exchange(return_case=case)
    publish(RETURN_EXPIRED, merchant_id=case.merchant_id, subject_id=case.pk, order_id=case.order_id)


def _remind(clock: ReturnClock, case: Return, now: datetime) -> None:
    clock.reminded_at = now
    ReturnClock.objects.filter(pk=clock.pk).update(reminded_at=now)
    assert case.send_by_at is not None
    clock.due_at = max(case.send_by_at, now + timedelta(hours=1))
    publish(RETURN_REMINDED, merchant_id=case.merchant_id, subject_id=case.pk, order_id=case.order_id)
