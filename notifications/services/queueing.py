"""Messages are queued for facts: one a fact, channel and address, over the channels that are to reach the person."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from logistics_portal.kernel.bulk import insert_rows
from logistics_portal.kernel.work import ring

from .. import kinds, words
from ..models import Message
from .delegates import with_delegates
from .preferences import Wishes, wishes_of
from .reach import CHANNELS, addresses_of
from .telling import Telling
from .triggers import Way, Ways

TOGETHER = timedelta(hours=24)  # so long after news of an order, more of the same kind is worth gathering

Pair = tuple[str, str]  # a channel and an address


@dataclass(frozen=True, slots=True)
class Batch:
    """What is known of the people that a batch of facts is told to."""

    ways: Ways
    wishes: Wishes
    addresses: dict[str, list[tuple[str, ...]]]  # by channel, for each telling
    told_before: set[tuple[UUID | None, str]]  # (order, kind) of which there was news within `TOGETHER`
    now: datetime


def queue_messages(tellings: Iterable[Telling]) -> None:
    """Queue what customers are to hear, and who receives in their place: one message a fact, channel and address.

    What is queued already stays as it is.
    """
    told = with_delegates(tellings)
    if not told:
        return
    batch = _look_up(told)
    rows = [row for place, telling in enumerate(told) for row in _messages(batch, place, telling)]
    if insert_rows(Message, rows, ignore_conflicts=True):
        ring(Message)


def _look_up(told: Sequence[Telling]) -> Batch:
    addresses = {code: addresses_of(told, code) for code in CHANNELS}
    every = {address for found in addresses.values() for some in found for address in some}
    ways = Ways({telling.recipient.merchant_id for telling in told if telling.recipient.merchant_id})
    return Batch(
        ways=ways,
        wishes=wishes_of({telling.recipient.phone for telling in told}, every),
        addresses=addresses,
        told_before=_told_before(told, ways),
        now=timezone.now(),
    )


def _told_before(told: Sequence[Telling], ways: Ways) -> set[tuple[UUID | None, str]]:
    """Orders of which there was news of a kind that is gathered."""
    gathered: set[tuple[UUID | None, str]] = {
        (telling.recipient.order_id, telling.kind)
        for telling in told
        if telling.recipient.order_id and ways.of(telling.recipient.merchant_id, telling.kind).digest
    }
    if not gathered:
        return set()
    since = timezone.now() - TOGETHER
    earlier = Message.objects.filter(
        order__in={order for order, _ in gathered}, kind__in={kind for _, kind in gathered}, queued_at__gte=since
    )
    return gathered & set(earlier.values_list("order_id", "kind"))


def _messages(batch: Batch, place: int, telling: Telling) -> Iterator[Message]:
    way = batch.ways.of(telling.recipient.merchant_id, telling.kind)
    if not way.is_on:
        return
    wanted_at = _wanted_at(batch, telling, way)
    beside = _pairs(batch, place, telling, way.beside)
    order = batch.wishes.in_order(telling.recipient.phone, way.channels)
    for pair in beside:
        yield new_message(telling, pair, [], wanted_at=wanted_at, now=batch.now)
    yield from in_turn(telling, _pairs(batch, place, telling, order), wanted_at=wanted_at, now=batch.now)


def _wanted_at(batch: Batch, telling: Telling, way: Way) -> datetime:
    at = max(batch.now, telling.not_before or batch.now) + way.delay
    is_gathered = (telling.recipient.order_id, telling.kind) in batch.told_before
    return at + way.digest if is_gathered else at


def _pairs(batch: Batch, place: int, telling: Telling, channels: Sequence[str]) -> list[Pair]:
    """Where a person may be told over these channels, in their order."""
    return [
        (code, address)
        for code in channels
        if code in CHANNELS
        and words.is_told(telling.kind, code)
        and batch.wishes.is_wanted(telling.recipient.phone, code, telling.kind)
        and not batch.wishes.is_passed_off(telling.recipient.merchant_id, telling.recipient.phone, code, telling.kind)
        for address in batch.addresses[code][place]
        if batch.wishes.may_write(code, address, telling.kind)
    ]


def in_turn(telling: Telling, pairs: Sequence[Pair], *, wanted_at: datetime, now: datetime) -> Iterator[Message]:
    """A message to each address of the first channel; the other channels follow when it fails."""
    if not pairs:
        return
    first = pairs[0][0]
    later = [pair for pair in pairs if pair[0] != first]
    for pair in pairs:
        if pair[0] == first:
            yield new_message(telling, pair, later, wanted_at=wanted_at, now=now)


def new_message(
    telling: Telling, pair: Pair, fallbacks: Sequence[Pair], *, wanted_at: datetime, now: datetime
) -> Message:
    return Message(
        merchant_id=telling.recipient.merchant_id,
        order_id=telling.recipient.order_id,
        kind=telling.kind,
        subject_id=telling.subject_id,
        fact=telling.fact,
        channel=pair[0],
        address=pair[1],
        language=words.spoken(telling.recipient.language),
        queued_at=now,
        wanted_at=wanted_at,
        due_at=wanted_at,
        is_urgent=telling.is_urgent or kinds.of(telling.kind).is_urgent,
        fallbacks=[list(pair) for pair in fallbacks],
    )
