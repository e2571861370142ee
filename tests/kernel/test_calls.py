"""Work that calls peers: many at a time, recorded with the rows' state, without the database in between."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from logistics_portal.kernel import calls, claims, work
from logistics_portal.kernel.calls import Calls, Errand, Gathered, Result, has_time
from logistics_portal.kernel.models import Event, lease
from logistics_portal.kernel.work import NETWORK, GiveUp, Kind
from tests.races.at_once import at_once, failures

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "kernel.event"


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="logistics_portal.kernel.claims")


def one_by_one(rows: Sequence[Event]) -> Gathered:
    return Gathered([Errand((row,), row.pk) for row in rows])


def record_nothing(results: Sequence[Result]) -> None:
    return None


@pytest.fixture
def calling(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Kind]:
    def register(
        call: Callable,
        *,
        gather: Callable = one_by_one,
        record: Callable = record_nothing,
        at_once: int = 4,
        batch: int = 20,
        **more: object,
    ) -> Kind:
        how = Calls(gather=gather, call=call, record=record, at_once=at_once)
        kind = Kind(model=Event, perform=call, batch=batch, lane=NETWORK, calls=how, **more)
        monkeypatch.setitem(work.KINDS, NAME, kind)
        return kind

    return register


def rows(count: int, **changes: object) -> list[Event]:
    return Event.objects.bulk_create(Event(name="tests.happened", subject_id=uuid4(), **changes) for _ in range(count))


def let_lease_end() -> None:
    Event.objects.open().update(due_at=timezone.now())


def test_every_row_is_called_once_and_its_answer_recorded(calling: Callable) -> None:
    called, told = Counter(), {}

    def record(results: Sequence[Result]) -> None:
        assert connection.in_atomic_block
        told.update({row.pk: result.answer for result in results for row in result.errand.rows})

    def call(task: object) -> str:
        called[task] += 1
        return f"answer to {task}"

    calling(call, record=record)
    given = rows(130)
    assert work.answer(NAME) == 130
    assert called == {row.pk: 1 for row in given}
    assert told == {row.pk: f"answer to {row.pk}" for row in given}
    assert not Event.objects.open().exists()


def test_calls_run_beside_each_other_and_no_more_than_allowed(calling: Callable) -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def call(_: object) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.05)
        with lock:
            under_way -= 1

    calling(call, at_once=8)
    rows(80)
    started = time.monotonic()
    assert work.answer(NAME) == 80
    assert most == 8
    assert time.monotonic() - started < 80 * 0.05 / 8 * 2.5


def test_a_call_may_not_use_the_database(calling: Callable) -> None:
    calling(lambda _: Event.objects.count())
    [row] = rows(1)
    assert work.answer(NAME) == 0
    row.refresh_from_db()
    assert "may not use the database" in row.last_error


def test_a_call_that_raises_fails_its_rows_alone(calling: Callable) -> None:
    given = rows(12)
    bad, dead = given[3].pk, given[7].pk

    def call(task: object) -> None:
        if task == bad:
            raise ConnectionError("gone")
        if task == dead:
            raise GiveUp("the address is dead")

    calling(call)
    assert work.answer(NAME) == 10
    left = {row.pk: row for row in Event.objects.open()}
    assert set(left) == {bad, dead}
    assert left[bad].last_error == "ConnectionError: gone"
    assert left[bad].due_at > timezone.now()
    assert left[dead].is_given_up


def test_record_may_name_failures_and_sentences(calling: Callable) -> None:
    given = rows(5)
    verdicts = {given[0].pk: KeyError("first"), given[1].pk: "withdrawn"}
    calling(lambda _: None, record=lambda _: verdicts, at_once=5)
    assert work.answer(NAME) == 4
    for row in given:
        row.refresh_from_db()
    assert (given[0].done_at, given[0].last_error) == (None, "KeyError: 'first'")
    assert (given[1].done_at is not None, given[1].last_error) == (True, "withdrawn")
    assert given[2].last_error == ""


def test_a_record_that_breaks_is_halved_until_the_row_at_fault_stands_alone(calling: Callable) -> None:
    given = rows(20)

    def record(results: Sequence[Result]) -> None:
        ids = [row.pk for result in results for row in result.errand.rows]
        Event.objects.filter(pk__in=ids).update(payload={"written": True})
        if given[6].pk in ids:
            raise ValueError("poison")

    calling(lambda _: None, record=record)
    assert work.answer(NAME) == 19
    [row] = Event.objects.open()
    assert (row.pk, row.payload, row.last_error) == (given[6].pk, {}, "ValueError: poison")
    assert Event.objects.filter(payload={"written": True}).count() == 19


def test_a_gather_that_breaks_is_halved_too(calling: Callable) -> None:
    given = rows(10)

    def gather(batch: Sequence[Event]) -> Gathered:
        if given[2].pk in [row.pk for row in batch]:
            raise ValueError("poison")
        return one_by_one(batch)

    calling(lambda _: None, gather=gather)
    assert work.answer(NAME) == 9
    assert Event.objects.open().get().last_error == "ValueError: poison"


def test_gather_may_end_put_off_or_refuse_a_row_without_a_call(calling: Callable) -> None:
    ends, waits, refused, withdrawn, called = rows(5)
    later = timezone.now() + timedelta(hours=3)

    def gather(batch: Sequence[Event]) -> Gathered:
        for row in batch:
            if row.pk == waits.pk:
                row.due_at = later
        verdicts = {refused.pk: GiveUp("no address"), withdrawn.pk: "overtaken"}
        return Gathered([Errand((row,), row.pk) for row in batch if row.pk == called.pk], verdicts)

    calls: list = []
    calling(calls.append, gather=gather)
    assert work.answer(NAME) == 3
    assert calls == [called.pk]
    for row in (ends, waits, refused, withdrawn, called):
        row.refresh_from_db()
    assert ends.done_at and called.done_at and withdrawn.done_at
    assert withdrawn.last_error == "overtaken"
    assert (waits.due_at, waits.attempts, waits.done_at) == (later, 0, None)
    assert refused.is_given_up


def test_one_call_may_serve_many_rows(calling: Callable) -> None:
    def gather(batch: Sequence[Event]) -> Gathered:
        return Gathered([Errand(tuple(batch[at : at + 5]), at) for at in range(0, len(batch), 5)])

    called: list = []
    calling(called.append, gather=gather, batch=20)
    rows(20)
    assert work.answer(NAME) == 20
    assert len(called) == 4


def test_rows_that_repeat_come_back_when_record_says(calling: Callable) -> None:
    again, ended = rows(2, attempts=0, last_error="")
    later = timezone.now() + timedelta(hours=1)

    def record(results: Sequence[Result]) -> None:
        for row in (row for result in results for row in result.errand.rows):
            row.due_at = later if row.pk == again.pk else None

    calling(lambda _: None, record=record, repeats=True)
    assert work.answer(NAME) == 2
    again.refresh_from_db()
    ended.refresh_from_db()
    assert (again.due_at, again.done_at, again.attempts) == (later, None, 0)
    assert ended.done_at is not None


def test_an_answer_that_comes_after_the_lease_is_dropped(calling: Callable) -> None:
    recorded: list = []

    def call(_: object) -> None:
        taken.set()
        assert free.wait(5)

    def record(results: Sequence[Result]) -> None:
        recorded.extend(results)

    taken, free = threading.Event(), threading.Event()
    calling(call, record=record)
    rows(1)

    def steal() -> None:
        assert taken.wait(5)
        Event.objects.update(due_at=F("due_at") + timedelta(seconds=1))  # as another worker's claim does
        free.set()

    assert failures(at_once([lambda: work.answer(NAME), steal])) == []
    assert recorded == []
    assert Event.objects.open().count() == 1


def test_no_call_begins_that_may_outlive_its_lease(calling: Callable) -> None:
    kind = calling(lambda _: None)
    rows(1)
    [row] = claims.claim(kind)
    row.due_at = timezone.now() + lease(0) / 3
    assert not has_time(Errand((row,), None))
    row.due_at = timezone.now() + lease(0) * 2 / 3
    assert has_time(Errand((row,), None))


def test_the_end_of_a_shift_gives_back_what_has_not_begun(calling: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "SHIFT_SECONDS", 0.15)
    called: list = []

    def call(task: object) -> None:
        called.append(task)
        time.sleep(0.1)

    calling(call, at_once=2, batch=40)
    rows(40)
    done = work.answer(NAME)
    assert 2 <= done == len(called) < 12
    assert Event.objects.due().filter(attempts=0).count() == 40 - done
    assert OrmQ.objects.filter(key=NETWORK).count() == 1, "the rest must be rung for, in its own lane"


def test_what_becomes_due_meanwhile_does_not_wait_for_a_slow_call(calling: Callable) -> None:
    late: dict = {}

    def call(task: object) -> None:
        if task == slow.pk:
            begun.set()
            time.sleep(1.2)
        else:
            late[task] = time.monotonic()

    begun = threading.Event()
    calling(call)
    [slow] = rows(1)

    def add() -> float:
        assert begun.wait(5)
        rows(1)
        return time.monotonic()

    _, added = outcomes = at_once([lambda: work.answer(NAME), add])
    assert failures(outcomes) == []
    [called_at] = late.values()
    assert called_at - added < 0.8


def test_failures_of_peers_make_no_row_suspect_but_deaths_do(calling: Callable) -> None:
    together: list[int] = []
    under_way, lock = Counter(), threading.Lock()

    def call(task: object) -> None:
        with lock:
            under_way["now"] += 1
            together.append(under_way["now"])
        time.sleep(0.05)
        with lock:
            under_way["now"] -= 1

    calling(call)
    rows(8, attempts=5, last_error="PeerFailed: busy")
    assert work.answer(NAME) == 8
    assert max(together) == 4
    together.clear()
    rows(3, attempts=claims.SUSPECT_AFTER)
    assert work.answer(NAME) == 3
    assert together == [1, 1, 1]


def test_a_kind_with_one_place_is_worked_at_by_one(calling: Callable) -> None:
    def call(_: object) -> None:
        time.sleep(0.1)

    calling(call, at_once=2, workers=1)
    rows(6)
    done = at_once([lambda: work.answer(NAME)] * 3)
    assert failures(done) == []
    assert sorted(done) == [0, 0, 6]
    rows(1)
    assert work.answer(NAME) == 1, "the place must be free again"


def test_two_workers_share_and_double_nothing(calling: Callable) -> None:
    called: list = []
    calling(called.append, batch=7)
    rows(150)
    done = at_once([lambda: work.answer(NAME)] * 3)
    assert failures(done) == []
    assert sum(done) == 150
    assert len(called) == len(set(called)) == 150


def test_the_statements_do_not_grow_with_the_answers(calling: Callable) -> None:
    calling(lambda _: None, at_once=50, batch=100)
    counts = []
    for number in (10, 100):
        rows(number)
        with CaptureQueriesContext(connection) as queries:
            assert work.answer(NAME) == number
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 16, "one more group of answers may be recorded, no statement for each row"


def test_a_ring_goes_to_the_lane_of_its_kind(calling: Callable) -> None:
    calling(lambda _: None)
    rows(1)
    work.sweep()
    assert set(OrmQ.objects.values_list("key", flat=True)) == {NETWORK}


def test_a_turn_that_waits_for_a_straggler_goes_on_with_the_others(calling: Callable) -> None:
    """Else one peer that hangs would stop everybody's calls for as long as it hangs."""
    [hangs, *_] = rows(40)

    def call(task: object) -> None:
        time.sleep(1.0 if task == hangs.pk else 0.03)

    kind = calling(call, at_once=2, batch=2)
    started = time.monotonic()
    done = calls.run_calls(kind, started + 0.2)
    assert 15 < done < 40
    assert 0.9 < time.monotonic() - started < 2
    assert Event.objects.open().filter(attempts=0).count() == 40 - done, "what there was no time for is given back"


def test_what_is_given_back_keeps_its_place_in_the_line(calling: Callable) -> None:
    """Else what is urgent would stand behind everything that has waited longer."""
    kind = calling(lambda _: time.sleep(0.05), at_once=1, batch=40)
    [first, *_] = rows(40)
    Event.objects.filter(pk=first.pk).update(due_at=first.due_at - timedelta(days=1))
    due = dict(Event.objects.values_list("pk", "due_at"))
    calls.run_calls(kind, time.monotonic() + 0.2)
    waiting = dict(Event.objects.open().values_list("pk", "due_at"))
    assert waiting
    assert waiting == {key: due[key] for key in waiting}
