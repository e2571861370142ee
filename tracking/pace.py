"""When a parcel's carrier is asked next: by how near the parcel is, what may change, and what the answers told.

Pure: the facts come in, a moment or a reason to stop comes out.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from .carriers.base import Status

FINAL = frozenset({Status.DELIVERED, Status.RETURNED, Status.EXPIRED})
CORRECTIONS_COME_WITHIN = timedelta(days=3)  # after its end: a signature, or "delivered" taken back
UNKNOWN_IS_SLOW_AFTER = timedelta(days=3)  # a label that nobody scanned by now will be scanned when it will
UNKNOWN_STOPS_AFTER = timedelta(days=30)
SILENCE_STOPS_AFTER = timedelta(days=60)
SLOWER = 1.5  # for each answer in a row that told nothing new
SLOWER_ON_SUNDAYS = 2

DAY_BEGINS, DAY_ENDS = time(6), time(22)  # nothing is delivered outside of them

# Where carriers' nets rest on Sundays.
RESTS_ON_SUNDAY = frozenset(
    {"AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT"}
    | {"LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"}
)


class Stop(StrEnum):
    """Why nobody asks any more."""

    ENDED = "ended"
    NEVER_KNOWN = "never_known"
    SILENT = "silent"
    RETIRED = "retired"
    NO_ACCOUNT = "no_account"
    NEEDS_POSTAL_CODE = "needs_postal_code"
    NEEDS_PHONE = "needs_phone"
    NEEDS_MORE = "needs_more"


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait: at first, and at most after many answers without news."""

    at_first: timedelta
    at_most: timedelta


def _hours(at_first: float, at_most: float) -> Pace:
    return Pace(timedelta(hours=at_first), timedelta(hours=at_most))


PACES = {
    Status.PENDING: _hours(3, 12),
    Status.INFO_RECEIVED: _hours(3, 12),
    Status.IN_TRANSIT: _hours(2, 12),
    Status.OUT_FOR_DELIVERY: _hours(0.5, 2),
    Status.AVAILABLE_FOR_PICKUP: _hours(3, 12),
    Status.ATTEMPT_FAILED: _hours(2, 8),
    Status.EXCEPTION: _hours(3, 24),
    Status.RETURNING: _hours(6, 24),
    Status.UNKNOWN: _hours(2, 12),
    Status.DELIVERED: _hours(8, 24),
    Status.RETURNED: _hours(8, 24),
    Status.EXPIRED: _hours(24, 24),
}
TODAY = _hours(0.75, 2)  # expected today
CUSTOMS = _hours(6, 24)
LONG_UNKNOWN = _hours(12, 24)
_MAY_ARRIVE = frozenset({Status.INFO_RECEIVED, Status.IN_TRANSIT, Status.ATTEMPT_FAILED, Status.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a parcel when the next question is planned. All moments are aware.

    ``news_at`` is when we last learned something new, ``ended_at`` when the parcel reached its final status,
    ``expected_on`` the day it should arrive, on the clock ``zone`` of its destination. ``spread`` (0 to 1, the parcel's
    own) keeps parcels that were made together from being asked about together.
    """

    created_at: datetime
    status: Status = Status.PENDING
    reason: str = ""
    news_at: datetime | None = None
    ended_at: datetime | None = None
    expected_on: date | None = None
    zone: tzinfo = UTC
    country: str = ""
    asked_at: datetime | None = None
    empty_answers: int = 0
    at_most_every: timedelta = timedelta(minutes=30)
    is_retired: bool = False
    spread: float = 0.5


def why_stopped(facts: Facts, now: datetime) -> Stop | None:
    """Why the carrier need not be asked any more; None while it must be."""
    if facts.is_retired:
        return Stop.RETIRED
    last_news = max(filter(None, (facts.created_at, facts.news_at, facts.ended_at)))
    if facts.status in FINAL:
        return Stop.ENDED if now - last_news > CORRECTIONS_COME_WITHIN else None
    if facts.status is Status.PENDING and facts.news_at is None:
        return Stop.NEVER_KNOWN if now - facts.created_at > UNKNOWN_STOPS_AFTER else None
    return Stop.SILENT if now - last_news > SILENCE_STOPS_AFTER else None


def next_ask(facts: Facts, now: datetime) -> datetime | None:
    """When to ask next, never sooner than the carrier allows for one number; None when asking has stopped."""
    if why_stopped(facts, now):
        return None
    if facts.asked_at is None:
        return now
    soonest = facts.asked_at + facts.at_most_every
    at = facts.asked_at + usual_wait(facts, now)
    if facts.expected_on and facts.status in _MAY_ARRIVE:
        at = min(at, _morning(facts, facts.expected_on)) if _morning(facts, facts.expected_on) > now else at
    at = max(at, soonest, now)
    return max(soonest, _by_day(facts, at)) if _is_near(facts, now) else at


def usual_wait(facts: Facts, now: datetime) -> timedelta:
    """The time between two questions as things stand, nights aside: the shorter, the more urgent is the parcel."""
    pace = _pace(facts, now)
    wait = min(pace.at_first * SLOWER ** min(facts.empty_answers, 12), pace.at_most)
    if not _is_near(facts, now) and _rests(facts, now):
        wait *= SLOWER_ON_SUNDAYS
    return wait * (0.9 + 0.2 * facts.spread)


def _pace(facts: Facts, now: datetime) -> Pace:
    if facts.status is Status.PENDING and facts.news_at is None and now - facts.created_at > UNKNOWN_IS_SLOW_AFTER:
        return LONG_UNKNOWN
    if facts.status is not Status.OUT_FOR_DELIVERY and _is_near(facts, now):
        return TODAY
    return CUSTOMS if facts.reason.startswith("customs_") else PACES[facts.status]


def _is_near(facts: Facts, now: datetime) -> bool:
    """Whether it may arrive within hours."""
    if facts.status is Status.OUT_FOR_DELIVERY:
        return True
    return facts.status in _MAY_ARRIVE and facts.expected_on == now.astimezone(facts.zone).date()


def _rests(facts: Facts, now: datetime) -> bool:
    return facts.country in RESTS_ON_SUNDAY and now.astimezone(facts.zone).weekday() == 6


def _morning(facts: Facts, day: date) -> datetime:
    return datetime.combine(day, DAY_BEGINS, tzinfo=facts.zone) + timedelta(minutes=30) * facts.spread


def _by_day(facts: Facts, at: datetime) -> datetime:
    """The moment itself by day on the destination's clock, else the next morning."""
    local = at.astimezone(facts.zone)
    if DAY_BEGINS <= local.time() < DAY_ENDS:
        return at
    return _morning(facts, local.date() + timedelta(days=local.time() >= DAY_ENDS))
