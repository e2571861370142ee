"""By when a conversation is answered, solved, reminded of and closed; times come in, no clock is read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

REMINDERS = (timedelta(days=2), timedelta(days=1))  # before it closes


class Step(StrEnum):
    """What is to be done with a conversation when its time comes."""

    MISS_REPLY = "miss_reply"
    MISS_RESOLUTION = "miss_resolution"
    WAKE = "wake"
    REMIND = "remind"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Clocks:
    """The times of a conversation: ``asked_at`` is since when the customer is asked, or since when it is solved."""

    is_staffs_turn: bool
    is_closed: bool
    is_solved: bool
    reply_due_at: datetime | None
    resolution_due_at: datetime | None
    has_missed_reply: bool
    has_missed_resolution: bool
    snoozed_until: datetime | None
    asked_at: datetime | None
    reminded: int
    close_after: timedelta


def steps(clocks: Clocks) -> list[tuple[datetime, Step]]:
    """What comes, the next first."""
    found: list[tuple[datetime, Step]] = []
    if clocks.is_closed:
        return found
    if clocks.is_staffs_turn:
        if clocks.reply_due_at and not clocks.has_missed_reply:
            found.append((clocks.reply_due_at, Step.MISS_REPLY))
        if clocks.resolution_due_at and not clocks.has_missed_resolution:
            found.append((clocks.resolution_due_at, Step.MISS_RESOLUTION))
        if clocks.snoozed_until:
            found.append((clocks.snoozed_until, Step.WAKE))
    elif clocks.asked_at:
        closes_at = clocks.asked_at + clocks.close_after
        if not clocks.is_solved:
            found += [(at, Step.REMIND) for at in reminders(clocks)[clocks.reminded :]]
        found.append((closes_at, Step.CLOSE))
    return sorted(found)


def reminders(clocks: Clocks) -> list[datetime]:
    """When the customer is reminded; a reminder that would come with the question itself is left out."""
    if clocks.asked_at is None:
        return []
    return [clocks.asked_at + clocks.close_after - before for before in REMINDERS if before < clocks.close_after]


def most_urgent(clocks: Clocks) -> datetime | None:
    """By which time staff's list is sorted; None when it is not staff's turn."""
    if not clocks.is_staffs_turn:
        return None
    if clocks.snoozed_until:
        return clocks.snoozed_until
    return min((at for at in (clocks.reply_due_at, clocks.resolution_due_at) if at), default=None)


def days_left(clocks: Clocks, now: datetime) -> int:
    """Whole days until the conversation closes, at least one."""
    if clocks.asked_at is None:
        return 1
    return max(1, round((clocks.asked_at + clocks.close_after - now) / timedelta(days=1)))
