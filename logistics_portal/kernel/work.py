"""How work gets done: rows are claimed in batches, performed, recorded; a bell wakes the workers.

A kind of work is a subclass of `Work` with one performer. A performer that only writes to the database gets the whole
batch and commits together with the rows' ``done_at``, so its effect happens exactly once; it may return
``{row id: error}`` for rows that failed while the rest succeeded. A performer that talks to the network
(``alone=True``) gets one row at a time outside any transaction; if its worker dies, at most the row in hand is
repeated. It may return a sentence, which is kept as the row's ``last_error``: why the row is done without its effect.

Work that ``repeats`` is done when its performer sets the row's ``due_at`` to None; else it sets when to come back.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django_q.tasks import async_task

from .bulk import update_rows
from .models import LEASES, MAX_ATTEMPTS, Bell, Work, WorkQuerySet, by_ids

logger = logging.getLogger(__name__)

SHIFT_SECONDS = 5  # a worker hands the bell on after this long, so that other kinds and the heartbeat get their turn
SUSPECT_AFTER = 2  # claims after which a row is claimed alone: it may be what killed the workers that had it
STALE_RING = timedelta(seconds=30)  # a ring unanswered for so long was lost

# The statement's time, not the transaction's: a claim in a long transaction must see what became due meanwhile.
# The choice is materialized: as a plain sub-query it may be run again for each row, and hand out more than the limit.
_CLAIM = """
WITH chosen AS MATERIALIZED (
    SELECT id FROM {table}
    WHERE done_at IS NULL AND due_at <= statement_timestamp() AND attempts BETWEEN %(least)s AND %(most)s
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE {table} AS row SET attempts = row.attempts + 1, due_at = statement_timestamp()
                   + make_interval(secs => (%(leases)s::int[])[LEAST(row.attempts, %(last)s) + 1])
FROM chosen WHERE row.id = chosen.id
RETURNING row.id
"""

_IS_RUNG = "SELECT 1 FROM kernel_bell WHERE kind = %s AND rung_at >= %s"
_RING = """
INSERT INTO kernel_bell AS b (kind, rung_at) VALUES (%(kind)s, %(now)s)
ON CONFLICT (kind) DO UPDATE SET rung_at = %(now)s WHERE b.rung_at IS NULL OR b.rung_at < %(stale)s
RETURNING kind
"""


class GiveUp(Exception):
    """Trying again is useless; the row is closed as failed and waits for a person."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work: its rows, who performs them, and how many at once."""

    model: type[Work]
    perform: Callable
    batch: int
    alone: bool
    repeats: bool = False

    @property
    def name(self) -> str:
        return self.model._meta.label_lower

    def due(self) -> WorkQuerySet:
        return WorkQuerySet(self.model).due()


KINDS: dict[str, Kind] = {}


def performs(model: type[Work], *, batch: int = 200, alone: bool = False, repeats: bool = False) -> Callable:
    """Register a performer: ``perform(rows)``, or ``perform(row)`` when ``alone``."""

    def register(function: Callable) -> Callable:
        kind = Kind(model=model, perform=function, batch=batch, alone=alone, repeats=repeats)
        if kind.name in KINDS:
            raise ValueError(f"{kind.name} already has a performer")
        KINDS[kind.name] = kind
        return function

    return register


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
        async_task("logistics_portal.kernel.tasks.answer", name)
    return True


def answer(name: str) -> int:
    """Do what is due of one kind; called by a worker that heard the bell. Returns the number of rows done."""
    Bell.objects.filter(kind=name).update(rung_at=None)  # first: a row that commits from here on rings anew
    ends = time.monotonic() + SHIFT_SECONDS
    kind, done = KINDS[name], 0
    while rows := claim(kind):
        done += _perform_each(kind, rows, ends) if kind.alone else _perform_batch(kind, rows)
        if time.monotonic() > ends:
            _ring_now(name)
            break
    return done


def claim(kind: Kind) -> list[Work]:
    """Take a batch of due rows for the length of their lease; a suspect row comes alone, after the others."""
    return _claim(kind, least=0, most=SUSPECT_AFTER - 1, limit=kind.batch) or _claim(
        kind, least=SUSPECT_AFTER, most=MAX_ATTEMPTS - 1, limit=1
    )


def _claim(kind: Kind, *, least: int, most: int, limit: int) -> list[Work]:
    table = connection.ops.quote_name(kind.model._meta.db_table)
    given: dict[str, Any] = {
        "leases": list(LEASES),
        "last": MAX_ATTEMPTS - 1,
        "least": least,
        "most": most,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(table=table), given)
        ids = sorted(row[0] for row in cursor.fetchall())
    return by_ids(kind.model._base_manager.all(), ids)


def _perform_batch(kind: Kind, rows: list[Work]) -> int:
    """Perform a batch in one transaction; when it fails, halve it until the row at fault stands alone."""
    try:
        with transaction.atomic():
            rows = _still_held(kind, rows)
            if not rows:
                return 0
            failures = kind.perform(rows) or {}
            _done(kind, [row for row in rows if row.pk not in failures])
            for row in rows:
                if row.pk in failures:
                    _failed(kind, row, failures[row.pk])
    except Exception as error:  # noqa: BLE001 - whatever one row breaks, the others must still be done
        if len(rows) == 1:
            _failed(kind, rows[0], error)
            return 0
        middle = len(rows) // 2
        return _perform_batch(kind, rows[:middle]) + _perform_batch(kind, rows[middle:])
    return len(rows) - len(failures)


def _still_held(kind: Kind, rows: list[Work]) -> list[Work]:
    """Those of the rows that nobody claimed since; locked, so that a lease that ends now hands out none of them."""
    held = kind.model._base_manager.select_for_update().filter(pk__in=[row.pk for row in rows], done_at__isnull=True)
    due_at = dict(held.order_by("pk").values_list("pk", "due_at"))
    return [row for row in rows if due_at.get(row.pk) == row.due_at]  # each claim sets a due_at of its own


def _perform_each(kind: Kind, rows: list[Work], ends: float) -> int:
    """Perform rows one by one; what the shift has no time for is given back."""
    done = 0
    for position, row in enumerate(rows):
        if time.monotonic() > ends:
            _give_back(kind, rows[position:])
            break
        try:
            note = kind.perform(row)
        except Exception as error:  # noqa: BLE001 - as in a batch
            _failed(kind, row, error)
        else:
            _done(kind, [row], note=note or "")
            done += 1
    return done


def _give_back(kind: Kind, rows: list[Work]) -> None:
    with transaction.atomic():
        ids = [row.pk for row in _still_held(kind, rows)]
        kind.model._base_manager.filter(pk__in=ids).update(due_at=timezone.now(), attempts=F("attempts") - 1)


def _done(kind: Kind, rows: list[Work], *, note: str = "") -> None:
    again = [row for row in rows if kind.repeats and row.due_at]
    for row in again:
        row.attempts, row.last_error = 0, note
    update_rows(kind.model, again, ("due_at", "attempts", "last_error"))
    ids = [row.pk for row in rows if not (kind.repeats and row.due_at)]
    kind.model._base_manager.filter(pk__in=ids).update(done_at=timezone.now(), last_error=note)


def _failed(kind: Kind, row: Work, error: Exception) -> None:
    """Record a failure; the lease taken at the claim is the wait before the next try."""
    gives_up = isinstance(error, GiveUp) or row.attempts >= MAX_ATTEMPTS
    logger.warning("work failed kind=%s id=%s attempt=%d error=%r", kind.name, row.pk, row.attempts, error)
    changes = {"last_error": f"{type(error).__name__}: {error}"[:2000]}
    held = kind.model._base_manager.filter(pk=row.pk, due_at=row.due_at)
    held.update(**changes, **({"due_at": None} if gives_up else {}))


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
