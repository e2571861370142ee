"""What an answer is: a pure writer that says something true of an order's facts, in the words of `Words`.

The facts come in; so do words, times and amounts as the customer's language writes them. No clock, no database.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

Translate = Callable[[str], str]


def gettext_noop(text: str) -> str:
    """Mark a text for the catalogs; who shows it translates it."""
    return text


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """A shipment as its customer sees it; ``headline`` and ``next_words`` are in the customer's language already."""

    number: str  # the tracking number of its first parcel
    carrier: str
    status: str
    headline: str
    next_words: str
    cause: str  # why it is held up, in the customer's language; "" when nothing is known
    last_place: str
    last_scan_at: datetime | None
    arrives_from: date | None
    arrives_to: date | None
    promised_on: date | None
    delivered_at: datetime | None
    signed_by: str
    delivered_place: str
    is_trouble: bool


@dataclass(frozen=True, slots=True)
class ReturnFacts:
    """A return: ``status_words`` as the customer reads them."""

    number: str
    status: str
    status_words: str
    is_sent: bool
    parcel_headline: str


@dataclass(frozen=True, slots=True)
class RefundFacts:
    status: str  # pending, paid or canceled; others are told by none of the answers
    amount: Decimal
    currency: str
    started_on: date
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an order when an answer is written; days and times are on the clock of its address."""

    order: str
    status: str
    order_headline: str
    customer: str
    merchant: str
    link: str
    today: date
    parcels: Sequence[ParcelFacts] = ()
    returns: Sequence[ReturnFacts] = ()
    refunds: Sequence[RefundFacts] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """How the customer's language says things: a translator of sentences, and writers of days, times and money."""

    gettext: Translate
    day: Callable[[date], str]
    time: Callable[[datetime], str]
    money: Callable[[Decimal, str], str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A suggested answer: ``title`` for staff, ``text`` for the customer."""

    code: str
    title: str
    text: str


class Writer:
    """Base of every ``aftersales/answers/<code>.py``: ``class Answer(base.Writer)``. The lowest ``place`` is first."""

    code: str  # set by discovery: the file's name
    title: str
    place = 100

    def write(self, facts: Facts, words: Words) -> str:
        """The answer without greeting and link, "" when there is nothing true to say."""
        raise NotImplementedError


def join(*sentences: str) -> str:
    """Sentences one after the other; Chinese ones stand without a space."""
    text = ""
    for sentence in filter(None, (one.strip() for one in sentences)):
        text += ("" if not text or text.endswith(("。", "！", "？")) else " ") + sentence
    return text


def arrival_words(parcel: ParcelFacts, words: Words) -> str:
    """When a parcel is expected, "" when nobody knows."""
    if parcel.arrives_from and parcel.arrives_to and parcel.arrives_from != parcel.arrives_to:
        given = {"first": words.day(parcel.arrives_from), "last": words.day(parcel.arrives_to)}
        return words.gettext("We expect it between %(first)s and %(last)s.") % given
    if on := parcel.arrives_to or parcel.arrives_from:
        return words.gettext("We expect it on %(day)s.") % {"day": words.day(on)}
    return ""
