"""What every gatherer of facts uses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from babel.numbers import format_currency

from ..models import Message

TOO_OLD = timedelta(days=3)  # news older than this is none; imports of old orders must not message anybody
LOCALES = {"en": "en", "de": "de", "zh-hans": "zh_Hans"}

Facts = dict[str, object]


class Overtaken(Exception):
    """The message must not be sent any more. ``code`` says in one word why, the text in a sentence."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True)
class Teller:
    """How one kind of message finds its facts.

    ``load(messages)`` reads what many messages are about with a fixed number of statements: their subjects by id.
    ``tell(message, subject, now)`` asks the database nothing; it returns the facts or raises `Overtaken`.
    """

    load: Callable[[Sequence[Message]], Mapping[UUID, Any]]
    tell: Callable[[Message, Any, datetime], Facts]


def nothing(messages: Sequence[Message]) -> Mapping[UUID, Any]:
    """For kinds that need no more than the order."""
    return {message.subject_id: None for message in messages}


def subjects(messages: Sequence[Message]) -> list[UUID]:
    """The ids of everything that messages tell of."""
    return list({key for message in messages for key in (message.subject_id, *message.also_about)})


def money(amount: Decimal, currency: str, language: str) -> str:
    """An amount as the language writes it, with plain spaces: others would double the price of an SMS."""
    return format_currency(amount, currency, locale=LOCALES[language]).replace("\xa0", " ").replace("\u202f", " ")
