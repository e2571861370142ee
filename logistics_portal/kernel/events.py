"""Facts travel up: an app publishes, apps above it subscribe."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from .bulk import insert_rows
from .models import Event
from .work import performs, ring


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of event: its name (``app.fact_in_past_tense``), what it tells, and the keys of its payload."""

    name: str
    tells: str
    payload: tuple[str, ...] = ()


class NotInTransaction(Exception):
    """An event was published where it could be lost or told of something that never happened."""


Subscriber = Callable[[list[Event]], None]

TYPES: dict[str, EventType] = {}
_SUBSCRIBERS: dict[str, list[Subscriber]] = defaultdict(list)


def event_type(name: str, tells: str, *payload: str) -> EventType:
    """Declare an event type; ``docs/events.md`` lists them all."""
    if name in TYPES:
        raise ValueError(f"{name} is declared twice")
    TYPES[name] = EventType(name, tells, payload)
    return TYPES[name]


def publish(kind: EventType, /, *, merchant_id: UUID | None, subject_id: UUID, **payload: object) -> Event:
    """Write one event in the current transaction and ring for its delivery.

    Raises:
        NotInTransaction: called outside a transaction.
        ValueError: the payload's keys are not the declared ones.
    """
    return publish_all([make_event(kind, merchant_id=merchant_id, subject_id=subject_id, **payload)])[0]


def make_event(kind: EventType, /, *, merchant_id: UUID | None, subject_id: UUID, **payload: object) -> Event:
    """An event that is not yet written; `publish_all` writes many with one statement."""
    if set(payload) != set(kind.payload):
        raise ValueError(f"{kind.name} carries {sorted(kind.payload)}, not {sorted(payload)}")
    plain = {key: str(value) if isinstance(value, UUID) else value for key, value in payload.items()}
    return Event(name=kind.name, merchant_id=merchant_id, subject_id=subject_id, payload=plain)


def publish_all(events: Iterable[Event]) -> list[Event]:
    if not connection.in_atomic_block:
        raise NotInTransaction("publish() needs the transaction of the change that it tells of")
    written = list(events)
    insert_rows(Event, written)
    if written:
        ring(Event)
    return written


def subscribe(*kinds: EventType) -> Callable:
    """Register ``subscriber(events)`` for events, which come in batches. It may run twice for one event."""

    def register(subscriber: Subscriber) -> Subscriber:
        for kind in kinds:
            _SUBSCRIBERS[kind.name].append(subscriber)
        return subscriber

    return register


@performs(Event, batch=500)
def deliver(events: list[Event]) -> dict[UUID, Exception]:
    """Hand events to their subscribers, each in a savepoint of its own: one that fails doesn't stop the others."""
    failures: dict[UUID, Exception] = {}
    by_name: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_name[event.name].append(event)
    for name, batch in by_name.items():
        for subscriber in _SUBSCRIBERS[name]:
            failures |= _hand_over(batch, subscriber)
    return failures


def _hand_over(batch: list[Event], subscriber: Subscriber) -> dict[UUID, Exception]:
    try:
        with transaction.atomic():
            subscriber(batch)
    except Exception as error:  # noqa: BLE001 - the event comes back for this subscriber; the others have their turn
        if len(batch) == 1:
            return {batch[0].pk: error}
        middle = len(batch) // 2
        return _hand_over(batch[:middle], subscriber) | _hand_over(batch[middle:], subscriber)
    return {}
