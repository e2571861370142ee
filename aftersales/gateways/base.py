"""What a gateway is: the way on which a refund is paid, one file each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Way(StrEnum):
    """What sends a refund off."""

    HAND = "hand"  # a person pays and notes it
    EVENT = "event"  # the merchant's system hears of it, pays, and tells
    CALL = "call"  # the portal calls a payment provider


class Outcome(StrEnum):
    """What a payment provider says of a refund."""

    SENT = "sent"  # taken, not yet with the customer
    PAID = "paid"
    FAILED = "failed"
    UNKNOWN = "unknown"  # a word that we can't read


class BadSignature(Exception):
    """The news is not the provider's."""


class TryLater(Exception):
    """The provider did not take the refund, and the same request may go through later."""


@dataclass(frozen=True, slots=True)
class Task:
    """A refund to send; ``amount`` in ``currency`` (ISO 4217), ``payment`` the provider's number of the payment.

    The same ``idempotency_key`` is the same refund, however often it is sent.
    """

    refund_id: str
    order_number: str
    amount: Decimal
    currency: str
    payment: str
    idempotency_key: str
    credentials: Mapping[str, str]
    base_url: str = ""  # another place of the provider than its own, for tests


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of sending: ``reference`` is the provider's number of the refund, ``failure`` its words for staff."""

    outcome: Outcome
    reference: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """News of a refund that the provider tells by itself; ``refund_id`` is ours, where the provider knows it."""

    outcome: Outcome
    reference: str
    refund_id: str = ""
    failure: str = ""


class Gateway:
    """Base of every ``aftersales/gateways/<code>.py``: ``class Gateway(base.Gateway)``."""

    code: str  # set by discovery: the file's name
    label: str
    way = Way.HAND
    needs_payment = False  # whether it must know the payment that goes back
    credential_names: tuple[str, ...] = ()

    def refund(self, task: Task) -> Answer:
        """Send a refund to the provider.

        Raises:
            TryLater, PeerFailed: it was not taken; the same task may be sent again.
        """
        raise NotImplementedError

    def read_notices(self, body: bytes, headers: Mapping[str, str], *, secret: str, now: datetime) -> list[Notice]:
        """News of refunds in a provider's request; header names are lower case. Nothing for news of other things.

        Raises:
            BadSignature: it is not the provider's, too old, or can't be read.
        """
        raise BadSignature(f"{self.label} sends no news")
