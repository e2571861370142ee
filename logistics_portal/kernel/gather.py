"""Single rows that many requests want kept at the same time: written by one of them, with one statement and one commit.

A commit that waits for the disk costs far more than the row in it. While one thread writes, the others queue up; the
next one writes them all. Nobody returns before their row is committed. Measured in
docs/adr/0015-a-door-that-commits-for-many.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection

MOST = 200  # rows a commit: what waits behind a slow one must not become one huge statement
WRITERS = 2  # at once: who comes just after a commit began need not wait for its end


def _closed() -> Lock:
    gate = Lock()
    gate.acquire()
    return gate


@dataclass(slots=True)
class _Place:
    """A row in the queue, and what became of it. Its thread waits at the gate."""

    row: Any
    gate: Lock = field(default_factory=_closed)
    is_done: bool = False
    result: Any = None
    error: Exception | None = field(default_factory=lambda: InterfaceError("The thread that wrote this row broke off."))


class GatheredWrites[Row, Result]:
    """The queue in front of one kind of row.

    Args:
        write: writes rows with one statement and returns a result for each, in their order. It must be safe to repeat
            with the same rows: a connection may break after the commit.
        then: called after each commit, when nobody waits for it any more.
    """

    def __init__(
        self, write: Callable[[Sequence[Row]], Sequence[Result]], then: Callable[[], None] = lambda: None
    ) -> None:
        self._write, self._then = write, then
        self._queue: list[_Place] = []
        self._lock = Lock()
        self._writers = 0

    def add(self, row: Row) -> Result:
        """Have ``row`` written; returns its result once it is committed, or raises what its writing raised.

        Inside a transaction it is written alone, since its commit is the caller's.
        """
        if connection.in_atomic_block:
            result = self._write([row])[0]
            self._then()
            return result
        place = _Place(row)
        if not self._may_write(place):
            place.gate.acquire()  # opened when the row is written, or its thread's turn to write has come
        if not place.is_done:
            self._lead(place)
        if place.error:
            raise place.error
        return place.result

    def _may_write(self, place: _Place) -> bool:
        """Whether the caller is to write at once; else its row queues up."""
        with self._lock:
            if self._writers < WRITERS:
                self._writers += 1
                return True
            self._queue.append(place)
            return False

    def _lead(self, place: _Place) -> None:
        """Write what waits, then give the turn to who came meanwhile."""
        with self._lock:
            places, self._queue = [place, *self._queue[:MOST]], self._queue[MOST:]
        try:
            self._write_each(places)
        finally:
            with self._lock:
                following = self._queue.pop(0) if self._queue else None
                self._writers -= following is None
            for written in places:
                written.is_done = True
                written.gate.release()
            if following:
                following.gate.release()
        self._then()

    def _write_each(self, places: Sequence[_Place]) -> None:
        try:
            self._write_all(places)
        except DatabaseError as error:
            if len(places) == 1:
                places[0].error = error
                return
            for place in places:  # one bad row must not take the others along
                self._write_each([place])

    def _write_all(self, places: Sequence[_Place]) -> None:
        rows = [place.row for place in places]
        connection.close_if_unusable_or_obsolete()
        connection.health_check_done = True  # type: ignore[attr-defined] # a repetition is cheaper than a question
        try:
            results = self._write(rows)
        except OperationalError:
            connection.close()
            results = self._write(rows)
        for place, result in zip(places, results, strict=True):
            place.result, place.error = result, None
