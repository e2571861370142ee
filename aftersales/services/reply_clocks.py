"""What time does to conversations: clocks run out, customers are reminded, what nobody answers is closed."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from logistics_portal.kernel.bulk import any_of
from logistics_portal.kernel.events import publish
from logistics_portal.kernel.state import transition

from ..events import CONVERSATION_CLOSED, CONVERSATION_CLOSING, CONVERSATION_OVERDUE
from ..models import CONVERSATION_TRANSITIONS, Conversation, Note, ReplyClock
from ..reply_clocks import Clocks, Step, days_left, most_urgent, steps

Status = Conversation.Status


def clocks_of(conversation: Conversation) -> Clocks:
    """The times of a conversation; its merchant's policy must be loaded."""
    return Clocks(
        is_staffs_turn=conversation.status == Status.OPEN,
        is_closed=conversation.status == Status.CLOSED,
        is_solved=conversation.status == Status.SOLVED,
        reply_due_at=conversation.reply_due_at,
        resolution_due_at=conversation.resolution_due_at,
        has_missed_reply=conversation.reply_missed_at is not None,
        has_missed_resolution=conversation.resolution_missed_at is not None,
        snoozed_until=conversation.snoozed_until,
        asked_at=conversation.asked_at,
        reminded=conversation.reminded,
        close_after=timedelta(days=conversation.merchant.policy.close_after_days),
    )


def set_clock(conversation: Conversation) -> None:
    """Have the conversation looked at when something is due, and sorted by what is. Call it in a transaction."""
    clocks = clocks_of(conversation)
    urgent = most_urgent(clocks)
    if urgent != conversation.next_due_at:
        Conversation.objects.filter(pk=conversation.pk).update(next_due_at=urgent)
        conversation.next_due_at = urgent
    coming = steps(clocks)
    now = timezone.now()
    waits: dict[str, Any] = {"due_at": None, "done_at": now, "attempts": 0, "last_error": ""}
    if coming:
        waits |= {"due_at": coming[0][0], "done_at": None}
    ReplyClock.objects.update_or_create(waits, conversation=conversation)


def keep_clocks(rows: list[ReplyClock]) -> None:
    """Do what is due of conversations; each row gets the time of what comes next, None for nothing."""
    now = timezone.now()
    locked = Conversation.objects.select_for_update(of=("self",)).select_related("merchant__policy")
    found = locked.filter(any_of("pk", [row.conversation_id for row in rows])).order_by("pk").in_bulk()
    for row in rows:
        conversation = found[row.conversation_id]
        while (coming := steps(clocks_of(conversation))) and coming[0][0] <= now:
            _do(conversation, coming[0][1], now)
        Conversation.objects.filter(pk=conversation.pk).update(next_due_at=most_urgent(clocks_of(conversation)))
        row.due_at = coming[0][0] if coming else None


def _do(conversation: Conversation, step: Step, now: datetime) -> None:
    if step == Step.CLOSE:
        _close(conversation, now)
    elif step == Step.REMIND:
        _remind(conversation, now)
    elif step == Step.WAKE:
        _set(conversation, snoozed_until=None)
    else:
        _miss(conversation, step, now)


def _miss(conversation: Conversation, step: Step, now: datetime) -> None:
    """A clock ran out: it is marked once, told, and the conversation is in the way again."""
    clock = "reply" if step == Step.MISS_REPLY else "resolution"
    _set(conversation, snoozed_until=None, **{f"{clock}_missed_at": now})
    _tell(CONVERSATION_OVERDUE, conversation, clock=clock)


def _remind(conversation: Conversation, now: datetime) -> None:
    """Reminders that were due at once, since no worker ran, are one."""
    clocks = clocks_of(conversation)
    due = sum(step == Step.REMIND and at <= now for at, step in steps(clocks))
    _set(conversation, reminded=conversation.reminded + due)
    if conversation.asked_at and now < conversation.asked_at + clocks.close_after:
        _tell(CONVERSATION_CLOSING, conversation, days=days_left(clocks, now))


def _close(conversation: Conversation, now: datetime) -> None:
    if conversation.status == Status.WAITING:
        with translation.override(conversation.language):
            days = conversation.merchant.policy.close_after_days
            said = ngettext(
                "We heard nothing for %d day, so this conversation is closed.",
                "We heard nothing for %d days, so this conversation is closed.",
                days,
            )
            again = _("Write again within 14 days, and it goes on.")
            text = f"{said % days} {again}"
        Note.objects.create(
            conversation=conversation, author=Note.Author.RULE, channel=Note.Channel.PAGE, text=text, written_at=now
        )
    ended = {"closed_at": now, "resolution_left": None, "asked_at": None}
    transition(conversation, Status.CLOSED, allowed=CONVERSATION_TRANSITIONS, **ended)
    _tell(CONVERSATION_CLOSED, conversation)


def _set(conversation: Conversation, **changes: Any) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(**changes)
    for name, value in changes.items():
        setattr(conversation, name, value)


def _tell(kind: Any, conversation: Conversation, **payload: object) -> None:
    publish(
        kind,
        merchant_id=conversation.merchant_id,
        subject_id=conversation.pk,
        order_id=conversation.order_id,
        **payload,
    )
