"""Rows of many threads are written together, each gets its own result, and none is lost with another."""

import time
from collections.abc import Sequence
from threading import Lock

import pytest
from django.db import DatabaseError, OperationalError

from logistics_portal.kernel.gather import WRITERS, GatheredWrites
from tests.races.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 24


class Writer:
    """Doubles numbers, slowly; what is negative is refused. Notes every write."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.writes: list[list[int]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = Lock()

    def __call__(self, rows: Sequence[int]) -> list[int]:
        with self._lock:
            self.writes.append(list(rows))
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        time.sleep(0.03)
        with self._lock:
            self._at_once -= 1
        if self.failures:
            raise self.failures.pop()
        if min(rows) < 0:
            raise DatabaseError("refused")
        return [2 * row for row in rows]


def test_many_are_written_together_and_each_gets_its_own_result() -> None:
    writer = Writer()
    commits: list[int] = []
    gathered = GatheredWrites(writer, then=lambda: commits.append(1))
    assert at_once([lambda row=row: gathered.add(row) for row in range(THREADS)]) == [2 * row for row in range(THREADS)]
    assert sorted(row for rows in writer.writes for row in rows) == list(range(THREADS)), "each once"
    assert len(writer.writes) < THREADS / 2
    assert writer.most_at_once <= WRITERS
    assert len(commits) == len(writer.writes)


def test_one_bad_row_takes_no_other_along() -> None:
    gathered = GatheredWrites(Writer())
    outcomes = at_once([lambda row=row: gathered.add(row) for row in [*range(THREADS), -1]])
    assert outcomes[:-1] == [2 * row for row in range(THREADS)]
    assert isinstance(outcomes[-1], DatabaseError)


def test_a_broken_connection_is_tried_again_once() -> None:
    writer = Writer(OperationalError("gone"))
    assert GatheredWrites(writer).add(4) == 8
    assert writer.writes == [[4], [4]]
    broken = GatheredWrites(Writer(OperationalError("gone"), OperationalError("gone"), OperationalError("gone")))
    with pytest.raises(OperationalError):
        broken.add(4)


def test_a_writer_that_breaks_off_leaves_nobody_waiting_or_believing() -> None:
    gathered = GatheredWrites(Writer(ValueError("a mistake of ours")))
    outcomes = at_once([lambda row=row: gathered.add(row) for row in range(THREADS)])
    failed = [one for one in outcomes if isinstance(one, Exception)]
    assert 1 <= len(failed) < THREADS
    assert sum(isinstance(one, ValueError) for one in failed) == 1, "the others are told that their row was not written"
    assert gathered.add(5) == 10
