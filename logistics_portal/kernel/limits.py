"""Limits on how often a thing may be done, counted in the database so that every process counts alike."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from .errors import TooOften
from .models import Allowance

_SPEND = """
INSERT INTO kernel_allowance AS a (key, window_ends_at, used)
VALUES (%(key)s, %(now)s + make_interval(secs => %(seconds)s), %(uses)s)
ON CONFLICT (key) DO UPDATE SET
    used = CASE WHEN a.window_ends_at <= %(now)s THEN %(uses)s ELSE a.used + %(uses)s END,
    window_ends_at = CASE WHEN a.window_ends_at <= %(now)s
                          THEN %(now)s + make_interval(secs => %(seconds)s) ELSE a.window_ends_at END
RETURNING used, window_ends_at
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``times`` in ``seconds``; the window opens with the first use."""

    name: str
    times: int
    seconds: int


def spend(limit: Limit, who: str, *, message: str) -> None:
    """Count one use of ``limit`` by ``who``.

    Call it outside the transaction that it protects: a refused or failed try must stay counted.

    Raises:
        TooOften: the window's uses are spent.
    """
    used, ends_at = _count(limit, who, 1)
    if used > limit.times:
        raise TooOften(message, retry_after=_seconds_until(ends_at, timezone.now()))


# A process takes this part of a window's uses at once: of 1,200 a minute it asks the database for every twentieth.
_SHARE = 60


def spend_often(limit: Limit, who: str, *, message: str) -> None:
    """As `spend`, for what is used many times a second: one statement for a sixtieth of the window's uses.

    Each process takes its share beforehand, so all processes together never allow more than ``limit.times``; what one
    of them has left when the window ends is lost, so a few uses less may be allowed. A refusal is remembered until the
    window ends and costs the database nothing.

    Raises:
        TooOften: the window's uses are spent.
    """
    key = f"limit:{limit.name}:{who}"
    if until := cache.get(f"{key}:refused"):
        raise TooOften(message, retry_after=_seconds_until(until, timezone.now()))
    with suppress(ValueError):  # nothing taken yet, or the window it was for has ended
        if cache.decr(key) >= 0:
            return
    share = max(1, limit.times // _SHARE)
    used, ends_at = _count(limit, who, share)
    left = limit.times - (used - share)
    seconds = _seconds_until(ends_at, timezone.now())
    if left <= 0:
        cache.set(f"{key}:refused", ends_at, seconds)
        raise TooOften(message, retry_after=seconds)
    cache.set(key, min(share, left) - 1, seconds)


def _count(limit: Limit, who: str, uses: int) -> tuple[int, datetime]:
    """Count uses in the database; how many there are now, and when the window ends."""
    given: dict[str, Any] = {
        "key": f"{limit.name}:{who}"[:100],
        "now": timezone.now(),
        "seconds": limit.seconds,
        "uses": uses,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, given)
        used, ends_at = cursor.fetchone()
    return used, ends_at


def network_of(address: str) -> str:
    """What a caller can't easily change of its address: all of IPv4, the first 64 bits of IPv6."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return str(IPv6Address(int(known) >> 64 << 64)) if known.version == 6 else address


def forget(limit: Limit, who: str) -> None:
    """Give ``who`` a fresh window, after a success that shows the tries were honest."""
    Allowance.objects.filter(key=f"{limit.name}:{who}"[:100]).delete()


def _seconds_until(moment: datetime, now: datetime) -> int:
    return max(1, round((moment - now).total_seconds()))


def forget_old() -> None:
    """Remove windows that ended a day ago."""
    Allowance.objects.filter(window_ends_at__lt=timezone.now() - timedelta(days=1)).delete()
