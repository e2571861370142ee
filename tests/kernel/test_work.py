"""How rows are claimed, performed, recorded, backed off and given up."""

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django_q.models import OrmQ

from logistics_portal.kernel import claims, work
from logistics_portal.kernel.models import LEASES, MAX_ATTEMPTS, Bell, Event, lease
from logistics_portal.kernel.work import GiveUp, Kind
from tests.races.at_once import at_once, failures

pytestmark = pytest.mark.django_db
NAME = "kernel.event"


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="logistics_portal.kernel.claims")


@pytest.fixture
def perform_by(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Kind]:
    """Have events done by a performer of the test's own."""

    def register(perform: Callable, *, batch: int = 200, alone: bool = False) -> Kind:
        kind = Kind(model=Event, perform=perform, batch=batch, alone=alone)
        monkeypatch.setitem(work.KINDS, NAME, kind)
        return kind

    return register


def rows(count: int, **changes: object) -> list[Event]:
    given = [Event(name="tests.happened", subject_id=uuid4(), **changes) for _ in range(count)]
    return Event.objects.bulk_create(given)


def claimed(kind: Kind) -> list[Event]:
    return work.claim(kind)


def let_lease_end() -> None:
    Event.objects.open().update(due_at=timezone.now())


def test_a_claim_moves_due_at_behind_the_lease_and_counts_the_attempt(perform_by: Callable) -> None:
    kind = perform_by(lambda _: None)
    rows(3)
    before = timezone.now()
    taken = claimed(kind)
    assert len(taken) == 3
    for row in taken:
        assert row.attempts == 1
        assert abs((row.due_at - before - lease(0)).total_seconds()) < 5
    assert claimed(kind) == []


def test_rows_that_are_not_due_wait(perform_by: Callable) -> None:
    kind = perform_by(lambda _: None)
    rows(1, due_at=timezone.now() + timedelta(minutes=5))
    rows(1, done_at=timezone.now())
    rows(1, due_at=None)
    assert claimed(kind) == []


def test_each_failure_waits_longer_than_the_one_before_and_the_last_gives_up(perform_by: Callable) -> None:
    def fail(batch: list[Event]) -> None:
        raise RuntimeError("no luck")

    perform_by(fail)
    [row] = rows(1)
    waits = []
    for attempt in range(1, MAX_ATTEMPTS + 1):
        now = timezone.now()
        assert work.answer(NAME) == 0
        row.refresh_from_db()
        assert row.attempts == attempt
        assert row.last_error == "RuntimeError: no luck"
        if attempt < MAX_ATTEMPTS:
            waits.append(round((row.due_at - now).total_seconds()))
            let_lease_end()
    assert waits == pytest.approx(list(LEASES[: MAX_ATTEMPTS - 1]), abs=5)
    assert row.is_given_up
    assert list(Event.objects.stuck()) == [row]
    assert work.answer(NAME) == 0


def test_give_up_ends_at_the_first_try(perform_by: Callable) -> None:
    def refuse(row: Event) -> None:
        raise GiveUp("the address is dead")

    perform_by(refuse, alone=True)
    [row] = rows(1)
    work.drain()
    row.refresh_from_db()
    assert (row.attempts, row.due_at, row.last_error) == (1, None, "GiveUp: the address is dead")


def test_a_failing_row_does_not_stop_the_others_of_its_batch(perform_by: Callable) -> None:
    poison: set = set()

    def perform(batch: list[Event]) -> None:
        Event.objects.filter(pk__in=[row.pk for row in batch]).update(payload={"written": True})
        if any(row.pk in poison for row in batch):
            raise ValueError("one of you is poison")

    perform_by(perform)
    given = rows(50)
    poison |= {given[7].pk, given[33].pk}
    assert work.answer(NAME) == 48
    undone = {row.pk: row for row in Event.objects.open()}
    assert set(undone) == poison
    for row in undone.values():
        assert row.payload == {}, "what a failed try wrote must be rolled back"
        assert row.last_error == "ValueError: one of you is poison"
    assert Event.objects.filter(payload={"written": True}).count() == 48


def test_a_performer_may_name_the_rows_that_failed(perform_by: Callable) -> None:
    perform_by(lambda batch: {batch[0].pk: KeyError("first")})
    given = rows(4)
    assert work.answer(NAME) == 3
    [open_row] = Event.objects.open()
    assert open_row.pk == given[0].pk
    assert "first" in open_row.last_error


def test_rows_that_cost_a_worker_twice_are_claimed_alone_and_after_the_others(perform_by: Callable) -> None:
    seen: list[list] = []
    perform_by(lambda batch: seen.append([row.pk for row in batch]))
    suspects = rows(2, attempts=claims.SUSPECT_AFTER)
    healthy = rows(5, attempts=1)
    assert work.answer(NAME) == 7
    assert seen[0] == [row.pk for row in healthy]
    assert sorted(seen[1:]) == sorted([[row.pk] for row in suspects])


def test_a_row_whose_workers_all_died_is_given_up_by_the_sweep(perform_by: Callable) -> None:
    perform_by(lambda _: None)
    [row] = rows(1, attempts=MAX_ATTEMPTS)
    work.sweep()
    row.refresh_from_db()
    assert row.is_given_up
    assert str(MAX_ATTEMPTS) in row.last_error


def test_try_again_gives_all_attempts_back(perform_by: Callable) -> None:
    perform_by(lambda _: None)
    [stuck] = rows(1, attempts=MAX_ATTEMPTS, due_at=None, last_error="ValueError: x")
    rows(1, done_at=timezone.now())
    assert work.try_again(Event.objects.all()) == 1
    stuck.refresh_from_db()
    assert (stuck.attempts, stuck.due_at <= timezone.now()) == (0, True)
    assert work.drain() == 1
    stuck.refresh_from_db()
    assert (stuck.done_at is not None, stuck.last_error) == (True, "")


def test_a_batch_whose_lease_ended_in_mid_work_is_done_once(perform_by: Callable) -> None:
    """A worker that was held up past its lease finds its rows claimed by another and leaves them alone."""
    done_by: list[str] = []

    def slow(batch: list[Event]) -> None:
        done_by.extend(f"slow {row.pk}" for row in batch)

    kind = perform_by(slow)
    rows(4)
    held_up = claimed(kind)
    let_lease_end()
    perform_by(lambda batch: done_by.extend(f"fast {row.pk}" for row in batch))
    assert work.answer(NAME) == 4
    assert work._perform_batch(kind, held_up) == 0
    assert sorted(done_by) == sorted(f"fast {row.pk}" for row in held_up)


def test_a_late_failure_does_not_take_a_row_from_its_next_worker(perform_by: Callable) -> None:
    kind = perform_by(lambda _: None, alone=True)
    rows(1)
    [held_up] = claimed(kind)
    let_lease_end()
    [again] = claimed(kind)
    claims.note_failure(kind, held_up, GiveUp("too late to say"))
    again.refresh_from_db()
    assert (again.due_at is not None, again.last_error) == (True, "")


@pytest.mark.django_db(transaction=True)
def test_a_shift_that_is_over_gives_the_rest_back(perform_by: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "SHIFT_SECONDS", -1)
    done: list = []
    perform_by(lambda row: done.append(row.pk), alone=True)
    rows(5)
    assert work.answer(NAME) == 0
    assert done == []
    assert Event.objects.due().filter(attempts=0).count() == 5
    assert OrmQ.objects.count() == 1, "the rest must be rung for"


@pytest.mark.django_db(transaction=True)
def test_rows_done_alone_keep_their_own_outcome(perform_by: Callable) -> None:
    def perform(row: Event) -> None:
        if row.pk == bad.pk:
            raise ConnectionError("gone")
        assert not connection.in_atomic_block, "a network call must not hold a transaction open"

    perform_by(perform, alone=True)
    bad, *_ = rows(3)
    assert work.answer(NAME) == 2
    assert [row.pk for row in Event.objects.open()] == [bad.pk]


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_hold_the_same_row(perform_by: Callable) -> None:
    kind = perform_by(lambda _: None, batch=10)
    rows(200)

    def take_all() -> list:
        taken = []
        while batch := claimed(kind):
            taken += [row.pk for row in batch]
        return taken

    taken = at_once([take_all] * 4)
    assert failures(taken) == []
    every = [pk for part in taken for pk in part]
    assert len(every) == len(set(every)) == 200


@pytest.mark.django_db(transaction=True)
def test_a_bell_rings_once_while_it_waits(perform_by: Callable) -> None:
    perform_by(lambda _: None)
    for _ in range(5):
        with transaction.atomic():
            work.ring(Event)
            work.ring(Event)
    assert OrmQ.objects.count() == 1
    work.answer(NAME)
    with transaction.atomic():
        work.ring(Event)
    assert OrmQ.objects.count() == 2, "an answered bell must ring anew"


@pytest.mark.django_db(transaction=True)
def test_many_ringers_at_once_put_one_ring_into_the_queue(perform_by: Callable) -> None:
    perform_by(lambda _: None)
    Bell.objects.all().delete()
    outcomes = at_once([lambda: work._ring_now(NAME)] * 8)
    assert failures(outcomes) == []
    assert outcomes.count(True) == 1
    assert OrmQ.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_rolled_back_rings_for_nothing(perform_by: Callable) -> None:
    perform_by(lambda _: None)
    with pytest.raises(RuntimeError), transaction.atomic():
        work.ring(Event)
        raise RuntimeError
    assert OrmQ.objects.count() == 0


def test_a_lost_ring_is_rung_again_by_the_sweep(perform_by: Callable) -> None:
    perform_by(lambda _: None)
    rows(1)
    Bell.objects.update_or_create(kind=NAME, defaults={"rung_at": timezone.now()})
    assert work.sweep() == 0, "a ring is waiting"
    Bell.objects.update(rung_at=F("rung_at") - work.STALE_RING - timedelta(seconds=1))
    assert work.sweep() == 1
    assert OrmQ.objects.count() == 1
    assert work.sweep() == 0


def test_the_sweep_is_silent_when_nothing_is_due(perform_by: Callable) -> None:
    perform_by(lambda _: None)
    rows(1, due_at=timezone.now() + timedelta(minutes=1))
    assert work.sweep() == 0
    assert OrmQ.objects.count() == 0


def test_a_kind_has_one_performer() -> None:
    with pytest.raises(ValueError, match="already has a performer"):
        work.performs(Event)(lambda _: None)
