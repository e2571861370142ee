"""Who is told, and of what."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from .. import words


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told: an address for each way to reach them, "" where there is none.

    What a channel looks up itself by the person's number needs no field here (see `reach.BOOKS`).
    """

    phone: str
    email: str = ""
    push: str = ""
    wechat: str = ""
    language: str = words.DEFAULT_LANGUAGE
    merchant_id: UUID | None = None
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """A fact that somebody must hear of; ``fact`` names it, so that it is told once.

    ``not_before`` is when it is news at the earliest; without it, that is now.
    """

    kind: str
    fact: str
    subject_id: UUID
    recipient: Recipient
    is_urgent: bool = False
    not_before: datetime | None = None
