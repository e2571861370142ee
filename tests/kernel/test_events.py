"""Facts are published with the change that they tell of, and reach each subscriber whatever the others do."""

import logging
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.db import transaction

from logistics_portal.kernel import events, work
from logistics_portal.kernel.events import EventType, NotInTransaction, event_type, make_event, publish, publish_all
from logistics_portal.kernel.models import Allowance, Event
from tests.kernel.test_work import let_lease_end

pytestmark = pytest.mark.django_db


@pytest.fixture
def kind(caplog: pytest.LogCaptureFixture) -> Iterator[EventType]:
    caplog.set_level(logging.CRITICAL, logger="logistics_portal.kernel.work")
    yield event_type("tests.happened", "Something happened in a test.", "thing")
    del events.TYPES["tests.happened"]
    events._SUBSCRIBERS.pop("tests.happened", None)


def tell(kind: EventType, count: int = 1) -> None:
    with transaction.atomic():
        publish_all([make_event(kind, merchant_id=None, subject_id=uuid4(), thing=number) for number in range(count)])


@pytest.mark.django_db(transaction=True)
def test_publish_needs_a_transaction(kind: EventType) -> None:
    with pytest.raises(NotInTransaction):
        publish(kind, merchant_id=None, subject_id=uuid4(), thing=1)
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_fact_that_is_rolled_back_is_not_told(kind: EventType) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        publish(kind, merchant_id=None, subject_id=uuid4(), thing=1)
        raise RuntimeError
    assert not Event.objects.exists()


@pytest.mark.parametrize("payload", [{}, {"thing": 1, "other": 2}, {"other": 1}])
def test_the_payload_has_the_declared_keys(kind: EventType, payload: dict) -> None:
    with pytest.raises(ValueError, match="carries"), transaction.atomic():
        publish(kind, merchant_id=None, subject_id=uuid4(), **payload)


def test_a_name_is_declared_once(kind: EventType) -> None:
    with pytest.raises(ValueError, match="twice"):
        event_type("tests.happened", "Again.")


def test_ids_are_stored_as_text(kind: EventType) -> None:
    thing = uuid4()
    with transaction.atomic():
        publish(kind, merchant_id=None, subject_id=uuid4(), thing=thing)
    assert Event.objects.get().payload == {"thing": str(thing)}


def test_subscribers_get_a_batch_once(kind: EventType) -> None:
    batches: list[int] = []
    events.subscribe(kind)(lambda batch: batches.append(len(batch)))
    tell(kind, 30)
    work.drain()
    assert batches == [30]
    assert not Event.objects.open().exists()


def test_a_failing_subscriber_stops_neither_the_others_nor_the_other_events(kind: EventType) -> None:
    heard: list[object] = []

    @events.subscribe(kind)
    def stumble(batch: list[Event]) -> None:
        Allowance.objects.bulk_create(
            Allowance(key=f"stumbled {event.pk}", window_ends_at=event.published_at) for event in batch
        )
        if any(event.payload["thing"] == 3 for event in batch):
            raise ValueError("three")

    @events.subscribe(kind)
    def listen(batch: list[Event]) -> None:
        heard.extend(event.payload["thing"] for event in batch)

    tell(kind, 10)
    work.drain()
    assert sorted(heard) == list(range(10))
    [left] = Event.objects.open()
    assert (left.payload["thing"], left.last_error) == (3, "ValueError: three")
    assert Allowance.objects.filter(key__startswith="stumbled").count() == 9, "what failed must leave no half behind"


def test_an_event_comes_back_for_the_subscriber_that_failed(kind: EventType) -> None:
    tries: list[int] = []

    @events.subscribe(kind)
    def at_the_second_try(batch: list[Event]) -> None:
        tries.append(len(batch))
        if len(tries) == 1:
            raise ConnectionError("not yet")

    tell(kind)
    work.drain()
    assert Event.objects.open().exists()
    let_lease_end()
    work.drain()
    assert tries == [1, 1]
    assert not Event.objects.open().exists()


def test_a_subscriber_that_breaks_the_transaction_is_contained(kind: EventType, drain: Callable[[], int]) -> None:
    """An error of the database itself must not doom what the others wrote."""

    @events.subscribe(kind)
    def break_it(batch: list[Event]) -> None:
        Event.objects.extra(where=["no_such_column = 1"]).count()

    @events.subscribe(kind)
    def write(batch: list[Event]) -> None:
        Allowance.objects.create(key="written", window_ends_at=batch[0].published_at)

    tell(kind)
    drain()
    assert Allowance.objects.filter(key="written").exists()
    assert "no_such_column" in Event.objects.get().last_error
