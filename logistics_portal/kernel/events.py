"""Facts travel up: an app publishes, apps above it subscribe."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from .bulk import insert_rows
from .models import Event
from .work import performs, ring


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of event: its name (``app.fact_in_past_tense``), what it tells, and the keys of its payload."""

    name: str
    tells: str
    payload: tuple[str, ...] = ()


@dataclass(slots=True)
class NewEvent:
    """An event that is not yet written: a row of `Event` without the weight of a model: they come by the thousand."""

    name: str
    merchant_id: UUID | None
    subject_id: UUID
    payload: dict[str, object]
    id: UUID = field(init=False, default_factory=uuid7)
    published_at: datetime = field(init=False, default_factory=timezone.now)
    done_at: datetime | None = field(init=False, default=None)
    attempts: int = field(init=False, default=0)
    last_error: str = field(init=False, default="")

    @property
    def due_at(self) -> datetime:
        """At once."""
        return self.published_at


class NotInTransaction(Exception):
    """An event was published where it could be lost or told of something that never happened."""


Subscriber = Callable[[list[Event]], None]

TYPES: dict[str, EventType] = {}
_EVERY = "*"  # no event has this name
_SUBSCRIBERS: dict[str, list[Subscriber]] = defaultdict(list)


def event_type(name: str, tells: str, *payload: str) -> EventType:
    """Declare an event type; ``docs/events.md`` lists them all."""
    if name in TYPES:
        raise ValueError(f"{name} is declared twice")
    TYPES[name] = EventType(name, tells, payload)
    return TYPES[name]


def publish(kind: EventType, /, *, merchant_id: UUID | None, subject_id: UUID, **payload: object) -> None:
    """Write one event in the current transaction and ring for its delivery.

    Raises:
        NotInTransaction: called outside a transaction.
        ValueError: the payload's keys are not the declared ones.
    """
    publish_all([make_event(kind, merchant_id=merchant_id, subject_id=subject_id, **payload)])


def make_event(kind: EventType, /, *, merchant_id: UUID | None, subject_id: UUID, **payload: object) -> NewEvent:
    """An event that is not yet written; `publish_all` writes many with one statement."""
    if payload.keys() != set(kind.payload):
        raise ValueError(f"{kind.name} carries {sorted(kind.payload)}, not {sorted(payload)}")
    plain = {key: str(value) if isinstance(value, UUID) else value for key, value in payload.items()}
    return NewEvent(kind.name, merchant_id, subject_id, plain)


def publish_all(events: Sequence[NewEvent]) -> None:
    """Write events in the current transaction and ring for their delivery."""
    if not connection.in_atomic_block:
        raise NotInTransaction("publish() needs the transaction of the change that it tells of")
    insert_rows(Event, events)
    if events:
        ring(Event)


def subscribe(*kinds: EventType) -> Callable:
    """Register ``subscriber(events)`` for events, which come in batches. It may run twice for one event.

    Without ``kinds`` it is told of every event.
    """

    def register(subscriber: Subscriber) -> Subscriber:
        for name in [kind.name for kind in kinds] or [_EVERY]:
            _SUBSCRIBERS[name].append(subscriber)
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
        for subscriber in (*_SUBSCRIBERS[name], *_SUBSCRIBERS[_EVERY]):
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
