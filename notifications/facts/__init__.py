"""What a message may say: the facts of its subject, read at the moment of sending, or why it is too late to say it.

A teller a kind of message. It returns what the words may use, or raises `Overtaken`: since the message was queued,
something happened that makes it wrong, or another message tells it already.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects

from orders.models import Delegate

from ..delegates import delegates_of, hidden_from
from ..inbound.facts import gather_reply
from ..models import Message
from ..variables import sample_facts
from . import aftersales, conversations, orders, phones, shipments
from .base import LOCALES, TOO_OLD, Facts, Overtaken, Teller, money, nothing
from .orders import about_merchant, about_order
from .shipments import GOING_BACK, TROUBLES, told_status

__all__ = [
    "GATHERERS",
    "GOING_BACK",
    "LOCALES",
    "TOO_OLD",
    "TROUBLES",
    "Facts",
    "Overtaken",
    "gather",
    "gather_all",
    "money",
    "told_status",
]

# Replies to texts are few, so each reads for itself.
REPLIES = {"reply": Teller(nothing, lambda message, subject, now: gather_reply(message, now))}
# What is tried is in the merchant's own words, which are read with the words of all messages.
TESTS = {"words_test": Teller(nothing, lambda message, subject, now: _sample(message))}
GATHERERS: dict[str, Teller] = (
    orders.TELLERS | shipments.TELLERS | aftersales.TELLERS | conversations.TELLERS | phones.TELLERS | REPLIES | TESTS
)


def _sample(message: Message) -> Facts:
    merchant = message.merchant
    return sample_facts(message.language, merchant=merchant.name) if merchant else {}


def gather(message: Message, *, now: datetime) -> Facts:
    """The facts that the message's words use.

    Raises:
        Overtaken: it must not be sent any more.
    """
    facts = gather_all([message], now=now)[message.pk]
    if isinstance(facts, Overtaken):
        raise facts
    return facts


def gather_all(messages: Sequence[Message], *, now: datetime) -> dict[UUID, Facts | Overtaken]:
    """By message the facts that its words use, or why it must not be sent; a few statements a kind of message."""
    prefetch_related_objects(messages, "merchant__brand", "order__merchant")
    of_kind: dict[str, list[Message]] = defaultdict(list)
    told: dict[UUID, Facts | Overtaken] = {}
    for message in messages:
        if message.wanted_at < now - TOO_OLD:
            told[message.pk] = Overtaken("too_old", "It waited for more than three days.")
        else:
            of_kind[message.kind].append(message)
    delegates = delegates_of(messages)
    for kind, some in of_kind.items():
        subjects = GATHERERS[kind].load(some)
        for message in some:
            told[message.pk] = _tell(message, subjects, delegates.get(message.pk), now)
    return told


def _tell(
    message: Message, subjects: Mapping[UUID, Any], delegate: Delegate | None, now: datetime
) -> Facts | Overtaken:
    if delegate and not delegate.is_following(now):
        return Overtaken("ended", "They no longer follow the order.")
    try:
        facts = GATHERERS[message.kind].tell(message, subjects[message.subject_id], now)
    except Overtaken as why:
        return why
    told = about_merchant(message) | about_order(message) | facts
    return told | hidden_from(delegate) if delegate else told
