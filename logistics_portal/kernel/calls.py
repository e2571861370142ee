"""Work that calls peers, many at a time: gather in the database, call over the network, record in the database.

A kind of work that waits for answers has three parts. ``gather(rows)`` reads what the calls need, for all rows with a
fixed number of statements. ``call(task)`` talks to the peer: in a thread, beside others, without the database.
``record(results)`` writes what came, for as many answers as have arrived, in one transaction with the rows' own state.
While answers are awaited, more rows are claimed and gathered, so that neither waits for the other.

Killed at any moment, the worker loses no row: leases end. Repeated is at most what was in hand: the calls under way
and the answers of the last `RECORD_WITHIN` seconds.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, NoReturn
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from .claims import (
    Kind,
    claim,
    claim_row,
    give_back,
    is_suspect,
    note_done,
    note_failures,
    put_off,
    still_held,
)
from .models import Work, lease

RECORD_WITHIN = 0.2  # seconds for which an answer waits for others to be recorded with
RECORD_AT_ONCE = 200  # rows
LOOK_EVERY = 0.25  # seconds between two looks for what became due, while calls are under way
STRAGGLERS_WAIT = 15.0  # seconds after its end for which a turn goes on beside calls that it must wait for anyway

type Verdicts = Mapping[UUID, Exception | str]


@dataclass(frozen=True, slots=True, eq=False)
class Errand:
    """One call, and the rows it is made for. ``task`` holds all that ``call`` needs."""

    rows: tuple[Work, ...]
    task: Any


@dataclass(frozen=True, slots=True)
class Gathered:
    """The errands of a batch.

    A row that is in none of them is done, with the sentence that ``verdicts`` has for it, or failed by the exception;
    or it waits until the ``due_at`` that gather gave it. Rows of errands keep theirs: it is how they are known as held.
    """

    errands: Sequence[Errand]
    verdicts: Verdicts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an errand. Its rows are those that are still held: another worker may have the rest."""

    errand: Errand
    answer: Any


@dataclass(frozen=True, slots=True)
class Calls:
    """How a kind of work calls its peers, in up to ``at_once`` threads.

    What ``call(task)`` raises is a failure of its rows, to be tried again when their leases end. ``record(results)``
    may return ``{row id: exception}`` for rows that failed and ``{row id: sentence}`` for rows that are done without
    effect. It gives rows that repeat their next ``due_at``, or None when they are done for good.
    """

    gather: Callable[[Sequence[Any]], Gathered]
    call: Callable[[Any], Any]
    record: Callable[[Sequence[Result]], Verdicts | None]
    at_once: int


@dataclass(frozen=True, slots=True)
class _Broke:
    """A call that raised."""

    error: Exception


@dataclass(slots=True)
class _Turn:
    """One worker's turn: what waits for a thread, what is under way, what waits to be recorded."""

    kind: Kind
    calls: Calls
    ends: float
    waiting: deque[Errand] = field(default_factory=deque)
    began: dict[Errand, float] = field(default_factory=dict)  # of the calls under way
    arrived: SimpleQueue[Result] = field(default_factory=SimpleQueue)
    unrecorded: list[Result] = field(default_factory=list)
    oldest_answer: float = 0.0
    looks_at: float = 0.0
    suspect: Errand | None = None  # it may be what killed its workers: nothing is under way beside it
    done: int = 0

    @property
    def under_way(self) -> int:
        return len(self.began)

    @property
    def is_over(self) -> bool:
        """A peer that hangs must not keep the others from being called while the turn waits for it."""
        now = time.monotonic()
        has_stragglers = now < self.ends + STRAGGLERS_WAIT and any(at < self.ends for at in self.began.values())
        return now > self.ends and not has_stragglers


def run_calls(kind: Kind, ends: float) -> int:
    """Do the due rows of a kind that calls, until none is due or the turn ends; return the number done.

    ``ends`` is a moment of `time.monotonic`. Calls that are under way then are waited for; meanwhile others are made.
    """
    assert kind.calls
    turn = _Turn(kind=kind, calls=kind.calls, ends=ends)
    with ThreadPoolExecutor(kind.calls.at_once, initializer=_keep_off_the_database) as threads:
        _fill(turn)
        while turn.waiting or turn.under_way or turn.unrecorded:
            _send_out(turn, threads)
            _collect(turn)
            if _is_time_to_record(turn):
                results, turn.unrecorded = turn.unrecorded, []
                turn.done += _record(turn, results)
                turn.looks_at = 0.0  # recording may have made others due
            _fill(turn)
    return turn.done


def call_one(kind: Kind, key: UUID) -> Result | None:
    """Do one due row here and now and return what came; None when it is another's, or needs no call now."""
    assert kind.calls
    turn = _Turn(kind=kind, calls=kind.calls, ends=0.0)
    rows = claim_row(kind, key)
    for errand in _gather(turn, rows) if rows else ():
        result = Result(errand, kind.calls.call(errand.task))
        _record(turn, [result])
        return result
    return None


def _fill(turn: _Turn) -> None:
    """Claim and gather so that the threads have something to do; give back what there is no time for."""
    if turn.is_over:
        give_back(turn.kind, [row for errand in turn.waiting for row in errand.rows])
        turn.waiting.clear()
        return
    while len(turn.waiting) < turn.calls.at_once and turn.suspect is None and time.monotonic() >= turn.looks_at:
        rows = claim(turn.kind)
        if not rows:
            turn.looks_at = time.monotonic() + LOOK_EVERY
            return
        turn.waiting += _gather(turn, rows)
        if is_suspect(rows[0]) and turn.waiting:
            turn.suspect = turn.waiting[-1]


def _gather(turn: _Turn, rows: list[Work]) -> Sequence[Errand]:
    """Ask the kind for its errands; a batch that breaks it is halved until the row at fault stands alone."""
    try:
        with transaction.atomic():
            held = still_held(turn.kind, rows)
            claimed_until = {row.pk: row.due_at for row in held}
            gathered = turn.calls.gather(held)
            taken = {row.pk for errand in gathered.errands for row in errand.rows}
            left = [row for row in held if row.pk not in taken]
            later = [row for row in left if row.due_at and row.due_at != claimed_until[row.pk]]
            put_off(turn.kind, later)
            ended = [row for row in left if row not in later]
            for row in ended:
                row.due_at = None if turn.kind.repeats and row.pk not in gathered.verdicts else row.due_at
            turn.done += _close(turn, ended, gathered.verdicts)
    except Exception as error:  # noqa: BLE001 - whatever one row breaks, the others must still be done
        if len(rows) == 1:
            _fail(turn, rows, error)
            return []
        middle = len(rows) // 2
        return [*_gather(turn, rows[:middle]), *_gather(turn, rows[middle:])]
    return gathered.errands


def _send_out(turn: _Turn, threads: ThreadPoolExecutor) -> None:
    while turn.waiting and turn.under_way < turn.calls.at_once:
        if turn.suspect is not None and turn.under_way:
            return
        errand = turn.waiting.popleft()
        if has_time(errand):
            turn.began[errand] = time.monotonic()
            threads.submit(_call, turn, errand)
        else:
            give_back(turn.kind, errand.rows)
            turn.suspect = None if errand is turn.suspect else turn.suspect


def has_time(errand: Errand) -> bool:
    """Whether half of the leases is left, in which the call must come back: else another worker may make it too."""
    now = timezone.now()
    return all(row.due_at and row.due_at - now > lease(row.attempts - 1) / 2 for row in errand.rows)


def _call(turn: _Turn, errand: Errand) -> None:
    try:
        answer = turn.calls.call(errand.task)
    except Exception as error:  # noqa: BLE001 - what a call raises is its rows' failure, and no other's
        answer = _Broke(error)
    turn.arrived.put(Result(errand, answer))


def _collect(turn: _Turn) -> None:
    """Take the answers that are there; wait for one, but not for longer than those at hand may wait."""
    if not turn.under_way:
        return
    patience = turn.oldest_answer + RECORD_WITHIN - time.monotonic() if turn.unrecorded else RECORD_WITHIN
    try:
        _take(turn, turn.arrived.get(timeout=max(0.0, patience)))
        if len(turn.unrecorded) == 1:
            turn.oldest_answer = time.monotonic()
        while turn.under_way:
            _take(turn, turn.arrived.get_nowait())
    except Empty:
        return


def _take(turn: _Turn, result: Result) -> None:
    del turn.began[result.errand]
    turn.unrecorded.append(result)


def _is_time_to_record(turn: _Turn) -> bool:
    if not turn.unrecorded:
        return False
    is_old = time.monotonic() >= turn.oldest_answer + RECORD_WITHIN
    is_much = sum(len(result.errand.rows) for result in turn.unrecorded) >= RECORD_AT_ONCE
    return is_old or is_much or not (turn.under_way or turn.waiting)


def _record(turn: _Turn, results: list[Result]) -> int:
    """Record results in one transaction; when it fails, halve them until the one at fault stands alone."""
    if any(result.errand is turn.suspect for result in results):
        turn.suspect = None
    try:
        with transaction.atomic():
            return _settle(turn, _held_results(turn, results))
    except Exception as error:  # noqa: BLE001 - as in `_gather`
        if len(results) == 1:
            _fail(turn, results[0].errand.rows, error)
            return 0
        middle = len(results) // 2
        return _record(turn, results[:middle]) + _record(turn, results[middle:])


def _held_results(turn: _Turn, results: Sequence[Result]) -> list[Result]:
    held = {row.pk for row in still_held(turn.kind, [row for result in results for row in result.errand.rows])}
    return [
        Result(Errand(mine, result.errand.task), result.answer)
        for result in results
        if (mine := tuple(row for row in result.errand.rows if row.pk in held))
    ]


def _settle(turn: _Turn, results: Sequence[Result]) -> int:
    whole = [result for result in results if not isinstance(result.answer, _Broke)]
    verdicts = dict((turn.calls.record(whole) if whole else None) or {})
    for result in results:
        if isinstance(result.answer, _Broke):
            verdicts |= {row.pk: result.answer.error for row in result.errand.rows}
    return _close(turn, [row for result in results for row in result.errand.rows], verdicts)


def _close(turn: _Turn, rows: Sequence[Work], verdicts: Verdicts) -> int:
    """Write what became of held rows; return how many are done."""
    failures = {row: error for row in rows if isinstance(error := verdicts.get(row.pk), Exception)}
    done = [row for row in rows if row not in failures]
    note_done(turn.kind, done, notes={key: told for key, told in verdicts.items() if isinstance(told, str)})
    note_failures(turn.kind, failures)
    return len(done)


def _fail(turn: _Turn, rows: Sequence[Work], error: Exception) -> None:
    with transaction.atomic():
        note_failures(turn.kind, dict.fromkeys(still_held(turn.kind, rows), error))


def _keep_off_the_database() -> None:
    connection.execute_wrappers.append(_refuse)


def _refuse(*_: object) -> NoReturn:
    raise RuntimeError("A call may not use the database: gather before it, record after it.")
