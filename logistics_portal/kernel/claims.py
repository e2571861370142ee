"""Rows of work change hands: claimed for a while, held, given back, done, or failed.

This is the bookkeeping under `work` and `calls`; whatever a kind of work is about, its rows pass through here.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from .bulk import any_of, update_rows
from .models import LEASES, MAX_ATTEMPTS, Work, WorkQuerySet

if TYPE_CHECKING:
    from .calls import Calls

logger = logging.getLogger(__name__)

SUSPECT_AFTER = 2  # claims after which a row is claimed alone: it may be what killed the workers that had it
ERROR_MAX = 2000

# The statement's time, not the transaction's: a claim in a long transaction must see what became due meanwhile.
# The choice is materialized: as a plain sub-query it may be run again for each row, and hand out more than the limit.
_CLAIM = """
WITH chosen AS MATERIALIZED (
    SELECT id, due_at FROM {table}
    WHERE done_at IS NULL AND due_at <= statement_timestamp() AND {suspicion}
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE {table} AS row SET attempts = row.attempts + 1, due_at = statement_timestamp()
                   + make_interval(secs => (%(leases)s::int[])[LEAST(row.attempts, %(last)s) + 1])
FROM chosen WHERE row.id = chosen.id
RETURNING row.*, chosen.due_at AS was_due_at
"""
_TRUSTED = "attempts < %(suspect)s"
_SUSPECT = "attempts BETWEEN %(suspect)s AND %(last)s"
# A call fails because its peer does: a failure on record shows that its worker lived, and is no ground for suspicion.
_TRUSTED_TO_CALL = "(attempts < %(suspect)s OR attempts <= %(last)s AND last_error <> '')"
_SUSPECT_TO_CALL = f"{_SUSPECT} AND last_error = ''"


class GiveUp(Exception):
    """Trying again is useless; the row is closed as failed and waits for a person."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work: its rows, who performs them, how many at once, and in which lane of the queue.

    ``workers`` is how many processes may be at it at the same time, 0 for any number. ``first`` names a boolean field:
    rows that have it set are taken before all others, whenever they came and however often they were tried. It needs a
    partial index on ``due_at`` of its own.
    """

    model: type[Work]
    perform: Callable
    batch: int
    alone: bool = False
    repeats: bool = False
    lane: str = str(settings.Q_CLUSTER["name"])
    workers: int = 0
    first: str = ""
    calls: "Calls | None" = None

    @property
    def name(self) -> str:
        return self.model._meta.label_lower

    def due(self) -> WorkQuerySet:
        return WorkQuerySet(self.model).due()


def claim(kind: Kind) -> list[Work]:
    """Take a batch of due rows for the length of their lease; a suspect row comes alone, after the others.

    Rows that go first are asked for by themselves, since ordering all rows by two fields would read those, too, that
    are not due yet; the others fill the batch.
    """
    trusted, suspect = (_TRUSTED_TO_CALL, _SUSPECT_TO_CALL) if kind.calls else (_TRUSTED, _SUSPECT)
    rows = _claim(kind, f"{connection.ops.quote_name(kind.first)} AND {trusted}", kind.batch) if kind.first else []
    if len(rows) < kind.batch:
        rows += _claim(kind, trusted, kind.batch - len(rows))
    return sorted(rows, key=attrgetter("pk.int")) or _claim(kind, suspect, 1)


def claim_row(kind: Kind, key: UUID) -> list[Work]:
    """Take one due row; nothing when another has it."""
    return _claim(kind, "id = %(key)s", 1, key=key)


def is_suspect(row: Work) -> bool:
    """Whether a claimed row of a kind that calls may be what killed the workers that had it."""
    return row.attempts > SUSPECT_AFTER and not row.last_error


def _claim(kind: Kind, suspicion: str, limit: int, **more: object) -> list[Work]:
    table = connection.ops.quote_name(kind.model._meta.db_table)
    given: dict[str, Any] = {
        "leases": list(LEASES),
        "last": MAX_ATTEMPTS - 1,
        "suspect": SUSPECT_AFTER,
        "limit": limit,
        **more,
    }
    return list(kind.model._base_manager.raw(_CLAIM.format(table=table, suspicion=suspicion), given))


def still_held(kind: Kind, rows: Sequence[Work]) -> list[Work]:
    """Those of the rows that nobody claimed since; locked, so that a lease that ends now hands out none of them."""
    held = kind.model._base_manager.filter(any_of("pk", [row.pk for row in rows]), done_at__isnull=True)
    due_at = dict(held.select_for_update().order_by("pk").values_list("pk", "due_at"))
    return [row for row in rows if due_at.get(row.pk) == row.due_at]  # each claim sets a due_at of its own


def give_back(kind: Kind, rows: Sequence[Work]) -> None:
    """Rows that there was no time for take their old place in the line, and the attempt does not count."""
    with transaction.atomic():
        held = still_held(kind, rows)
        for row in held:
            row.due_at = row.was_due_at
        put_off(kind, held)


def note_done(kind: Kind, rows: Sequence[Work], *, notes: Mapping[UUID, str] | None = None) -> None:
    """Close rows, or let those that repeat wait for the ``due_at`` they were given.

    Rows with a ``done_at`` were closed by their performer, which had other fields of them to write anyway.
    ``notes`` tell of rows, by id, why they are done without effect.
    """
    notes = notes or {}
    again = [row for row in rows if kind.repeats and row.due_at]
    for row in again:
        row.attempts, row.last_error = 0, notes.get(row.pk, "")
    update_rows(kind.model, again, ("due_at", "attempts", "last_error"))
    closed: dict[str, list[UUID]] = {}
    for row in rows:
        if row.done_at is None and not (kind.repeats and row.due_at):
            closed.setdefault(notes.get(row.pk, ""), []).append(row.pk)
    never: dict[str, Any] = {"due_at": None} if kind.repeats else {}
    for note, ids in closed.items():
        kind.model._base_manager.filter(any_of("pk", ids)).update(done_at=timezone.now(), last_error=note, **never)


def note_failures(kind: Kind, failures: Mapping[Work, Exception]) -> None:
    """Record failures of rows that are locked; the lease taken at the claim is the wait before the next try."""
    for row, error in failures.items():
        logger.warning("work failed kind=%s id=%s attempt=%d error=%r", kind.name, row.pk, row.attempts, error)
        row.last_error = _in_words(error)
        if _gives_up(row, error):
            row.due_at = None
    update_rows(kind.model, list(failures), ("due_at", "last_error"))


def note_failure(kind: Kind, row: Work, error: Exception) -> None:
    """As `note_failures`, of a row that is not locked: nothing is written when its lease ended and another has it."""
    logger.warning("work failed kind=%s id=%s attempt=%d error=%r", kind.name, row.pk, row.attempts, error)
    changes: dict[str, Any] = {"due_at": None} if _gives_up(row, error) else {}
    held = kind.model._base_manager.filter(pk=row.pk, due_at=row.due_at)
    held.update(last_error=_in_words(error), **changes)


def put_off(kind: Kind, rows: Sequence[Work]) -> None:
    """Rows that were only looked at wait for the ``due_at`` they were given; the attempt does not count."""
    for row in rows:
        row.attempts -= 1
    update_rows(kind.model, rows, ("due_at", "attempts"))


def _gives_up(row: Work, error: Exception) -> bool:
    return isinstance(error, GiveUp) or row.attempts >= MAX_ATTEMPTS


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:ERROR_MAX]
