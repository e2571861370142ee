"""Limits on how often a thing may be done, counted in the database so that every process counts alike."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from .errors import TooOften
from .models import Allowance

_SPEND = """
INSERT INTO kernel_allowance AS a (key, window_ends_at, used)
VALUES (%(key)s, %(now)s + make_interval(secs => %(seconds)s), 1)
ON CONFLICT (key) DO UPDATE SET
    used = CASE WHEN a.window_ends_at <= %(now)s THEN 1 ELSE a.used + 1 END,
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
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, {"key": f"{limit.name}:{who}"[:100], "now": now, "seconds": limit.seconds})
        used, ends_at = cursor.fetchone()
    if used > limit.times:
        raise TooOften(message, retry_after=_seconds_until(ends_at, now))


def forget(limit: Limit, who: str) -> None:
    """Give ``who`` a fresh window, after a success that shows the tries were honest."""
    Allowance.objects.filter(key=f"{limit.name}:{who}"[:100]).delete()


def _seconds_until(moment: datetime, now: datetime) -> int:
    return max(1, round((moment - now).total_seconds()))


def forget_old() -> None:
    """Remove windows that ended a day ago."""
    Allowance.objects.filter(window_ends_at__lt=timezone.now() - timedelta(days=1)).delete()
