"""Which of the messages that are due may go out now: the others wait, are withdrawn, or are told by another."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.utils import timezone

import tracking.services
from logistics_portal.kernel.bulk import any_of, update_rows
from logistics_portal.kernel.state import transition_many
from orders.models import Delegate, Order

from ..delegates import delegates_of
from ..facts import Facts, Overtaken, gather_all
from ..models import MESSAGE_TRANSITIONS, Message
from ..quiet import quiet_until
from .fallbacks import fall_back
from .preferences import wishes_of
from .reach import CHANNELS
from .triggers import Policy, Way, Ways, default_policy, policies_of
from .usage import dropped_kinds

CLOSED = Overtaken("stopped", "Its holder wants no messages at this address, or nothing arrives there.")
UNWANTED = Overtaken("unwanted", "Its receiver turned messages of this kind off for this channel.")
PASSED_ON = Overtaken("passed_on", "Its merchant passed on that its receiver wants none of this over this channel.")
DROPPED = Overtaken("budget", "The month's budget goes to messages that matter more.")
TOGETHER = "Another message tells it, together with its own news."
_RELATED = ("merchant__brand", "merchant__sms_sender", "order__merchant")


@dataclass(slots=True)
class Sifted:
    """What is left to send, with the facts that the words use, and why the others are done with."""

    facts: dict[UUID, Facts] = field(default_factory=dict)
    verdicts: dict[UUID, Exception | str] = field(default_factory=dict)


def sift(messages: Sequence[Message], *, now: datetime) -> Sifted:
    """Sort out queued messages that are due; those in neither part of the result wait for their new ``due_at``."""
    prefetch_related_objects(messages, *_RELATED)
    merchants = {message.merchant_id for message in messages if message.merchant_id}
    ways, policies = Ways(merchants), policies_of(merchants)
    going = _awake(messages, ways, policies, now)
    sifted = Sifted()
    told = gather_all(going, now=now)
    refused = _closed(going) | _dropped(going, policies, now)
    refused |= {key: facts for key, facts in told.items() if isinstance(facts, Overtaken)}
    sifted.verdicts |= withdraw([message for message in going if message.pk in refused], refused)
    left = [message for message in going if message.pk not in refused]
    sifted.facts = {row.pk: facts for row in left if not isinstance(facts := told[row.pk], Overtaken)}
    _tell_together(left, ways, sifted, now)
    return sifted


def _awake(messages: Sequence[Message], ways: Ways, policies: Mapping[UUID, Policy], now: datetime) -> list[Message]:
    """Those that may ring now; the others come back when the receiver's quiet hours are over."""
    asleep = []
    for message in messages:
        way = ways.of(message.merchant_id, message.kind)
        if until := _quiet_until(message, way, policies, now):
            message.due_at = message.wanted_at = until
            asleep.append(message)
    update_rows(Message, asleep, ("wanted_at",))
    return [message for message in messages if message not in asleep] if asleep else list(messages)


def _quiet_until(message: Message, way: Way, policies: Mapping[UUID, Policy], now: datetime) -> datetime | None:
    if way.at_any_hour or not CHANNELS[message.channel].rings:
        return None
    policy = policies.get(message.merchant_id) if message.merchant_id else None
    policy = policy or default_policy()
    return quiet_until(now, zone=_zone(message), begins=policy.quiet_from, ends=policy.quiet_until)


def _zone(message: Message) -> tzinfo:
    return tracking.services.place_zone(message.order) if message.order else UTC


def _closed(messages: Sequence[Message]) -> dict[UUID, Overtaken]:
    """Since a message was queued, its address may have been closed, or its kind turned off."""
    delegates = delegates_of(messages)
    people: dict[UUID, Delegate | Order] = {row.pk: row.order for row in messages if row.order} | delegates
    numbers = {key: str(person.phone) for key, person in people.items()}
    wishes = wishes_of(set(numbers.values()), {message.address for message in messages})
    refused = {}
    for message in messages:
        number = numbers.get(message.pk, "")
        if not wishes.may_write(message.channel, message.address, message.kind):
            refused[message.pk] = CLOSED
        elif number and not wishes.is_wanted(number, message.channel, message.kind):
            refused[message.pk] = UNWANTED
        elif wishes.is_passed_off(message.merchant_id, number, message.channel, message.kind):
            refused[message.pk] = PASSED_ON
    return refused


def _dropped(messages: Sequence[Message], policies: Mapping[UUID, Policy], now: datetime) -> dict[UUID, Overtaken]:
    limited = {key: policy for key, policy in policies.items() if policy.budget is not None}
    if not limited:
        return {}
    dropped = dropped_kinds(limited, on=now.date())
    return {
        message.pk: DROPPED
        for message in messages
        if (message.merchant_id, message.kind) in dropped and CHANNELS[message.channel].is_paid
    }


def withdraw(messages: Sequence[Message], why: Mapping[UUID, Overtaken]) -> dict[UUID, str]:
    """Withdraw messages; what is no news any more ends here, what only this channel may not tell goes on."""
    by_code: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        by_code[why[message.pk].code].append(message)
    for code, some in by_code.items():
        rows = Message.objects.filter(any_of("pk", [message.pk for message in some]))
        withdrawn = Message.Status.WITHDRAWN
        transition_many(rows, Message.Status.QUEUED, withdrawn, allowed=MESSAGE_TRANSITIONS, error_code=code)
    fall_back([message for message in messages if why[message.pk] in (CLOSED, UNWANTED, PASSED_ON, DROPPED)])
    return {message.pk: str(why[message.pk]) for message in messages}


def _tell_together(messages: Sequence[Message], ways: Ways, sifted: Sifted, now: datetime) -> None:
    """News of several parcels of one order becomes one message, also what was to wait a little for others."""
    groups: dict[tuple[UUID, str, str, str], list[Message]] = defaultdict(list)
    for message in messages:
        if message.order_id and ways.of(message.merchant_id, message.kind).digest:
            groups[(message.order_id, message.kind, message.channel, message.address)].append(message)
    if not groups:
        return
    waiting = _waiting(groups, messages)
    told = gather_all(waiting, now=now) if waiting else {}
    for key, group in groups.items():
        others = [row for row in waiting if _key(row) == key and not isinstance(told[row.pk], Overtaken)]
        lead, *rest = sorted(group, key=lambda message: message.pk)
        if rest or others:
            lead.also_about = list({key for row in (*rest, *others) for key in (row.subject_id, *row.also_about)})
            _merge(lead, rest, others, sifted, now)


def _key(message: Message) -> tuple[UUID | None, str, str, str]:
    return message.order_id, message.kind, message.channel, message.address


def _waiting(
    groups: Mapping[tuple[UUID, str, str, str], Sequence[Message]], at_hand: Sequence[Message]
) -> list[Message]:
    """Messages of the same orders and kinds that no worker has in hand."""
    rows = Message.objects.open().filter(
        order__in={key[0] for key in groups}, kind__in={key[1] for key in groups}, attempts=0, status="queued"
    )
    found = rows.exclude(pk__in=[message.pk for message in at_hand]).select_for_update(skip_locked=True)
    waiting = [message for message in found.order_by("pk") if _key(message) in groups]
    prefetch_related_objects(waiting, *_RELATED)
    return waiting


def _merge(lead: Message, rest: Sequence[Message], others: Sequence[Message], sifted: Sifted, now: datetime) -> None:
    facts = gather_all([lead], now=now)[lead.pk]
    if isinstance(facts, Overtaken):
        return
    sifted.facts[lead.pk] = facts
    keys = [message.pk for message in (*rest, *others)]
    rows, withdrawn = Message.objects.filter(any_of("pk", keys)), Message.Status.WITHDRAWN
    transition_many(rows, Message.Status.QUEUED, withdrawn, allowed=MESSAGE_TRANSITIONS, error_code="together")
    Message.objects.filter(any_of("pk", [row.pk for row in others])).update(done_at=timezone.now(), last_error=TOGETHER)
    for message in rest:
        sifted.facts.pop(message.pk, None)
        sifted.verdicts[message.pk] = TOGETHER
