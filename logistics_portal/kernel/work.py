"""How work gets done: rows are claimed in batches, performed, recorded; a bell wakes the workers.

A kind of work is a subclass of `Work` with one performer. A performer that only writes to the database gets the whole
batch and commits together with the rows' ``done_at``, so its effect happens exactly once; it may return
``{row id: error}`` for rows that failed while the rest succeeded. A performer that talks to the network
(``alone=True``) gets one row at a time outside any transaction; if its worker dies, at most the row in hand is
repeated. It may return a sentence, which is kept as the row's ``last_error``: why the row is done without its effect.
What talks to the network for many rows is better registered by `calls_peers`, which makes many calls at a time.

Work that ``repeats`` is done when its performer sets the row's ``due_at`` to None; else it sets when to come back.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from zlib import crc32

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django_q.tasks import async_task

from .calls import Calls, run_calls
from .claims import GiveUp, Kind, claim, give_back, note_done, note_failure, note_failures, still_held
from .models import MAX_ATTEMPTS, Bell, Work

__all__ = [
    "KINDS",
    "LANES",
    "MAIN",
    "NETWORK",
    "GiveUp",
    "Kind",
    "answer",
    "calls_peers",
    "claim",
    "drain",
    "performs",
    "ring",
    "sweep",
    "try_again",
]

SHIFT_SECONDS = 5  # a worker hands the bell on after this long, so that other kinds and the heartbeat get their turn
STALE_RING = timedelta(seconds=30)  # a ring unanswered for so long was lost

# Queues with workers of their own. Who waits for the network works in the second, so that nobody else waits for it.
MAIN: str = str(settings.Q_CLUSTER["name"])
NETWORK = "network"
LANES = (MAIN, NETWORK)

_IS_RUNG = "SELECT 1 FROM kernel_bell WHERE kind = %s AND rung_at >= %s"
_RING = """
INSERT INTO kernel_bell AS b (kind, rung_at) VALUES (%(kind)s, %(now)s)
ON CONFLICT (kind) DO UPDATE SET rung_at = %(now)s WHERE b.rung_at IS NULL OR b.rung_at < %(stale)s
RETURNING kind
"""

KINDS: dict[str, Kind] = {}


def performs(
    model: type[Work],
    *,
    batch: int = 200,
    alone: bool = False,
    repeats: bool = False,
    lane: str = MAIN,
    workers: int = 0,
) -> Callable:
    """Register a performer: ``perform(rows)``, or ``perform(row)`` when ``alone``.

    ``workers`` is how many processes may be at it at the same time, 0 for any number.
    """

    def register(function: Callable) -> Callable:
        kind = Kind(
            model=model, perform=function, batch=batch, alone=alone, repeats=repeats, lane=lane, workers=workers
        )
        _add(kind)
        return function

    return register


def calls_peers(
    model: type[Work], how: Calls, *, batch: int = 200, repeats: bool = False, workers: int = 0, first: str = ""
) -> None:
    """Register work that waits for answers (see `calls`): ``batch`` rows are gathered at a time, in the lane for it.

    ``first`` names a boolean field of the rows that go before all others (see `Kind`).
    """
    kind = Kind(model=model, perform=how.call, batch=batch, repeats=repeats, workers=workers)
    _add(replace(kind, lane=NETWORK, first=first, calls=how))


def _add(kind: Kind) -> None:
    if kind.name in KINDS:
        raise ValueError(f"{kind.name} already has a performer")
    KINDS[kind.name] = kind


def ring(model: type[Work]) -> None:
    """Wake a worker for this kind of work once the current transaction has committed."""
    name = model._meta.label_lower
    transaction.on_commit(lambda: _ring_now(name), robust=True)


def _ring_now(name: str) -> bool:
    """Put a ring into the queue unless one is waiting. A lost ring costs seconds: `sweep` rings again."""
    now = timezone.now()
    with connection.cursor() as cursor:  # asked for every payload that comes: building the query would cost the most
        cursor.execute(_IS_RUNG, [name, now - STALE_RING])
        if cursor.fetchone():
            return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_RING, {"kind": name, "now": now, "stale": now - STALE_RING})
        if cursor.fetchone() is None:
            return False
        async_task("logistics_portal.kernel.tasks.answer", name, cluster=KINDS[name].lane)
    return True


def answer(name: str) -> int:
    """Do what is due of one kind; called by a worker that heard the bell. Returns the number of rows done."""
    Bell.objects.filter(kind=name).update(rung_at=None)  # first: a row that commits from here on rings anew
    ends = time.monotonic() + SHIFT_SECONDS
    kind = KINDS[name]
    with _place(kind) as is_free:
        done = _work_until(kind, ends) if is_free else 0
    if is_free and time.monotonic() > ends:
        _ring_now(name)
    return done


def _work_until(kind: Kind, ends: float) -> int:
    if kind.calls:
        return run_calls(kind, ends)
    done = 0
    while rows := claim(kind):
        done += _perform_each(kind, rows, ends) if kind.alone else _perform_batch(kind, rows)
        if time.monotonic() > ends:
            break
    return done


@contextmanager
def _place(kind: Kind) -> Iterator[bool]:
    """Take one of the places at a kind of work, where there is a limit; whether one was free."""
    if not kind.workers:
        yield True
        return
    key = crc32(kind.name.encode()) - 2**31
    with connection.cursor() as cursor:
        for place in range(kind.workers):
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [key, place])
            if cursor.fetchone()[0]:
                break
        else:
            yield False
            return
    try:
        yield True
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [key, place])


def _perform_batch(kind: Kind, rows: list[Work]) -> int:
    """Perform a batch in one transaction; when it fails, halve it until the row at fault stands alone."""
    try:
        with transaction.atomic():
            rows = still_held(kind, rows)
            if not rows:
                return 0
            failures = kind.perform(rows) or {}
            note_done(kind, [row for row in rows if row.pk not in failures])
            note_failures(kind, {row: failures[row.pk] for row in rows if row.pk in failures})
    except Exception as error:  # noqa: BLE001 - whatever one row breaks, the others must still be done
        if len(rows) == 1:
            note_failure(kind, rows[0], error)
            return 0
        middle = len(rows) // 2
        return _perform_batch(kind, rows[:middle]) + _perform_batch(kind, rows[middle:])
    return len(rows) - len(failures)


def _perform_each(kind: Kind, rows: list[Work], ends: float) -> int:
    """Perform rows one by one; what the shift has no time for is given back."""
    done = 0
    for position, row in enumerate(rows):
        if time.monotonic() > ends:
            give_back(kind, rows[position:])
            break
        try:
            note = kind.perform(row)
        except Exception as error:  # noqa: BLE001 - as in a batch
            note_failure(kind, row, error)
        else:
            note_done(kind, [row], notes={row.pk: note or ""})
            done += 1
    return done


def try_again(rows) -> int:
    """Make given-up or waiting rows due now, with all their attempts; ``rows`` is a QuerySet of one kind."""
    count = rows.filter(done_at__isnull=True).update(due_at=timezone.now(), attempts=0)
    ring(rows.model)
    return count


def sweep() -> int:
    """Ring for every kind that has due rows, and give up rows whose every claim ended without an answer."""
    rung = 0
    for name, kind in KINDS.items():
        due = kind.due()
        died = due.filter(attempts__gte=MAX_ATTEMPTS)
        died.update(
            due_at=None, last_error=f"Every one of {MAX_ATTEMPTS} workers that took this stopped before its end."
        )
        rung += due.exists() and _ring_now(name)
    return rung


def drain() -> int:
    """Do everything that is due, in this process, until nothing is; for commands and tests."""
    total = 0
    while done := sum(answer(name) for name in list(KINDS)):
        total += done
    return total
